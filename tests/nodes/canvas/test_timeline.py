"""Sora Timeline: text and JSON, prompts, loops, sources of any kind and length, and what it refuses at its place."""

from __future__ import annotations

import json

import pytest
import torch

import odd_videos
from headless.pack import PACK_ROOT, import_from_pack
from node_runs import clip, encoded, levels, run

TENTH = 100  # milliseconds
RED, BLUE = "a red circle moves right", "a blue square moves up"


@pytest.fixture
def made(nodes, vae):
    """Runs the node at 8 fps and 32 pixels: its outputs."""

    def go(text, *clips, masks=(), **more):
        given = {"aspect_ratio": "first clip", "size": 32, "fps": 8.0, "loop": False, **more}
        sockets = {"clips": named("clip", clips), "masks": named("mask", masks)}
        return run(nodes["SoraTimeline"], vae=vae, **sockets, timeline=text, **given)

    return go


def named(kind, values):
    return {f"{kind}{place}": value for place, value in enumerate(values, 1) if value is not None}


def written(fps=8, frames=0, clips=(), prompts=(), **more):
    found = [{"text": text, "at": at} for at, text in prompts]
    return json.dumps({"version": 1, "fps": fps, "frames": frames, "clips": [*clips], "prompts": found, **more})


def test_text_and_json_of_any_rate_make_one_canvas(made):
    text = made("length 3\n0.5-1.5 = clip1 from 1 level 0.5\n2 = clip2", clip(24), clip(1))[0]
    for fps in (8, 24):
        second = {"input": "clip2", "at": 2 * fps, "length": 1}
        first = {"input": "clip1", "at": fps // 2, "length": fps, "from": fps, "level": 0.5}
        shown = made(written(fps, 3 * fps, [second, first]), clip(24), clip(1))[0]
        assert torch.equal(shown["samples"], text["samples"])
        assert torch.equal(shown["noise_mask"], text["noise_mask"])


def test_what_no_clip_shows_is_invented_and_a_picture_takes_the_nearest_latent_frame(made, vae, said):
    latent, fps, prompts, positive, frames = made("length 4\n0-1 = clip1\n2.1 = clip2", clip(8), clip(1))
    assert levels(latent) == [0, 0, 1, 1, 1, 0, 1, 1, 1]
    still = encoded(vae, clip(1).expand(33, -1, -1, -1))
    torch.testing.assert_close(latent["samples"][:, :, 5:6], still[:, :, 5:6])
    assert (fps, prompts, positive, frames) == (8.0, "", None, 0)
    assert said == [
        "32x32, 33 frames at 8 fps",
        "32 frames are rounded to 33",
        "clip1: 3 frames at its end generated anew",
    ]


def test_a_level_comes_down_from_the_edges_and_the_highest_of_a_latent_frame_holds(made):
    latent = made("length 4.125\n0-4.125 = clip1 level 0.5 ramp in 1", clip(33))[0]
    ramp = [0.5 + 0.5 * (1 - (frame + 0.5) / 8) for frame in (0, 1, 5)]
    assert levels(latent) == pytest.approx([*ramp, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert latent["sora_noise_levels"]


def test_a_mask_limits_the_level_to_its_region_also_of_a_clip_that_is_cropped(made):
    region = torch.zeros(1, 16, 64)
    region[..., 16:31] = 1  # the left half of what is left of a film that is four times as wide as high
    latent = made("0-1 = clip1 level 0.5", clip(8, 16, 64), masks=[region], aspect_ratio="1:1")[0]
    assert latent["noise_mask"].shape == (1, 1, 3, 4, 4)
    assert (latent["noise_mask"][..., :2] == 0.5).all()
    assert (latent["noise_mask"][..., 2:] == 0).all()


def test_pictures_of_another_aspect_are_cropped_and_told(made, said):
    latent = made("length 2\n0 = clip1\n1 = clip2", clip(1), clip(1, 32, 96), size=32)[0]
    assert latent["samples"].shape[3:] == (4, 4)
    assert said[-1] == "clip2: 96x32 used as 32x32"


def test_a_loop_ends_with_its_beginning_and_its_first_prompt(made, loaded):
    text = f"length 3\n0-1.125 = clip1\n0: {RED}\n2: {BLUE}"
    latent, _, prompts, positive, frames = made(text, clip(9), loop=True, clip=loaded[1])
    assert frames == 25
    assert levels(latent) == [0, 0, 0, 1, 1, 1, 1, 0, 0]
    assert prompts == f"0: {RED}\n2: {BLUE}\n3.125: {RED}"
    ((_, more),) = positive
    assert more["sora_timed_prompts"].shares.argmax(dim=0).tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 2]


def test_the_loop_of_a_picture_holds_it_for_a_latent_frame(made, vae):
    latent, *_, frames = made("length 2\n0 = clip1", clip(1), loop=True)
    assert frames == 17
    assert levels(latent) == [0, 1, 1, 1, 1, 0]
    still = encoded(vae, clip(1).expand(21, -1, -1, -1))
    torch.testing.assert_close(latent["samples"][:, :, -1:], still[:, :, -1:])


def test_positive_is_that_of_sora_timed_prompts(nodes, made, loaded, vae):
    latent, fps, prompts, positive, _ = made(f"length 3\n0: {RED}\n1.5: {BLUE}", clip=loaded[1])
    given = {"latent": latent, "vae": vae, "fps": fps, "crossfade": 0.0}
    ((one, more),) = run(nodes["SoraTimedPrompts"], clip=loaded[1], text=prompts, **given)[0]
    ((own, own_more),) = positive
    assert torch.equal(own, one)
    assert torch.equal(own_more["sora_timed_prompts"].shares, more["sora_timed_prompts"].shares)


def test_a_latent_begins_a_timeline_as_it_is(made, said):
    samples = torch.randn(2, 4, 3, 4, 6)
    source = {"samples": samples, "sora_timing": import_from_pack("nodes.io.timing").Timing(4.0, 9, 3)}
    latent, fps, *_ = made("length 5\n0 = clip1\n4 = clip2", source, clip(1))
    assert fps == 4.0
    assert said[:2] == ["fps 8 is not used: the latent has 4", "48x32, 21 frames at 4 fps"]
    assert torch.equal(latent["samples"][:, :, :3], samples)
    assert levels(latent) == [0, 0, 0, 1, 1, 0]
    latent = made("length 2\n0-1 = clip1 level 0.3", source)[0]
    assert levels(latent) == pytest.approx([0.3, 1, 1])


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("length 9\n1 = clip1", {}, r"clip1 \(1 to 2.125 s\) is a LATENT, which can only begin the timeline"),
        ("0-1 = clip1 from 0.125", {}, r"clip1 \(0 to 1 s\) is a LATENT, which can only begin the timeline"),
        ("length 5\n0 = clip1", {"loop": True}, "is a LATENT, which cannot be shown again where a loop ends"),
    ],
)
def test_a_latent_elsewhere_is_refused(made, text, more, message):
    with pytest.raises(ValueError, match=message):
        made(text, {"samples": torch.randn(1, 4, 3, 4, 4)}, **more)


