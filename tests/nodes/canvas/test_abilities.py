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


def test_a_batch_of_masks_goes_where_the_frames_go_that_it_was_made_for(nodes, vae):
    """Twice as many frames as are used: of two the later one is shown, and its mask counts."""
    for opened in (8, 9):
        region = torch.zeros(34, 32, 32)
        region[opened] = 1
        source = import_from_pack("headless.video").VideoFromComponents(clip(34), 16.0)
        inpaint = {"source": source, "region": region, "vae": vae, "size": 32, "fps": 8.0}
        if opened == 8:
            with pytest.raises(ValueError, match="the region is empty"):
                run(nodes["SoraInpaintVideo"], **inpaint)
        else:  # the fifth frame, the last of its latent
            assert levels(run(nodes["SoraInpaintVideo"], **inpaint)[0]) == [0, 1, 0, 0, 0]


def test_masks_keep_to_their_frames_where_the_last_frame_is_repeated(nodes, vae):
    region = torch.zeros(14, 32, 32)
    region[9] = 1  # the first frame of its latent; spread over 17 frames it would lie in the next one
    latent, _ = run(nodes["SoraInpaintVideo"], source=clip(14), region=region, vae=vae, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 1, 0]


def test_a_morph_is_kept_at_its_ends_and_freest_in_the_middle(nodes, vae, said):
    latent, fps = run(
        nodes["SoraMorphVideos"], first=clip(19), second=clip(18, 50, 70), vae=vae, strength=0.8, size=32, fps=8.0
    )
    assert levels(latent) == pytest.approx([0, 0.8 * 0.5**0.5, 0.8, 0.8 * 0.5**0.5, 0])
    assert levels(latent)[0] == levels(latent)[-1] == 0
    start = encoded(vae, clip(19)[:17])
    torch.testing.assert_close(latent["samples"][:, :, :1], start[:, :, :1])
    end = encoded(
        vae,
        import_from_pack("sora_core.video.source_clip")
        .cover(clip(18, 50, 70).movedim(-1, 1), 32, 32)
        .movedim(1, -1)[:17],
    )
    torch.testing.assert_close(latent["samples"][:, :, -1:], end[:, :, -1:])
    torch.testing.assert_close(latent["samples"][:, :, 2], (start[:, :, 2] + end[:, :, 2]) / 2)
    assert fps == 8.0
    assert said[-1] == (
        "first: 32x32, 19 frames at 8 fps, used as 32x32, 17 at 8 fps; second: 70x50, 18 frames at 8 fps, used as "
        "32x32, 17 at 8 fps; the last 2 frames of the first left out; the last 1 frame of the second left out"
    )


def test_a_morph_has_the_length_of_the_shorter_clip(nodes, vae, said):
    latent, _ = run(nodes["SoraMorphVideos"], first=clip(9), second=clip(20), vae=vae, strength=0.5, size=32, fps=8.0)
    assert levels(latent) == pytest.approx([0, 0.5, 0])
    assert said[-1].endswith("; the last 11 frames of the second left out")


@pytest.mark.parametrize(("position", "left"), [(0.0, 0), (0.5, 2), (1.0, 4)])
def test_what_is_around_a_clip_is_invented_and_the_clip_is_kept(nodes, vae, said, position, left):
    latent, fps = run(
        nodes["SoraOutpaintVideo"],
        source=clip(9, 48, 48),
        vae=vae,
        aspect_ratio="5:3",
        position=position,
        size=64,
        fps=8.0,
    )
    assert latent["samples"].shape == (1, 4, 3, 6, 10)  # 80x48
    expected = torch.ones(6, 10)
    expected[:, left : left + 6] = 0
    assert torch.equal(latent["noise_mask"], expected.expand(1, 1, 3, 6, 10))
    columns = torch.arange(80).sub(8 * left).clamp(0, 47)  # the edges repeated
    picture = encoded(vae, clip(9, 48, 48)[:, :, columns])
    torch.testing.assert_close(latent["samples"][..., left : left + 6], picture[..., left : left + 6])
    assert fps == 8.0
    sides = {
        0: "32 pixels on the right",
        2: "16 pixels on the left and 16 pixels on the right",
        4: "32 pixels on the left",
    }
    assert said[-1] == f"source: 48x48, 9 frames at 8 fps; with {sides[left]} it becomes 80x48"


