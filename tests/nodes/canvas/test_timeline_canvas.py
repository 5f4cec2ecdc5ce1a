"""Every ability as a place on a timeline: the canvas of its own node, bit for bit. Clips of 48x32 at 8 fps."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run


@pytest.fixture
def timeline(nodes, vae):
    """Runs the node at 8 fps: its LATENT."""

    def go(text, *clips, masks=(), **more):
        given = {"aspect_ratio": "first clip", "size": 40, "fps": 8.0, "loop": False, **more}
        sockets = {"clips": named("clip", clips), "masks": named("mask", masks)}
        return run(nodes["SoraTimeline"], vae=vae, **sockets, timeline=text, **given)[0]

    return go


def named(kind, values):
    return {f"{kind}{place}": value for place, value in enumerate(values, 1) if value is not None}


@pytest.fixture
def of(nodes, vae):
    """Runs the node of an ability at 8 fps: its outputs."""

    def go(node, **given):
        return run(nodes[node], vae=vae, **{"size": 40, "fps": 8.0, **given})

    return go


def source(frames, height=30, width=50):
    return clip(frames, height, width)


def assert_same(made, expected):
    assert torch.equal(made["samples"], expected["samples"])
    assert torch.equal(made["noise_mask"], expected["noise_mask"])
    assert set(expected) - {"sora_keyframes"} <= set(made)  # that is for Sora Paste Back


@pytest.mark.parametrize("frames", [9, 11, 16])
def test_extend_after(timeline, of, frames):
    expected, _, overlap, *_ = of("SoraExtendVideo", source=source(frames), before=0.0, after=1.0)
    total = 1 + 4 * (expected["samples"].shape[2] - 1)
    text = f"length {total / 8}\n0-{overlap / 8} = clip1 from {(frames - overlap) / 8}"
    assert_same(timeline(text, source(frames)), expected)


@pytest.mark.parametrize("frames", [9, 11])
def test_extend_before(timeline, of, frames):
    expected, _, overlap, *_ = of("SoraExtendVideo", source=source(frames), before=1.0, after=0.0)
    total = 1 + 4 * (expected["samples"].shape[2] - 1)
    text = f"{(total - overlap) / 8}-{total / 8} = clip1"
    assert_same(timeline(text, source(frames)), expected)


@pytest.mark.parametrize("context", [0.0, 2.0])
def test_extend_both_ways(timeline, of, context):
    """With a context, the middle of the source is left out: its end touches its beginning."""
    video = source(40)
    expected, _, overlap, first, start = of("SoraExtendVideo", source=video, before=1.0, after=1.0, context=context)
    total = 1 + 4 * (expected["samples"].shape[2] - 1)
    parts = [(0, start + overlap)] if not context else [(0, start), (40 - overlap, overlap)]
    text, at = f"length {total / 8}", first
    for begin, length in parts:
        text += f"\n{at / 8}-{(at + length) / 8} = clip1 from {begin / 8}"
        at += length
    assert_same(timeline(text, video), expected)


def test_connect(timeline, of):
    one, two = source(11), source(14, 40, 40)
    expected, _, overlap, last = of("SoraConnectVideos", first=one, second=two, seconds=1.0)
    total = 1 + 4 * (expected["samples"].shape[2] - 1)
    text = f"0-{overlap / 8} = clip1 from {(11 - overlap) / 8}\n{(total - last) / 8}-{total / 8} = clip2"
    assert_same(timeline(text, one, two), expected)


def test_chained_keyframes(timeline, nodes, vae):
    grid = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=4.0, fps=8.0, vae=vae)[0]
    sources = [source(1), source(9), source(1, 40, 30)]
    for picture, seconds in zip(sources, (0.0, 1.125, 3.0), strict=True):
        grid = run(nodes["SoraKeyframe"], latent=grid, source=picture, vae=vae, seconds=seconds, fps=8.0)[0]
    text = "length 4.125\n0 = clip1\n1.125-2.125 = clip2\n3 = clip3"
    assert_same(timeline(text, *sources, aspect_ratio="1:1", size=32), grid)


@pytest.mark.parametrize("frames", [11, 21])
def test_loop(timeline, of, frames):
    expected, _, turn, overlap, _ = of("SoraLoopVideo", source=source(frames), seconds=1.0)
    text = f"length {turn / 8}\n0-{overlap / 8} = clip1 from {(frames - overlap) / 8}"
    assert_same(timeline(text, source(frames), loop=True), expected)


@pytest.mark.parametrize("frames", [9, 11])
def test_edit(timeline, of, frames):
    expected, _ = of("SoraEditVideo", source=source(frames), strength=0.6)
    assert_same(timeline("0 = clip1 level 0.6", source(frames)), expected)


@pytest.mark.parametrize("regions", [1, 3, 11])
def test_inpaint_with_a_mask(timeline, of, regions):
    region = torch.rand(regions, 30, 50).round(decimals=1)
    region[:, :, :20] = 0
    expected, _ = of("SoraInpaintVideo", source=source(11), region=region)
    assert_same(timeline("0 = clip1 level 1", source(11), masks=[region]), expected)


def test_inpaint_in_time(timeline, of, nodes):
    region = run(nodes["SoraTimeRange"], source=source(25), start=1.0, end=2.0, fps=8.0)[0]
    expected, _ = of("SoraInpaintVideo", source=source(25), region=region)
    text = "0-1 = clip1\n1-2 = clip1 from 1 level 1\n2-3.125 = clip1 from 2"
    assert_same(timeline(text, source(25)), expected)


def test_animate(timeline, of):
    expected, _ = of("SoraAnimateImage", image=source(1), seconds=2.0)
    assert_same(timeline("length 2.125\n0 = clip1", source(1)), expected)


def test_the_sound_of_clips_lies_where_their_frames_do(timeline, of):
    host = import_from_pack("nodes.host").current()
    time = torch.arange(2000.0) / 1000
    films = [
        host.video_from_frames(source(frames), 8.0, {"waveform": sign * time.expand(1, 1, -1), "sample_rate": 1000})
        for frames, sign in ((9, 1), (16, -1))
    ]
    expected = of("SoraConnectVideos", first=films[0], second=films[1], seconds=1.0)[0]
    text = "0-1.125 = clip1\n2.125-4.125 = clip2"
    made = timeline(text, *films)
    assert_same(made, expected)
    assert torch.equal(made["sora_sound"].sound.waveform, expected["sora_sound"].sound.waveform)
    later = timeline(text.replace("clip2", "clip1 from 0").replace("4.125", "3.125"), films[0])["sora_sound"].sound
    assert torch.equal(later.waveform[..., 2125:3000], later.waveform[..., :875])


def test_text_to_video(timeline, nodes, vae):
    expected = run(nodes["SoraVideoGrid"], aspect_ratio="5:3", size=64, seconds=2.0, fps=8.0, vae=vae)[0]
    made = timeline("length 2.125", aspect_ratio="5:3", size=64)
    assert torch.equal(made["samples"], expected["samples"])
    assert set(made) == set(expected)
