"""State-dict adapters for published Wan VAE files, and the VAE's config from tensor names and shapes.

We use the names of Wan's own files; diffusers has its own names, and either may have a prefix. No file holds the latent
statistics, so this module has those of the two published VAEs.
Source: https://github.com/Wan-Video/Wan2.2, wan/modules/vae2_1.py and vae2_2.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ....tensors.state_dict import StateDictAdapter
from .config import VAEConfig
from .diffusers_names import diffusers_name

Shapes = Mapping[str, tuple[int, ...]]

_MARKS = re.compile(  # names that all Wan VAE files have and no other model: a prefix, then Wan's or diffusers' name
    r"(.*?)(?:encoder|decoder)\.(?:middle\.[02]\.residual\.0|(mid_block\.resnets\.[01]\.norm1))\.gamma"
)


@dataclass(frozen=True)
class StoredVAE:
    """How a file stores a VideoVAE of `config`: the prefix of its tensor names, and whether they are diffusers'."""

    config: VAEConfig
    prefix: str
    is_diffusers: bool

    def adapter(self, names: Iterable[str], stored: Iterable[str]) -> StateDictAdapter:
        """Build the adapter for the module's tensor names and the file's; other prefixes belong to other models."""
        wanted = {name: self.stored_name(name) for name in names}
        known = set(wanted.values())
        return StateDictAdapter(
            {name: name for name in stored if name.startswith(self.prefix) and name not in known} | wanted
        )

    def stored_name(self, name: str) -> str:
        """Map the module's name of a tensor to the file's, whether or not the file has it."""
        return self.prefix + (diffusers_name(name, self.config.num_res_blocks) if self.is_diffusers else name)


def find_vae(shapes: Shapes) -> StoredVAE | None:
    """Find the Wan VAE in a file with tensors of these shapes; None if there is none.

    Raises ValueError, with the tensor's name, if a tensor that the config depends on is missing or has a wrong size.
    """
    found = {(mark[1], mark[2] is not None) for name in shapes if (mark := _MARKS.fullmatch(name))}
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(f"got {len(found)} VAEs, with the prefixes {sorted(p for p, _ in found)}; expected one")
    ((prefix, is_diffusers),) = found
    return StoredVAE(_Reader(shapes, prefix, is_diffusers).config(), prefix, is_diffusers)


class _Reader:
    """Reads the config from tensor shapes, by their names in a VideoVAE."""

    def __init__(self, shapes: Shapes, prefix: str, is_diffusers: bool) -> None:
        self._shapes = shapes
        self._prefix = prefix
        self._is_diffusers = is_diffusers
        self._is_nested = self._has("encoder.downsamples.0.downsamples.0.residual.6")
        self._blocks = 0  # residual blocks per level
        while self._has(f"{self._path(0, self._blocks)}.residual.6"):
            self._blocks += 1

    def config(self) -> VAEConfig:
        """Read the config; raises ValueError as `find_vae` does."""
        dim, channels = self._size("encoder.conv1.weight", 0), self._size("encoder.conv1.weight", 1)
        patch = math.isqrt(channels // 3)
        if channels != 3 * patch**2:
            raise ValueError(f"got frames of {channels} channels; expected 3, or 3 times the square of a patch size")
        widths = [self._size(f"{self._path(0, 0)}.residual.6.weight", 0)]
        temporal = []
        while self._has(f"{self._path(len(widths), 0)}.residual.6"):
            temporal.append(self._has(f"{self._path(len(widths) - 1, self._blocks)}.time_conv"))
            widths.append(self._size(f"{self._path(len(widths), 0)}.residual.6.weight", 0))
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

    def _path(self, level: int, index: int) -> str:
        """Return the path of an encoder layer; a resampler follows the blocks of every level but the last."""
        if self._is_nested:
            return f"encoder.downsamples.{level}.downsamples.{index}"
        return f"encoder.downsamples.{level * (self._blocks + 1) + index}"

    def _has(self, layer: str) -> bool:
        """Whether the file has a layer, even with one of its tensors missing."""
        return any(self._stored(f"{layer}.{part}") in self._shapes for part in ("weight", "bias"))

    def _size(self, name: str, axis: int) -> int:
        stored = self._stored(name)
        if stored not in self._shapes:
            raise ValueError(f"{stored} is missing")
        shape = self._shapes[stored]
        if len(shape) <= axis:
            raise ValueError(f"got {stored} of shape {list(shape)}; expected at least {axis + 1} dimensions")
        return shape[axis]

    def _stored(self, name: str) -> str:
        return self._prefix + (diffusers_name(name, 0) if self._is_diffusers else name)


def _statistics(z_dim: int, is_nested: bool) -> dict[str, tuple[float, ...]]:
    """Return latent_mean and latent_std of the published VAE with these sizes."""
    if (z_dim, is_nested) not in _STATISTICS:
        kind = "with" if is_nested else "without"
        raise ValueError(
            f"got {z_dim} latent channels {kind} shortcuts, for which no latent statistics are known; expected 16 "
            "without (Wan 2.1) or 48 with (Wan 2.2); save another VAE with its config by save_checkpoint"
        )
    mean, std = _STATISTICS[z_dim, is_nested]
    return {"latent_mean": mean, "latent_std": std}


# fmt: off
_STATISTICS: dict[tuple[int, bool], tuple[tuple[float, ...], tuple[float, ...]]] = {  # by z_dim and shortcuts
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
