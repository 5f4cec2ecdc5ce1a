"""What ComfyUI shows of the nodes: declarations and tooltips, and how the pack loads."""

from __future__ import annotations

import ast
import asyncio
import inspect
import subprocess
import sys

import pytest

from headless.pack import PACK_ROOT, import_from_pack

NODES = import_from_pack("nodes").NODES


@pytest.fixture(params=NODES, ids=lambda node: node.__name__)
def node(request, nodes):
    """Each node, on a host: schemas ask theirs for the names of models."""
    return request.param


def declared_classes() -> set[str]:
    """The names of the node classes in every module of nodes/."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (PACK_ROOT / "nodes").rglob("*.py")]
    classes = [found for tree in trees for found in ast.walk(tree) if isinstance(found, ast.ClassDef)]
    return {found.name for found in classes if "io.ComfyNode" in map(ast.unparse, found.bases)}


def test_every_node_class_is_in_the_list_once_and_has_its_name_as_id(nodes):
    names = [node.__name__ for node in NODES]
    assert sorted(names) == sorted(declared_classes())
    assert list(nodes) == names


def test_every_schema_is_valid_and_names_its_node_plainly(node):
    schema = node.GET_SCHEMA()
    assert schema.node_id.startswith("Sora")
    assert schema.display_name.startswith("Sora ")
    assert schema.category.removeprefix("Sora Video/") in ("load", "canvas", "sample", "output", "language")
    assert schema.description
    assert schema.search_aliases


def test_every_input_and_output_has_a_tooltip_that_is_a_sentence(node):
    schema = node.GET_SCHEMA()
    tooltips = [declared.options.get("tooltip") for declared in schema.inputs]
    tooltips += [output.tooltip for output in schema.outputs]
    assert tooltips
    for tooltip in tooltips:
        assert tooltip
        assert tooltip.endswith(".")


def test_no_node_has_more_than_ten_inputs(node):
    assert len(node.GET_SCHEMA().inputs) <= 10


def test_execute_names_every_declared_input(node):
    names = [declared.id for declared in node.GET_SCHEMA().inputs]
    assert list(inspect.signature(node.execute).parameters) == names


OWN_CHECKS = {
    "SoraLoadModel": "former names of the bundled model",
    "SoraExtendVideo": "before and after together; it checks their ranges too",
    "SoraTimeRange": "start and end together; it checks their ranges too",
    "SoraOutpaintVideo": "the aspect ratio, where the file of the source is known",
    "SoraTimeline": "the timeline at its rate, and which clips are connected; it checks the range of fps too",
}
"""Nodes that switch off the host's checks of some inputs, and for what."""


def test_no_other_node_switches_off_the_checks_of_the_host(node):
    assert hasattr(node, "validate_inputs") == (node.__name__ in OWN_CHECKS)


def test_the_entry_of_the_pack_gives_the_extension_and_the_web_folder():
    pack = import_from_pack("headless").__package__.split(".")[0]
    entry = sys.modules[pack]
    assert (PACK_ROOT / entry.WEB_DIRECTORY / "docs").is_dir()
    assert not hasattr(entry, "NODE_CLASS_MAPPINGS")
    extension = asyncio.run(entry.comfy_entrypoint())
    assert len(asyncio.run(extension.get_node_list())) == len(NODES)


@pytest.mark.slow
def test_the_pack_loads_under_any_name_and_without_the_repository_on_the_path(tmp_path):
    program = (
        "import importlib.util, sys\n"
        f"root = {str(PACK_ROOT)!r}\n"
        "spec = importlib.util.spec_from_file_location('/custom_nodes/sora-video', root + '/__init__.py',"
        " submodule_search_locations=[root])\n"
        "pack = importlib.util.module_from_spec(spec); sys.modules['/custom_nodes/sora-video'] = pack\n"
        "spec.loader.exec_module(pack)\n"
        "importlib.import_module('/custom_nodes/sora-video.headless.comfy_api_standin').install()\n"
        "nodes = importlib.import_module('/custom_nodes/sora-video.nodes').NODES\n"
        "assert 'sora_core' not in sys.modules and 'nodes' not in sys.modules\n"
        "print(len(nodes))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == f"{len(NODES)}\n", done.stderr
