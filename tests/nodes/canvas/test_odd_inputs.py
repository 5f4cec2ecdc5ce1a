"""Videos as people have them, in the nodes that take one: used as they look, or refused with a reason."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

import odd_videos
from headless.pack import import_from_pack
from node_runs import run

TAKES_ONE = {
    "SoraExtendVideo": {"before": 0.0, "after": 1.0},
    "SoraLoopVideo": {"seconds": 1.0},
    "SoraEditVideo": {"strength": 0.5},
    "SoraInpaintVideo": {"region": torch.ones(1, 32, 32)},
}
TENTH = 100  # milliseconds


def video(path):
    return import_from_pack("headless.video").VideoFromFile(path)


def flat(frames: int, height: int = 32, width: int = 32) -> torch.Tensor:
    """An IMAGE batch."""
    return torch.full((frames, height, width, 3), 0.5)


@pytest.fixture
def used(nodes, vae):
    """Runs an ability node that takes one source at 32 pixels and 10 fps."""

    def go(name, source, **changed):
        return run(nodes[name], source=source, vae=vae, size=32, fps=10.0, **{**TAKES_ONE[name], **changed})

    return go


@pytest.fixture(params=["empty", "broken", "cut", "sound", "missing"])
def bad(request, tmp_path):
    """A VIDEO that cannot be read, and what is said about it."""
    path, reason = tmp_path / "bad.mp4", "bad.mp4 is not a video that can be read"
    if request.param == "empty":
        path.write_bytes(b"")
    elif request.param == "broken":
        path.write_bytes(b"no video at all\n" * 99)
    elif request.param == "cut":
        data = odd_videos.write_at(path, range(0, 900, TENTH)).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif request.param == "sound":
        odd_videos.write_sound(path)
        reason += ": it has no video stream"
    else:
        reason = "there is no file .*bad.mp4"
    return video(path), reason


@pytest.mark.slow
@pytest.mark.parametrize("name", TAKES_ONE)
def test_a_file_that_is_no_video_is_named_with_the_reason(used, bad, name):
    source, reason = bad
    with pytest.raises(ValueError if "no file" not in reason else FileNotFoundError, match=reason):
        used(name, source)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SoraConnectVideos", "SoraJoinVideos"])
@pytest.mark.parametrize("place", ["first", "second"])
def test_a_file_that_is_no_video_is_named_where_two_are_taken(nodes, vae, bad, name, place):
    source, reason = bad
    more = {"overlap": 0} if name == "SoraJoinVideos" else {"vae": vae, "seconds": 1.0, "size": 32, "fps": 8.0}
    clips = {"first": flat(9), "second": flat(9), place: source}
    with pytest.raises(ValueError if "no file" not in reason else FileNotFoundError, match=reason):
        run(nodes[name], **clips, **more)


@pytest.mark.parametrize("as_file", [False, True])
def test_one_frame_is_enough_where_nothing_must_lead_to_it(nodes, vae, used, tmp_path, as_file):
    still = video(odd_videos.write_at(tmp_path / "still.mp4", [0])) if as_file else flat(1)
    latent, _, overlap, *_ = used("SoraExtendVideo", still)
    assert (overlap, latent["samples"].shape[2]) == (1, 4)
    for name in ("SoraEditVideo", "SoraInpaintVideo"):
        assert used(name, still)[0]["samples"].shape[2] == 1
    connect = {"vae": vae, "seconds": 1.0, "size": 32, "fps": 10.0}
    assert run(nodes["SoraConnectVideos"], first=still, second=flat(9), **connect)[0]["samples"].shape[2] == 1 + 3 + 2
    assert run(nodes["SoraJoinVideos"], first=still, second=flat(9), overlap=1)[1].shape[0] == 9


def test_one_frame_is_refused_where_a_clip_is_needed(nodes, vae, used, tmp_path):
    still = video(odd_videos.write_at(tmp_path / "still.mp4", [0]))
    for source in (still, flat(1)):
        with pytest.raises(ValueError, match="a clip of 1 frame at 10 fps to end with, expected at least 4 frames"):
            used("SoraLoopVideo", source)
        with pytest.raises(ValueError, match="a clip of 1 frame at 10 fps to end with, expected at least 4 frames"):
            run(nodes["SoraConnectVideos"], first=flat(9), second=source, vae=vae, seconds=1.0, size=32, fps=10.0)
        with pytest.raises(ValueError, match="a clip of 1 frame, which fills no latent frame"):
            used("SoraExtendVideo", source, before=1.0, after=0.0)
        with pytest.raises(ValueError, match=r"an overlap of 2 frames at .+ fps, expected it"):
            run(nodes["SoraJoinVideos"], first=source, second=flat(9), overlap=2)


def test_clips_of_two_sizes_and_rates_are_connected_at_the_first_ones_shape(nodes, vae, said, tmp_path):
    first = video(odd_videos.write_at(tmp_path / "one.mp4", range(0, 900, TENTH), size=(32, 64)))
    second = video(odd_videos.write_at(tmp_path / "two.mkv", range(0, 800, 50), size=(48, 32)))
    latent, fps, *_ = run(
        nodes["SoraConnectVideos"], first=first, second=second, vae=vae, seconds=1.0, size=32, fps=10.0
    )
    assert (latent["samples"].shape[2:], fps) == ((3 + 3 + 2, 2, 6), 10.0)
    assert said == [
        "first: 64x32 used as 48x16",
        "second: 32x48 used as 48x16",
        "second: 16 frames at 20 fps used as 8 at 10",
    ]


@pytest.mark.parametrize("name", ["SoraExtendVideo", "SoraEditVideo"])
def test_a_variable_rate_is_read_as_it_is_shown_and_the_user_is_told(nodes, used, said, tmp_path, name):
    source = video(odd_videos.write_at(tmp_path / "clip.mp4", [0, 100, 200, 500, 600, 1100, 1200]))
    latent = used(name, source)[0]
    assert "source: variable frame rate, read at 10 fps" in said
    host = import_from_pack("nodes.host").current()
    frames = host.read_video(source).frames[:]
    assert odd_videos.shown(frames) == [0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5, 6]
    same = used(name, frames)[0]
    torch.testing.assert_close(latent["samples"], same["samples"], rtol=0, atol=0)


def test_a_constant_rate_is_not_spoken_of(used, said, tmp_path):
    used("SoraEditVideo", video(odd_videos.write_at(tmp_path / "clip.mkv", range(0, 1300, TENTH))))
    assert said == []


def test_clips_of_variable_rate_are_joined_as_they_are_shown(nodes, said, tmp_path):
    varied = video(odd_videos.write_at(tmp_path / "clip.mkv", [0, 100, 400, 500]))
    joined, images = run(nodes["SoraJoinVideos"], first=varied, second=varied, overlap=0)
    assert odd_videos.shown(images) == [0, 1, 1, 1, 2, 3] * 2
    assert joined.get_frame_rate() == 10.0
    assert said == [f"{name}: variable frame rate, read at 10 fps" for name in ("first", "second")]
    joined, images = run(nodes["SoraJoinVideos"], first=flat(2), second=varied, overlap=0)  # images take its rate
    assert (joined.get_frame_rate(), len(images)) == (10.0, 8)
    joined, images = run(nodes["SoraJoinVideos"], first=varied, second=flat(2), overlap=0)
    assert (joined.get_frame_rate(), len(images)) == (10.0, 8)


def test_without_comfyui_the_core_nodes_read_and_save_a_variable_rate_as_it_is_shown(nodes, said, tmp_path):
    varied = video(odd_videos.write_at(tmp_path / "clip.mkv", [0, 100, 400, 500]))
    components = import_from_pack("headless.core_nodes").GetVideoComponents
    images, _, fps, *_ = run(components, video=varied)
    assert (odd_videos.shown(images), fps) == ([0, 1, 1, 1, 2, 3], 10.0)
    assert said == ["Variable frame rate, read as 6 frames at 10 fps"]
    varied.save_to(tmp_path / "saved.mp4")
    saved = video(tmp_path / "saved.mp4")
    assert (odd_videos.shown(saved.images()), saved.get_frame_rate()) == ([0, 1, 1, 1, 2, 3], 10.0)


def test_a_clip_filmed_sideways_is_used_upright(nodes, used, said, tmp_path):
    straight = odd_videos.write_at(tmp_path / "clip.mp4", range(0, 900, TENTH), size=(32, 64))
    turned = video(odd_videos.turn(straight, tmp_path / "turned.mp4"))
    latent = used("SoraEditVideo", turned)[0]
    height, width = latent["samples"].shape[3:]
    assert height > width
    assert run(nodes["SoraJoinVideos"], first=turned, second=turned, overlap=0)[1].shape == (18, 64, 32, 3)


@pytest.mark.parametrize(("pix_fmt", "suffix"), [("yuv420p10le", "mp4"), ("rgba", "mov")])
def test_ten_bits_and_alpha_are_used_for_their_colours(nodes, used, tmp_path, pix_fmt, suffix):
    path = odd_videos.write_at(tmp_path / f"clip.{suffix}", range(0, 900, TENTH), pix_fmt=pix_fmt)
    images = run(nodes["SoraJoinVideos"], first=video(path), second=video(path), overlap=0)[1]
    assert odd_videos.shown(images) == [*range(9)] * 2
    assert used("SoraEditVideo", video(path))[0]["samples"].shape[2] == 3


def test_images_with_alpha_are_joined_by_their_colours(nodes):
    rgba = torch.cat([flat(5), torch.zeros(5, 32, 32, 1)], dim=-1)
    images = run(nodes["SoraJoinVideos"], first=rgba, second=flat(5), overlap=0)[1]
    assert torch.equal(images, flat(10))


def test_a_mask_of_another_size_goes_where_its_pixels_go(used):
    region = torch.zeros(1, 8, 8)
    region[:, :, 6:] = 1
    level = used("SoraInpaintVideo", flat(9), region=region)[0]["noise_mask"]
    assert level.shape[2:] == (3, 4, 4)
    assert (level[..., 3] == 1).all()
    assert (level[..., :2] == 0).all()


def test_a_file_in_ticks_as_coarse_as_its_frames_is_read(used, said, tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.mkv", range(9), tick=Fraction(1, 10))
    used("SoraEditVideo", video(path))
    assert said == []
