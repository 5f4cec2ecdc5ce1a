"""Large frames through a video VAE in tiles: each is a stream of its own, all advance together, overlaps are blended.

A tile sees nothing beyond its edge, neither through the convolutions nor in the attention over a frame, so the result
is not that of the whole frame. The difference is largest at a tile's edge, where its weight goes to zero.
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

Parts = Iterable[torch.Tensor]  # of a clip, one after the other in time


@dataclass(frozen=True)
class Tiles:
    """Square tiles of `size` pixels, spread evenly over a frame; neighbours share `overlap` pixels or more.

    A frame that fits into one tile is not cut, and gives the bits of the VAE's own stream.
    park: where the past of a tile waits while others are worked on; None for where it is. The pasts of all tiles grow
    with the frame and are more than that of the frame uncut; parked on the CPU, a GPU holds that of one tile.
    """

    size: int = 512
    overlap: int = 128
    park: torch.device | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.size:
            raise ValueError(f"got tiles of {self.size} pixels that overlap by {self.overlap}; expected 0 to size - 1")

    def decode_stream(self, vae: VideoVAE, latents: torch.Tensor | Parts) -> Iterator[torch.Tensor]:
        """`vae.decode_stream` in tiles, see there; ValueError at once where size or overlap are not whole latents."""
        ratio, (size, stride) = vae.compression, self._in_latents(vae.compression)
        rows = _Side(size.height, stride.height, before=1, after=ratio.height)
        columns = _Side(size.width, stride.width, before=1, after=ratio.width)
        parts = [latents] if isinstance(latents, torch.Tensor) else latents
        return _advance(parts, lambda part: vae.decode_stream(part, cache=CausalCache(self.park)), rows, columns)

    def encode_stream(self, vae: VideoVAE, chunks: Parts) -> Iterator[torch.Tensor]:
        """`vae.encode_stream` in tiles, see there; ValueError at once where size or overlap are not whole latents."""
        ratio, (size, stride) = vae.compression, self._in_latents(vae.compression)
        rows = _Side(size.height, stride.height, before=ratio.height, after=1)
        columns = _Side(size.width, stride.width, before=ratio.width, after=1)
        return _advance(chunks, lambda part: vae.encode_stream(part, cache=CausalCache(self.park)), rows, columns)

    def _in_latents(self, ratio: Compression) -> tuple[LatentShape, LatentShape]:
        """A tile, and how far apart two neighbours may lie."""
        stride = self.size - self.overlap
        try:
            return (
                ratio.to_latent(VideoShape(1, self.size, self.size), channels=1),
                ratio.to_latent(VideoShape(1, stride, stride), channels=1),
            )
        except ValueError as error:
            raise ValueError(
                f"got tiles of {self.size} pixels that overlap by {self.overlap}; this VAE takes multiples of "
                f"{ratio.width}x{ratio.height}"
            ) from error


@dataclass(frozen=True)
class _Cut:
    """A tile along one side: its places in the frame before and after coding, how much each of the latter counts."""

    before: slice
    after: slice
    weights: torch.Tensor


@dataclass(frozen=True)
class _Side:
    """How a side of a frame is cut: tile and stride in latents, and places per latent before and after coding."""

    size: int
    stride: int
    before: int
    after: int

    def cuts(self, length: int) -> list[_Cut]:
        """Tiles of the same size that cover `length` places before coding."""
        total, left = divmod(length, self.before)
        if left:
            raise ValueError(f"got frames with a side of {length} pixels; this VAE takes multiples of {self.before}")
        size = min(self.size, total)
        gaps = -(-(total - size) // self.stride)
        starts = [round(index * (total - size) / max(1, gaps)) for index in range(gaps + 1)]
        ends = [start + size for start in starts]
        ramps = [
            _ramp(size * self.after, (before - start) * self.after, (end - after) * self.after)
            for start, end, before, after in zip(starts, ends, [0, *ends], [*starts[1:], total], strict=False)
        ]
        sums = torch.zeros(total * self.after, dtype=torch.float64)
        places = [slice(start * self.after, end * self.after) for start, end in zip(starts, ends, strict=True)]
        for place, ramp in zip(places, ramps, strict=True):
            sums[place] += ramp
        return [
            _Cut(slice(start * self.before, (start + size) * self.before), place, ramp / sums[place])
            for start, place, ramp in zip(starts, places, ramps, strict=True)
        ]


def _ramp(length: int, shared_before: int, shared_after: int) -> torch.Tensor:
    """How much each place of a tile counts, [length]: 1 where it is alone, less where it shares with a neighbour.

    What is shared counts linearly over its middle half, and not at all over the quarter at the tile's edge.
    """
    middles = torch.arange(length, dtype=torch.float64) + 0.5
    rising, falling = (
        (2 * places / shared - 0.5 if shared else torch.ones_like(places)).clamp(0, 1)
        for places, shared in ((middles, shared_before), (length - middles, shared_after))
    )
    return torch.minimum(rising, falling)


def _advance(
    parts: Parts, code: Callable[[Parts], Iterator[torch.Tensor]], rows: _Side, columns: _Side
) -> Iterator[torch.Tensor]:
    """Code every tile's part of a clip chunk by chunk, and blend the chunks of all tiles before the next ones."""
    parts = iter(parts)
    first = next(parts, None)
    if first is None:
        yield from code(())
        return
    height, width = first.shape[-2:]
    tiles = list(product(rows.cuts(height), columns.cuts(width)))
    places = [(row.before, column.before) for row, column in tiles]
    dealt = _deal(chain([first], parts), places, (height, width))
    del first
    streams = [code(tile) for tile in dealt]
    while (blended := _next_blended(streams, tiles)) is not None:
        yield blended


def _deal(parts: Parts, places: list[tuple[slice, slice]], frame: tuple[int, int]) -> list[Iterator[torch.Tensor]]:
    """For each place an iterator over its cut of every part; a part is freed once all have taken theirs.

    (itertools.tee would hold 57 parts.)
    """
    parts = iter(parts)
    waiting: list[deque[torch.Tensor]] = [deque() for _ in places]

    def take() -> bool:
        part = next(parts, None)
        if part is None:
            return False
        if part.shape[-2:] != frame:
            raise ValueError(f"got {tuple(part.shape)} in a stream of {frame[0]}x{frame[1]}, which keeps its size")
        for queue, (row, column) in zip(waiting, places, strict=True):
            queue.append(part[..., row, column])
        return True

    def deal(queue: deque[torch.Tensor]) -> Iterator[torch.Tensor]:
        while queue or take():
            yield queue.popleft()

    return [deal(queue) for queue in waiting]


def _next_blended(streams: list[Iterator[torch.Tensor]], tiles: list[tuple[_Cut, _Cut]]) -> torch.Tensor | None:
    """The next chunk of the frame [B C t H W]; None at the end."""
    frame: torch.Tensor | None = None
    dtype = torch.float32
    for stream, (row, column) in zip(streams, tiles, strict=True):
        chunk = next(stream, None)
        if chunk is None:
            assert frame is None, "tiles of the same size are cut in time at the same places"
            return None
        if frame is None:
            sides = tiles[-1][0].after.stop, tiles[-1][1].after.stop
            dtype = chunk.dtype
            frame = chunk.new_zeros(*chunk.shape[:-2], *sides, dtype=torch.promote_types(dtype, torch.float32))
        weights = (row.weights[:, None] * column.weights).to(frame.dtype).to(frame.device)
        frame[..., row.after, column.after].addcmul_(chunk, weights)
    return None if frame is None else frame.to(dtype)
