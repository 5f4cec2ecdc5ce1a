"""Sora Paste Back: a film goes through each ability on a small canvas and comes back, but for what was made."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run

FRAMES, HEIGHT, WIDTH, FPS = 50, 100, 178, 24.0
SIDE = {"size": 32, "fps": 8.0}
AS_SHIPPED = {"start": 0.0, "feather": 4, "match_colours": True, "fps": 8.0}


@pytest.fixture
def film():
    """Some two seconds with sound, as they are held."""
    tone = {"waveform": torch.sin(torch.arange(16667) / 10).view(1, 1, -1) / 2, "sample_rate": 8000}
    held = import_from_pack("headless.video").VideoFromComponents
    return held(clip(FRAMES, HEIGHT, WIDTH), FPS, tone)


def region() -> torch.Tensor:
    mask = torch.zeros(1, HEIGHT, WIDTH)
    mask[:, 30:80, 40:120] = 1
    return mask


def decoded(nodes, vae, latent, fps):
    return run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps)[0]


def check_is_the_films(video, images, film):
    """Size, rate, length and sound."""
    assert images.shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert video.get_frame_rate() == FPS
    assert torch.equal(video.recording().sound["waveform"], film.recording().sound["waveform"])


def test_an_inpainted_film_is_untouched_outside_its_region(nodes, vae, film, said):
    latent, fps = run(nodes["SoraInpaintVideo"], source=film, region=region(), vae=vae, **SIDE)
    made = decoded(nodes, vae, latent, fps)
    assert made.images().shape[1:3] != (HEIGHT, WIDTH)
    video, images = run(nodes["SoraPasteBack"], source=film, made=made, region=region(), **AS_SHIPPED)
    check_is_the_films(video, images, film)
    outside = region()[0] == 0
    assert torch.equal(images[:, outside], film.images()[:, outside])
    assert (images[:, ~outside] != film.images()[:, ~outside]).float().mean() > 0.9
    assert said[-1].startswith("source: ")  # nothing of what comes back as it was


def test_within_a_range_of_time_only_its_frames_change(nodes, vae, film):
    (masks,) = run(nodes["SoraTimeRange"], source=film, start=0.5, end=1.25, fps=8.0, region=region())
    latent, fps = run(nodes["SoraInpaintVideo"], source=film, region=masks, vae=vae, **SIDE)
    made = decoded(nodes, vae, latent, fps)
    video, images = run(nodes["SoraPasteBack"], source=film, made=made, region=masks, **AS_SHIPPED)
    check_is_the_films(video, images, film)
    changed = (images != film.images()).flatten(1).any(dim=1)
    assert changed.nonzero().flatten().tolist() == [*range(12, 30)]
    assert torch.equal(images[:, region()[0] == 0], film.images()[:, region()[0] == 0])


def test_an_edited_film_has_its_size_rate_and_sound(nodes, vae, film):
    latent, fps = run(nodes["SoraEditVideo"], source=film, vae=vae, strength=0.6, **SIDE)
    video, images = run(nodes["SoraPasteBack"], source=film, made=decoded(nodes, vae, latent, fps), **AS_SHIPPED)
    check_is_the_films(video, images, film)


@pytest.mark.parametrize(("aspect_ratio", "size"), [("1:1", (178, 178)), ("9:16", (296, 178))])
def test_an_outpainted_film_stands_unscaled_in_its_border(nodes, vae, film, aspect_ratio, size):
    inputs = {"vae": vae, "aspect_ratio": aspect_ratio, "position": 1.0, "size": 64, "fps": 8.0}
    latent, fps, border = run(nodes["SoraOutpaintVideo"], source=film, **inputs)
    made = decoded(nodes, vae, latent, fps)
    video, images = run(nodes["SoraPasteBack"], source=film, made=made, border=border, **AS_SHIPPED)
    assert images.shape[1:3] == size
    check_is_the_films(video, images[:, -HEIGHT:], film)
    assert torch.equal(images[:, -HEIGHT:], film.images())


def test_images_come_back_as_they_were(nodes):
    source, made = clip(17, 48, 64), clip(17, 32, 32)
    mask = torch.zeros(1, 48, 64)
    mask[:, :, 32:] = 1
    _, images = run(nodes["SoraPasteBack"], source=source, made=made, region=mask, **AS_SHIPPED)
    assert torch.equal(images[:, :, :32], source[:, :, :32])
    assert (images[:, :, 32:] != source[:, :, 32:]).any()


def test_a_film_that_is_too_large_to_hold_goes_to_a_lossless_file(nodes, film, tmp_path, monkeypatch):
    files, output = import_from_pack("sora_core.video.video_io"), import_from_pack("nodes.output.film_output")
    files.write_lossless(tmp_path / "film.mov", (film.images() * 255).round().byte(), FPS)
    source = import_from_pack("headless.video").VideoFromFile(tmp_path / "film.mov")
    monkeypatch.setattr(output, "HELD", 0)
    hidden = import_from_pack("headless.comfy_api_standin").HiddenValues
    prompt = {"1": {"inputs": {}}, "2": {"inputs": {"video": ["1", 0]}}}
    node = type("Unlinked", (nodes["SoraPasteBack"],), {"hidden": hidden(unique_id="1", prompt=prompt)})
    video, none = run(node, source=source, made=clip(17), region=region(), **AS_SHIPPED)
    assert none is None
    assert torch.equal(video.images()[:, region()[0] == 0], source.images()[:, region()[0] == 0])
    assert (video.images()[:, 50, 80] != source.images()[:, 50, 80]).any()


def test_what_does_not_last_as_long_is_told_once_it_is_more_than_rounding(nodes, film, said):
    for frames, told in (
        (17, []),
        (21, []),
        (5, ["the made video ends 1.5 s before the source"]),
        (33, ["the last 2 s of the made video are left out"]),
    ):
        said.clear()
        run(nodes["SoraPasteBack"], source=film, made=clip(frames), **AS_SHIPPED)
        assert said == told


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": torch.zeros(1, HEIGHT, WIDTH)}, "got a region that is 0 everywhere"),
        ({"region": torch.ones(1, 64, 64)}, "got a region of 64x64 for a video of 178x100, expected the same aspect"),
        ({"region": region(), "border": torch.ones(1, 64, 64)}, "got a region and a border, expected one"),
        ({"border": torch.ones(1, 64, 64)}, "expected the border of Sora Outpaint Video"),
        ({"start": 3.0}, "got a made video that begins at 3 s, expected a time before the source ends, at 2.08333 s"),
    ],
)
def test_what_cannot_be_pasted_is_refused_in_one_line(nodes, film, given, message):
    with pytest.raises(ValueError, match=message) as raised:
        run(nodes["SoraPasteBack"], **{"source": film, "made": clip(17), **AS_SHIPPED, **given})
    assert "\n" not in str(raised.value)
