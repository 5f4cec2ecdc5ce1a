"""The decoders: the same frames as images and as a file, loops closed, and no file where it ends early."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run
from sora_core.video.video_io import probe, read_frames, write_video


@pytest.fixture
def latent():
    """Of nine frames of 32x32."""
    return {"samples": torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))}


def test_an_image_latent_is_explained(nodes, vae):
    with pytest.raises(ValueError, match=r"expected a video latent \[B C T H W\]"):
        run(nodes["SoraVAEDecode"], samples={"samples": torch.zeros(1, 4, 4, 4)}, vae=vae)


def test_both_decoders_show_the_same_frames(nodes, vae, latent):
    images = run(nodes["SoraVAEDecode"], samples=latent, vae=vae)[0]
    assert images.shape == (9, 32, 32, 3)
    assert images.min() >= 0
    assert images.max() <= 1
    video = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0)[0]
    assert video.get_dimensions() == (32, 32)
    info = probe(video.path)
    assert (info.frames, info.fps) == (9, 8)
    decoded = torch.stack(list(read_frames(video.path)))
    assert torch.equal(decoded, (images * 255).round().byte())


def test_what_is_saved_is_one_encode_of_the_decoder_s_frames(nodes, vae, latent, tmp_path):
    images = run(nodes["SoraVAEDecode"], samples=latent, vae=vae)[0]
    (video,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0)
    video.save_to(tmp_path / "saved.mp4")
    write_video(tmp_path / "once.mp4", (images * 255).round().byte(), 8.0, crf=12)
    assert (tmp_path / "saved.mp4").read_bytes() == (tmp_path / "once.mp4").read_bytes()


def test_of_a_loop_the_beginning_comes_last_faded_from_its_second_showing(nodes, vae, latent):
    images = run(nodes["SoraVAEDecode"], samples=latent, vae=vae)[0]
    video = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0, loop_frames=6)[0]
    shown = torch.stack(list(read_frames(video.path)))
    expected = torch.stack([*images[3:6], *(torch.lerp(images[6 + at], images[at], (1 + at) / 4) for at in range(3))])
    assert shown.shape == expected.shape
    assert torch.equal(shown, (expected * 255).round().byte())


@pytest.mark.slow
def test_a_turn_that_is_shorter_than_what_comes_after_it_is_refused(nodes, vae, latent, tmp_path):
    with pytest.raises(
        ValueError, match="got loop_frames 3 of 9, expected at least half of them, or 0 where the video is no loop"
    ):
        run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0, loop_frames=3)
    assert not list((tmp_path / "temp").glob("*"))


def frames_of(video) -> torch.Tensor:
    return torch.stack(list(read_frames(video.path)))


def test_a_batch_of_clips_is_one_video_each(nodes, vae, latent):
    other = {"samples": latent["samples"].flip(2)}
    both = {"samples": torch.cat([latent["samples"], other["samples"]]), "noise_mask": torch.ones(2, 1, 3, 4, 4)}
    videos, *alone = (
        run(nodes["SoraDecodeToVideo"], samples=one, vae=vae, fps=8.0)[0] for one in (both, latent, other)
    )
    assert [torch.equal(frames_of(one), frames_of(two)) for one, two in zip(videos, alone, strict=True)] == [True, True]
    assert not torch.equal(frames_of(videos[0]), frames_of(videos[1]))


def test_fps_0_is_the_rate_that_the_latent_was_made_for_and_a_latent_without_one_is_refused(nodes, vae, latent):
    made, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=12.0, vae=vae)
    assert probe(run(nodes["SoraDecodeToVideo"], samples=made, vae=vae, fps=0.0)[0].path).fps == 12
    with pytest.raises(ValueError, match=r"^fps is 0, but this latent says no rate of its own: set fps"):
        run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=0.0)
    with pytest.raises(ValueError, match=r"^fps is 0.5, expected at least 1"):
        run(nodes["SoraDecodeToVideo"], samples=made, vae=vae, fps=0.5)


def test_another_rate_than_the_latent_was_made_for_is_used_and_told(nodes, vae, said):
    made, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=12.0, vae=vae)
    said.clear()
    assert probe(run(nodes["SoraDecodeToVideo"], samples=made, vae=vae, fps=12.0)[0].path).fps == 12
    assert said == []
    assert probe(run(nodes["SoraDecodeToVideo"], samples=made, vae=vae, fps=8.0)[0].path).fps == 8
    assert said == ["Shown at 8 fps; the latent was made for 12"]


def test_graphs_that_call_loop_frames_frames_give_the_same_video(nodes, vae, latent):
    now, former = (
        run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0, **{name: 6})[0]
        for name in ("loop_frames", "frames")
    )
    assert torch.equal(frames_of(now), frames_of(former))


class Interrupted(BaseException):
    """As ComfyUI's: not an Exception."""


def test_an_interrupt_while_decoding_leaves_no_file(nodes, vae, latent, tmp_path, monkeypatch):
    headless_host = import_from_pack("headless.host")

    def interrupt(self, done, preview=None):
        if done > 1:
            raise Interrupted

    monkeypatch.setattr(headless_host.HeadlessProgress, "update", interrupt)
    with pytest.raises(Interrupted):
        run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0)
    assert list((tmp_path / "temp").iterdir()) == []


def test_images_of_a_batch_of_clips_come_one_clip_after_the_other(nodes, vae, latent):
    other = {"samples": latent["samples"].flip(2)}
    both = {"samples": torch.cat([latent["samples"], other["samples"]])}
    images, *alone = (run(nodes["SoraVAEDecode"], samples=one, vae=vae)[0] for one in (both, latent, other))
    torch.testing.assert_close(images, torch.cat(alone))


@pytest.mark.parametrize("decoder", ["SoraVAEDecode", "SoraDecodeToVideo"])
def test_frames_that_are_not_finite_are_refused_and_not_shown_black(nodes, vae, latent, decoder, tmp_path):
    latent["samples"][0, 0, 1, 2, 2] = float("nan")
    settings = {"fps": 8.0} if decoder == "SoraDecodeToVideo" else {}
    with pytest.raises(FloatingPointError, match="the VAE gave values that are not finite"):
        run(nodes[decoder], samples=latent, vae=vae, **settings)


def test_the_joins_of_a_timeline_are_measured_and_those_of_another_canvas_are_not(nodes, vae, latent):
    lines = "length 4\n0-1.125 = clip1\n3 = clip2"
    given = {"aspect_ratio": "1:1", "size": 32, "fps": 8.0, "clips": {"clip1": clip(9), "clip2": clip(1)}, "masks": {}}
    made, *_ = run(nodes["SoraTimeline"], vae=vae, loop=False, timeline=lines, **given)
    (told,) = nodes["SoraDecodeToVideo"].execute(samples=made, vae=vae, fps=0.0).ui["sora_joins"]
    assert told["begin"] == 0
    assert [join["frame"] for join in told["joins"]] == [9, 25, 29]
    assert all(join.keys() == {"frame", "colour", "flicker", "motion"} for join in told["joins"])
    loop, *_, turn = run(nodes["SoraTimeline"], vae=vae, loop=True, timeline=lines, **given)
    (told,) = nodes["SoraDecodeToVideo"].execute(samples=loop, vae=vae, fps=0.0, loop_frames=turn).ui["sora_joins"]
    assert told["begin"] == 8
    assert [join["frame"] for join in told["joins"]] == [9, 25, 29, turn]
    assert "sora_joins" not in (nodes["SoraDecodeToVideo"].execute(samples=latent, vae=vae, fps=8.0).ui or {})
