"""What a user waits for before anything runs: large libraries are imported where they are used, not at start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from source_tree import ROOT

pytestmark = pytest.mark.slow

# Each takes long, and serves a part of the users.
LATE = ("kornia", "transformers", "diffusers", "sentencepiece", "torch._dynamo", "torch._inductor")
REPORT = f"\nimport sys\nprint([name for name in {LATE!r} if name in sys.modules])"
STARTS = {
    "the pack in ComfyUI": "from headless.pack import import_from_pack\nimport_from_pack('nodes')",
    "headless": "from headless.pack import import_from_pack\nimport_from_pack('headless.cli')",
    "the package": "from sora_core import Pipeline",
}


def loaded_after(program: str) -> str:
    """Which of LATE a fresh interpreter has after a program."""
    command = [sys.executable, "-c", program + REPORT]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=240).stdout.strip()


@pytest.mark.parametrize("program", STARTS.values(), ids=STARTS)
def test_large_libraries_wait_for_their_first_use(program: str) -> None:
    assert loaded_after(program) == "[]"


def test_a_library_that_is_imported_is_noticed() -> None:
    program = "import torch\nfrom sora_core.video.lab import to_lab\nto_lab(torch.zeros(2, 2, 3))"
    assert "kornia" in loaded_after(program)
