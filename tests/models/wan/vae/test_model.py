"""Shapes, errors, initial state, causality and gradients of the video VAE."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from small_vaes import CONFIGS, random_latents, random_pixels, random_vae
from sora_core.models.wan.vae import VAEConfig, VideoVAE

ALL_LAYOUTS = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


def test_no_temporal_level_compresses_space_only():
    config = VAEConfig(dim=4, decoder_dim=4, z_dim=2, dim_mult=(1, 1), num_res_blocks=1, temporal_downsample=(False,))
    vae = random_vae(config)
    with torch.no_grad():
        latents = vae.encode(torch.zeros(1, 3, 3, 4, 6))
        assert latents.shape == (1, 2, 3, 2, 3)
        assert vae.decode(latents).shape == (1, 3, 3, 4, 6)


@pytest.mark.slow
@ALL_LAYOUTS
@pytest.mark.parametrize("frames", [1, 5])
def test_a_round_trip_keeps_the_clip_s_shape(config, frames):
    vae = random_vae(config)
    pixels = random_pixels(vae, frames, batch=2)
    with torch.no_grad():
        latents = vae.encode(pixels)
        assert latents.shape == (2, vae.latent_channels, 1 + frames // 4, 3, 2)
        assert vae.decode(latents).shape == pixels.shape


@pytest.mark.slow
@ALL_LAYOUTS
def test_no_frame_sees_a_later_one(config):
    vae = random_vae(config, torch.float64)
    pixels = random_pixels(vae, 9, dtype=torch.float64)
    changed = pixels.clone()
    changed[:, :, 5:] = 0
    with torch.no_grad():
        one, other = vae.encode_moments(pixels)[0], vae.encode_moments(changed)[0]
        assert torch.equal(one[:, :, :2], other[:, :, :2])
        assert not torch.equal(one[:, :, 2:], other[:, :, 2:])
        assert torch.equal(vae.decode_raw(one)[:, :, :5], vae.decode_raw(other)[:, :, :5])


@pytest.mark.slow
@ALL_LAYOUTS
def test_training_reaches_every_parameter(config):
    vae = random_vae(config)
    mean, log_variance = vae.encode_moments(random_pixels(vae, 9))
    (vae.decode_raw(mean).square().mean() + log_variance.mean()).backward()
    assert [name for name, weight in vae.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_the_chunked_decode_has_the_gradient_of_the_one_pass():
    vae = random_vae(CONFIGS["nano"], torch.float64)
    latents = random_latents(vae, 3, dtype=torch.float64).requires_grad_()
    (chunked,) = torch.autograd.grad(vae.decode(latents).square().mean(), latents)
    (one_pass,) = torch.autograd.grad(vae.decode_raw(vae.statistics.denormalise(latents)).square().mean(), latents)
    torch.testing.assert_close(chunked, one_pass, rtol=1e-9, atol=1e-12)


def test_with_shortcuts_a_fresh_vae_starts_with_empty_residual_branches():
    vae = VideoVAE(CONFIGS["nano"])
    x = torch.randn(1, 32, 2, 4, 4)
    torch.testing.assert_close(vae.encoder.middle[0](x), x + vae.encoder.middle[0].residual[-1].bias.view(-1, 1, 1, 1))


def test_weights_survive_loading_in_any_memory_order():
    vae, other = random_vae(CONFIGS["nano"]), VideoVAE(CONFIGS["nano"], device="meta")
    state = {key: value.clone(memory_format=torch.contiguous_format) for key, value in vae.state_dict().items()}
    other.load_state_dict(state, assign=True)
    weight, loaded = vae.decoder.conv1.weight, other.decoder.conv1.weight
    assert loaded.stride() == weight.stride(), "loading must restore the order that the kernels read"
    latents = random_latents(vae, 2)
    with torch.no_grad():
        assert torch.equal(other.decode(latents), copy.deepcopy(vae).decode(latents))


def test_layers_come_from_the_given_namespace_and_cast_their_weights():
    class CastingConv2d(nn.Conv2d):
        def forward(self, x):
            return self._conv_forward(x, self.weight.to(x.dtype), self.bias.to(x.dtype))

    class CastingConv3d(nn.Conv3d):
        def forward(self, x):
            return self._conv_forward(
                x, self.weight.to(x.dtype), self.bias.to(x.dtype), autopad=None
            )  # as ComfyUI calls it

    config = CONFIGS["nano"]
    namespace = SimpleNamespace(Conv2d=CastingConv2d, Conv3d=CastingConv3d)
    vae = VideoVAE(config, dtype=torch.float16, operations=namespace)
    assert all(
        isinstance(m, CastingConv2d | CastingConv3d) for m in vae.modules() if isinstance(m, nn.modules.conv._ConvNd)
    )
    vae.load_state_dict({key: value.half() for key, value in random_vae(config).state_dict().items()})
    latents = random_latents(vae, 2)
    with torch.no_grad():
        assert torch.equal(vae.decode(latents), copy.deepcopy(vae).float().decode(latents))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 3, 4, 16, 16), "got 4 frames; this VAE takes 1 \\+ a multiple of 4"),
        ((1, 3, 5, 16, 12), "got 12x16 pixels; this VAE takes multiples of 8x8"),
        ((1, 4, 5, 16, 16), "expected \\[B 3 F H W\\]"),
        ((3, 5, 16, 16), "expected \\[B 3 F H W\\]"),
    ],
)
def test_pixels_of_a_wrong_shape_are_refused(shape, message):
    vae = random_vae(CONFIGS["nano"])
    for call in (vae.encode, vae.encode_moments):
        with pytest.raises(ValueError, match=message):
            call(torch.zeros(shape))


def test_a_streamed_chunk_of_a_wrong_size_is_refused():
    with pytest.raises(ValueError, match="multiples of 8x8"):
        list(random_vae(CONFIGS["nano"]).encode_stream([torch.zeros(1, 3, 1, 7, 9)]))


@pytest.mark.parametrize("shape", [(1, 5, 2, 4, 4), (4, 2, 4, 4), (1, 4, 0, 4, 4)])
def test_latents_of_a_wrong_shape_are_refused(shape):
    vae = random_vae(CONFIGS["nano"])
    for call in (vae.decode, vae.decode_raw, vae.decode_stream):
        with pytest.raises(ValueError, match="expected \\[B 4 T H W\\]"):
            call(torch.zeros(shape))
