"""Names of tensors in diffusers' layout, one by one; test_model_parity.py compares all of them with diffusers' own."""

import pytest

from sora_core.models.wan.vae.diffusers_names import diffusers_name


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("conv1.weight", "quant_conv.weight"),
        ("conv2.bias", "post_quant_conv.bias"),
        ("encoder.conv1.weight", "encoder.conv_in.weight"),
        ("decoder.head.0.gamma", "decoder.norm_out.gamma"),
        ("decoder.head.2.weight", "decoder.conv_out.weight"),
        ("encoder.middle.0.residual.2.weight", "encoder.mid_block.resnets.0.conv1.weight"),
        ("encoder.middle.1.to_qkv.weight", "encoder.mid_block.attentions.0.to_qkv.weight"),
        ("encoder.middle.2.residual.6.bias", "encoder.mid_block.resnets.1.conv2.bias"),
    ],
)
def test_what_is_no_level_has_one_name_in_both_layouts(ours: str, theirs: str) -> None:
    assert diffusers_name(ours, 2) == theirs


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("encoder.downsamples.3.residual.0.gamma", "encoder.down_blocks.3.norm1.gamma"),
        ("encoder.downsamples.5.time_conv.weight", "encoder.down_blocks.5.time_conv.weight"),
        # of a decoder's level three blocks, for an encoder's two, and the upsampler
        ("decoder.upsamples.2.residual.3.gamma", "decoder.up_blocks.0.resnets.2.norm2.gamma"),
        ("decoder.upsamples.3.resample.1.weight", "decoder.up_blocks.0.upsamplers.0.resample.1.weight"),
        ("decoder.upsamples.4.shortcut.weight", "decoder.up_blocks.1.resnets.0.conv_shortcut.weight"),
        ("decoder.upsamples.14.residual.6.weight", "decoder.up_blocks.3.resnets.2.conv2.weight"),
    ],
)
def test_of_the_flat_lists_of_2_1_the_decoders_is_cut_into_levels(ours: str, theirs: str) -> None:
    assert diffusers_name(ours, 2) == theirs


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("encoder.downsamples.1.downsamples.0.residual.2.bias", "encoder.down_blocks.1.resnets.0.conv1.bias"),
        ("encoder.downsamples.1.downsamples.2.time_conv.bias", "encoder.down_blocks.1.downsampler.time_conv.bias"),
        ("decoder.upsamples.0.upsamples.3.resample.1.bias", "decoder.up_blocks.0.upsampler.resample.1.bias"),
        ("decoder.upsamples.3.upsamples.0.shortcut.bias", "decoder.up_blocks.3.resnets.0.conv_shortcut.bias"),
    ],
)
def test_of_the_nested_levels_of_2_2_each_has_one_resampler(ours: str, theirs: str) -> None:
    assert diffusers_name(ours, 2) == theirs


def test_with_fewer_blocks_a_level_of_the_flat_list_is_shorter() -> None:
    assert diffusers_name("decoder.upsamples.3.residual.2.bias", 1) == "decoder.up_blocks.1.resnets.0.conv1.bias"
