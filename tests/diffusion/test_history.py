"""Guidance by history: the formula, where it works, what the model is shown, and no cost where it is off."""

import pytest
import torch

from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.diffusion.flow import add_noise
from sora_core.diffusion.history import NO_HISTORY_GUIDANCE, HistoryGuidance
from sora_core.diffusion.replacement import FreshReplacementGuider, keep_known
from sora_core.diffusion.sampler import MAX_SEED, NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas

CLEAN = torch.randn(2, 3, 4, 4, 6, generator=torch.Generator().manual_seed(0))
FRAMES = torch.tensor([0.0, 0.0, 1.0, 1.0]).view(1, 1, 4, 1, 1).expand(2, 1, 4, 4, 6)
BOX = torch.ones(2, 1, 4, 4, 6).index_fill_(4, torch.tensor([0, 1]), 0.0)
PATCH = (1, 2, 2)
LEVELS = shifted_sigmas(8, 3.0)


class Recorder:
    """Its velocity is the mean of the latents that it is shown at each place of a clip; it keeps what it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        self.calls.append((latents, noise_level))
        return latents.mean(dim=2, keepdim=True).expand_as(latents)


def run(level: torch.Tensor, guidance: HistoryGuidance, clean: torch.Tensor = CLEAN) -> tuple[torch.Tensor, Recorder]:
    canvas, recorder = LatentCanvas(clean, level), Recorder()
    noises = NoiseStream.of(clean.shape, 1)
    guider, patch = keep_known(recorder, canvas, noises, PATCH, guidance)
    return sample(guider, canvas, noise_schedule(LEVELS, level, patch), noises.current, patch=patch), recorder


@pytest.mark.parametrize("level", [FRAMES, BOX], ids=["frames", "box"])
def test_known_places_are_hidden_in_the_second_call_alone_and_come_back_bit_for_bit(level: torch.Tensor) -> None:
    result, recorder = run(level, HistoryGuidance(2.0, above=0.0))
    known = (level == 0).expand_as(CLEAN)
    assert torch.equal(result[known], CLEAN[known])
    noise = initial_noise((1, *CLEAN.shape[1:]), MAX_SEED)
    for step, (towards, away) in enumerate(zip(recorder.calls[::2], recorder.calls[1::2], strict=True)):
        hidden = add_noise(CLEAN, noise, LEVELS[step])
        assert torch.equal(towards[0][known], CLEAN[known])
        assert torch.equal(away[0][known], hidden[known])
        assert torch.equal(away[0][~known], towards[0][~known])
        assert torch.equal(away[1], LEVELS[step].expand(2))  # one level, as for a clip of which nothing is known


def test_what_is_made_moves_away_from_the_second_answer_by_the_scale() -> None:
    canvas = LatentCanvas(CLEAN, FRAMES)
    guided = HistoryGuidance(3.0, above=0.5).around(Recorder(), canvas, PATCH)
    level = torch.tensor([0.0, 0.0, 0.7, 0.7]).expand(2, 4)
    recorder = Recorder()
    hidden = torch.where(
        FRAMES == 0, add_noise(CLEAN, initial_noise((1, *CLEAN.shape[1:]), MAX_SEED), level[0, 2]), CLEAN
    )
    towards, away = recorder(CLEAN, level), recorder(hidden, level)
    made = guided(CLEAN, level)
    torch.testing.assert_close(made[:, :, 2:], (away + 3.0 * (towards - away))[:, :, 2:])
    assert torch.equal(made[:, :, :2], towards[:, :, :2])


def test_it_works_down_to_a_level_and_costs_a_call_in_each_step_above() -> None:
    _, plain = run(FRAMES, NO_HISTORY_GUIDANCE)
    _, some = run(FRAMES, HistoryGuidance(1.5, above=0.9))
    _, every = run(FRAMES, HistoryGuidance(1.5, above=0.0))
    assert len(plain.calls) == 8
    assert len(some.calls) == 8 + int((LEVELS[:-1] >= 0.9).sum())
    assert len(every.calls) == 16


@pytest.mark.parametrize("level", [1.0, 0.6, 0.0])
def test_where_nothing_is_known_beside_something_open_nothing_changes(level: float) -> None:
    everything = torch.full_like(FRAMES, level)
    plain, guided = run(everything, NO_HISTORY_GUIDANCE), run(everything, HistoryGuidance(2.0, above=0.0))
    assert torch.equal(plain[0], guided[0])
    assert len(plain[1].calls) == len(guided[1].calls)


def test_only_what_is_known_in_full_is_hidden_and_its_patch_told_so() -> None:
    """Frames at 0, 0.5 and 1; and a patch of 0 and 0.5, which is all at 0.5 for the model."""
    level = torch.tensor([0.0, 0.5, 1.0, 1.0]).view(1, 1, 4, 1, 1).expand(2, 1, 4, 4, 6).clone()
    level[:, :, 0, 0, 0] = 0.5
    _, recorder = run(level, HistoryGuidance(2.0, above=0.0))
    (shown, _), (hidden, told) = recorder.calls[:2]
    changed = (shown != hidden).any(dim=1)[0]  # [T H W]
    expected = torch.zeros(4, 4, 6, dtype=torch.bool)
    expected[0] = True
    expected[0, :2, :2] = False
    assert torch.equal(changed, expected)
    patches = told.view(2, 4, 2, 3)[0]
    assert patches[0, 0, 0] == 0.5
    assert (patches[0].flatten()[1:] == 1).all()
    assert (patches[1] == 0.5).all()


def test_a_place_that_starts_lower_is_not_taken_for_known() -> None:
    part = torch.where(FRAMES == 0, 0.5, 1.0)
    assert torch.equal(run(part, NO_HISTORY_GUIDANCE)[0], run(part, HistoryGuidance(2.0, above=0.0))[0])


def test_a_clip_is_made_the_same_alone_and_in_a_batch() -> None:
    guided = HistoryGuidance(2.0, above=0.5)
    canvas = LatentCanvas(CLEAN, FRAMES)
    level = torch.tensor([0.0, 0.0, 0.7, 0.7]).expand(2, 4)
    both = guided.around(Recorder(), canvas, PATCH)(CLEAN, level)
    second = guided.around(Recorder(), LatentCanvas(CLEAN[1:], FRAMES[1:]), PATCH)(CLEAN[1:], level[1:])
    assert torch.equal(both[1:], second)


def test_of_a_rolling_window_only_frames_above_the_level_move() -> None:
    canvas = LatentCanvas(CLEAN, FRAMES)
    rising = torch.tensor([0.0, 0.0, 0.5, 1.0]).expand(2, 4)
    plain, guided = Recorder()(CLEAN, rising), HistoryGuidance(2.0).around(Recorder(), canvas, PATCH)(CLEAN, rising)
    assert torch.equal(plain[:, :, :3], guided[:, :, :3])
    assert not torch.equal(plain[:, :, 3], guided[:, :, 3])


def test_a_model_of_one_level_is_held_by_replacing_whatever_the_guidance() -> None:
    canvas, noises = LatentCanvas(CLEAN, FRAMES), NoiseStream.of(CLEAN.shape, 1)
    guider, patch = keep_known(Recorder(), canvas, noises, None, HistoryGuidance(2.0))
    assert isinstance(guider, FreshReplacementGuider)
    assert patch == (1, 1, 1)


@pytest.mark.parametrize(("scale", "above"), [(-1.0, 0.9), (float("nan"), 0.9), (1.5, -0.1), (1.5, 1.1)])
def test_values_out_of_range_are_refused(scale: float, above: float) -> None:
    with pytest.raises(ValueError, match="guidance by history"):
        HistoryGuidance(scale, above)
