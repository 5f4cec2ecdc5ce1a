"""Tiles: encodes and decodes large frames in overlapping tiles, streamed together and blended.

Convolutions and attention do not cross a tile's edge, so the result differs from that of the whole frame. The
difference is largest at the edge, where the tile's blending weight is zero.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, product

import torch

from ....canvas.shapes import Compression, LatentShape, VideoShape
from .causal import CausalCache
from .model import VideoVAE

Parts = Iterable[torch.Tensor]  # parts of a clip, in the order of time


@dataclass(frozen=True)
class Tiles:
    """Square tiles of `size` pixels, spread evenly over a frame; neighbours overlap by at least `overlap` pixels.

    A frame that fits into one tile gives the same bits as the VAE's own stream.

    offload: device for the past frames (CausalCache) of tiles that are not running; None keeps them in place. Those of
        all tiles together take more memory than those of the whole frame. With the CPU here, a GPU holds those of one
        tile.
    """

    size: int = 512
    overlap: int = 128
    offload: torch.device | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.size:
            raise ValueError(f"got tiles of {self.size} pixels with overlap {self.overlap}; expected 0 to size - 1")

    def decode_stream(self, vae: VideoVAE, latents: torch.Tensor | Parts) -> Iterator[torch.Tensor]:
        """Run `vae.decode_stream` in tiles. Raises ValueError at once unless size and overlap are whole latents."""
        ratio, (size, stride) = vae.compression, self._in_latents(vae.compression)
        rows = _Side(size.height, stride.height, before=1, after=ratio.height)
        columns = _Side(size.width, stride.width, before=1, after=ratio.width)
        parts = [latents] if isinstance(latents, torch.Tensor) else latents
        return _run_tiles(parts, lambda part: vae.decode_stream(part, cache=CausalCache(self.offload)), rows, columns)

    def encode_stream(self, vae: VideoVAE, chunks: Parts) -> Iterator[torch.Tensor]:
        """Run `vae.encode_stream` in tiles. Raises ValueError at once unless size and overlap are whole latents."""
        ratio, (size, stride) = vae.compression, self._in_latents(vae.compression)
        rows = _Side(size.height, stride.height, before=ratio.height, after=1)
        columns = _Side(size.width, stride.width, before=ratio.width, after=1)
        return _run_tiles(chunks, lambda part: vae.encode_stream(part, cache=CausalCache(self.offload)), rows, columns)

    def _in_latents(self, ratio: Compression) -> tuple[LatentShape, LatentShape]:
        """Return tile size and largest stride in latents."""
        stride = self.size - self.overlap
        try:
            return (
                ratio.to_latent(VideoShape(1, self.size, self.size), channels=1),
                ratio.to_latent(VideoShape(1, stride, stride), channels=1),
            )
        except ValueError as error:
            raise ValueError(
                f"got tiles of {self.size} pixels with overlap {self.overlap}; expected multiples of "
                f"{ratio.width}x{ratio.height} for this VAE"
            ) from error


@dataclass(frozen=True)
class _Tile:
    """A tile along one axis: its slices of the frame before and after coding, and blending weights for the latter."""

    before: slice
    after: slice
    weights: torch.Tensor


@dataclass(frozen=True)
class _Side:
    """Tiling of one axis: tile size and stride in latents, and elements per latent before and after coding."""

    size: int
    stride: int
    before: int
    after: int

    def tiles(self, length: int) -> list[_Tile]:
        """Cover `length` elements before coding with tiles of equal size."""
        total, left = divmod(length, self.before)
        if left:
            raise ValueError(f"got frames with a side of {length} pixels; expected a multiple of {self.before}")
        size = min(self.size, total)
        gaps = -(-(total - size) // self.stride)
        starts = [round(index * (total - size) / max(1, gaps)) for index in range(gaps + 1)]
        ends = [start + size for start in starts]
        ramps = [
            _ramp(size * self.after, (before - start) * self.after, (end - after) * self.after)
            for start, end, before, after in zip(starts, ends, [0, *ends], [*starts[1:], total], strict=False)
        ]
        sums = torch.zeros(total * self.after, dtype=torch.float64)
        slices = [slice(start * self.after, end * self.after) for start, end in zip(starts, ends, strict=True)]
        for part, ramp in zip(slices, ramps, strict=True):
            sums[part] += ramp
        return [
            _Tile(slice(start * self.before, (start + size) * self.before), part, ramp / sums[part])
            for start, part, ramp in zip(starts, slices, ramps, strict=True)
        ]


def _ramp(length: int, shared_before: int, shared_after: int) -> torch.Tensor:
    """Compute the unnormalised blending weights of a tile, [length]: 1 where no neighbour overlaps.

    Over an overlap the weight is 0 in the quarter at the tile's edge and rises linearly over the middle half.
    """
    middles = torch.arange(length, dtype=torch.float64) + 0.5
    rising, falling = (
        (2 * distance / shared - 0.5 if shared else torch.ones_like(distance)).clamp(0, 1)
        for distance, shared in ((middles, shared_before), (length - middles, shared_after))
    )
    return torch.minimum(rising, falling)


def _run_tiles(
    parts: Parts, code: Callable[[Parts], Iterator[torch.Tensor]], rows: _Side, columns: _Side
) -> Iterator[torch.Tensor]:
    """Code all tiles of a clip chunk by chunk, and yield the blended frame after each chunk."""
    parts = iter(parts)
    first = next(parts, None)
    if first is None:
        yield from code(())
        return
    height, width = first.shape[-2:]
    tiles = list(product(rows.tiles(height), columns.tiles(width)))
    regions = [(row.before, column.before) for row, column in tiles]
    split = _split_parts(chain([first], parts), regions, (height, width))
    del first
    streams = [code(tile) for tile in split]
    while (blended := _next_blended(streams, tiles)) is not None:
        yield blended


def _split_parts(
    parts: Parts, regions: list[tuple[slice, slice]], frame: tuple[int, int]
) -> list[Iterator[torch.Tensor]]:
    """Make one iterator per region over its crop of every part; a part is freed once all regions have taken it.

    (itertools.tee would hold 57 parts.)
    """
    parts = iter(parts)
    waiting: list[deque[torch.Tensor]] = [deque() for _ in regions]

    def take() -> bool:
        part = next(parts, None)
        if part is None:
            return False
        if part.shape[-2:] != frame:
            raise ValueError(
                f"got {tuple(part.shape)} in a stream of {frame[0]}x{frame[1]}; expected the same height and width in "
                "all parts"
            )
        for queue, (row, column) in zip(waiting, regions, strict=True):
            queue.append(part[..., row, column])
        return True

    def take_all(queue: deque[torch.Tensor]) -> Iterator[torch.Tensor]:
        while queue or take():
            yield queue.popleft()

    return [take_all(queue) for queue in waiting]


def _next_blended(streams: list[Iterator[torch.Tensor]], tiles: list[tuple[_Tile, _Tile]]) -> torch.Tensor | None:
    """Blend the next chunk of all tiles to one of the frame [B C t H W]; None at the end."""
    frame: torch.Tensor | None = None
    dtype = torch.float32
    for stream, (row, column) in zip(streams, tiles, strict=True):
        chunk = next(stream, None)
        if chunk is None:
            assert frame is None, "tiles of the same size are split in time at the same frames"
            return None
        if frame is None:
            sides = tiles[-1][0].after.stop, tiles[-1][1].after.stop
            dtype = chunk.dtype
            frame = chunk.new_zeros(*chunk.shape[:-2], *sides, dtype=torch.promote_types(dtype, torch.float32))
        weights = (row.weights[:, None] * column.weights).to(frame.dtype).to(frame.device)
        frame[..., row.after, column.after].addcmul_(chunk, weights)
    return None if frame is None else frame.to(dtype)
