"""An encoder that is not causal sees a clip at its place on the whole canvas, in every ability."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, levels, run

SIDE, FPS, TIME = 32, 8.0, 4
SIZE = {"size": SIDE, "fps": FPS}


@pytest.fixture
def seen(nodes, monkeypatch) -> list[torch.Tensor]:
    """Clips [F H W 3] that were encoded, by a VAE whose latents all depend on all frames."""
    shapes, clips = import_from_pack("sora_core.canvas.shapes"), []
    compression = shapes.Compression(TIME, 8, 8, causal=False)

    def encode(_, images: torch.Tensor) -> torch.Tensor:
        clips.append(images)
        shape = compression.to_latent(shapes.VideoShape(*images.shape[:3]), 3)
        pixels = torch.nn.functional.avg_pool2d(images.movedim(-1, 1), 8)
        latents = torch.stack(
            [pixels[max(0, TIME * (t - 1) + 1) : TIME * t + 1].mean(0) for t in range(shape.frames)], 1
        )
        return (latents + images.mean() + images[-1].mean())[None]

    here = import_from_pack("nodes.host").current()
    monkeypatch.setattr(here, "compression", lambda _: compression, raising=False)
    monkeypatch.setattr(here, "encode", encode, raising=False)
    return clips


def made(nodes, name: str, **inputs):
    return run(nodes[name], vae=SimpleNamespace(latent_channels=3), **inputs)[0]


def check(latent, images: torch.Tensor, known: list[int]) -> None:
    """The known latents are those of one encoding of the whole canvas."""
    frames = 1 + TIME * (latent["samples"].shape[2] - 1)
    assert len(images) == frames
    assert [at for at, level in enumerate(levels(latent)) if level == 0] == known
    whole = import_from_pack("nodes.host").current().encode(None, images)
    assert torch.equal(latent["samples"][:, :, known], whole[:, :, known])


@pytest.mark.parametrize(("before", "after", "known"), [(0.0, 1.0, [0, 1, 2]), (1.0, 0.0, [3, 4]), (1.0, 1.0, [3, 4])])
def test_an_extension_is_encoded_with_its_first_and_last_frame_repeated(nodes, seen, before, after, known):
    source = clip(9)
    latent = made(nodes, "SoraExtendVideo", source=source, before=before, after=after, **SIZE)
    first = 9 if before else 0
    check(latent, seen[0], known)
    stop = min(first + 9, len(seen[0]))
    torch.testing.assert_close(seen[0][first:stop], source[: stop - first])
    assert (seen[0][:first] == seen[0][first]).all()
    assert (seen[0][stop:] == seen[0][stop - 1]).all()


@pytest.mark.parametrize("name", ["SoraConnectVideos", "SoraLoopVideo"])
def test_a_transition_is_encoded_with_both_of_its_ends(nodes, seen, name):
    source = {"source": clip(9)} if name == "SoraLoopVideo" else {"first": clip(9), "second": clip(9).flip(0)}
    latent = made(nodes, name, seconds=1.0, **source, **SIZE)
    assert len(seen) == 1
    check(latent, seen[0], [0, 1, 2, 5, 6])
    assert (seen[0][9:13] == seen[0][8]).all()
    assert (seen[0][13:17] == seen[0][17]).all()


def test_a_keyframe_is_encoded_as_a_still_of_the_length_of_its_canvas(nodes, seen):
    grid = {"aspect_ratio": "1:1", "size": SIDE, "fps": FPS}
    latent = made(nodes, "SoraVideoGrid", seconds=2.0, **grid)
    latent = made(nodes, "SoraKeyframe", latent=latent, source=clip(1), seconds=1.1, fps=FPS)
    check(latent, seen[0], [3])
    assert (seen[0] == seen[0][0]).all()


def test_an_image_is_encoded_alone_as_the_host_s_own_nodes_do_it(nodes, seen):
    made(nodes, "SoraAnimateImage", image=clip(1), seconds=1.0, **SIZE)
    assert len(seen[0]) == 1


def test_a_picture_that_begins_a_canvas_is_encoded_alone_by_every_node(nodes, seen):
    grid = made(nodes, "SoraVideoGrid", aspect_ratio="1:1", size=SIDE, fps=FPS, seconds=2.0)
    expected = made(nodes, "SoraAnimateImage", image=clip(1), seconds=2.0, **SIZE)
    for latent in (
        made(nodes, "SoraKeyframe", latent=grid, source=clip(1), seconds=0.0, fps=FPS),
        made(nodes, "SoraExtendVideo", source=clip(1), before=0.0, after=2.0, **SIZE),
        on_timeline(nodes, "length 2.125\n0 = clip1", clip(1)),
    ):
        torch.testing.assert_close(latent["samples"], expected["samples"])
    assert [len(images) for images in seen] == [1, 1, 1, 1]


def on_timeline(nodes, text, *sources, **more):
    clips = {f"clip{place}": source for place, source in enumerate(sources, 1)}
    given = {"clips": clips, "masks": {}, "aspect_ratio": "first clip", "loop": False, "timeline": text, **SIZE, **more}
    return made(nodes, "SoraTimeline", **given)


def test_a_timeline_is_encoded_with_the_nearest_frame_between_clips(nodes, seen):
    text = "length 4.125\n0 = clip1\n1.125-2.125 = clip2\n3 = clip3"
    latent = on_timeline(nodes, text, clip(1), clip(8), clip(1))
    assert len(seen) == 2  # the picture that begins it also alone
    whole = import_from_pack("nodes.host").current().encode(None, seen[1])
    assert [at for at, level in enumerate(levels(latent)) if level == 0] == [0, 3, 4, 7]
    assert torch.equal(latent["samples"][:, :, [3, 4, 7]], whole[:, :, [3, 4, 7]])
    parts = (clip(1)[0], 5), (clip(8)[0], 4), (clip(8)[-1], 4), (clip(1)[0], 12)
    shown = [part.expand(count, -1, -1, -1) for part, count in parts]
    torch.testing.assert_close(seen[1], torch.cat([*shown[:2], clip(8), *shown[2:]]))


def test_abilities_on_a_timeline_are_encoded_as_by_their_nodes(nodes, seen):
    pairs = (
        (made(nodes, "SoraExtendVideo", source=clip(9), before=1.0, after=1.0, **SIZE), ["1.125-2.25 = clip1"], {}),
        (
            made(nodes, "SoraConnectVideos", first=clip(9), second=clip(8), seconds=1.0, **SIZE),
            ["0-1.125 = clip1", "2.125-3.125 = clip2"],
            {},
        ),
        (made(nodes, "SoraLoopVideo", source=clip(9), seconds=1.0, **SIZE), ["0-1.125 = clip1"], {"loop": True}),
        (made(nodes, "SoraAnimateImage", image=clip(1), seconds=2.0, **SIZE), ["0 = clip3"], {}),
    )
    for expected, lines, more in pairs:
        frames = 1 + TIME * (expected["samples"].shape[2] - 1)
        length = "length 2.125" if more else f"length {frames / FPS}"
        latent = on_timeline(nodes, "\n".join([length, *lines]), clip(9), clip(8), clip(1), **more)
        torch.testing.assert_close(latent["samples"], expected["samples"])
        assert torch.equal(latent["noise_mask"], expected["noise_mask"]), lines
