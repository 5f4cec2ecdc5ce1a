"""Maps Wan's names of VAE tensors to those of diffusers' AutoencoderKLWan.

diffusers nests the levels of every decoder, and of encoders in 2.2 only, and names resamplers apart from blocks.
Source: https://github.com/huggingface/diffusers, models/autoencoders/autoencoder_kl_wan.py.
"""

from __future__ import annotations

import re

_STARTS = {
    "conv1.": "quant_conv.",
    "conv2.": "post_quant_conv.",
    "encoder.conv1.": "encoder.conv_in.",
    "decoder.conv1.": "decoder.conv_in.",
}
_PARTS = {
    ".middle.0.": ".mid_block.resnets.0.",
    ".middle.1.": ".mid_block.attentions.0.",
    ".middle.2.": ".mid_block.resnets.1.",
    ".head.0.": ".norm_out.",
    ".head.2.": ".conv_out.",
    ".residual.0.": ".norm1.",
    ".residual.2.": ".conv1.",
    ".residual.3.": ".norm2.",
    ".residual.6.": ".conv2.",
    ".shortcut.": ".conv_shortcut.",
}
_NESTED = re.compile(r"\.(down|up)samples\.(\d+)\.(?:down|up)samples\.(\d+)\.(?P<inner>.*)")
_FLAT = re.compile(r"\.(down|up)samples\.(\d+)\.(?P<inner>.*)")


def diffusers_name(name: str, blocks: int) -> str:
    """Map Wan's name of a tensor to diffusers' name.

    blocks: residual blocks of an encoder level. A decoder level has one more; this divides Wan 2.1's flat list.
    """
    for start, theirs in _STARTS.items():
        if name.startswith(start):
            return theirs + name.removeprefix(start)
    name = _FLAT.sub(lambda found: _from_list(found, blocks), _NESTED.sub(_from_level, name))
    for part, theirs in _PARTS.items():
        name = name.replace(part, theirs)
    return name


def _from_level(found: re.Match[str]) -> str:
    """Name a layer of a nested level: a block by its index, or the one resampler."""
    way, level, index, inner = found.groups()
    return f".{way}_blocks.{level}.{f'resnets.{index}' if _is_block(inner) else f'{way}sampler'}.{inner}"


def _from_list(found: re.Match[str], blocks: int) -> str:
    """Name a layer of a flat list, which stays flat in diffusers' encoder."""
    way, position, inner = found.groups()
    if way == "down":
        return f".down_blocks.{position}.{inner}"
    level, index = divmod(int(position), blocks + 2)
    return f".up_blocks.{level}.{f'resnets.{index}' if _is_block(inner) else 'upsamplers.0'}.{inner}"


def _is_block(inner: str) -> bool:
    return inner.startswith(("residual.", "shortcut."))
