"""Sora Extend Video: what is known lies at the end, at the beginning or between, and is that clip."""

from __future__ import annotations

import re

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, levels, run

SOURCES = (17, 18, 20, 5)  # frames


@pytest.mark.parametrize("frames", SOURCES)
def test_forward_the_end_of_the_source_is_kept(nodes, vae, frames):
    source = clip(frames)
    latent, _, overlap, *_ = run(
        nodes["SoraExtendVideo"], source=source, vae=vae, before=0.0, after=1.0, size=32, fps=8.0
    )
    assert overlap == 1 + (frames - 1) // 4 * 4
    assert levels(latent) == [0] * (1 + (overlap - 1) // 4) + [1, 1]
    torch.testing.assert_close(latent["samples"][:, :, :-2], encoded(vae, source[frames - overlap :]))


@pytest.mark.parametrize("frames", SOURCES)
def test_backward_the_beginning_of_the_source_is_kept_at_the_end(nodes, vae, frames):
    latent, _, overlap, *_ = run(
        nodes["SoraExtendVideo"], source=clip(frames), vae=vae, before=1.0, after=0.0, size=32, fps=8.0
    )
    assert overlap == frames // 4 * 4
    assert levels(latent) == [1, 1, 1] + [0] * (overlap // 4)  # 9 frames before it, the least for a whole second


def test_both_ways_the_source_lies_between(nodes, vae):
    latent, _, *counts = run(
        nodes["SoraExtendVideo"], source=clip(17), vae=vae, before=1.0, after=1.0, size=32, fps=8.0
    )
    assert counts == [9, 9, 8]  # 17 frames of the source after 9 new ones, shared between its end and its beginning
    assert levels(latent) == [1, 1, 1, 0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(("frames", "context", "each"), [(200, 0.0, 12), (40, 2.0, 16), (25, 1.0, 8)])
def test_both_ways_only_the_ends_of_a_longer_source_are_encoded(nodes, vae, said, frames, context, each):
    inputs = {"vae": vae, "before": 1.0, "after": 1.0, "size": 32, "fps": 8.0, "context": context}
    latent, _, *counts = run(nodes["SoraExtendVideo"], source=clip(frames), **inputs)
    assert counts == [each, 9, each]
    assert said[-1] == f"source: {frames} frames at 8 fps used as {2 * each} at 8"
    assert levels(latent) == [1, 1, 1] + [0] * (each // 2) + [1, 1]
    ends = torch.cat([clip(frames)[:each], clip(frames)[-each:]])
    alone, *_ = run(nodes["SoraExtendVideo"], source=ends, **{**inputs, "context": 0.0})
    assert torch.equal(latent["samples"], alone["samples"])


def test_both_ways_the_middle_of_a_file_is_not_even_read(nodes, vae, tmp_path, monkeypatch):
    files, videos = import_from_pack("sora_core.video.file_frames"), import_from_pack("headless.video")
    write = import_from_pack("sora_core.video.video_io").write_video
    write(tmp_path / "film.mp4", (clip(400) * 255).byte(), 8.0)
    shown, stream = [], files.FileFrames.stream
    monkeypatch.setattr(files.FileFrames, "stream", lambda self, wanted: shown.extend(wanted) or stream(self, wanted))
    film = videos.VideoFromFile(tmp_path / "film.mp4")
    run(nodes["SoraExtendVideo"], source=film, vae=vae, before=1.0, after=1.0, size=32, fps=8.0, context=1.0)
    assert sorted(shown) == [*range(8), *range(392, 400)]


def test_a_latent_is_carried_on_without_a_change(nodes, vae):
    samples = torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    latent, _, overlap, *_ = run(
        nodes["SoraExtendVideo"], source={"samples": samples}, vae=vae, before=0.0, after=1.0, size=64, fps=8.0
    )
    assert torch.equal(latent["samples"][:, :, :3], samples)
    assert levels(latent) == [0, 0, 0, 1, 1]
    assert overlap == 9


@pytest.mark.slow
def test_what_is_known_decodes_to_the_source(nodes):
    """At the end of a canvas that begins with a plausible past, within twice what the VAE does at the beginning."""
    vae = run(nodes["SoraLoadModel"], model="nano (demo model)")[2]
    source = run(nodes["SoraSampleClip"], clip="circle_right")[0].images()
    latent, _, overlap, *_ = run(
        nodes["SoraExtendVideo"], source=source, vae=vae, before=1.0, after=0.0, size=64, fps=8.0
    )
    known = latent["noise_mask"][0, 0, :, 0, 0] == 0
    canvas = encoded(vae, torch.cat([source[:1].expand(9, -1, -1, -1), source[:overlap]]))
    canvas[:, :, known] = latent["samples"][:, :, known]
    decode = nodes["SoraVAEDecode"]
    whole, alone = (run(decode, samples={"samples": x}, vae=vae)[0] for x in (canvas, encoded(vae, source)))
    error = (whole[-overlap:] - source[:overlap]).square().mean()
    assert error < 2 * (alone - source).square().mean()


INPUTS = {"before": 0.0, "after": 1.0, "size": 32, "fps": 8.0}


def test_of_a_long_source_only_the_context_is_encoded(nodes, vae):
    source = clip(100)
    latent, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=source, vae=vae, **INPUTS)
    assert (overlap, levels(latent)) == (33, [0] * 9 + [1] * 2)  # 41 frames, what is known of no model is 5 seconds
    torch.testing.assert_close(latent["samples"][:, :, :9], encoded(vae, source[-33:]))
    latent, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=source, vae=vae, **INPUTS, context=2.0)
    assert (overlap, levels(latent)) == (13, [0] * 4 + [1] * 2)
    latent, _, overlap, *_ = run(
        nodes["SoraExtendVideo"], source=source, vae=vae, **{**INPUTS, "before": 1.0, "after": 0.0}, context=2.0
    )
    assert (overlap, levels(latent)) == (16, [1] * 3 + [0] * 4)


def test_the_context_of_a_model_of_ours_is_what_it_was_trained_on(nodes, taught):
    trained = import_from_pack("nodes.host").current().trained_frames(taught[2])
    _, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=clip(100), vae=taught[2], **INPUTS)
    assert 0 < trained < 100
    assert overlap == 1 + (max(trained - 8, trained // 3) - 1) // 4 * 4


def test_of_a_file_no_frame_is_held_but_the_context(nodes, vae, tmp_path, monkeypatch):
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    files.write_video(tmp_path / "film.mp4", (clip(240) * 255).byte(), 24.0)
    read, module = [], import_from_pack("sora_core.video.file_frames")
    stream = module.FileFrames.stream
    monkeypatch.setattr(module.FileFrames, "stream", lambda self, wanted: read.extend(wanted) or stream(self, wanted))
    source = videos.VideoFromFile(tmp_path / "film.mp4")
    _, _, overlap, *_ = run(nodes["SoraExtendVideo"], source=source, vae=vae, **INPUTS, context=1.0)
    assert (overlap, len(read), min(read)) == (5, 5, 240 - 5 * 3 + 1)


def test_new_frames_beyond_what_the_model_sees_are_sampled_in_windows_from_the_source_outward(nodes, loaded, said):
    model, text, vae = loaded
    prompt = run(nodes["SoraEncodeText"], clip=text, text="a circle")[0]
    for before, after in ((9.0, 0.0), (0.0, 9.0)):
        inputs = {"source": clip(24), "vae": vae, "size": 32, "fps": 8.0, "before": before, "after": after}
        latent = run(nodes["SoraExtendVideo"], **inputs)[0]
        sampler = {"seed": 0, "steps": 2, "guidance": 1.0, "shift": 3.0}
        (made,) = run(nodes["SoraSampler"], model=model, positive=prompt, negative=prompt, latent=latent, **sampler)
        assert re.search(r"Sampled in [2-9] windows", said[-1])
        known = latent["noise_mask"][0, 0, :, 0, 0] == 0
        assert torch.equal(made["samples"][:, :, known], latent["samples"][:, :, known])
        assert made["samples"].isfinite().all()


def test_the_sound_of_a_source_comes_back_in_step_with_its_frames(nodes, vae, tmp_path):
    videos = import_from_pack("headless.video")
    wave = torch.zeros(1, 1, 16000)
    wave[..., 8000:] = 0.5 * torch.sin(torch.arange(8000) / 10)
    film = videos.VideoFromComponents(clip(16), 8.0, {"waveform": wave, "sample_rate": 8000})
    for before, begin in ((0.0, 1.0 - 3 / 8), (1.0, 1.0 + 9 / 8)):  # of 16 frames the VAE takes the last 13
        inputs = {"source": film, "vae": vae, "size": 32, "fps": 8.0, "before": before, "after": 1.0 - before}
        latent, fps, *_ = run(nodes["SoraExtendVideo"], **inputs)
        (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps)
        heard = made.recording().sound["waveform"][0, 0].abs()
        assert (heard > 0.2).nonzero()[0].item() / 8000 == pytest.approx(begin, abs=0.02)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"source": clip(5), "before": 0.0, "after": 0.0}, "expected more than 0 of one of them"),
        ({"source": torch.zeros(0, 8, 8, 3), "before": 0.0, "after": 1.0}, "not empty"),
        ({"source": torch.zeros(5, 8, 8, 7), "before": 0.0, "after": 1.0}, "expected \\[F H W 3\\]"),
        ({"source": clip(3), "before": 1.0, "after": 0.0}, "which fills no latent frame"),
        (
            {"source": {"samples": torch.zeros(1, 4, 2, 4, 4)}, "before": 1.0, "after": 0.0},
            "seconds before a LATENT, expected 0",
        ),
    ],
)
def test_what_cannot_be_extended_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraExtendVideo"], **inputs, vae=vae, size=32, fps=8.0)


