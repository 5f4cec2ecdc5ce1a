"""The canvases that the ability nodes make, on the tiny model: what is known lies where it should, and is that clip."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack

SOURCES = (17, 18, 20, 5)  # frames


def run(node, **inputs):
    return node.execute(**inputs).args


@pytest.fixture
def vae(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")[2]


def clip(frames: int, height: int = 32, width: int = 32) -> torch.Tensor:
    """A soft picture that changes, as an IMAGE batch."""
    low = torch.rand(1, 3, 3, 4, 4, generator=torch.Generator().manual_seed(frames))
    size = (frames, height, width)
    return torch.nn.functional.interpolate(low, size, mode="trilinear")[0].permute(1, 2, 3, 0)


def levels(latent) -> list[float]:
    """Noise level of each latent frame, which must be one in all its places."""
    level = latent["noise_mask"][0, 0].flatten(1)
    assert (level == level[:, :1]).all()
    return level[:, 0].tolist()


def encoded(vae, images):
    return import_from_pack("nodes.host").current().encode(vae, images)


def test_an_image_is_the_first_latent_frame(nodes, vae, said):
    latent, fps = run(nodes["SoraAnimateImage"], image=clip(3), vae=vae, seconds=1.0, size=32, fps=8.0)
    assert levels(latent) == [0, 1, 1]
    torch.testing.assert_close(latent["samples"][:, :, :1], encoded(vae, clip(3)[:1]))
    assert fps == 8.0
    assert said[-1] == "image: 32x32, 1 frame at 8 fps; 9 frames in all"


def test_an_image_of_any_size_is_scaled_and_the_user_is_told(nodes, vae, said):
    latent, _ = run(nodes["SoraAnimateImage"], image=clip(1, 100, 170), vae=vae, seconds=1.0, size=64, fps=8.0)
    assert latent["samples"].shape == (1, 4, 3, 6, 10)
    assert "image: 170x100, 1 frame at 8 fps, used as 80x48" in said[-1]


@pytest.mark.parametrize("frames", SOURCES)
def test_forward_the_end_of_the_source_is_kept(nodes, vae, frames):
    source = clip(frames)
    latent, _, overlap = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=0.0, after=1.0, size=32, fps=8.0)
    assert overlap == 1 + (frames - 1) // 4 * 4
    assert levels(latent) == [0] * (1 + (overlap - 1) // 4) + [1, 1]
    torch.testing.assert_close(latent["samples"][:, :, :-2], encoded(vae, source[frames - overlap :]))


@pytest.mark.parametrize("frames", SOURCES)
def test_backward_the_beginning_of_the_source_is_kept_at_the_end(nodes, vae, frames):
    latent, _, overlap = run(
        nodes["SoraExtendVideo"], source=clip(frames), vae=vae, before=1.0, after=0.0, size=32, fps=8.0
    )
    assert overlap == frames // 4 * 4
    assert levels(latent) == [1, 1, 1] + [0] * (overlap // 4)  # 9 frames before it, the least for a whole second


def test_both_ways_the_source_lies_between(nodes, vae):
    latent, _, overlap = run(
        nodes["SoraExtendVideo"], source=clip(17), vae=vae, before=1.0, after=1.0, size=32, fps=8.0
    )
    assert overlap == 17
    assert levels(latent) == [1, 1, 1, 0, 0, 0, 0, 1, 1, 1]


def test_a_latent_is_carried_on_without_a_change(nodes, vae):
    samples = torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    latent, _, overlap = run(
        nodes["SoraExtendVideo"], source={"samples": samples}, vae=vae, before=0.0, after=1.0, size=64, fps=8.0
    )
    assert torch.equal(latent["samples"][:, :, :3], samples)
    assert levels(latent) == [0, 0, 0, 1, 1]
    assert overlap == 9


def test_what_is_known_decodes_to_the_source(nodes, vae):
    """At the end of a canvas that begins with a plausible past, within twice what the VAE does at the beginning."""
    vae = run(nodes["SoraLoadModel"], model="nano (bundled)")[2]
    source = run(nodes["SoraSampleClip"], clip="circle_right")[0].images()
    latent, _, overlap = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=1.0, after=0.0, size=64, fps=8.0)
    known = latent["noise_mask"][0, 0, :, 0, 0] == 0
    canvas = encoded(vae, torch.cat([source[:1].expand(9, -1, -1, -1), source[:overlap]]))
    canvas[:, :, known] = latent["samples"][:, :, known]
    decode = nodes["SoraVAEDecode"]
    whole, alone = (run(decode, samples={"samples": x}, vae=vae)[0] for x in (canvas, encoded(vae, source)))
    error = (whole[-overlap:] - source[:overlap]).square().mean()
    assert error < 2 * (alone - source).square().mean()


def test_between_two_clips_all_is_invented(nodes, vae, said):
    latent, _ = run(
        nodes["SoraConnectVideos"], first=clip(10), second=clip(11, 50, 70), vae=vae, seconds=1.0, size=32, fps=8.0
    )
    assert levels(latent) == [0, 0, 0, 1, 1, 0, 0]
    torch.testing.assert_close(latent["samples"][:, :, :3], encoded(vae, clip(10)[1:]))
    assert "second: 70x50, 11 frames at 8 fps, used as 32x32" in said[-1]


def test_a_loop_ends_with_its_beginning(nodes, vae):
    latent, _, frames = run(nodes["SoraLoopVideo"], source=clip(17), vae=vae, seconds=1.0, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert frames == 17 + 8


def test_an_edit_starts_at_its_strength_everywhere(nodes, vae):
    latent, _ = run(nodes["SoraEditVideo"], source=clip(15), vae=vae, strength=0.75, size=32, fps=8.0)
    assert levels(latent) == [0.75] * 5  # 15 frames, the last one repeated to 17
    torch.testing.assert_close(latent["samples"][:, :, :4], encoded(vae, clip(15)[:13]))


def test_a_region_is_open_where_the_mask_is(nodes, vae):
    region = torch.zeros(1, 64, 64)
    region[:, :, 40:] = 1
    latent, _ = run(nodes["SoraInpaintVideo"], source=clip(9), region=region, vae=vae, size=32, fps=8.0)
    assert latent["noise_mask"].shape == (1, 1, 3, 4, 4)
    assert (latent["noise_mask"][..., 2:] == 1).all()
    assert (latent["noise_mask"][..., :2] == 0).all()


def test_a_batch_of_masks_is_spread_over_the_duration(nodes, vae):
    region = torch.zeros(2, 32, 32)
    region[1] = 1
    latent, _ = run(nodes["SoraInpaintVideo"], source=clip(17), region=region, vae=vae, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 1, 1]  # frames 9 to 16


def test_alpha_is_left_out_and_gray_is_spread(nodes, vae):
    rgba = torch.cat([clip(5), torch.rand(5, 32, 32, 1)], dim=-1)
    for images, plain in ((rgba, clip(5)), (clip(5)[..., :1], clip(5)[..., :1].expand(-1, -1, -1, 3))):
        latent, _ = run(nodes["SoraEditVideo"], source=images, vae=vae, strength=0.5, size=32, fps=8.0)
        torch.testing.assert_close(latent["samples"], encoded(vae, plain))


def test_joined_clips_share_their_overlap(nodes):
    video, images = run(nodes["SoraJoinVideos"], first=clip(17), second=clip(17)[8:], overlap=9)
    assert images.shape == (17, 32, 32, 3)
    assert torch.equal(images[:8], clip(17)[:8])
    assert (images - clip(17)).abs().max() < 0.02
    assert video.get_frame_rate() == 8.0


def test_clips_of_two_sizes_and_rates_are_joined_at_the_first_ones(nodes, said, tmp_path):
    files, videos = import_from_pack("sora_core.video_io"), import_from_pack("headless.video")
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    files.write_video(paths[0], (clip(8) * 255).byte(), 8.0)
    files.write_video(paths[1], (clip(32, 64, 96) * 255).byte(), 16.0)
    first, second = (videos.VideoFromFile(path) for path in paths)
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0)
    assert images.shape == (8 + 16, 32, 32, 3)
    assert video.get_frame_rate() == 8.0
    assert said[-1] == "second: 96x64 at 16 fps, used as 32x32 at 8 fps"


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("SoraAnimateImage", {"image": clip(1), "seconds": 0.0}, "0 seconds at 8 fps, which is the image alone"),
        ("SoraAnimateImage", {"image": torch.zeros(0, 8, 8, 3), "seconds": 1.0}, "not empty"),
        ("SoraExtendVideo", {"source": clip(5), "before": 0.0, "after": 0.0}, "expected more than 0 of one of them"),
        ("SoraExtendVideo", {"source": torch.zeros(0, 8, 8, 3), "before": 0.0, "after": 1.0}, "not empty"),
        ("SoraExtendVideo", {"source": torch.zeros(5, 8, 8, 7), "before": 0.0, "after": 1.0}, "expected \\[F H W 3\\]"),
        ("SoraExtendVideo", {"source": clip(3), "before": 1.0, "after": 0.0}, "too short to hold a latent frame"),
        (
            "SoraExtendVideo",
            {"source": {"samples": torch.zeros(1, 4, 2, 4, 4)}, "before": 1.0, "after": 0.0},
            "a LATENT can only be extended forward",
        ),
        ("SoraConnectVideos", {"first": clip(5), "second": clip(3), "seconds": 1.0}, "3 frames at 8 fps to arrive at"),
        ("SoraConnectVideos", {"first": clip(5), "second": clip(5), "seconds": 0.0}, "expected more than 0"),
        ("SoraLoopVideo", {"source": clip(1), "seconds": 1.0}, "1 frame at 8 fps to arrive at"),
        ("SoraEditVideo", {"source": clip(5), "strength": 1.5}, "strength must lie in 0..1, got 1.5"),
        ("SoraInpaintVideo", {"source": clip(5), "region": torch.zeros(1, 32, 32)}, "the region is empty"),
        ("SoraInpaintVideo", {"source": clip(5), "region": torch.ones(1, 32, 64)}, "expected the same aspect ratio"),
        ("SoraInpaintVideo", {"source": clip(5), "region": torch.ones(0, 32, 32)}, "expected a MASK"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(nodes, vae, name, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes[name], **inputs, vae=vae, size=32, fps=8.0)
