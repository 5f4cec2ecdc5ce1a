"""The measures of seams, on clips whose jumps are known."""

import pytest
import torch

from sora_core.evals.steps import ratios_at, ratios_at_turn, steps_of


def moving_square(frames: int, *, jump_at: int | None = None, jump: int = 0) -> torch.Tensor:
    """A white square of 8 pixels on gray that moves a pixel a frame: uint8 [F 32 64 3]."""
    clip = torch.full((frames, 32, 64, 3), 128, dtype=torch.uint8)
    for at in range(frames):
        left = 4 + at + (jump if jump_at is not None and at >= jump_at else 0)
        clip[at, 12:20, left : left + 8] = 255
    return clip


def ratios(clips: torch.Tensor, seam: int) -> list[float]:
    return [ratio.value for ratio in ratios_at(clips, [seam], 1)]


def test_a_clip_without_a_seam_has_ratios_of_one() -> None:
    steps = steps_of(moving_square(20)[None])
    assert steps.flicker.max() == pytest.approx(steps.flicker.min().item())
    assert steps.motion.max() < 1e-4
    noisy = moving_square(20).float() + torch.randint(
        -20, 20, (20, 32, 64, 3), generator=torch.Generator().manual_seed(0)
    )
    for ratio in ratios(noisy.clamp(0, 255).to(torch.uint8)[None], 10)[:2]:
        assert 0.3 < ratio < 3


def test_a_jump_shows_in_motion_and_flicker_and_only_at_its_seam() -> None:
    clip = moving_square(20, jump_at=10, jump=12)[None]
    _, flicker, _ = ratios(clip, 10)
    assert flicker > 3
    motion = steps_of(clip).motion[0]
    assert motion[8] == pytest.approx(12, abs=0.1)
    assert motion[9] == pytest.approx(12, abs=0.1)
    assert motion[:8].max() < 0.1
    assert motion[10:].max() < 0.1


def test_a_step_in_colour_shows_in_colour() -> None:
    clip = moving_square(20)[None].clone()
    clip[:, 10:, ..., 0] -= 60
    steps = steps_of(clip)
    assert steps.colour[0, 9] > 10
    assert steps.colour[0, torch.arange(19) != 9].max() < 1


def test_a_seam_in_one_clip_of_many_widens_the_interval() -> None:
    clips = torch.stack([moving_square(20)] * 7 + [moving_square(20, jump_at=10, jump=12)])
    flicker = ratios_at(clips, [10], 1).flicker
    assert flicker.low == pytest.approx(1, abs=0.05)
    assert flicker.low < flicker.value < flicker.high
    assert ratios_at(clips, [10], 1).flicker == flicker


def test_at_several_seams_what_jumps_at_one_counts_for_its_share() -> None:
    clips = torch.stack([moving_square(40, jump_at=10, jump=12)] * 2)
    one, three = (ratios_at(clips, seams, 1).flicker.value for seams in ([10], [10, 20, 30]))
    assert three - 1 == pytest.approx((one - 1) / 3, rel=0.1)


def test_a_jump_at_every_latent_frame_is_none_of_the_seam() -> None:
    pulsing = moving_square(29)
    pulsing[1::4] -= 20  # the first frame of each latent frame of four
    jumping = pulsing.clone()
    jumping[13:] -= 40
    quiet, loud = ratios_at(pulsing[None], [13], 4), ratios_at(jumping[None], [13], 4)
    assert quiet.colour.value == pytest.approx(1, abs=0.1)
    assert ratios_at(pulsing[None], [13], 1).colour.value > 1.5
    assert loud.colour.value > 2


def test_the_turn_of_a_loop_is_compared_with_what_lies_inside_latent_frames() -> None:
    darker = [0, 20, 22, 20, 22, 2, 4, 2, 4, 24, 22, 24, 22, 4, 2, 4, 2]  # by 2 inside of latent frames, by 20 between
    turn = moving_square(17) - torch.tensor(darker, dtype=torch.uint8).view(-1, 1, 1, 1)
    loop = torch.cat([turn, turn[:2]])[None]
    assert ratios_at_turn(loop, 4).colour.value == pytest.approx(1, abs=0.2)
    assert ratios_at(loop, [17], 4).colour.value < 0.2


def test_other_seams_are_not_compared_with() -> None:
    clip = moving_square(30, jump_at=20, jump=12)[None]
    alone, beside = ratios_at(clip, [10], 1).flicker.value, ratios_at(clip, [10], 1, others=[20]).flicker.value
    assert alone < 0.9
    assert beside == pytest.approx(1, abs=0.05)


def test_of_a_seam_after_the_first_frame_the_last_motion_is_no_part() -> None:
    clip = moving_square(20, jump_at=1, jump=6)
    clip[19] = moving_square(20, jump_at=19, jump=3)[19]
    steps = steps_of(clip[None]).motion[0]
    expected = steps[0] / steps[1:].mean()
    assert ratios_at(clip[None], [1], 1).motion.value == pytest.approx(expected.item())
