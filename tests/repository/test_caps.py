"""The house rules (CONTRIBUTING.md) hold in every source file, and each rule is shown to catch what it is for."""

from __future__ import annotations

import pytest

from source_rules import complaints
from source_tree import ROOT, python_files, relative


def lines(count: int, indent: str = "    ") -> str:
    return f"{indent}x = 1\n" * count


def module(text: str) -> str:
    return '"""What it is."""\n' + text


@pytest.mark.slow
def test_every_source_file_keeps_the_house_rules():
    found = {
        relative(path): bad
        for path in python_files()
        if (bad := complaints(path.read_text(encoding="utf-8"), relative(path)))
    }
    assert not found


def test_sources_outside_python_are_ascii():
    names = ("Makefile", "pyproject.toml", "requirements.txt", "constraints.txt", ".gitignore", ".ci/run")
    assert [name for name in names if not (ROOT / name).read_text(encoding="utf-8").isascii()] == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (module(lines(400, "")), "sora_core/pipeline.py"),
        (module("def f():\n" + lines(80)), "sora_core/pipeline.py"),
        (module("class A:\n    def forward(self):\n" + lines(41, "        ")), "sora_core/dit/model.py"),
        (module("class A:\n    def execute(cls):\n" + lines(26, "        ")), "nodes/canvas.py"),
        (module("def text_to_video():\n" + lines(16)), "sora_core/canvas/abilities.py"),
        (module("def f(a, b, c, d, e, *, f, g, h, i): ...\n"), "sora_core/pipeline.py"),
        (module("def f(a, b, c, d, e, f, g, h, **kw): ...\n"), "sora_core/pipeline.py"),
        ("import torch\n", "sora_core/pipeline.py"),
        ('"""1\n2\n3\n4\n5\n6\n"""\n', "sora_core/pipeline.py"),
        (module("x = 1\n"), "sora_core/utils.py"),
        (module('x = "\u00e9"\n'), "sora_core/pipeline.py"),
        (module("x = 1  # TO" + "DO later\n"), "sora_core/pipeline.py"),
        (module("try:\n    x = 1\nexcept Exception:\n    pass\n"), "sora_core/pipeline.py"),
        (module("try:\n    x = 1\nexcept:\n    ...\n"), "sora_core/pipeline.py"),
        (module("import pickle\n"), "sora_core/pipeline.py"),
        (module("eval('1')\n"), "sora_core/pipeline.py"),
        (module("import torch\ntorch.load('a')\n"), "sora_core/train/loop.py"),
        (module("import torch\ntorch.load('a', weights_only=False)\n"), "sora_core/train/loop.py"),
        (module("def f(x, mode='a'): ...\n"), "sora_core/pipeline.py"),
        (module("from typing import Literal\nX = Literal['a']\n"), "sora_core/pipeline.py"),
        (module("class A:\n    noise_mask: int\n"), "sora_core/canvas.py"),
    ],
)
def test_a_breach_is_caught(text, path):
    assert complaints(text, path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (module(lines(399, "")), "sora_core/pipeline.py"),
        (module("def f():\n" + lines(79)), "sora_core/pipeline.py"),
        (module("class A:\n    def forward(self):\n" + lines(40, "        ")), "sora_core/dit/model.py"),
        (module("class A:\n    def f(self, a, b, c, d, e, f, g, h): ...\n"), "sora_core/pipeline.py"),
        (module("try:\n    x = 1\nexcept BaseException:\n    del x\n    raise\n"), "sora_core/video_io.py"),
        (module("import torch\ntorch.load('a', weights_only=True)\n"), "sora_core/train/loop.py"),
    ],
)
def test_what_keeps_the_rules_passes(text, path):
    assert complaints(text, path) == []
