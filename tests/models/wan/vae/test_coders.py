"""Encoder and decoder: sizes that come out, the two published layouts, and levels that go on chunk by chunk."""

import pytest
import torch
from torch import nn

from small_vaes import CONFIGS
from sora_core.models.wan.vae import VAEConfig
from sora_core.models.wan.vae.causal import CausalCache
from sora_core.models.wan.vae.coders import Decoder, DownLevel, Encoder, UpLevel
from sora_core.models.wan.vae.layers import Downsample, ResidualBlock, Upsample

ALL_LAYOUTS = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


@ALL_LAYOUTS
def test_the_encoder_gives_mean_and_log_variance_and_the_decoder_shuffled_pixels(config: VAEConfig) -> None:
    side = config.compression.height // config.patch_size
    frames = 1 + 2 * config.compression.time
    pixels = torch.randn(1, 3 * config.patch_size**2, frames, 3 * side, 2 * side)
    with torch.no_grad():
        moments = Encoder(config, nn)(pixels)
        assert moments.shape == (1, 2 * config.z_dim, 3, 3, 2)
        assert Decoder(config, nn)(moments[:, : config.z_dim]).shape == pixels.shape


def kinds(layers: nn.ModuleList) -> str:
    """A letter for each layer."""
    letters = {ResidualBlock: "R", Downsample: "d", Upsample: "u", DownLevel: "D", UpLevel: "U"}
    return "".join(letters[type(layer)] for layer in layers)


def test_without_shortcuts_layers_stand_in_one_list_as_in_wan_2_1() -> None:
    config = VAEConfig(dim=4, decoder_dim=4, z_dim=2, dim_mult=(1, 2, 2), temporal_downsample=(False, True))
    encoder, decoder = Encoder(config, nn), Decoder(config, nn)
    assert kinds(encoder.downsamples) == "RRdRRdRR"
    assert kinds(decoder.upsamples) == "RRRuRRRuRRR"
    assert [layer.temporal for layer in encoder.downsamples if isinstance(layer, Downsample)] == [False, True]
    assert [layer.temporal for layer in decoder.upsamples if isinstance(layer, Upsample)] == [True, False]


def test_with_shortcuts_they_stand_in_levels_as_in_wan_2_2() -> None:
    sizes = {"dim_mult": (1, 2, 2), "temporal_downsample": (False, True), "shortcuts": True}
    config = VAEConfig(dim=4, decoder_dim=4, z_dim=2, **sizes)
    encoder, decoder = Encoder(config, nn), Decoder(config, nn)
    assert kinds(encoder.downsamples) == "DDD"
    assert [kinds(level.downsamples) for level in encoder.downsamples] == ["RRd", "RRd", "RR"]
    assert [kinds(level.upsamples) for level in decoder.upsamples] == ["RRRu", "RRRu", "RRR"]


@pytest.mark.parametrize(("temporal", "size"), [(None, (5, 4, 6)), (False, (5, 2, 3)), (True, (3, 2, 3))])
def test_a_level_whose_layers_give_nothing_is_its_shortcut(temporal: bool | None, size: tuple[int, ...]) -> None:
    level = DownLevel(4, 8, 1, temporal, nn)
    for layer in level.downsamples:
        for weight in layer.parameters():
            nn.init.zeros_(weight)
    clip = torch.randn(1, 4, 5, 4, 6)
    with torch.no_grad():
        output = level(clip)
    assert output.shape == (1, 8, *size)
    assert torch.equal(output, level.avg_shortcut(clip))


@pytest.mark.parametrize("temporal", [None, False, True])
@pytest.mark.parametrize("lengths", [[1, 4], [2, 1, 2]])
def test_a_level_of_the_decoder_goes_on_from_chunk_to_chunk(temporal: bool | None, lengths: list[int]) -> None:
    torch.manual_seed(0)
    level = UpLevel(4, 4, 1, temporal, nn, dtype=torch.float64)
    clip, cache = torch.randn(2, 4, 5, 2, 3, dtype=torch.float64), CausalCache()
    with torch.no_grad():
        whole = level(clip)
        chunks = [level(chunk, cache) for chunk in clip.split(lengths, dim=2)]
    assert whole.shape[2] == (9 if temporal else 5)
    torch.testing.assert_close(torch.cat(chunks, dim=2), whole, rtol=0, atol=1e-12)
