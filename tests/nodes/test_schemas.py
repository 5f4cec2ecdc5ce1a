"""What ComfyUI shows of the nodes: declarations, tooltips, help pages and texts, and how the pack loads."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys

import pytest

from headless.pack import PACK_ROOT, import_from_pack

IDS = (
    "SoraLoadModel",
    "SoraTwoExperts",
    "SoraEncodeText",
    "SoraVideoGrid",
    "SoraAnimateImage",
    "SoraExtendVideo",
    "SoraConnectVideos",
    "SoraLoopVideo",
    "SoraEditVideo",
    "SoraInpaintVideo",
    "SoraTimeRange",
    "SoraOutpaintVideo",
    "SoraMorphVideos",
    "SoraKeyframe",
    "SoraResample",
    "SoraHistoryGuidance",
    "SoraWindows",
    "SoraRollingWindow",
    "SoraStepCache",
    "SoraSampler",
    "SoraVAEDecode",
    "SoraDecodeToVideo",
    "SoraJoinVideos",
    "SoraSampleClip",
)


@pytest.fixture(params=IDS)
def node(request, nodes):
    return nodes[request.param]


def test_the_pack_has_these_nodes_and_no_other(nodes):
    assert tuple(nodes) == IDS


def test_every_schema_is_valid_and_names_its_node_plainly(node):
    schema = node.GET_SCHEMA()
    assert schema.node_id.startswith("Sora")
    assert schema.display_name.startswith("Sora ")
    assert schema.category == "Sora Video"
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


def test_no_node_switches_off_the_checks_of_the_host(node):
    assert not hasattr(node, "validate_inputs")


def test_every_node_has_a_help_page_that_names_its_inputs(node):
    schema = node.GET_SCHEMA()
    page = (PACK_ROOT / "web" / "docs" / f"{schema.node_id}.md").read_text()
    assert page.startswith(f"# {schema.display_name}\n")
    for declared in schema.inputs:
        assert declared.id in page


def test_the_english_texts_cover_every_node_input_and_output(nodes):
    texts = json.loads((PACK_ROOT / "locales" / "en" / "nodeDefs.json").read_text())
    assert set(texts) == set(nodes)
    for name, node in nodes.items():
        schema = node.GET_SCHEMA()
        assert texts[name]["display_name"] == schema.display_name
        assert texts[name]["description"] == schema.description
        for declared in schema.inputs:
            assert texts[name]["inputs"][declared.id]["tooltip"] == declared.options["tooltip"]
        for slot, output in enumerate(schema.outputs):
            assert texts[name]["outputs"][str(slot)]["tooltip"] == output.tooltip


def test_the_entry_of_the_pack_gives_the_extension_and_the_web_folder():
    pack = import_from_pack("headless").__package__.split(".")[0]
    entry = sys.modules[pack]
    assert (PACK_ROOT / entry.WEB_DIRECTORY / "docs").is_dir()
    assert not hasattr(entry, "NODE_CLASS_MAPPINGS")
    extension = asyncio.run(entry.comfy_entrypoint())
    assert len(asyncio.run(extension.get_node_list())) == len(IDS)


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
    assert done.stdout == f"{len(IDS)}\n", done.stderr


def test_keywords_that_an_older_host_does_not_know_are_left_out(nodes, monkeypatch):
    schema = import_from_pack("nodes.io.schema")

    def older_schema(node_id, display_name, category):
        return node_id, display_name, category

    monkeypatch.setattr(schema.io, "Schema", older_schema)
    declared = schema.declare("SoraX", display_name="Sora X", search_aliases=["x"])
    assert declared == ("SoraX", "Sora X", "Sora Video")
