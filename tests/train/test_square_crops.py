"""Square crops are the middles of native clips, cost about as much as these, and keep all else."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.models.nano import NANO, NANO_64
from sora_core.train.square_crops import CroppedScene, SquareCrops, cropped, squares
from sora_core.world import DOMAINS
from tiny_training import tiny_sources

WIDE, TALL, SQUARE = VideoShape(5, 24, 40), VideoShape(5, 40, 24), VideoShape(5, 32, 32)
NATIVES = ((WIDE, 2.0), (TALL, 1.0), (SQUARE, 1.0))


def test_a_clip_is_the_middle_of_the_native_one() -> None:
    sources = tiny_sources((("solids", 1.0),))
    crops = SquareCrops(sources.clips, ((WIDE, 1.0), (TALL, 1.0)))
    scenes = crops.draw(4, SQUARE, random.Random(0))
    assert {one.native for one in scenes} == {(24, 40), (40, 24)}
    pixels = crops.render(scenes, SQUARE)
    assert pixels.shape == (4, 3, *SQUARE)
    for one, clip in zip(scenes, pixels, strict=True):
        height, width = (32, 53) if one.native == (24, 40) else (53, 32)
        (whole,) = sources.clips.render([one.scene], VideoShape(5, height, width))
        middle = whole[..., (height - 32) // 2 :, (width - 32) // 2 :][..., :32, :32]
        torch.testing.assert_close(clip, middle, rtol=0, atol=1e-6)


def test_native_shapes_have_their_shares_and_squares_are_whole() -> None:
    sources = tiny_sources()
    crops = SquareCrops(sources.clips, NATIVES)
    sizes = [one.native for one in crops.draw(2000, SQUARE, random.Random(0))]
    assert 0.45 < sizes.count((24, 40)) / 2000 < 0.55
    scenes = [one._replace(native=(32, 32)) for one in crops.unseen(2, SQUARE, random.Random(0))]
    expected = sources.clips.render([one.scene for one in scenes], SQUARE)
    assert torch.equal(crops.render(scenes, SQUARE), expected)


def test_all_else_is_that_of_the_source() -> None:
    sources = tiny_sources()
    crops = cropped(sources, NATIVES)
    scenes = crops.clips.draw(3, SQUARE, random.Random(0))
    plain = [one.scene for one in scenes]
    assert crops.clips.captions(scenes, random.Random(1)) == sources.clips.captions(plain, random.Random(1))
    assert crops.clips.facts(scenes) == sources.clips.facts(plain)
    assert crops.clips.min_frames == sources.clips.min_frames
    assert crops.made_from != sources.made_from
    assert crops.transitions is not None
    assert sources.transitions is not None
    assert crops.transitions.min_frames == sources.transitions.min_frames
    (scene,) = crops.transitions.draw(1, VideoShape(17, 32, 32), random.Random(0))
    assert isinstance(scene, CroppedScene)
    assert crops.transitions.between(scene) == sources.transitions.between(scene.scene)


@pytest.mark.parametrize(("preset", "side"), [(NANO_64, 64), (NANO, 128)])
def test_squares_have_the_lengths_and_weights_of_the_clips(preset: object, side: int) -> None:
    found = squares(preset.clips, preset.vae.compression, preset.dit.patch_size)  # type: ignore[attr-defined]
    assert found == tuple((VideoShape(frames, side, side), weight) for frames, weight in ((17, 8), (33, 3.5), (49, 1)))


def test_a_shape_that_is_not_square_is_refused() -> None:
    crops = SquareCrops(tiny_sources((("flat", 1.0),)).clips, NATIVES)
    with pytest.raises(ValueError, match="got clips of 40x24, expected a square"):
        crops.render(crops.draw(1, WIDE, random.Random(0)), WIDE)


@pytest.mark.slow
def test_objects_are_cut_off_by_crops_alone() -> None:
    """What the claim about native sizes rests on: a native clip shows the whole object, a crop often does not."""
    domain = DOMAINS["flat"]
    crops = SquareCrops(tiny_sources((("flat", 1.0),)).clips, ((VideoShape(9, 48, 80), 1.0),))
    scenes = crops.draw(30, VideoShape(9, 64, 64), random.Random(0))
    shown = crops.render(scenes, VideoShape(9, 64, 64))
    found = [
        domain.check(one.scene.scene, clip, 8.0)["shape"]
        for one, clip in zip(scenes, shown, strict=True)
        if "shape" in domain.check(one.scene.scene, clip, 8.0)
    ]
    assert len(found) > 5
    assert sum(found) < 0.8 * len(found)
