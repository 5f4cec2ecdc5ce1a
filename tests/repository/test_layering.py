"""The direction of imports, read off the syntax trees and held against the table in docs/architecture.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from source_tree import PACKAGES, ROOT, python_files, relative, tree_of

# Third-party libraries that belong to some rooms alone; a library that is not named here is free.
COMFY = ("comfy", "comfy_execution", "comfy_extras", "folder_paths", "server")
NODE_ROOMS = {"nodes", "nodes.io", "nodes.host", "nodes.load", "nodes.text", "nodes.canvas", "nodes.sample"}
ONLY_IN: dict[str, set[str]] = {
    **{library: {"nodes.comfy"} for library in COMFY},
    "comfy_api": {*NODE_ROOMS, "nodes.output", "nodes.comfy", "headless"},  # headless stands in where it is missing
    "diffusers": set(),
    "av": {"video"},
    "kornia": {"video"},
    "safetensors": {"checkpoint", "tensors"},
    "transformers": set(),
    "sentencepiece": {"models"},
    "tokenizers": {"models"},
    "einops": {"canvas", "models", "train", "evals"},
}


class Room(NamedTuple):
    """A row of the table. knows: the rooms that it may import; None is every room of a lower floor."""

    floor: int
    knows: set[str] | None


def rooms() -> dict[str, Room]:
    """The table "Who knows whom" of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Who knows whom", 1)[1]
    rows = re.findall(r"^\| (\d+) \| (.+?) \| .+? \| (.+?) \|$", text, re.M)
    core = [name for floor, names, _ in rows for name in re.findall(r"`(.+?)`", names) if int(floor) <= 9]
    found = {}
    for floor, names, imports in rows:
        named = set(re.findall(r"`(.+?)`", imports)) | (set(core) if "the core" in imports else set())
        for name in re.findall(r"`(.+?)`", names):
            found[name] = Room(int(floor), None if "all below" in imports else named)
    # What stands at the top of the core: the package's own names, and the command.
    return found | {"__init__": Room(9, None), "__main__": Room(9, None)}


ROOMS = rooms()


def imports(tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(line, level, absolute dotted name) of each import; one per name where a package itself is imported from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, 0, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            base = package[: len(package) - node.level + 1] + module if node.level else module
            yield from ((node.lineno, node.level, (*base, alias.name)) for alias in node.names)


def room_of(name: tuple[str, ...]) -> str | None:
    """The room that owns a dotted name inside the pack; None outside it."""
    if not name or name[0] not in PACKAGES:
        return None
    if name[0] == "headless":
        return "headless"
    inner = name[1] if len(name) > 1 else ""
    if name[0] == "nodes":
        return f"nodes.{inner}" if f"nodes.{inner}" in ROOMS else "nodes"
    return inner if inner in ROOMS else "__init__"


def violations(source: ast.Module, path: tuple[str, ...]) -> list[str]:
    """What the module at `path` (such as ("sora_core", "canvas", "shapes")) imports and must not."""
    room = room_of(path) or ""
    floor, knows = ROOMS[room]
    found = []
    for line, level, name in imports(source, path[:-1]):
        target = room_of(name)
        shown = f"line {line}: {'.'.join(name)}"
        if target is None:
            if room not in ONLY_IN.get(name[0], {room}):
                found.append(f"{shown}: only {sorted(ONLY_IN[name[0]]) or 'tests and benchmarks'} may import {name[0]}")
        elif level == 0:
            found.append(f"{shown}: imports inside the pack are relative (the host loads it under another name)")
        elif target != room and ROOMS[target].floor >= floor and room not in ("__init__", "__main__"):
            found.append(f"{shown}: {room} is not above {target}")
        elif target != room and knows is not None and target not in knows | {"__init__"}:
            found.append(f"{shown}: {room} knows only {sorted(knows)}")
    return found


def check(source: str, path: str) -> list[str]:
    return violations(ast.parse(source), tuple(path.split(".")))


def test_every_module_imports_only_what_the_table_lets_it():
    found = {
        relative(path): bad
        for path in python_files(*PACKAGES)
        if (bad := violations(tree_of(path), path.relative_to(ROOT).with_suffix("").parts))
    }
    assert not found


def test_the_table_names_just_the_rooms_that_there_are():
    """Every folder of the core and of the nodes, and every module at the top of the core."""
    core = [p for p in (ROOT / "sora_core").iterdir() if p.suffix == ".py" or any(p.glob("*.py"))]
    nodes = [p for p in (ROOT / "nodes").iterdir() if any(p.glob("*.py"))]
    there = {p.stem for p in core} | {f"nodes.{p.name}" for p in nodes} | {"nodes", "headless"}
    assert there == set(ROOMS)


def test_the_table_says_of_no_room_that_it_imports_what_it_does_not():
    used: dict[str, set[str]] = {}
    for path in python_files(*PACKAGES):
        parts = path.relative_to(ROOT).with_suffix("").parts
        targets = {room_of(name) for _, _, name in imports(tree_of(path), parts[:-1])}
        used.setdefault(room_of(parts) or "", set()).update(target for target in targets if target)
    small = {name: room.knows for name, room in ROOMS.items() if room.knows is not None and room.floor < 7}
    assert {name: knows - used[name] for name, knows in small.items() if knows - used[name]} == {}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from ....pipeline import Pipeline", "sora_core.models.wan.dit.model"),
        ("from ..models.wan.dit import VideoDiT", "sora_core.diffusion.sampler"),
        ("from .... import pipeline", "sora_core.models.wan.vae.model"),
        ("from ..diffusion import flow", "sora_core.canvas.shapes"),
        ("def f():\n    from ..nodes.comfy import model", "sora_core.pipeline"),
        ("import comfy.utils", "sora_core.pipeline"),
        ("import comfy.utils", "nodes.host.job"),
        ("import folder_paths", "headless.graph"),
        ("from sora_core.canvas.shapes import LatentShape", "nodes.canvas.video_grid"),
        ("import sora_core", "sora_core.train.loop"),
        ("import einops", "sora_core.world.flat.renderer"),
        ("from ...diffusion.flow import add_noise", "sora_core.world.flat.scenes"),
        ("from ..canvas.clip_encoder import ClipEncoder", "nodes.output.decode"),
        ("from ..comfy.host import ComfyHost", "nodes.canvas.video_grid"),
        ("import diffusers", "sora_core.models.wan.dit.model"),
    ],
)
def test_an_import_against_the_direction_is_caught(source, path):
    assert check(source, path)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from ...canvas.shapes import LatentShape", "sora_core.world.flat.scenes"),
        ("from .layers import Block\nfrom ....canvas import patches", "sora_core.models.wan.dit.model"),
        ("from ...sora_core.pipeline import Pipeline\nfrom ...sora_core import Pipeline", "nodes.load.load_model"),
        ("import torch\nfrom comfy_api.latest import io", "nodes.canvas.video_grid"),
        ("import comfy.utils", "nodes.comfy.host"),
    ],
)
def test_an_import_along_the_direction_passes(source, path):
    assert check(source, path) == []
