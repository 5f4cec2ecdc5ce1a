"""JointCanvas: the canvas of a video and that of its sound, for models that generate both together.

The sampling loop works at each place alone, so it takes both in one row of places: [B 1 1 1 N].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .latent_canvas import LatentCanvas


@dataclass(frozen=True)
class SoundCanvas:
    """Clean latents of sound and the noise level at which sampling of each starts; see LatentCanvas.

    clean: [B C L R] or [B C R L], L latents along time (see SoundGrid). noise_level: the same with C = 1, in 0..1.

    Raises ValueError if the shapes do not fit or a level is outside 0..1.
    """

    clean: torch.Tensor
    noise_level: torch.Tensor

    def __post_init__(self) -> None:
        if self.clean.ndim != 4 or 0 in self.clean.shape:
            raise ValueError(f"latents of sound must be [B C L R] and not empty, got {tuple(self.clean.shape)}")
        expected = (self.clean.shape[0], 1, *self.clean.shape[2:])
        if tuple(self.noise_level.shape) != expected:
            raise ValueError(f"noise_level of sound must be {expected}, got {tuple(self.noise_level.shape)}")
        if not bool(((self.noise_level >= 0) & (self.noise_level <= 1)).all()):
            low, high = self.noise_level.min().item(), self.noise_level.max().item()
            raise ValueError(f"noise_level must lie in 0..1, got {low:g}..{high:g}")


@dataclass(frozen=True)
class JointCanvas:
    """A canvas of frames and one of their sound. Raises ValueError for batches of two sizes."""

    picture: LatentCanvas
    sound: SoundCanvas

    def __post_init__(self) -> None:
        if self.picture.batch != len(self.sound.clean):
            raise ValueError(f"got {self.picture.batch} clips and {len(self.sound.clean)} of sound, expected as many")


@dataclass(frozen=True)
class Packing:
    """How streams of latents lie in one row of places, one after the other. shapes: [B C ...] of each."""

    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, streams: Sequence[torch.Tensor]) -> Packing:
        """The packing of latents [B C ...]."""
        return cls(tuple(tuple(stream.shape) for stream in streams))

    @property
    def places(self) -> int:
        """Number of places in the row, N."""
        return sum(math.prod(shape[1:]) for shape in self.shapes)

    def pack(self, streams: Sequence[torch.Tensor]) -> torch.Tensor:
        """Lay latents [B C ...] in a row [B 1 1 1 N]; values [B 1 ...] are repeated over the channels."""
        if len(streams) != len(self.shapes):
            raise ValueError(f"got {len(streams)} streams of latents, expected {len(self.shapes)}")
        rows = [stream.expand(shape).flatten(1) for stream, shape in zip(streams, self.shapes, strict=True)]
        return torch.cat([row.to(rows[0]) for row in rows], dim=1)[:, None, None, None]

    def unpack(self, row: torch.Tensor) -> list[torch.Tensor]:
        """Take a row [B 1 1 1 N], or [B N], apart into latents [B C ...]; the inverse of pack."""
        flat = row.flatten(1)
        if flat.shape[1] != self.places:
            raise ValueError(f"got a row of {flat.shape[1]} places, expected {self.places}")
        parts = flat.split([math.prod(shape[1:]) for shape in self.shapes], dim=1)
        return [part.reshape(len(flat), *shape[1:]) for part, shape in zip(parts, self.shapes, strict=True)]


@dataclass(frozen=True)
class RowCanvas(LatentCanvas):
    """A canvas whose frames and sound lie in one row of places: clean and noise_level are [B 1 1 1 N].

    packing: of the row; the frames come first.
    """

    packing: Packing

    @classmethod
    def of(cls, joint: JointCanvas) -> RowCanvas:
        """Lay both canvases of a JointCanvas in a row."""
        packing = Packing.of([joint.picture.clean, joint.sound.clean])
        clean = packing.pack([joint.picture.clean, joint.sound.clean])
        return cls(clean, packing.pack([joint.picture.noise_level, joint.sound.noise_level]), packing)

    def picture(self, row: torch.Tensor) -> torch.Tensor:
        """Return the frames [B C T H W] of values [B 1 1 1 N]."""
        return self.packing.unpack(row)[0]