def test_of_ten_minutes_only_what_is_shown_is_read_and_encoded(made, tmp_path, monkeypatch):
    path = odd_videos.write_at(tmp_path / "long.mp4", range(0, 600_000, TENTH), declared=10)
    video, host = import_from_pack("headless.video").VideoFromFile(path), import_from_pack("nodes.host").current()
    files, read, sent = import_from_pack("sora_core.video.file_frames").FileFrames, [], []
    stream, encode_stream = files.stream, host.encode_stream

    def counted(vae, chunks, frames):
        sent.append(frames)
        return encode_stream(vae, chunks, frames)

    monkeypatch.setattr(files, "stream", lambda frames, indices: read.extend(indices) or stream(frames, indices))
    monkeypatch.setattr(host, "encode_stream", counted)
    latent = made("length 4\n1-2 = clip1 from 500\n3-4 = clip1 from 20", video, fps=10.0)[0]
    assert levels(latent) == [1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0]
    assert set(read) <= {*range(5000, 5010), *range(200, 211)}
    assert sum(sent) <= 80


def test_fifty_clips_touch_as_one_video(made, vae):
    parts = [clip(50)[place : place + 1].expand(2, -1, -1, -1) for place in range(50)]
    text = "\n".join(f"{place / 4}-{(place + 1) / 4} = clip{place + 1}" for place in range(50))
    latent = made(text, *parts)[0]
    whole = torch.cat([*parts, parts[-1][-1:]])  # 100 frames are rounded to 101
    assert levels(latent) == [0] * 26
    torch.testing.assert_close(latent["samples"], encoded(vae, whole))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("length 4\n0-2 = clip1\n1-3 = clip2", r"clip2 \(1 to 3 s\) overlaps clip1 \(0 to 2 s\)"),
        ("length 4\n0-2 = clip1\n1 = clip2", r"clip2 \(1 to 5.125 s\) ends after the timeline, which lasts 4 s"),
        ("length 4\n0-4 = clip1", r"clip1 \(0 to 4 s\) shows its source up to 4 s, which lasts 3 s"),
        ("length 4\n0-1.5 = clip1\n1.75-3 = clip2", r"clip2 \(1.75 to 3 s\) leaves less than a latent frame after"),
        ("length 4\n1-1.25 = clip1", r"clip1 \(1 to 1.25 s\) fills no latent frame: show 5 frames"),
        ("length 4\n0-1 = clip3", r"clip3 \(0 to 1 s\) is on the timeline but not connected: .* clip1, clip2"),
        ("length 2\n3: a", r"got prompts from 3 s on"),
        ("length 2\n0: a\n3: b", r"the prompt at 3 s begins after the timeline, which lasts 2 s"),
        (written(version=2), "timeline of version 2: this pack reads version 1; update it"),
        (written(zoom=3), 'the timeline has the key "zoom", expected some of'),
        ("", "the timeline is empty, expected lines such as `length 6`"),
    ],
)
def test_a_timeline_that_is_wrong_is_refused_before_anything_is_encoded(made, monkeypatch, text, message):
    host = import_from_pack("nodes.host").current()
    monkeypatch.setattr(host, "encode", lambda *_: pytest.fail("it was encoded"))
    with pytest.raises(ValueError, match=message) as caught:
        made(text, clip(24), clip(33))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sources", "masks", "message"),
    [
        ("0-1 = clip1", [clip(9)], [torch.ones(1, 32, 32)], r"mask1 changes nothing, since clip1 \(0 to 1 s\) is kept"),
        (
            "0-1 = clip1",
            [clip(9)],
            [None, torch.ones(1, 32, 32)],
            "mask2 is connected, but no clip2 is on the timeline",
        ),
        ("0-1 = clip1 level 1", [clip(9)], [torch.ones(1, 8, 32)], "got a region of 32x8 for a video of 32x32"),
        ("0-1 = clip1", [torch.zeros(9, 32, 32)], [], r"clip1 \(0 to 1 s\): got images of shape \(9, 32, 32\)"),
        ("0 = clip1", [{"samples": torch.zeros(1, 4, 4, 4)}], [], r"clip1 \(0 s\): got a latent of shape"),
    ],
)
def test_sources_and_masks_that_do_not_fit_are_refused(made, text, sources, masks, message):
    with pytest.raises(ValueError, match=message):
        made(text, *sources, masks=masks)


