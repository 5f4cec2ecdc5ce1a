"""Ours against diffusers' AutoencoderKLWan with the same random weights, in both published layouts.

In float64 the two agree to 2e-14. In float32 each is some 5e-6 from the truth, with pixels of order one, and so is one
from the other; there the bound is that our rounding is of the size of theirs.
"""

import pytest
import torch

from small_vaes import CONFIGS, random_latents, random_pixels, random_vae
from sora_core.models.wan.vae import VAEConfig, VideoVAE, streaming
from sora_core.models.wan.vae.diffusers_names import diffusers_name

pytestmark = pytest.mark.slow

TOLERANCE = {torch.float64: 1e-13, torch.float32: 2e-5}
BOTH_DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
ALL_LAYOUTS = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
WAN_2_1 = VAEConfig()
WAN_2_2 = VAEConfig(dim=160, decoder_dim=256, z_dim=48, patch_size=2, shortcuts=True)
WIDER = {  # wide enough for minimal filtering over time
    "wan_2_1": VAEConfig(dim=32, decoder_dim=32, z_dim=16),
    "wan_2_2": VAEConfig(dim=32, decoder_dim=48, z_dim=48, patch_size=2, shortcuts=True),
}


@pytest.fixture(autouse=True)
def upsampling_in_double_precision(monkeypatch):
    """diffusers upsamples through float32 whatever the dtype; that alone would cost float64 nine digits."""
    theirs = pytest.importorskip("diffusers.models.autoencoders.autoencoder_kl_wan")
    monkeypatch.setattr(theirs.WanUpsample, "forward", torch.nn.Upsample.forward)


def diffusers_twin(vae: VideoVAE) -> torch.nn.Module:
    """diffusers' class with the weights of ours; it takes seconds to import."""
    from benchmarks import diffusers_vae

    return diffusers_vae.diffusers_twin(vae)


def encoding_error(vae: VideoVAE, twin, frames: int, dtype: torch.dtype) -> float:
    pixels = random_pixels(vae, frames, batch=2, dtype=dtype)
    with torch.no_grad():
        mean, log_variance = vae.encode_moments(pixels)
        theirs = twin._encode(pixels)
    return (torch.cat([mean, log_variance], 1) - theirs).abs().max().item()


def decoding_error(vae: VideoVAE, twin, frames: int, dtype: torch.dtype) -> float:
    raw = 0.2 * random_latents(vae, frames, batch=2, dtype=dtype)
    with torch.no_grad():
        ours, theirs = vae.decode_raw(raw), twin.decode(raw).sample
    assert ours.shape == theirs.shape
    assert (ours.abs() < 1).float().mean() > 0.5, "diffusers clamps to -1..1; most of the output must lie inside"
    return (ours.clamp(-1, 1) - theirs).abs().max().item()


@BOTH_DTYPES
@ALL_LAYOUTS
def test_encoding_and_decoding_equal_diffusers(config, dtype):
    vae = random_vae(config, dtype)
    twin = diffusers_twin(vae)
    assert encoding_error(vae, twin, 9, dtype) < TOLERANCE[dtype]
    assert decoding_error(vae, twin, 3, dtype) < TOLERANCE[dtype]


@ALL_LAYOUTS
def test_a_single_image_equals_diffusers(config):
    vae = random_vae(config, torch.float64)
    twin = diffusers_twin(vae)
    assert encoding_error(vae, twin, 1, torch.float64) < 1e-12
    assert decoding_error(vae, twin, 1, torch.float64) < 1e-12


@ALL_LAYOUTS
def test_the_chunked_calls_equal_diffusers_with_latent_statistics(config):
    vae = random_vae(config, torch.float64)
    twin = diffusers_twin(vae)
    mean = torch.tensor(config.latent_mean or (0.0,) * config.z_dim, dtype=torch.float64).view(-1, 1, 1, 1)
    std = torch.tensor(config.latent_std or (1.0,) * config.z_dim, dtype=torch.float64).view(-1, 1, 1, 1)
    pixels = random_pixels(vae, 9, dtype=torch.float64)
    with torch.no_grad():
        latents = vae.encode(pixels)
        raw = twin.encode(pixels).latent_dist.mode()
        torch.testing.assert_close(latents, (raw - mean) / std, rtol=0, atol=1e-12)
        torch.testing.assert_close(vae.decode(latents).clamp(-1, 1), twin.decode(raw).sample, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("per_chunk", "grid"), [(1, (5, 3)), (2, (1, 5)), (99, (5, 3)), (99, (1, 1))], ids=str)
@ALL_LAYOUTS
def test_streams_of_batches_of_odd_sizes_equal_diffusers(config, per_chunk, grid, monkeypatch):
    monkeypatch.setattr(streaming, "latents_per_chunk", lambda *_: per_chunk)
    vae = random_vae(config, torch.float64)
    twin = diffusers_twin(vae)
    pixels = random_pixels(vae, 13, batch=3, dtype=torch.float64, grid=grid)
    raw = 0.2 * random_latents(vae, 4, batch=3, dtype=torch.float64, grid=grid)
    with torch.no_grad():
        latents = torch.cat(list(vae.encode_stream(pixels.split([2, 6, 5], dim=2))), 2)
        frames = torch.cat(list(vae.decode_stream(vae.statistics.normalise(raw).split([1, 3], dim=2))), 2)
        assert (vae.statistics.denormalise(latents) - twin.encode(pixels).latent_dist.mode()).abs().max() < 1e-13
        assert (frames.clamp(-1, 1) - twin.decode(raw).sample).abs().max() < 1e-13