def test_size_and_rate_of_a_latent_are_its_own_and_others_are_told(nodes, vae, said):
    made, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=16.0, vae=vae)
    inputs = {"source": made, "vae": vae, "before": 0.0, "after": 1.0}
    said.clear()
    same, fps, *_ = run(nodes["SoraExtendVideo"], **inputs, size=32, fps=16.0)
    assert (fps, said) == (16, [])
    latent, fps, *_ = run(nodes["SoraExtendVideo"], **inputs, size=64, fps=8.0)
    assert said == ["size 64 is not used: the latent has 32x32", "fps 8 is not used: the latent has 16"]
    assert fps == 16
    assert latent["samples"].shape == same["samples"].shape


def test_times_that_generate_nothing_are_refused_before_the_run(nodes, vae):
    check = nodes["SoraExtendVideo"].validate_inputs
    assert check(before=0.0, after=0.0) == "before and after are both 0 s: set one of them to the seconds to generate"
    assert check(before=-1.0, after=2.0) == "before is -1 s, expected 0 to 600 s"
    assert check(before=1.0, after=601.0) == "after is 601 s, expected 0 to 600 s"
    assert check(before=0.0, after=None) is check(before=0.0, after=0.05) is True
    source = {"samples": torch.zeros(1, 4, 3, 4, 4)}
    with pytest.raises(ValueError, match=r"^got 0 seconds after a LATENT, expected more"):
        run(nodes["SoraExtendVideo"], source=source, vae=vae, before=0.0, after=0.0, size=32, fps=8.0)
