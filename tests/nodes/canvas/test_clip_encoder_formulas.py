"""Every ability with a VAE of 17k + 5 frames: known latents hold the frames that the VAE's formula says.

The VAE stands for MiniMax-H3's: it codes chunks of 1 + 4 + 4 + 4 + 4 frames, each latent as the mean of its frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, levels, run
from sora_core.video.video_io import probe

SIDE, FPS = 32, 24.0
CYCLE = (1, 4, 4, 4, 4)
SIZE = {"size": SIDE, "fps": FPS}


@dataclass(frozen=True)
class ChunkedVae:
    """Its channels hold the red, green and blue of a latent's frames."""

    latent_channels: int = 3


def spans(latents: int) -> list[range]:
    """Pixel frames of each latent frame."""
    starts = [sum((CYCLE * 40)[:latent]) for latent in range(latents + 1)]
    return [range(start, stop) for start, stop in pairwise(starts)]


@pytest.fixture
def vae(nodes, monkeypatch) -> ChunkedVae:
    shapes, grids = (import_from_pack(f"sora_core.canvas.{name}") for name in ("shapes", "time_grid"))
    here = import_from_pack("nodes.host").current()
    grid = grids.FormulaGrid(
        "chunked",
        lambda latents: max(1, (latents - 2) // 5 * 17 + 5),
        lambda frames: max(1, (frames - 5) // 17 * 5 + 2) if frames > 1 else 1,
        CYCLE,
    )
    compression = shapes.Compression(4, 8, 8, grid)

    def encode(_: ChunkedVae, images: torch.Tensor) -> torch.Tensor:
        shape = compression.to_latent(shapes.VideoShape(*images.shape[:3]), 3)
        pixels = torch.nn.functional.avg_pool2d(images.movedim(-1, 1), 8)  # [F 3 h w]
        return torch.stack([pixels[span.start : span.stop].mean(0) for span in spans(shape.frames)], dim=1)[None]

    def decode(_: ChunkedVae, latents: torch.Tensor):
        lengths = torch.tensor([len(span) for span in spans(latents.shape[2])])
        pixels = latents.repeat_interleave(lengths, dim=2).mul(2).sub(1)
        yield torch.nn.functional.interpolate(pixels, scale_factor=(1, 8, 8))

    monkeypatch.setattr(here, "compression", lambda _: compression, raising=False)
    monkeypatch.setattr(here, "encode", encode, raising=False)
    monkeypatch.setattr(here, "decode_chunks", decode, raising=False)
    return ChunkedVae()


def held(latent, source: torch.Tensor, first: int) -> list[int]:
    """The known latent frames, after a check that each is the mean of its frames of a source at `first`."""
    known = [latent_frame for latent_frame, level in enumerate(levels(latent)) if level == 0]
    pixels = torch.nn.functional.avg_pool2d(source.movedim(-1, 1), 8)
    for at, span in enumerate(spans(latent["samples"].shape[2])):
        inside = first <= span.start and span.stop <= first + len(source)
        if at in known and inside:
            expected = pixels[span.start - first : span.stop - first].mean(0)
            torch.testing.assert_close(latent["samples"][0, :, at], expected)
        assert inside or at not in known
    return known


def test_the_grid_has_the_latents_that_the_formula_gives_for_its_seconds(nodes, vae):
    grid = {"aspect_ratio": "1:1", "size": SIDE, "fps": FPS, "vae": vae}
    latent, _, _, frames, _ = run(nodes["SoraVideoGrid"], seconds=5.0, **grid)
    assert (frames, latent["samples"].shape[2]) == (124, 37)
    latent, _, _, frames, _ = run(nodes["SoraVideoGrid"], seconds=0.0, **grid)
    assert (frames, latent["samples"].shape[2]) == (1, 1)


def test_an_extension_keeps_all_frames_that_the_vae_takes(nodes, vae):
    source = clip(39)
    latent, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=0.0, after=0.7, **SIZE)
    assert (overlap, latent["samples"].shape[2]) == (39, 17)
    assert held(latent, source, 0) == list(range(12))


def test_an_extension_backward_ends_with_the_source(nodes, vae):
    source = clip(41)
    latent, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=0.7, after=0.0, **SIZE)
    assert latent["samples"].shape[2] == 17  # 56 frames
    assert overlap == 56 - 17  # the first latent frame that starts after 17 new frames
    assert held(latent, source[:overlap], 17) == list(range(5, 17))


