"""Sora Keyframe: what is known afterwards, when it stands, and what is refused. A canvas of 17 frames at 8 fps."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, levels, run


@pytest.fixture
def empty(nodes, vae):
    return run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=2.0, fps=8.0, vae=vae)[0]


@pytest.fixture
def put(nodes, vae):
    """Runs the node at 8 fps: the new canvas."""

    def go(latent, source, seconds, fps=8.0, **more):
        given = {"latent": latent, "source": source, "vae": vae, "seconds": seconds, "fps": fps, **more}
        made, rate = run(nodes["SoraKeyframe"], **given)
        assert rate == fps
        return made

    return go


def test_at_the_beginning_a_picture_is_one_frame(put, empty, vae, said):
    latent = put(empty, clip(1), 0.0)
    assert levels(latent) == [0, 1, 1, 1, 1]
    torch.testing.assert_close(latent["samples"][:, :, :1], encoded(vae, clip(1)))
    assert said[-1] == "Shown from 0 to 0.125 s"


@pytest.mark.parametrize(
    ("seconds", "known", "stands"),
    [
        (0.1, 1, "0.125 to 0.625 s|0.1 s is rounded to a latent frame"),
        (0.5, 2, "0.625 to 1.125 s|0.5 s is rounded to a latent frame"),
        (1.125, 3, "1.125 to 1.625 s"),
        (2.0, 4, "1.625 to 2.125 s|2 s is rounded to a latent frame"),
    ],
)
def test_in_mid_canvas_a_picture_is_held_for_a_latent_frame(put, empty, vae, said, seconds, known, stands):
    latent = put(empty, clip(1), seconds)
    assert levels(latent) == [float(frame != known) for frame in range(5)]
    still = encoded(vae, clip(1).expand(17, -1, -1, -1))  # as if it had always been there
    torch.testing.assert_close(latent["samples"][:, :, known], still[:, :, known])
    assert "|".join(said).endswith(f"source: 1 frame at 8 fps used as 4 at 8|Shown from {stands}")


@pytest.mark.parametrize(
    ("seconds", "known", "stands"),
    [
        (0.0, 4, "1.625 to 2.125 s"),
        (0.2, 4, "1.625 to 2.125 s|0.2 s before the end is rounded to a latent frame"),
        (0.5, 3, "1.125 to 1.625 s"),
        (2.0, 0, "0 to 0.125 s"),
    ],
)
def test_from_the_end_a_picture_ends_at_its_time_before_the_end(put, empty, vae, said, seconds, known, stands):
    latent = put(empty, clip(1), seconds, from_end=True)
    assert levels(latent) == [float(frame != known) for frame in range(5)]
    still = encoded(vae, clip(1).expand(17, -1, -1, -1))
    torch.testing.assert_close(latent["samples"][:, :, known], still[:, :, known])
    assert "|".join(said).endswith(f"Shown from {stands}")


def test_with_zero_from_the_end_it_is_the_last_frame_of_every_duration(nodes, put, vae):
    for seconds in (0.3, 1.0, 1.8, 2.6):
        grid = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=seconds, fps=8.0, vae=vae)[0]
        assert levels(put(grid, clip(1), 0.0, from_end=True))[-1] == 0


@pytest.mark.parametrize(("frames", "known"), [(2, [4]), (4, [4]), (6, [4]), (8, [3, 4]), (17, [0, 1, 2, 3, 4])])
def test_from_the_end_a_clip_ends_with_its_own_last_frame(put, empty, vae, frames, known):
    """Its first frames are left out where they do not fill a latent frame, and its first is held where it is short."""
    latent = put(empty, clip(frames), 0.0, from_end=True)
    assert levels(latent) == [float(frame not in known) for frame in range(5)]
    filled = {2: 13, 4: 13, 6: 13, 8: 9, 17: 0}[frames]
    used = clip(frames)[-min(frames, 17 - filled) :]
    canvas = torch.cat([used[:1].expand(17 - len(used), -1, -1, -1), used])
    torch.testing.assert_close(latent["samples"][:, :, known], encoded(vae, canvas)[:, :, known])


def test_a_chain_keeps_what_is_there(put, empty):
    first = put(empty, clip(1), 0.0)
    second = put(first, clip(2), 2.0)
    third = put(second, clip(9), 0.6)
    assert levels(third) == [0, 1, 0, 0, 0]
    for earlier, frame in ((first, 0), (second, 4)):
        assert torch.equal(third["samples"][:, :, frame], earlier["samples"][:, :, frame])
    assert levels(first) == [0, 1, 1, 1, 1]  # nothing given is changed
    assert "noise_mask" not in empty


def test_the_order_of_a_chain_does_not_matter(put, empty):
    one = put(put(empty, clip(1), 0.0), clip(2), 2.0)
    two = put(put(empty, clip(2), 2.0), clip(1), 0.0)
    assert torch.equal(one["samples"], two["samples"])
    assert torch.equal(one["noise_mask"], two["noise_mask"])


@pytest.mark.slow
@pytest.mark.parametrize(("frames", "seconds", "known"), [(9, 0.0, [0, 1, 2]), (8, 0.0, [0, 1]), (11, 0.7, [2, 3])])
def test_of_a_clip_whole_latent_frames_are_known(put, empty, vae, said, frames, seconds, known):
    latent = put(empty, clip(frames), seconds)
    assert levels(latent) == [float(frame not in known) for frame in range(5)]
    before = 5 if seconds else 0
    canvas = torch.cat([clip(frames)[:1].expand(before, -1, -1, -1), clip(frames)])
    whole = encoded(vae, canvas[: 1 + (len(canvas) - 1) // 4 * 4])
    torch.testing.assert_close(latent["samples"][:, :, known], whole[:, :, known])


def test_a_clip_shorter_than_a_latent_frame_is_held(put, empty, vae):
    latent = put(empty, clip(3), 0.15)
    canvas = torch.cat([clip(3)[:1], clip(3), clip(3)[-1:]])
    torch.testing.assert_close(latent["samples"][:, :, 1], encoded(vae, canvas)[:, :, 1])
    assert levels(latent) == [1, 0, 1, 1, 1]


def test_a_source_of_another_size_and_rate_is_cut_and_resampled_to_the_canvas(put, empty, said):
    video = import_from_pack("headless.video").VideoFromComponents(clip(16, 50, 70), 16.0)
    latent = put(empty, video, 1.1)
    assert levels(latent) == [1, 1, 1, 0, 0]
    assert said[-4:-1] == [
        "source: 70x50 used as 32x32",
        "source: 16 frames at 16 fps used as 8 at 8",
        "Shown from 1.125 to 2.125 s",
    ]


def test_every_clip_of_a_batch_gets_it(put, empty):
    batch = {"samples": empty["samples"].expand(3, -1, -1, -1, -1), "batch_index": [4, 5, 6]}
    latent = put(put(batch, clip(1), 0.0), clip(1), 1.2)
    assert levels(latent) == [0, 1, 1, 0, 1]
    assert latent["samples"].shape[0] == 3
    assert latent["samples"].std(dim=0).max() == 0
    assert latent["batch_index"] == [4, 5, 6]


def test_fractions_of_an_edit_stay_beside_it(nodes, put, vae):
    source = run(nodes["SoraEditVideo"], source=clip(17), vae=vae, strength=0.5, size=32, fps=8.0)[0]
    latent = put(source, clip(1), 0.0)
    assert levels(latent) == [0, 0.5, 0.5, 0.5, 0.5]
    assert torch.equal(latent["samples"][:, :, 1:], source["samples"][:, :, 1:])


def test_far_from_the_beginning_no_more_is_encoded_than_has_an_influence(put, vae, monkeypatch):
    """A picture in the second minute must not cost two minutes of encoding, and be the same."""
    host = import_from_pack("nodes.host").current()
    long = {"samples": torch.zeros(1, 4, 241, 2, 2)}
    frames, encode = [], host.encode
    monkeypatch.setattr(host, "encode", lambda vae, images: frames.append(len(images)) or encode(vae, images))
    known = put(long, clip(1, 16, 16), 100.125)["samples"][:, :, 201]
    assert frames == [1 + 4 * 28]
    still = encode(vae, clip(1, 16, 16).expand(805, -1, -1, -1))
    torch.testing.assert_close(known, still[:, :, 201], rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_keyframe_decodes_to_its_picture(nodes):
    """On the bundled model, within what its VAE does to a picture that stands still."""
    vae = run(nodes["SoraLoadModel"], model="nano (demo model)")[2]
    picture = run(nodes["SoraSampleClip"], clip="circle_right")[0].images()[:1]
    empty = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=64, seconds=2.0, fps=8.0, vae=vae)[0]
    latent = run(nodes["SoraKeyframe"], latent=empty, source=picture, vae=vae, seconds=1.125, fps=8.0)[0]
    still = encoded(vae, picture.expand(17, -1, -1, -1))
    held = latent["noise_mask"][0, 0, :, 0, 0] == 0
    whole = torch.where(held.view(1, 1, -1, 1, 1), latent["samples"], still)
    shown = run(nodes["SoraVAEDecode"], samples={"samples": whole}, vae=vae)[0]
    assert (shown[9:13] - picture).square().mean() < 1e-3


@pytest.mark.parametrize(
    ("source", "seconds", "message"),
    [
        (clip(1), 2.2, "got 2.2 s, expected a time on the canvas, which has 17 frames and lasts 2.125 s at 8 fps"),
        (clip(1), -0.1, "got -0.1 s, expected a time on the canvas"),
        (clip(1), float("nan"), "got nan s, expected a time on the canvas"),
        (
            clip(9),
            1.6,
            "would last from 1.625 to 2.625 s, expected one that ends at 2.125 s, where the canvas ends",
        ),
        (
            clip(1),
            0.0,
            "last from 0 to 0.125 s, but the canvas is already known from 0 to 0.125 s; expected a time",
        ),
        (clip(9), 0.1, "last from 0.125 to 1.125 s, but the canvas is already known from 0.625 to 1.125 s"),
        (torch.zeros(0, 8, 8, 3), 1.5, "not empty"),
    ],
)
def test_what_has_no_place_is_refused_with_the_seconds(put, empty, source, seconds, message):
    canvas = put(put(empty, clip(1), 0.0), clip(1), 0.6)
    with pytest.raises(ValueError, match=message):
        put(canvas, source, seconds)


@pytest.mark.parametrize(
    ("source", "seconds", "message"),
    [
        (clip(1), 2.2, "got 2.2 s, expected a time on the canvas"),
        (clip(9), 1.5, "got a clip of 9 frames to end after 5 frames of the canvas, expected at most as many: trim it"),
        (clip(1), 0.0, "last from 1.625 to 2.125 s, but the canvas is already known from 1.625 to 2.125 s"),
    ],
)
def test_from_the_end_what_has_no_place_is_refused(put, empty, source, seconds, message):
    canvas = put(empty, clip(1), 0.0, from_end=True)
    with pytest.raises(ValueError, match=message):
        put(canvas, source, seconds, from_end=True)


def test_a_canvas_of_another_vae_is_refused(put):
    with pytest.raises(ValueError, match="got a canvas of 16 channels, expected the 4 of this VAE"):
        put({"samples": torch.zeros(1, 16, 5, 4, 4)}, clip(1), 0.0)


def test_an_image_latent_is_refused(put):
    with pytest.raises(ValueError, match="expected a video latent"):
        put({"samples": torch.zeros(1, 4, 4, 4)}, clip(1), 0.0)


def test_the_rate_of_the_canvas_is_used_and_another_one_is_told(nodes, vae, said):
    canvas = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=16.0, vae=vae)[0]
    said.clear()
    latent, fps = run(nodes["SoraKeyframe"], latent=canvas, source=clip(1), vae=vae, seconds=0.5625, fps=8.0)
    assert fps == 16
    assert levels(latent) == [1, 1, 1, 0, 1]  # frame 9
    assert said[-1] == "fps 8 is not used: the latent has 16"
