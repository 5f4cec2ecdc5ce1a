"""The direction of imports (docs/architecture.md), read off the syntax trees: lower layers never know higher ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from source_tree import PACKAGES, ROOT, python_files, relative, tree_of

# A unit may import units of lower rows, never of its own row or above.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("shapes", "timing", "command_line", "tensor_file"),
    ("canvas", "patches", "placement", "footage", "conditioning", "weights", "pickled_file"),
    ("vae", "dit", "text_encoder", "diffusion", "world"),
    ("checkpoint", "low_rank", "presets", "video_io", "contact_sheet", "abilities", "joining", "sampling"),
    ("loose_files",),
    ("model_files",),
    ("pipeline",),
    ("long_video",),
    ("evals",),
    ("train",),
    ("__init__", "__main__"),
    ("nodes",),
    ("headless",),
)
RANK = {unit: rank for rank, units in enumerate(LAYERS) for unit in units}

# Units that may know even less than their row allows.
KNOWS_ONLY = {
    "world": {"shapes"},
    "abilities": {"shapes", "canvas"},
    "video_io": {"shapes", "timing"},
    "contact_sheet": {"shapes"},
}

# Third-party libraries that belong to some units alone; a library that is not named here is free.
HOST = ("comfy", "comfy_api", "comfy_execution", "comfy_extras", "folder_paths", "server")
ONLY_IN: dict[str, set[str]] = {
    **{library: {"nodes"} for library in HOST},
    "comfy_api": {"nodes", "headless"},  # headless stands in for it where it is missing
    "diffusers": set(),
    "av": {"video_io"},
    "kornia": {"joining", "evals"},
    "safetensors": {"checkpoint", "tensor_file"},
    "transformers": set(),
    "sentencepiece": set(),
    "tokenizers": {"text_encoder", "train"},
    "einops": {"patches", "vae", "dit", "train", "evals"},
}


def imports(tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(line, level, absolute dotted name) of each import; one per name where a package itself is imported from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, 0, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            base = package[: len(package) - node.level + 1] + module if node.level else module
            yield from ((node.lineno, node.level, (*base, alias.name)) for alias in node.names)


def unit_of(name: tuple[str, ...]) -> str | None:
    """The unit that owns a dotted name inside the pack; None outside it."""
    if not name or name[0] not in PACKAGES:
        return None
    if name[0] != "sora_core":
        return name[0]
    return name[1] if len(name) > 1 and name[1] in RANK else "__init__"


def violations(source: ast.Module, path: tuple[str, ...]) -> list[str]:
    """What the module at `path` (such as ("sora_core", "dit", "model")) imports and must not."""
    unit = unit_of(path)
    found = []
    for line, level, name in imports(source, path[:-1]):
        target = unit_of(name)
        shown = f"line {line}: {'.'.join(name)}"
        if target is None:
            if unit not in ONLY_IN.get(name[0], {unit}):
                found.append(f"{shown}: only {sorted(ONLY_IN[name[0]]) or 'tests and benchmarks'} may import {name[0]}")
        elif level == 0:
            found.append(f"{shown}: imports inside the pack are relative (the host loads it under another name)")
        elif target != unit and RANK[target] >= RANK[unit or ""]:
            found.append(f"{shown}: {unit} is not above {target}")
        elif target != unit and target not in KNOWS_ONLY.get(unit or "", {target}):
            found.append(f"{shown}: {unit} knows only {sorted(KNOWS_ONLY[unit or ''])}")
    return found


def check(source: str, path: str) -> list[str]:
    return violations(ast.parse(source), tuple(path.split(".")))


def test_every_module_imports_only_what_lies_below_it():
    found = {
        relative(path): bad
        for path in python_files(*PACKAGES)
        if (bad := violations(tree_of(path), path.relative_to(ROOT).with_suffix("").parts))
    }
    assert not found


def test_every_part_of_the_core_has_a_layer():
    entries = (ROOT / "sora_core").iterdir()
    units = {p.stem for p in entries if p.suffix == ".py" or (p.is_dir() and any(p.glob("*.py")))}
    assert units <= set(RANK), f"give these a row in LAYERS: {sorted(units - set(RANK))}"


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from ..pipeline import Pipeline", "sora_core.models.wan.dit.model"),
        ("from ..dit import VideoDiT", "sora_core.diffusion.sampler"),
        ("from .. import pipeline", "sora_core.models.wan.vae.model"),
        ("from . import dit", "sora_core.canvas.shapes"),
        ("def f():\n    from ..nodes import native", "sora_core.pipeline"),
        ("import comfy.utils", "sora_core.pipeline"),
        ("import folder_paths", "headless.graph"),
        ("from sora_core.canvas.shapes import LatentShape", "nodes.canvas.video_grid"),
        ("import sora_core", "sora_core.train.loop"),
        ("import einops", "sora_core.world.renderer"),
        ("from ..canvas import LatentCanvas", "sora_core.world.scenes"),
        ("from .conditioning import TextConditioning", "sora_core.canvas.abilities"),
        ("import diffusers", "sora_core.models.wan.dit.model"),
    ],
)
def test_an_import_against_the_direction_is_caught(source, path):
    assert check(source, path)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from ..shapes import LatentShape", "sora_core.world.scenes"),
        ("from .layers import Block\nfrom .. import patches", "sora_core.models.wan.dit.model"),
        ("from ..sora_core.pipeline import Pipeline\nfrom ..sora_core import Pipeline", "nodes.load.load_model"),
        ("import torch\nfrom comfy_api.latest import io", "nodes.canvas.video_grid"),
    ],
)
def test_an_import_along_the_direction_passes(source, path):
    assert check(source, path) == []
