"""The VAE at its latent frames: steps between them are told from steps inside, and every latent frame has a row."""

from collections.abc import Callable
from typing import Any

import torch

from sora_core.evals.latents import FRAMES, split_steps
from sora_core.evals.steps import Steps


def test_steps_between_latent_frames_are_told_from_those_inside() -> None:
    frames = 1 + 4 * 3  # latent frames of one, four, four and four frames
    jumps = torch.tensor([0, *(10.0 * ((at - 1) // 4 + 1) for at in range(1, frames))])[None]
    between, inside = split_steps(Steps(jumps.diff(), jumps.diff(), jumps.diff(n=2).abs()), 4)
    assert between == (10, 10, 10)
    assert inside == (0, 0, 0)


def test_the_command_has_a_row_for_each_latent_frame_and_each_kind_of_step(
    rows: Callable[..., list[dict[str, Any]]],
) -> None:
    where = [row["where"] for row in rows("latents", 1)]
    assert where[:FRAMES] == [f"latent frame {at}" for at in range(FRAMES)]
    assert where[FRAMES:] == 3 * ["between latent frames"] + 3 * ["inside latent frames"]