@pytest.mark.parametrize("config", WIDER.values(), ids=WIDER)
def test_rounding_in_float32_is_of_the_size_of_that_of_diffusers(config):
    vae = random_vae(config)
    twin, exact = diffusers_twin(vae), random_vae(config).double()
    pixels, raw = random_pixels(vae, 9, grid=(3, 4)), 0.2 * random_latents(vae, 3, grid=(3, 4))

    def error(pair: tuple[torch.Tensor, torch.Tensor]) -> float:
        """Root of the mean square."""
        return (pair[0].double() - pair[1].double()).square().mean().sqrt().item()

    with torch.no_grad():
        moments = exact.encode_moments(pixels.double())[0]
        ours, theirs = vae.statistics.denormalise(vae.encode(pixels)), twin.encode(pixels).latent_dist.mode()
        assert 0 < error((ours, moments)) < 4 * error((theirs, moments)) < 4e-6
        frames = exact.decode_raw(raw.double()).clamp(-1, 1)
        ours, theirs = vae.decode(vae.statistics.normalise(raw)).clamp(-1, 1), twin.decode(raw).sample
        assert 0 < error((ours, frames)) < 4 * error((theirs, frames)) < 4e-6


@pytest.mark.parametrize("part", ["encoder.middle.1.proj", "encoder.head.2", "encoder.conv1", "conv1"])
@ALL_LAYOUTS
def test_parity_of_encoding_fails_where_one_filter_is_different(config, part):
    vae = random_vae(config, torch.float64)
    twin = diffusers_twin(vae)
    with torch.no_grad():
        vae.get_submodule(part).weight[0] += 1e-3
    assert encoding_error(vae, twin, 5, torch.float64) > 1e-7


def test_parity_fails_where_one_tap_in_time_is_different():
    vae = random_vae(CONFIGS["wan_2_2"], torch.float64)
    twin = diffusers_twin(vae)
    with torch.no_grad():
        vae.decoder.upsamples[1].upsamples[-1].time_conv.weight[0, 0, 0] += 1e-3
    assert encoding_error(vae, twin, 5, torch.float64) < 1e-12
    assert decoding_error(vae, twin, 2, torch.float64) < 1e-12, "an oldest tap meets no frame before the third"
    assert decoding_error(vae, twin, 4, torch.float64) > 1e-6


@pytest.mark.parametrize(("config", "tensors"), [(WAN_2_1, 194), (WAN_2_2, 196)], ids=["wan_2_1", "wan_2_2"])
def test_published_sizes_have_the_published_keys_and_shapes(config, tensors):
    ours = VideoVAE(config, device="meta").state_dict()
    extra = {"patch_size": 2, "in_channels": 12, "out_channels": 12} if config.shortcuts else {}
    with torch.device("meta"):
        theirs = (
            pytest.importorskip("diffusers.models.autoencoders.autoencoder_kl_wan")
            .AutoencoderKLWan(
                base_dim=config.dim,
                decoder_base_dim=config.decoder_dim,
                z_dim=config.z_dim,
                is_residual=config.shortcuts,
                **extra,
            )
            .state_dict()
        )
    assert len(ours) == tensors
    assert {diffusers_name(key, 2): value.shape for key, value in ours.items()} == {
        key: value.shape for key, value in theirs.items()
    }


@pytest.mark.parametrize(
    ("config", "key", "shape"),
    [
        (WAN_2_1, "encoder.downsamples.5.time_conv.weight", (192, 192, 3, 1, 1)),
        (WAN_2_1, "decoder.upsamples.4.residual.2.weight", (384, 192, 3, 3, 3)),
        (WAN_2_1, "decoder.upsamples.3.resample.1.weight", (192, 384, 3, 3)),
        (WAN_2_1, "decoder.head.2.weight", (3, 96, 3, 3, 3)),
        (WAN_2_1, "encoder.middle.1.norm.gamma", (384, 1, 1)),
        (WAN_2_2, "encoder.conv1.weight", (160, 12, 3, 3, 3)),
        (WAN_2_2, "encoder.downsamples.1.downsamples.2.time_conv.weight", (320, 320, 3, 1, 1)),
        (WAN_2_2, "decoder.upsamples.0.upsamples.3.resample.1.weight", (1024, 1024, 3, 3)),
        (WAN_2_2, "decoder.upsamples.3.upsamples.0.shortcut.weight", (256, 512, 1, 1, 1)),
        (WAN_2_2, "conv1.weight", (96, 96, 1, 1, 1)),
    ],
)
def test_published_tensors_have_the_published_shapes(config, key, shape):
    assert VideoVAE(config, device="meta").state_dict()[key].shape == shape
