"""The ways in which published files store a VAE of the Wan family, and its config read off names and shapes of tensors.

Ours are the names of Wan's own files; diffusers has names of its own, and either may stand behind a prefix. No file
holds the statistics of the latents; they are facts of the two published VAEs and stand here.
Source: https://github.com/Wan-Video/Wan2.2, wan/modules/vae2_1.py and vae2_2.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ....tensors.state_dict import Layout
from .config import VAEConfig
from .diffusers_names import diffusers_name

Shapes = Mapping[str, tuple[int, ...]]

_MARKS = re.compile(  # every such file has these, no other model: a prefix, then Wan's names or diffusers'
    r"(.*?)(?:encoder|decoder)\.(?:middle\.[02]\.residual\.0|(mid_block\.resnets\.[01]\.norm1))\.gamma"
)


@dataclass(frozen=True)
class StoredVAE:
    """Where a file has the tensors of a VideoVAE of `config`."""

    config: VAEConfig
    prefix: str
    is_diffusers: bool

    def layout(self, names: Iterable[str], stored: Iterable[str]) -> Layout:
        """names: of the module's tensors. stored: of the file's; what has another prefix belongs to other models."""
        wanted = {name: self.stored_name(name) for name in names}
        known = set(wanted.values())
        return Layout({name: name for name in stored if name.startswith(self.prefix) and name not in known} | wanted)

    def stored_name(self, name: str) -> str:
        """The file's name of a tensor, also of one that is missing."""
        return self.prefix + (diffusers_name(name, self.config.num_res_blocks) if self.is_diffusers else name)


def find_vae(shapes: Shapes) -> StoredVAE | None:
    """The VAE of this family in a file with tensors of these shapes; None where there is none.

    ValueError, with the tensor's name, where one is missing that the config is read from, or sizes make no such VAE.
    """
    found = {(mark[1], mark[2] is not None) for name in shapes if (mark := _MARKS.fullmatch(name))}
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(f"got {len(found)} VAEs, with the prefixes {sorted(p for p, _ in found)}; expected one")
    ((prefix, is_diffusers),) = found
    return StoredVAE(_Reader(shapes, prefix, is_diffusers).config(), prefix, is_diffusers)


class _Reader:
    """Looks for tensors by their name in a VideoVAE."""

    def __init__(self, shapes: Shapes, prefix: str, is_diffusers: bool) -> None:
        self._shapes = shapes
        self._prefix = prefix
        self._is_diffusers = is_diffusers
        self._is_nested = self._has("encoder.downsamples.0.downsamples.0.residual.6")
        self._blocks = 0  # residual blocks of a level
        while self._has(f"{self._place(0, self._blocks)}.residual.6"):
            self._blocks += 1

    def config(self) -> VAEConfig:
        """ValueError as in `find_vae`."""
        dim, channels = self._size("encoder.conv1.weight", 0), self._size("encoder.conv1.weight", 1)
        patch = math.isqrt(channels // 3)
        if channels != 3 * patch**2:
            raise ValueError(f"got frames of {channels} channels; expected 3, or 3 times the square of a patch's side")
        widths = [self._size(f"{self._place(0, 0)}.residual.6.weight", 0)]
        temporal = []
        while self._has(f"{self._place(len(widths), 0)}.residual.6"):
            temporal.append(self._has(f"{self._place(len(widths) - 1, self._blocks)}.time_conv"))
            widths.append(self._size(f"{self._place(len(widths), 0)}.residual.6.weight", 0))
        mults = tuple(width // max(1, dim) for width in widths)
        z_dim, is_nested = self._size("conv2.weight", 0), self._is_nested
        return VAEConfig(
            dim=dim,
            decoder_dim=self._size("decoder.head.0.gamma", 0) // max(1, mults[0]),
            z_dim=z_dim,
            dim_mult=mults,
            num_res_blocks=self._blocks,
            temporal_downsample=tuple(temporal),
            patch_size=patch,
            shortcuts=is_nested,
            **_statistics(z_dim, is_nested),
        )

    def _place(self, level: int, index: int) -> str:
        """Path of a layer of the encoder; in every level but the last a resampler comes after the blocks."""
        if self._is_nested:
            return f"encoder.downsamples.{level}.downsamples.{index}"
        return f"encoder.downsamples.{level * (self._blocks + 1) + index}"

    def _has(self, layer: str) -> bool:
        """Whether there is a layer; one missing tensor does not hide it."""
        return any(self._stored(f"{layer}.{part}") in self._shapes for part in ("weight", "bias"))

    def _size(self, name: str, axis: int) -> int:
        stored = self._stored(name)
        if stored not in self._shapes:
            raise ValueError(f"{stored} is missing")
        shape = self._shapes[stored]
        if len(shape) <= axis:
            raise ValueError(f"got {stored} of shape {list(shape)}; expected at least {axis + 1} axes")
        return shape[axis]

    def _stored(self, name: str) -> str:
        return self._prefix + (diffusers_name(name, 0) if self._is_diffusers else name)


def _statistics(z_dim: int, is_nested: bool) -> dict[str, tuple[float, ...]]:
    """latent_mean and latent_std of the published VAE of this kind."""
    if (z_dim, is_nested) not in _STATISTICS:
        kind = "with" if is_nested else "without"
        raise ValueError(
            f"got {z_dim} latent channels {kind} shortcuts, whose statistics are not known; expected 16 without "
            "(Wan 2.1) or 48 with (Wan 2.2); a VAE of your own can be saved with its config by save_checkpoint"
        )
    mean, std = _STATISTICS[z_dim, is_nested]
    return {"latent_mean": mean, "latent_std": std}


# fmt: off
_STATISTICS: dict[tuple[int, bool], tuple[tuple[float, ...], tuple[float, ...]]] = {  # by channels and shortcuts
    (16, False): (
        (
            -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
            0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
        ),
        (
            2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
            3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160,
        ),
    ),
    (48, True): (
        (
            -0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557,
            -0.1382, 0.0542, 0.2813, 0.0891, 0.1570, -0.0098, 0.0375, -0.1825,
            -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502,
            -0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230,
            -0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.0520, 0.3748,
            0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667,
        ),
        (
            0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013,
            0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165, 0.8454, 0.4978,
            0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659,
            0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093,
            0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887,
            0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744,
        ),
    ),
}
# fmt: on