def test_an_extension_both_ways_keeps_the_latents_that_the_source_fills(nodes, vae):
    source = clip(20)
    latent, _, *counts = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=0.7, after=0.7, **SIZE)
    assert counts == [10, 17, 10]
    assert held(latent, source, 17) == list(range(5, 11))  # frames 17 to 34; 35 and 36 are a part of four
    assert latent["samples"].shape[2] == 17


def test_a_latent_is_extended_by_whole_periods(nodes, vae):
    latent = {"samples": torch.rand(1, 3, 7, 4, 4)}
    latent, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=latent, vae=vae, before=0.0, after=1.4, **SIZE)
    assert (overlap, latent["samples"].shape[2]) == (22, 17)
    off = {"samples": torch.rand(1, 3, 6, 4, 4)}
    with pytest.raises(ValueError, match=r"got 6 latent frames; this VAE \(chunked\) takes 1, 2, 7, 12"):
        run(nodes["SoraExtendVideo"], source=off, vae=vae, before=0.0, after=1.0, **SIZE)


@pytest.mark.parametrize(("length", "total"), [(30, 73), (4, 56)])
def test_a_connection_ends_with_the_second_clip(nodes, vae, length, total):
    """Of 22 frames and 17 new ones, then the second; one that is too short for its place begins later."""
    first, second = clip(22), clip(length).flip(0)
    latent, *_ = run(nodes["SoraConnectVideos"], first=first, second=second, vae=vae, seconds=0.7, **SIZE)
    grid_frames = sum((CYCLE * 40)[: latent["samples"].shape[2]])
    known = [at for at, level in enumerate(levels(latent)) if level == 0]
    assert known[:7] == list(range(7))
    assert known[-1] == latent["samples"].shape[2] - 1
    begin = spans(known[7] + 1)[-1].start
    assert begin >= 39
    assert grid_frames == total
    held({**latent, "noise_mask": latent["noise_mask"].index_fill(2, torch.arange(7), 1)}, second, begin)


def test_a_loop_has_its_turn_before_its_head(nodes, vae):
    source = clip(22)
    latent, _, turn, *_ = run(nodes["SoraLoopVideo"], source=source, vae=vae, seconds=0.7, **SIZE)
    known = [at for at, level in enumerate(levels(latent)) if level == 0]
    begin = spans(latent["samples"].shape[2])[known[7]].start
    assert turn == begin
    held({**latent, "noise_mask": latent["noise_mask"].index_fill(2, torch.arange(7), 1)}, source[:8], begin)
    video = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=FPS, frames=turn)[0]
    assert probe(video.path).frames == turn


@pytest.mark.parametrize(("seconds", "first", "frames", "known"), [(0.0, 0, 1, [0]), (0.75, 18, 4, [6])])
def test_a_keyframe_fills_the_latent_frame_at_its_time(nodes, vae, seconds, first, frames, known):
    grid = {"aspect_ratio": "1:1", "size": SIDE, "fps": FPS, "vae": vae}
    latent = run(nodes["SoraVideoGrid"], seconds=1.6, **grid)[0]
    image = clip(1)
    latent = run(nodes["SoraKeyframe"], latent=latent, source=image, vae=vae, seconds=seconds, fps=FPS)[0]
    assert held(latent, image.expand(frames, -1, -1, -1), first) == known


def test_whole_clips_are_padded_to_what_the_vae_takes(nodes, vae):
    edited = run(nodes["SoraEditVideo"], source=clip(20), vae=vae, strength=0.5, **SIZE)[0]
    assert edited["samples"].shape[2] == 7
    region = torch.zeros(20, SIDE, SIDE)
    region[18:] = 1
    inpainted = run(nodes["SoraInpaintVideo"], source=clip(20), region=region, vae=vae, **SIZE)[0]
    assert levels(inpainted) == [0, 0, 0, 0, 0, 0, 1]  # frames 18 to 21
    animated = run(nodes["SoraAnimateImage"], image=clip(1), vae=vae, seconds=1.0, **SIZE)[0]
    assert levels(animated) == [0, *[1] * 6]
    morphed = run(nodes["SoraMorphVideos"], first=clip(30), second=clip(25), vae=vae, strength=0.5, **SIZE)[0]
    assert morphed["samples"].shape[2] == 7


def test_all_that_is_decoded_is_shown_whatever_the_number_of_latents(nodes, vae):
    for latents in (7, 12, 9):  # the VAE's formula takes no 9, its decoder does
        latent = {"samples": torch.rand(1, 3, latents, 4, 4)}
        frames = spans(latents)[-1].stop
        assert run(nodes["SoraVAEDecode"], samples=latent, vae=vae)[0].shape[0] == frames
        video = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=FPS)[0]
        assert probe(video.path).frames == frames
