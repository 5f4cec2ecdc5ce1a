"""A run makes its pools in memory, or in a folder that refuses the clips of another run."""

import random
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train.clip_pool import ClipPool, Refresh, to_bytes
from sora_core.train.run import Kept, Run
from tiny_training import tiny_run

VIDEO = VideoShape(2, 8, 8)


def pool_of(run: Run, depends_on: str = "") -> ClipPool:
    kept = Kept("clips", to_bytes, (3, *VIDEO), torch.uint8, depends_on)
    return run.clip_pool(run.sources.clips, VIDEO, kept, Refresh(4, 0, 4))


def test_the_same_run_makes_the_same_clips_and_another_seed_makes_others() -> None:
    clips = [torch.stack(pool_of(tiny_run(seed=seed)).draw(8, 0, random.Random(0))[1]) for seed in (0, 0, 1)]
    assert torch.equal(clips[0], clips[1])
    assert not torch.equal(clips[0], clips[2])


def test_a_folder_keeps_the_clips_of_one_run_and_refuses_others(tmp_path: Path) -> None:
    pool_of(tiny_run(pool=tmp_path)).draw(8, 0, random.Random(0))
    assert any(pool_of(tiny_run(pool=tmp_path)).slots.has(number) for number in range(4))
    with pytest.raises(ValueError, match=r"another run.*flat=1, 8 fps, seed 0.*seed 1"):
        pool_of(tiny_run(seed=1, pool=tmp_path))
    with pytest.raises(ValueError, match=r"another run.*VAE"):
        pool_of(tiny_run(pool=tmp_path), ", VAE abc")