def test_a_wide_clip_gets_more_above_and_below_in_whole_patches(nodes, vae, said):
    latent, _ = run(
        nodes["SoraOutpaintVideo"],
        source=clip(6, 90, 160),
        vae=vae,
        aspect_ratio="1:1",
        position=0.5,
        size=80,
        fps=8.0,
    )
    level = latent["noise_mask"][0, 0]
    assert latent["samples"].shape == (1, 4, 3, 10, 10)
    assert level[0, :, 0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 1, 1]
    assert torch.equal(level, level[:1, :, :1].expand_as(level))
    assert said[-1].startswith(
        "source: 160x90, 6 frames at 8 fps, used as 80x48, 9 at 8 fps; with 16 pixels above and "
    )


@pytest.mark.parametrize("aspect_ratio", ["16:9", "9:16", "5:3", "21:9"])
@pytest.mark.parametrize("size", [64, 80, 112])
def test_no_patch_of_an_outpainted_clip_is_known_in_part(nodes, vae, aspect_ratio, size):
    schedule = import_from_pack("sora_core.diffusion.schedule")
    inputs = {"source": clip(1, 40, 40), "vae": vae, "aspect_ratio": aspect_ratio, "size": size, "fps": 8.0}
    for position in (0.0, 0.3, 0.5, 0.9):
        level = run(nodes["SoraOutpaintVideo"], position=position, **inputs)[0]["noise_mask"]
        schedule = schedule.noise_schedule(torch.tensor([1.0, 0.0]), level, (1, 2, 2))
        assert torch.equal(schedule[0].expand_as(level), level)


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
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    files.write_video(paths[0], (clip(8) * 255).byte(), 8.0)
    files.write_video(paths[1], (clip(32, 64, 96) * 255).byte(), 16.0)
    first, second = (videos.VideoFromFile(path) for path in paths)
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0)
    assert images.shape == (8 + 16, 32, 32, 3)
    assert video.get_frame_rate() == 8.0
    assert said[-1] == "second: 96x64 at 16 fps, used as 32x32 at 8 fps"
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0, keep_second=True)
    assert images.shape == (16 + 32, 64, 96, 3)
    assert video.get_frame_rate() == 16.0
    assert torch.equal(images[-32:], second.images())
    assert said[-1] == "first: 32x32 at 8 fps, used as 96x64 at 16 fps"


@pytest.mark.parametrize("keep_second", [False, True])
def test_shared_frames_are_counted_in_the_clip_that_is_fitted(nodes, tmp_path, keep_second):
    """A second of film at 24 fps, extended on a canvas of 8 fps that holds all of it: shown once, not twice."""
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    film, made = clip(24), clip(16)
    files.write_video(tmp_path / "film.mp4", (film * 255).byte(), 24.0)
    files.write_video(tmp_path / "made.mp4", (made * 255).byte(), 8.0)
    ends = [videos.VideoFromFile(tmp_path / f"{name}.mp4") for name in ("film", "made")]
    first, second = reversed(ends) if keep_second else ends
    _, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=8, keep_second=keep_second)
    assert len(images) == 24 + 24


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
        (
            "SoraMorphVideos",
            {"first": clip(8), "second": clip(17), "strength": 0.5},
            "got 8 frames of the first and 17 of the second at 8 fps, expected at least 9 of each",
        ),
        (
            "SoraMorphVideos",
            {"first": clip(9), "second": clip(9), "strength": -0.5},
            "strength must lie in 0..1, got -0.5",
        ),
        (
            "SoraOutpaintVideo",
            {"source": clip(5, 90, 160), "aspect_ratio": "16:9", "position": 0.5},
            "got a source of 160x90, which fills 16:9 already",
        ),
        (
            "SoraOutpaintVideo",
            {"source": clip(5, 90, 160), "aspect_ratio": "1:1", "position": 1.5},
            "got a position of 1.5, expected 0..1",
        ),
        ("SoraInpaintVideo", {"source": clip(5), "region": torch.ones(1, 32, 64)}, "expected the same aspect ratio"),
        ("SoraInpaintVideo", {"source": clip(5), "region": torch.ones(0, 32, 32)}, "expected a MASK"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(nodes, vae, name, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes[name], **inputs, vae=vae, size=32, fps=8.0)
