"""A clip in mid-canvas is encoded after as much of its past as the encoder of Wan sees, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from headless.pack import import_from_pack
from small_vaes import CONFIGS, random_pixels, random_vae

Encode = Callable[[int], torch.Tensor]
START = 40  # latent frames before the clip, more than any encoder looks back
NOISE = 1e-13  # of float64


@pytest.fixture(scope="module")
def encode_with() -> Encode:
    """Latents of a clip after START latent frames, by a small encoder of Wan 2.1, `past` of them really encoded."""
    clip_encoder = import_from_pack("nodes.canvas.clip_encoder")
    vae = random_vae(CONFIGS["wan_2_1"], torch.float64)

    class InFloat64(clip_encoder.ClipEncoder):
        compression = vae.compression

        def encode(self, pixels: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                return vae.encode(pixels)

    place = InFloat64(import_from_pack("headless.host").HeadlessVAE(vae), 16.0, 8, 8)
    time = place.compression.time
    clip = random_pixels(vae, time, dtype=torch.float64, grid=(1, 1))
    first = 1 + time * (START - 1)

    def encode(past: int) -> torch.Tensor:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clip_encoder, "PAST", past)
            known, latents = place.encode_at(clip, first, first + time)
        assert known == range(START, START + 1)
        return latents

    return encode


def seen_by_wan() -> int:
    return import_from_pack("nodes.canvas.clip_encoder").PAST


def test_encoding_after_past_latent_frames_equals_encoding_after_all_of_them(encode_with: Encode) -> None:
    assert (encode_with(seen_by_wan()) - encode_with(START)).abs().max() <= NOISE


def test_one_latent_frame_less_than_past_is_too_few(encode_with: Encode) -> None:
    assert (encode_with(seen_by_wan() - 1) - encode_with(START)).abs().max() > 1e-9
