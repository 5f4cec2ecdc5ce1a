"""Published models are known by their sizes, and their clips are such as their VAE and patches take."""

import pytest

from sora_core.canvas.shapes import Compression, VideoShape
from sora_core.models.wan.dit import DiTConfig
from sora_core.models.wan.families import OWN, WAN_1_3B, WAN_5B, WAN_14B, WAN_A14B, Family, wan_family


def config(dim: int, channels: int) -> DiTConfig:
    return DiTConfig(channels, channels, dim, 4 * dim, 8, 1, 16, 16)


@pytest.mark.parametrize(
    ("dim", "channels", "experts", "family"),
    [
        (1536, 16, False, WAN_1_3B),
        (5120, 16, False, WAN_14B),
        (3072, 48, False, WAN_5B),
        (5120, 16, True, WAN_A14B),
    ],
)
def test_a_published_model_is_told_from_the_others(dim: int, channels: int, experts: bool, family: Family) -> None:
    assert wan_family(config(dim, channels), experts=experts) is family


@pytest.mark.parametrize("family", [OWN, WAN_1_3B, WAN_14B, WAN_A14B, WAN_5B], ids=lambda family: family.name)
def test_the_clips_of_a_family_need_no_rounding(family: Family) -> None:
    space = 16 if family is WAN_5B else 8
    compression = Compression(4, space, space)
    frames = compression.frames_for(family.seconds, family.fps)
    wanted = VideoShape(frames, family.height, family.width)
    assert compression.nearest(wanted, (1, 2, 2)) == wanted
    assert frames == family.seconds * family.fps + 1
