"""Sora Outpaint Video: the clip is kept in whole patches, and what is around it is invented."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, run


@pytest.mark.parametrize(("position", "left"), [(0.0, 0), (0.5, 2), (1.0, 4)])
def test_what_is_around_a_clip_is_invented_and_the_clip_is_kept(nodes, vae, said, position, left):
    latent, fps, border = run(
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
    assert torch.equal(border[0], expected.repeat_interleave(8, 0).repeat_interleave(8, 1))
    sides = {
        0: "32 right",
        2: "16 left and 16 right",
        4: "32 left",
    }
    assert said[-1] == f"80x48: new pixels, {sides[left]}"


def test_a_wide_clip_gets_more_above_and_below_in_whole_patches(nodes, vae, said):
    latent, _, border = run(
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
    assert border[0, :, 0].tolist() == [1] * 16 + [0] * 48 + [1] * 16
    assert torch.equal(level, level[:1, :, :1].expand_as(level))
    assert said[-3:] == [
        "source: 160x90 used as 80x48",
        "source: 6 frames at 8 fps used as 9 at 8",
        "80x80: new pixels, 16 above and 16 below",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("aspect_ratio", ["16:9", "9:16", "5:3", "21:9"])
@pytest.mark.parametrize("size", [64, 80, 112])
def test_no_patch_of_an_outpainted_clip_is_known_in_part(nodes, vae, aspect_ratio, size):
    noise_schedule = import_from_pack("sora_core.diffusion.schedule").noise_schedule
    inputs = {"source": clip(1, 40, 40), "vae": vae, "aspect_ratio": aspect_ratio, "size": size, "fps": 8.0}
    for position in (0.0, 0.3, 0.5, 0.9):
        level = run(nodes["SoraOutpaintVideo"], position=position, **inputs)[0]["noise_mask"]
        sigmas = noise_schedule(torch.tensor([1.0, 0.0]), level, (1, 2, 2))
        assert torch.equal(sigmas[0].expand_as(level), level)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"source": clip(5, 90, 160), "aspect_ratio": "16:9", "position": 0.5},
            "got a source of 160x90, which fills 16:9 already",
        ),
        ({"source": clip(5, 90, 160), "aspect_ratio": "1:1", "position": 1.5}, "got a position of 1.5, expected 0..1"),
    ],
)
def test_what_cannot_be_outpainted_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraOutpaintVideo"], **inputs, vae=vae, size=32, fps=8.0)


@pytest.mark.parametrize(("size", "shape"), [(48, (1080, 1920)), (88, (1080, 1920)), (64, (480, 854))])
def test_a_source_of_the_asked_aspect_ratio_is_refused_at_every_size(nodes, vae, size, shape):
    inputs = {"source": torch.zeros(1, *shape, 3), "aspect_ratio": "16:9", "position": 0.5, "size": size, "fps": 8.0}
    with pytest.raises(ValueError, match=f"got a source of {shape[1]}x{shape[0]}, which fills 16:9 already: choose"):
        run(nodes["SoraOutpaintVideo"], **inputs, vae=vae)


def asked(nodes, aspect_ratio, clip_name="circle_right"):
    """What Outpaint says of its constants, in a graph."""
    hidden = import_from_pack("headless.comfy_api_standin").HiddenValues
    graph = {
        "1": {"class_type": "SoraSampleClip", "inputs": {"clip": clip_name}},
        "2": {"class_type": "SoraOutpaintVideo", "inputs": {"source": ["1", 0]}},
    }
    node = type("Asked", (nodes["SoraOutpaintVideo"],), {"hidden": hidden(unique_id="2", prompt=graph)})
    return node.validate_inputs(aspect_ratio=aspect_ratio)


def test_the_aspect_ratio_of_a_file_is_refused_before_anything_runs(nodes):
    assert asked(nodes, "1:1") == "a source of 64x64, which fills 1:1 already: choose another aspect ratio"
    assert asked(nodes, "16:9", "big_buck_bunny").startswith("a source of 320x180, which fills 16:9 already")
    assert asked(nodes, "4:3") is True
    assert asked(nodes, None) is True
    assert asked(nodes, "7:7") == (
        "aspect_ratio is '7:7', expected one of 1:1, 5:3, 3:5, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3, 21:9"
    )
