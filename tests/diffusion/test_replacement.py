"""A model with one level for the whole clip is shown what is known at that level, and what is known comes back."""

import pytest
import torch

from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.diffusion.flow import add_noise
from sora_core.diffusion.replacement import ReplacementGuider, keep_known
from sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import level_per_place, model_level, noise_schedule, shifted_sigmas

GENERATOR = torch.Generator().manual_seed(0)
CLEAN = torch.randn(2, 3, 3, 4, 6, generator=GENERATOR)
NOISE = initial_noise(CLEAN.shape, 1)


class Recorder:
    """A model of one level that answers with the true velocity towards zero, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        assert noise_level.shape == (2,)
        self.shown.append((latents, noise_level))
        return latents / noise_level.view(-1, 1, 1, 1, 1).clamp(min=1e-3)


def canvas(level: torch.Tensor) -> LatentCanvas:
    return LatentCanvas(CLEAN, level.expand(2, 1, 3, 4, 6))


def run(known: LatentCanvas, model: Recorder) -> torch.Tensor:
    schedule = noise_schedule(shifted_sigmas(6, 2.0), known.noise_level)
    return sample(ReplacementGuider(model, known, NOISE), known, schedule, NOISE)


@pytest.mark.parametrize("grid", [(3, 1, 1), (3, 4, 6)], ids=["per_frame", "per_place"])
def test_known_places_are_shown_noised_to_the_level_of_the_rest_and_come_back_bit_for_bit(grid) -> None:
    level = (torch.rand(1, 1, *grid, generator=torch.Generator().manual_seed(2)) > 0.5).float()
    level.view(-1)[0], level.view(-1)[-1] = 0.0, 1.0
    known, model = canvas(level), Recorder()
    result = run(known, model)
    held = (known.noise_level == 0).expand_as(CLEAN)
    assert torch.equal(result[held], CLEAN[held])
    assert len(model.shown) == 6
    for shown, common in model.shown:
        expected = add_noise(CLEAN, NOISE, common.view(-1, 1, 1, 1, 1))
        assert torch.equal(shown[held], expected[held])
    assert result[~held].abs().max() < 1e-5  # what is invented went where the model sent it


def test_a_place_that_starts_lower_waits_noised_and_is_then_its_own() -> None:
    level = torch.tensor([1.0, 0.5, 1.0]).view(1, 1, 3, 1, 1)
    known, model = canvas(level), Recorder()
    run(known, model)
    waiting = [float(common[0]) > 0.5 for _, common in model.shown]
    assert any(waiting)
    assert not all(waiting)
    for (shown, common), waits in zip(model.shown, waiting, strict=True):
        renoised = add_noise(CLEAN, NOISE, common.view(-1, 1, 1, 1, 1))
        assert torch.equal(shown[:, :, 1], renoised[:, :, 1]) == (waits or common[0] == 0.5)


def test_known_places_are_shown_in_the_model_s_own_way_and_waiting_ones_as_noisy_as_the_rest() -> None:
    level = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 3, 1, 1)
    known, model = canvas(level), Recorder()
    noises = NoiseStream(NOISE, None)
    guider, patch = keep_known(model, known, noises, None, show=lambda clean, noise, level, sample: clean + 7 * noise)
    result = sample(guider, known, noise_schedule(shifted_sigmas(6, 2.0), known.noise_level), NOISE, patch=patch)
    assert torch.equal(result[:, :, 0], CLEAN[:, :, 0])
    assert len(model.shown) == 6
    for shown, common in model.shown:
        assert torch.equal(shown[:, :, 0], (CLEAN + 7 * NOISE)[:, :, 0])
        if common[0] > 0.5:
            assert torch.equal(shown[:, :, 1], add_noise(CLEAN, NOISE, common.view(-1, 1, 1, 1, 1))[:, :, 1])


def test_a_canvas_of_one_level_passes_through_as_it_is() -> None:
    everything = canvas(torch.ones(1, 1, 1, 1, 1))
    schedule = noise_schedule(shifted_sigmas(6, 2.0), everything.noise_level)
    assert torch.equal(run(everything, Recorder()), sample(Recorder(), everything, schedule, NOISE))


@pytest.mark.parametrize("patch", [(1, 1, 1), (1, 2, 2), (2, 2, 4)])
def test_levels_of_patches_go_back_to_their_places(patch) -> None:
    latents = torch.zeros(2, 3, 3, 5, 6)
    per_patch = torch.rand(2, 1, -(-3 // patch[0]), -(-5 // patch[1]), -(-6 // patch[2]), generator=GENERATOR)
    spread = level_per_place(per_patch.flatten(1), latents, patch)
    assert spread.shape == (2, 1, 3, 5, 6)
    assert torch.equal(model_level(spread, latents, patch), per_patch.flatten(1))
    per_frame = torch.rand(2, 3, generator=GENERATOR)
    assert torch.equal(level_per_place(per_frame, latents)[:, 0, :, 2, 3], per_frame)
