"""Sizes of a VAE: what they compress, which are refused, and that JSON gives them back."""

import json
from dataclasses import asdict

import pytest

from small_vaes import CONFIGS
from sora_core.canvas.shapes import Compression
from sora_core.models.wan.vae import VAEConfig


@pytest.mark.parametrize(
    ("name", "compression"),
    [("wan_2_1", Compression(4, 8, 8)), ("wan_2_2", Compression(4, 16, 16)), ("nano", Compression(4, 8, 8))],
)
def test_compression_follows_from_levels_and_patch(name, compression):
    assert CONFIGS[name].compression == compression


@pytest.mark.parametrize(
    "sizes",
    [
        {"dim_mult": (1, 2)},
        {"dim": 0},
        {"num_res_blocks": 0},
        {"latent_mean": (0.0,) * 3},
        {"latent_std": (1.0,) * 17},
    ],
)
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="got"):
        VAEConfig(**sizes)


@pytest.mark.parametrize("statistics", [None, (0.5, 0.25)])
def test_a_config_that_went_through_json_equals_the_original(statistics):
    config = VAEConfig(z_dim=2, dim_mult=(1, 2, 4), temporal_downsample=(True, True), latent_mean=statistics)
    again = VAEConfig(**json.loads(json.dumps(asdict(config))))
    assert again == config
    assert hash(again) == hash(config)
