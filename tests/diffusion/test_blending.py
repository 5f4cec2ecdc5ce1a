"""Places are blended with the canvas in every step as ComfyUI's samplers do it for a noise_mask between 0 and 1."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import ONE_LATENT
from sora_core.diffusion.blending import BlendGuider, check_share
from sora_core.diffusion.denoise import denoise
from sora_core.diffusion.flow import add_noise
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.replacement import as_noisy
from sora_core.diffusion.sampler import NoiseStream, initial_noise
from sora_core.diffusion.schedule import level_per_place
from sora_core.diffusion.windows import SlidingWindow

SHAPE = (2, 3, 4, 2, 2)
CLEAN = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
SEED, OPTIONS = 1, SamplingOptions(steps=5, guidance=1.0)
FIRST_FRAMES = torch.tensor([0.0, 0.25, 0.8, 1.0])  # a noise_mask: known, two strengths, free


def frames(values: torch.Tensor) -> torch.Tensor:
    """[T] -> [B 1 T H W]."""
    return values.view(1, 1, -1, 1, 1).expand(2, 1, 4, 2, 2)


def velocity(latents: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """Some model, which looks at its neighbours in time and at its level [B 1 T|1 1 1]."""
    return torch.tanh(latents + 0.5 * latents.roll(1, dims=2) - level)


def model(latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
    """The same for the sampler: levels [B] or [B T]."""
    one = noise_level.ndim == 1
    return velocity(latents, noise_level.view(-1, 1, 1, 1, 1) if one else level_per_place(noise_level, latents))


def sampled_as_the_host_does(denoise_mask: torch.Tensor, per_token: bool) -> torch.Tensor:
    """ComfyUI's Euler sampler with its KSamplerX0Inpaint, for a model that it shows known places noised or clean."""
    noise, levels = initial_noise(SHAPE, SEED), OPTIONS.levels()
    x = add_noise(CLEAN, noise, levels[0])
    for level, following in pairwise(levels):
        known = CLEAN if per_token else add_noise(CLEAN, noise, level)
        shown = x * denoise_mask + known * (1 - denoise_mask)
        told = denoise_mask * level if per_token else level.view(1, 1, 1, 1, 1)
        estimate = (shown - level * velocity(shown, told)) * denoise_mask + CLEAN * (1 - denoise_mask)
        x = x + (x - estimate) / level * (following - level)
    return x


def sampled(denoise_mask: torch.Tensor, patch: tuple[int, int, int] | None) -> torch.Tensor:
    """Here, for what a LATENT of core nodes becomes."""
    canvas = LatentCanvas(CLEAN, (denoise_mask > 0).float())
    share = torch.where(denoise_mask == 0, 1.0, denoise_mask)
    return denoise(model, canvas, OPTIONS, patch=patch, seed=SEED, share=share)


@pytest.mark.parametrize("patch", [None, ONE_LATENT], ids=["one timestep", "a timestep per token"])
@pytest.mark.parametrize("values", [FIRST_FRAMES, torch.full((4,), 0.6)], ids=["frame by frame", "the same everywhere"])
def test_a_share_is_what_the_host_s_sampler_makes_of_such_a_noise_mask(patch, values):
    expected = sampled_as_the_host_does(frames(values), per_token=patch is not None)
    torch.testing.assert_close(sampled(frames(values), patch), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("patch", [None, ONE_LATENT])
def test_a_share_of_one_is_no_blending(patch):
    free = frames(torch.tensor([0.0, 1.0, 1.0, 1.0]))
    plain = denoise(model, LatentCanvas(CLEAN, free), OPTIONS, patch=patch, seed=SEED)
    assert torch.equal(sampled(free, patch), plain)


def test_the_smaller_the_share_the_more_of_the_canvas_is_kept():
    errors = [(sampled(frames(torch.full((4,), share)), None) - CLEAN).abs().max() for share in (0.05, 0.3, 0.7, 1.0)]
    assert errors == sorted(errors)
    assert errors[0] < 0.2 < errors[-1]


def test_known_places_come_back_bit_for_bit_beside_blended_ones():
    assert torch.equal(sampled(frames(FIRST_FRAMES), ONE_LATENT)[:, :, 0], CLEAN[:, :, 0])


def test_a_place_that_the_model_is_to_leave_out_is_told_as_such_at_every_level():
    told = []

    def noting(latents, noise_level):
        told.append(noise_level)
        return torch.zeros_like(latents)

    share = frames(torch.tensor([1.0, 0.5, -1.0, 1.0]))
    canvas = LatentCanvas(CLEAN, (share > 0).float())
    noises = NoiseStream.of(SHAPE, SEED)
    guider = BlendGuider(noting, canvas, noises, share, ONE_LATENT, as_noisy)
    guider(CLEAN, torch.tensor([[0.8, 0.8, 0.0, 0.8]] * 2))
    places = level_per_place(told[0], CLEAN)
    torch.testing.assert_close(places[0, 0, :, 0, 0], torch.tensor([0.8, 0.4, -1.0, 0.8]))


def test_what_shows_a_blended_place_gets_the_sample_as_it_is():
    given = []

    def show(clean, noise, level, sample):
        given.append(sample)
        return clean

    share = frames(torch.tensor([1.0, 0.5, 0.3, 1.0]))
    canvas, noises = LatentCanvas(CLEAN, torch.ones_like(share)), NoiseStream.of(SHAPE, SEED)
    guider = BlendGuider(lambda latents, level: torch.zeros_like(latents), canvas, noises, share, None, show)
    latents = CLEAN + 3
    guider(latents, torch.tensor([0.8, 0.8]))
    assert torch.equal(given[0], latents)


@pytest.mark.parametrize(
    ("share", "level", "words"),
    [
        (torch.ones(2, 1, 4, 1, 1), torch.ones(2, 1, 4, 2, 2), r"share must be \(2, 1, 4, 2, 2\) like noise_level"),
        (torch.full((2, 1, 4, 2, 2), 0.5), torch.full((2, 1, 4, 2, 2), 0.5), "1 where noise_level is below 1"),
        (torch.full((2, 1, 4, 2, 2), 1.5), torch.ones(2, 1, 4, 2, 2), "share must be at most 1"),
    ],
)
def test_a_share_that_does_not_fit_is_refused(share, level, words):
    with pytest.raises(ValueError, match=words):
        check_share(share, level)
    with pytest.raises(ValueError, match=words):
        denoise(model, LatentCanvas(CLEAN, level), OPTIONS, patch=None, share=share)


def test_windows_blend_nothing():
    canvas, options = LatentCanvas(CLEAN, frames(torch.ones(4))), SamplingOptions(steps=2, windows=SlidingWindow(1, 1))
    with pytest.raises(ValueError, match="which does not work in windows"):
        denoise(model, canvas, options, patch=None, share=frames(torch.full((4,), 0.5)))
