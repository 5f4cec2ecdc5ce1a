"""torch.compile changes nothing but the speed, and where it cannot work nothing at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sora_core.models.wan.dit import VideoDiT
from sora_core.models.wan.dit.compiling import compile_blocks
from sora_core.models.wan.dit.layers import Block
from tiny import tiny_dit

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]


def velocity(dit: VideoDiT, frames: int) -> torch.Tensor:
    torch.manual_seed(0)
    latents = torch.randn(2, dit.config.in_channels, frames, 4, 4)
    text = torch.randn(2, 3, dit.config.text_dim)
    with torch.inference_mode():
        return dit(latents, torch.tensor([0.3, 0.9]), text)


def is_compiled(dit: VideoDiT) -> bool:
    return all(block._compiled_call_impl is not None for block in dit.blocks if isinstance(block, Block))


@pytest.mark.slow
def test_compiled_blocks_give_the_same_velocity_at_every_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    plain, compiled = tiny_dit(), tiny_dit()
    if not compile_blocks(compiled):
        pytest.skip("no compiler on this machine")
    assert is_compiled(compiled)
    for frames in (1, 3, 4):
        torch.testing.assert_close(velocity(compiled, frames), velocity(plain, frames), rtol=1e-4, atol=1e-5)
    assert list(compiled.state_dict()) == list(plain.state_dict()), "weights load as before"


WITHOUT_A_COMPILER = """
import logging
import torch
from sora_core.models.wan.dit.compiling import compile_blocks
from tiny import tiny_dit
logging.basicConfig(format="%(message)s")
dit = tiny_dit()
print(compile_blocks(dit))
text = torch.randn(1, 3, dit.config.text_dim)
print(tuple(dit(torch.randn(1, dit.config.in_channels, 1, 4, 4), torch.tensor([0.5]), text).shape))
"""


def test_without_a_compiler_the_model_runs_as_it_is(tmp_path: Path) -> None:
    environment = {**os.environ, "CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join(str(ROOT / folder) for folder in (".", "tests"))
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_COMPILER], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines() == ["False", "(1, 4, 1, 4, 4)"]
    assert found.stderr.startswith("torch.compile does not work here; the model runs without it: ")
    assert len(found.stderr.splitlines()) == 1
