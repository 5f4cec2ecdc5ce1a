"""The reservoir of encoded clips: what was asked for stays with its latent, and the oldest leave first."""

import random
from collections.abc import Sequence
from itertools import count

import torch
from torch import nn

from sora_core.canvas.shapes import VideoShape
from sora_core.train.latent_pool import ENCODE_BATCH, Draw, LatentPool

VIDEO = VideoShape(5, 4, 6)


class Shrunk(nn.Module):
    """An encoder that averages 2x2 pixels and notes how many clips it is given at once."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        self.batches.append(len(pixels))
        return nn.functional.avg_pool3d(pixels, (1, 2, 2))


def numbered() -> Draw[int]:
    """A source of clips that are all of one value, which is their number."""
    numbers = count()

    def draw(clips: int, video: VideoShape, rng: random.Random) -> tuple[Sequence[int], torch.Tensor]:
        wanted = [next(numbers) for _ in range(clips)]
        return wanted, torch.tensor(wanted).view(-1, 1, 1, 1, 1).expand(-1, 3, *video).float()

    return draw


def pool_of(encoder: nn.Module, capacity: int) -> LatentPool[int]:
    return LatentPool(numbered(), encoder, VIDEO, capacity=capacity, dtype=torch.float32)


def test_each_latent_is_that_of_the_clip_that_was_asked_for() -> None:
    pool, rng = pool_of(Shrunk(), 100), random.Random(0)
    pool.refresh(20, rng)
    wanted, latents = pool.draw(50, rng)
    assert latents.shape == (50, 3, 5, 2, 3)
    assert set(wanted) <= set(range(20))
    assert len(set(wanted)) > 10
    assert torch.equal(latents, torch.tensor(wanted).view(-1, 1, 1, 1, 1).expand_as(latents).float())


def test_a_full_pool_lets_the_oldest_go() -> None:
    pool, rng = pool_of(Shrunk(), 4), random.Random(0)
    for new in (3, 1, 2):
        pool.refresh(new, rng)
    wanted, _ = pool.draw(200, rng)
    assert set(wanted) == {2, 3, 4, 5}


def test_no_more_clips_are_encoded_at_once_than_memory_is_meant_for() -> None:
    encoder = Shrunk()
    pool_of(encoder, 100).refresh(2 * ENCODE_BATCH + 3, random.Random(0))
    assert encoder.batches == [ENCODE_BATCH, ENCODE_BATCH, 3]
