"""Sora Loop Video: the canvas ends with the clip's own beginning."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, levels, run


def test_a_loop_ends_with_its_beginning(nodes, vae):
    latent, _, frames, *overlaps = run(nodes["SoraLoopVideo"], source=clip(17), vae=vae, seconds=1.0, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert (frames, overlaps) == (17 + 8, [17, 8])


@pytest.mark.parametrize(("frames", "fps"), [(17, 8.0), (50, 24.0), (61, 30000 / 1001), (70, 8.0), (200, 25.0)])
def test_a_looped_film_has_its_size_rate_and_sound_and_is_untouched_but_for_its_seams(nodes, vae, frames, fps):
    """Half a second is faded at each end, wherever the film goes on the canvas whole or only with its ends."""
    samples = round(frames / fps * 8000)
    tone = {"waveform": torch.sin(torch.arange(samples) / 10).view(1, 1, -1) / 2, "sample_rate": 8000}
    film = import_from_pack("headless.video").VideoFromComponents(clip(frames, 50, 90), fps, tone)
    inputs = {"source": film, "vae": vae, "seconds": 1.0, "size": 32, "fps": 8.0}
    latent, rate, _, overlap, last_overlap = run(nodes["SoraLoopVideo"], **inputs)
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=rate)
    assert made.images().shape[1:] != (50, 90, 3)
    video, images = run(nodes["SoraJoinVideos"], first=film, second=made, overlap=overlap, last_overlap=last_overlap)
    assert (images.shape[1:], video.get_frame_rate()) == ((50, 90, 3), pytest.approx(fps))
    assert abs(len(images) / fps - frames / fps - 1) < 0.5 + 1 / fps  # in whole latent frames
    sound = video.recording().sound
    assert sound["sample_rate"] == 8000
    assert sound["waveform"].shape[-1] == pytest.approx(8000 * len(images) / fps, abs=2)
    turned, fade = round(last_overlap * fps / 8), round(fps / 2) + 1
    whole = torch.cat([images[-turned:], images[:-turned]])  # as the film begins
    same = (whole[:frames] == film.images()).flatten(1).all(dim=1)
    assert same[fade : frames - fade].all()
    heard = torch.cat([sound["waveform"], sound["waveform"]], dim=-1)
    first = sound["waveform"].shape[-1] - round(turned / fps * 8000)
    inside = slice(round(fade / fps * 8000), samples - round(fade / fps * 8000))
    assert (heard[..., first : first + samples] - tone["waveform"])[..., inside].abs().max() < 0.06  # within a sample


def test_of_a_long_clip_the_end_and_the_beginning_are_encoded_and_the_film_becomes_a_loop(nodes, vae, said):
    source = clip(70)
    inputs = {"source": source, "vae": vae, "seconds": 1.0, "size": 32, "fps": 8.0}
    latent, fps, frames, overlap, last_overlap = run(nodes["SoraLoopVideo"], **inputs)
    assert (frames, overlap, last_overlap) == (0, 25, 8)
    torch.testing.assert_close(latent["samples"][:, :, :7], encoded(vae, source[-25:]))
    assert said[-1] == "Only its ends are here: Sora Join Videos closes the loop"
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps, frames=frames)
    join = {"first": source, "second": made, "overlap": overlap, "last_overlap": last_overlap}
    _, images = run(nodes["SoraJoinVideos"], **join)
    assert len(images) == 70 + 8
    assert torch.equal(images[: 70 - 25 - 8], source[8 : 70 - 25])


def test_a_clip_that_is_too_short_to_come_back_to_is_refused(nodes, vae):
    with pytest.raises(ValueError, match="1 frame at 8 fps to end with"):
        run(nodes["SoraLoopVideo"], source=clip(1), vae=vae, seconds=1.0, size=32, fps=8.0)
