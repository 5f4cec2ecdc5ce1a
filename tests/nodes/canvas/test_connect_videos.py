"""Sora Connect Videos: both ends are known, and all between them is invented."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, levels, run


def test_between_two_clips_all_is_invented(nodes, vae, said):
    latent, _, *overlaps = run(
        nodes["SoraConnectVideos"], first=clip(10), second=clip(11, 50, 70), vae=vae, seconds=1.0, size=32, fps=8.0
    )
    assert levels(latent) == [0, 0, 0, 1, 1, 0, 0]
    assert overlaps == [9, 8]
    torch.testing.assert_close(latent["samples"][:, :, :3], encoded(vae, clip(10)[1:]))
    assert "second: 70x50 used as 32x32" in said


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"first": clip(5), "second": clip(3), "seconds": 1.0}, "3 frames at 8 fps to end with"),
        ({"first": clip(5), "second": clip(5), "seconds": 0.0}, "expected more than 0"),
    ],
)
def test_what_cannot_be_connected_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraConnectVideos"], **inputs, vae=vae, size=32, fps=8.0)


def test_of_long_clips_the_ends_that_meet_are_encoded(nodes, vae):
    inputs = {"first": clip(70), "second": clip(60), "vae": vae, "seconds": 1.0, "size": 32, "fps": 8.0}
    latent, _, *overlaps = run(nodes["SoraConnectVideos"], **inputs)
    assert (overlaps, latent["samples"].shape[2]) == ([13, 16], 10)  # 41 frames in all, 5 seconds and one frame
    torch.testing.assert_close(latent["samples"][:, :, :4], encoded(vae, clip(70)[-13:]))
    latent, _, *overlaps = run(nodes["SoraConnectVideos"], **inputs, context=1.0)
    assert overlaps == [5, 8]


def test_the_whole_of_both_clips_is_joined_with_the_transition(nodes, vae, tmp_path):
    """At 24 fps, of which the canvas has 8: both keep their pixels, and the transition lasts as long as it should."""
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    sound, ends = import_from_pack("sora_core.video.sound").Sound, []
    for name, frames in (("one", 62), ("two", 71)):
        tone = sound(torch.sin(torch.arange(round(frames / 24 * 8000)) / 10).view(1, 1, -1) / 2, 8000)
        files.write_video(tmp_path / f"{name}.mp4", (clip(frames, 50, 90) * 255).byte(), 24.0, sound=tone)
        ends.append(videos.VideoFromFile(tmp_path / f"{name}.mp4"))
    inputs = {"vae": vae, "seconds": 1.0, "size": 32, "fps": 8.0, "context": 1.0}
    latent, fps, overlap, last_overlap = run(nodes["SoraConnectVideos"], first=ends[0], second=ends[1], **inputs)
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps)
    join = {"overlap": overlap, "last": ends[1], "last_overlap": last_overlap}
    video, images = run(nodes["SoraJoinVideos"], first=ends[0], second=made, **join)
    new = latent["samples"].shape[2] * 4 - 3 - overlap - last_overlap
    assert len(images) == 62 + 71 + 3 * new
    assert (images.shape[1:], video.get_frame_rate()) == ((50, 90, 3), 24.0)
    assert made.images().shape[1:] != images.shape[1:]
    assert torch.equal(images[: 62 - 12], ends[0].images()[: 62 - 12])  # half a second is faded
    assert torch.equal(images[-71 + 12 :], ends[1].images()[12:])
    heard, given = video.recording().sound, [end.recording().sound["waveform"] for end in ends]
    assert heard["sample_rate"] == 8000
    assert heard["waveform"].shape[-1] == pytest.approx(len(images) / 24 * 8000, abs=2000)
    assert torch.equal(heard["waveform"][..., :18000], given[0][..., :18000])
