"""The pool of made clips: a clip depends on its number alone, and the oldest leave first."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train.clip_pool import MAKE_BATCH, ClipPool, Refresh, from_bytes, pick, to_bytes
from sora_core.train.seeds import Seeds
from sora_core.train.slots import PoolFolder, Slots

VIDEO = VideoShape(5, 4, 6)
REFRESH = Refresh(first=20, per_step=0.5, capacity=30)


class Tones:
    """A source of clips of one random tone each; notes how many are rendered at once."""

    min_frames = 1

    def __init__(self) -> None:
        self.batches: list[int] = []

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[float]:
        return [rng.uniform(-1, 1) for _ in range(count)]

    unseen = draw

    def render(self, scenes: Sequence[float], video: VideoShape) -> torch.Tensor:
        self.batches.append(len(scenes))
        return torch.tensor(scenes).view(-1, 1, 1, 1, 1).expand(-1, 3, *video)

    def captions(self, scenes: Sequence[float], rng: random.Random, *, still: bool = False) -> list[str]:
        return [f"{scene}" for scene in scenes]

    def corpus(self, rng: random.Random) -> list[str]:
        return []


def halved(pixels: torch.Tensor) -> torch.Tensor:
    return pixels[..., ::2, ::2].half()


def pool_of(source: Tones, folder: Path | None = None, refresh: Refresh = REFRESH) -> ClipPool[float]:
    place = PoolFolder(folder, "tones") if folder else None
    slots = Slots(refresh.capacity, (3, 5, 2, 3), torch.float16, folder=place, name="tones")
    return ClipPool(source, VIDEO, halved, slots=slots, refresh=refresh, seeds=Seeds(0))


def test_what_is_kept_of_a_clip_is_that_of_its_scene() -> None:
    scenes, kept = pool_of(Tones()).draw(50, 0, random.Random(0))
    assert len(set(scenes)) > 10
    for scene, value in zip(scenes, kept, strict=True):
        assert value.shape == (3, 5, 2, 3)
        assert (value == torch.tensor(scene).half()).all()


def test_a_clip_is_made_once_when_it_is_first_drawn_and_few_are_made_at_once() -> None:
    source = Tones()
    pool = pool_of(source)
    assert source.batches == []
    scenes, _ = pool.draw(200, 0, random.Random(0))
    assert sum(source.batches) == len(set(scenes)) == 20
    assert max(source.batches) == MAKE_BATCH
    pool.draw(200, 0, random.Random(1))
    assert sum(source.batches) == 20


def test_clips_come_and_the_oldest_leave_as_steps_go_on() -> None:
    pool = pool_of(Tones())
    at = {step: set(pool.draw(400, step, random.Random(0))[0]) for step in (0, 1, 2, 20, 22, 1000)}
    assert at[1] == at[0] < at[2] < at[20]
    assert [len(at[step]) for step in (0, 2, 20, 22)] == [20, 21, 30, 30]
    assert len(at[20] - at[22]) == 1
    assert not at[0] & at[1000]


@pytest.mark.parametrize("keep_files", [True, False])
def test_a_run_that_goes_on_draws_the_same_with_its_pool_or_without(keep_files: bool, tmp_path: Path) -> None:
    source, again = Tones(), Tones()
    pool = pool_of(source, tmp_path)
    for step in range(3):
        pool.draw(4, step, random.Random(step))
    expected = pool.draw(40, 3, random.Random(3))
    resumed = pool_of(again, tmp_path if keep_files else None).draw(40, 3, random.Random(3))
    assert resumed[0] == expected[0]
    assert torch.equal(torch.stack(resumed[1]), torch.stack(expected[1]))
    assert (again.batches == []) is keep_files


def test_a_pool_that_has_a_share_of_the_clips_has_that_share_of_new_ones() -> None:
    assert REFRESH.scaled(0.5) == Refresh(10, 0.25, 15)
    assert REFRESH.scaled(0.001) == Refresh(1, 0.0005, 1)


@pytest.mark.parametrize("wrong", [(0, 1.0, 5), (6, 1.0, 5), (1, -0.5, 5)])
def test_a_pool_without_clips_is_refused(wrong: tuple[int, float, int]) -> None:
    with pytest.raises(ValueError, match="expected 1 <= first <= capacity"):
        Refresh(*wrong)


def test_bytes_are_pixels_within_half_a_step_and_ends_are_exact() -> None:
    pixels = torch.linspace(-1.0, 1.0, 1001)
    there_and_back = from_bytes(to_bytes(pixels))
    assert (there_and_back - pixels).abs().max() <= 0.5 / 127.5 + 1e-6
    assert from_bytes(to_bytes(torch.tensor([-3.0, -1.0, 1.0, 2.0]))).tolist() == [-1, -1, 1, 1]


def test_pools_are_picked_by_weight() -> None:
    pools = [(pool_of(Tones()), 3.0), (pool_of(Tones()), 1.0)]
    rng = random.Random(0)
    assert 0.7 < sum(pick(pools, rng) is pools[0][0] for _ in range(2000)) / 2000 < 0.8
