"""Modules and test files mirror each other: sora_core/a/b.py has tests/a/test_b.py, nodes and headless their own room.

ComfyUI is not there to import nodes/comfy/*.py: each is named in the docstring of a live test in tests/integration.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

import pytest

from source_tree import PACKAGES, python_files, relative, tree_of

LIVE = "nodes/comfy/"
UNMIRRORED = ("tests/fuzz/", "tests/integration/", "tests/repository/")
"""Tests of the whole with changed inputs and in a real host, and of the repository."""

ABOUT_SEVERAL = {
    "tests/docs/test_pages.py": "the pages that people write, which no module makes",
    "tests/models/wan/text_encoder/test_comfy_parity.py": "encoder and tokenizer together against ComfyUI's",
    "tests/nodes/canvas/test_odd_inputs.py": "the same odd videos in every node that takes one",
    "tests/nodes/test_schemas.py": "what all nodes declare, as nodes/__init__.py lists them",
    "tests/nodes/test_workflows.py": "the shipped graphs, which are of nodes of every folder",
    "tests/test_ability_workflows.py": "what the shipped graphs promise is in their videos",
    "tests/test_single_level.py": "pipeline and long videos with a model of one timestep",
    "tests/test_workflow_results.py": "every shipped graph samples what is recorded",
}
"""Test files that mirror no module, with the reason."""


def needs_mirror(module: str) -> bool:
    """Every module but for markers of packages, command lines, and what needs a real host."""
    name = module.rsplit("/", 1)[-1]
    return name not in ("__init__.py", "__main__.py") and not module.startswith(LIVE)


def mirror_of(module: str) -> str:
    """The test file of a module; that of a `__main__.py` is called test_main.py."""
    *folders, name = module.removeprefix("sora_core/").split("/")
    stem = name.removesuffix(".py").strip("_")
    return "/".join(["tests", *folders, f"test_{stem}.py"])


def missing_mirrors(modules: Collection[str], tests: Collection[str]) -> set[str]:
    """Modules whose mirror is not there."""
    return {module for module in modules if needs_mirror(module) and mirror_of(module) not in tests}


def orphans(modules: Collection[str], tests: Collection[str]) -> set[str]:
    """Test files that are called neither after a module of their room nor after one and more words."""
    mirrors = {mirror_of(module).removesuffix(".py") for module in modules if not module.endswith("/__init__.py")}
    found = {test for test in tests if not test.startswith(UNMIRRORED)}
    return {test for test in found if not any(is_about(test, mirror) for mirror in mirrors)}


def is_about(test: str, mirror: str) -> bool:
    """Whether a test file is a mirror, or one that goes on after its name: test_lora_keys.py beside test_lora.py."""
    stem = test.removesuffix(".py")
    return stem == mirror or (stem.startswith(f"{mirror}_") and "/" not in stem.removeprefix(mirror))


def modules() -> list[str]:
    """Every module of the pack."""
    return [relative(path) for path in python_files(*PACKAGES)]


def files_of_tests() -> list[str]:
    """Every file that pytest collects."""
    return [relative(path) for path in python_files("tests") if path.name.startswith("test_")]


def live_docstrings() -> str:
    """What the live tests say that they are about."""
    live = [path for path in python_files("tests/integration") if path.name.startswith("test_")]
    return "\n".join(ast.get_docstring(tree_of(path)) or "" for path in live)


def test_every_module_has_a_test_file_of_its_name():
    assert missing_mirrors(modules(), files_of_tests()) == set()


def test_every_test_file_is_called_after_a_module_or_has_a_reason_not_to_be():
    assert orphans(modules(), files_of_tests()) - set(ABOUT_SEVERAL) == set()


def test_every_test_file_has_a_test():
    without = [path for path in python_files("tests") if path.name.startswith("test_") and not has_test(tree_of(path))]
    assert [relative(path) for path in without] == []


def has_test(tree: ast.Module) -> bool:
    """Whether there is something for pytest to run."""
    return any(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in tree.body)


def test_every_module_that_imports_the_host_is_named_by_a_live_test():
    said = live_docstrings()
    of_the_host = [module for module in modules() if module.startswith(LIVE) and not module.endswith("__init__.py")]
    assert len(of_the_host) > 5
    assert [module for module in of_the_host if module not in said] == []


def test_exceptions_are_none_any_more_once_they_are_mended():
    assert orphans(modules(), files_of_tests()) & set(ABOUT_SEVERAL) == set(ABOUT_SEVERAL)


@pytest.mark.parametrize(
    ("module", "mirror"),
    [
        ("sora_core/pipeline.py", "tests/test_pipeline.py"),
        ("sora_core/models/wan/vae/tiling.py", "tests/models/wan/vae/test_tiling.py"),
        ("sora_core/evals/__main__.py", "tests/evals/test_main.py"),
        ("nodes/canvas/keyframe.py", "tests/nodes/canvas/test_keyframe.py"),
        ("headless/graph.py", "tests/headless/test_graph.py"),
    ],
)
def test_a_mirror_lies_where_its_module_does(module, mirror):
    assert mirror_of(module) == mirror


def test_a_missing_mirror_is_caught():
    there = ["sora_core/a/__init__.py", "sora_core/a/__main__.py", "sora_core/a/lora.py", "nodes/comfy/vae.py"]
    assert missing_mirrors(there, ["tests/a/test_lora.py"]) == set()
    assert missing_mirrors(there, ["tests/a/test_lora_keys.py", "tests/test_lora.py"]) == {"sora_core/a/lora.py"}


@pytest.mark.parametrize(
    "orphan",
    [
        "tests/a/test_lor.py",
        "tests/a/test_loras.py",
        "tests/b/test_lora.py",
        "tests/test_lora.py",
        "tests/a/test_lora_/test_x.py",
        "tests/a/test_init.py",
    ],
)
def test_an_orphan_is_caught(orphan):
    fine = ["tests/a/test_lora.py", "tests/a/test_lora_keys.py", "tests/a/test_main.py", "tests/integration/test_x.py"]
    there = ["sora_core/a/lora.py", "sora_core/a/__main__.py", "sora_core/a/__init__.py"]
    assert orphans(there, [*fine, orphan]) == {orphan}


def test_a_file_without_a_test_is_caught():
    assert has_test(ast.parse("def test_it(): assert 1"))
    assert not has_test(ast.parse('"""Nothing."""\ndef helper(): pass'))
