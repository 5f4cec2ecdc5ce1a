"""Between pixels of clips and latents: values by hand, and latents that are those of the clip at its place."""

from pathlib import Path

import pytest
import torch

from sora_core.canvas.placement import Placement
from sora_core.evals.encoding import encode, encode_placed, pixels_of, through_vae
from sora_core.pipeline import Pipeline


@pytest.fixture
def pipe(tiny_model_folder: Path) -> Pipeline:
    return Pipeline.load(tiny_model_folder)


def clip(frames: int) -> torch.Tensor:
    return torch.rand(2, 3, frames, 16, 24, generator=torch.Generator().manual_seed(frames)) * 2 - 1


def test_bytes_become_pixels_in_minus_one_to_one_with_channels_first() -> None:
    frames = torch.tensor([0, 255, 51], dtype=torch.uint8).expand(1, 2, 4, 5, 3)
    pixels = pixels_of(frames)
    assert pixels.shape == (1, 3, 2, 4, 5)
    assert pixels[0, :, 0, 0, 0].tolist() == pytest.approx([-1, 1, -0.6])


def test_a_clip_at_the_beginning_is_encoded_as_it_is(pipe: Pipeline) -> None:
    placement = Placement(0, 9, 17, pipe.vae.compression)
    torch.testing.assert_close(encode_placed(pipe, clip(9), placement), encode(pipe, clip(9)))


def test_a_clip_further_on_has_the_latents_that_it_has_after_a_past(pipe: Pipeline) -> None:
    placement = Placement(9, 8, 17, pipe.vae.compression)
    latents = encode_placed(pipe, clip(8), placement)
    assert latents.shape == (2, 4, 2, 2, 3)
    held = torch.cat([clip(8)[:, :, :1].expand(-1, -1, 9, -1, -1), clip(8)], dim=2)
    torch.testing.assert_close(latents, encode(pipe, held)[:, :, 3:])
    assert not torch.allclose(latents, encode(pipe, clip(8)[:, :, :5])[:, :, :2], atol=0.1)


def test_through_the_vae_is_decoding_what_was_encoded(pipe: Pipeline) -> None:
    rebuilt = through_vae(pipe, clip(5))
    assert rebuilt.shape == clip(5).shape
    with torch.no_grad():
        expected = pipe.vae.decode(pipe.vae.encode(clip(5))).clamp(-1, 1)
    assert (rebuilt - expected).abs().max() <= 1 / 255 + 1e-6  # frames are bytes