def test_a_text_encoder_without_a_prompt_is_refused(made, loaded):
    with pytest.raises(ValueError, match="got a text encoder but no prompt, expected lines such as `0: a red ball"):
        made("length 2", clip=loaded[1])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timeline": "length 2", "fps": 8.0}, True),
        ({"timeline": "0-1 = clip2", "fps": 8.0, "clips": {"clip2": None}}, True),
        ({"timeline": None, "fps": 8.0}, True),
        ({"timeline": "nothing", "fps": None}, True),
        ({"timeline": "length 2", "fps": 0.5}, "fps is 0.5, expected 1 to 120"),
        ({"timeline": "0-1 = clip2", "fps": 8.0}, "clip2 (0 to 1 s) is on the timeline but not connected"),
        ({"timeline": "length 2", "fps": 8.0, "masks": {"mask1": None}}, "mask1 is connected, but no clip1"),
        ({"timeline": "{", "fps": 8.0}, "the timeline is no JSON"),
        ({"timeline": "length 1\n0: a\n1: b", "fps": 8.0}, "the prompt at 1 s begins after the timeline"),
    ],
)
def test_what_no_vae_can_change_is_told_before_the_run(nodes, given, said):
    answer = nodes["SoraTimeline"].validate_inputs(**given)
    assert answer is said if said is True else answer.startswith(said)


def test_the_widget_is_told_the_grid_of_the_vae_under_the_name_that_it_reads(nodes, vae):
    made = nodes["SoraTimeline"].execute(vae, {}, {}, "1:1", 64, 8.0, False, timeline="length 2")
    grid = {"first": [1], "cycle": [4], "least": 1, "step": 4}
    told = {"grid": grid, "frames": 17, "rate": 8.0, "timeline": "length 2", "fps": 8.0, "loop": False}
    assert made.ui["sora_timeline"] == [told]
    assert 'KEY = "sora_timeline"' in (PACK_ROOT / "web" / "sora_timeline.js").read_text()
