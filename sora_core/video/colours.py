"""Colours of decoded frames: any pixel format, matrix (BT.601, 709, 2020), range and depth to RGB floats.

swscale only upsamples chroma, which it does exactly; the matrix is applied here in floats, because swscale's own way to
RGB darkens by up to a level and assumes BT.601 in some versions of PyAV. What is no sRGB is converted (transfer.py).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
import torch
from av.codec.context import CodecContext

from .strips import strips
from .transfer import BT2020, HDR, needs_conversion, to_srgb

FULL, LIMITED, UNKNOWN = 2, 1, 2  # codes of ranges in FFmpeg, and of what is not said in ITU-T H.273
LUMA = {  # weights of red and blue, by the code of the matrix in ITU-T H.273
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    **dict.fromkeys((0, 2, 3, 5, 6), (0.299, 0.114)),  # 2 is unknown, which FFmpeg's encoders leave with BT.601
}
YCGCO = 8
OTHER_MATRICES = {
    10: "BT.2020 constant luminance",
    11: "Y'D'zD'x",
    14: "ICtCp",
    15: "IPT",
    16: "YCgCo-R",
    17: "YCgCo-R",
}
JPEG = {"yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p"}  # which swscale always takes for full range
AS_IT_IS = "in_color_matrix=bt601:out_color_matrix=bt601:in_range=limited:out_range=limited"
"""Equal on both sides, so that swscale converts neither matrix nor range, and widens by shifting"""
TICK = Fraction(1, 25)  # the filter needs one


class Coding(NamedTuple):
    """How a signal is coded; codes of ITU-T H.273. full: whether it uses the full range."""

    matrix: int
    primaries: int
    transfer: int
    full: bool

    @classmethod
    def of(cls, frame: av.VideoFrame, context: CodecContext | None = None) -> Coding:
        """Read it from a frame, and what the frame does not say from its decoder.

        Raises ValueError for a matrix that cannot be read.
        """
        primaries, transfer = (_code(frame, context, name) for name in ("color_primaries", "color_trc"))
        matrix = int(frame.colorspace)
        if matrix in OTHER_MATRICES:
            raise ValueError(
                f"its colours are coded as {OTHER_MATRICES[matrix]}, which is not read: convert it to BT.709"
            )
        if transfer in HDR or primaries == BT2020:
            matrix = BT2020 if matrix == UNKNOWN else matrix
        if matrix == BT2020 and primaries == UNKNOWN:
            primaries = BT2020
        name = frame.format.name
        full = int(frame.color_range) == FULL or name in JPEG
        return cls(matrix, primaries, transfer, full or (_is_gray(frame) and int(frame.color_range) != LIMITED))

    @property
    def is_srgb(self) -> bool:
        """Whether its RGB values are sRGB as they are."""
        return not needs_conversion(self.primaries, self.transfer)


class RgbReader:
    """Converts the frames of one file; keeps swscale's state from frame to frame."""

    def __init__(self, context: CodecContext | None = None) -> None:
        self._context = context
        self._graphs: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}

    def rgb(self, frame: av.VideoFrame) -> torch.Tensor:
        """Return float32 RGB [H W 3] in 0..1, as stored, neither turned nor scaled. Raises ValueError as Coding.of."""
        coding = Coding.of(frame, self._context)
        if frame.format.is_rgb or frame.format.has_palette:
            made = self._of_rgb(frame)
        elif _is_gray(frame):
            made = self._of_gray(frame, coding)
        else:
            made = self._of_yuv(frame, coding)
        if not coding.is_srgb:
            for strip in strips(frame.height, frame.width):
                made[strip] = to_srgb(made[strip], coding.primaries, coding.transfer)
        return made

    def alpha(self, frame: av.VideoFrame) -> torch.Tensor | None:
        """Return what is opaque, float32 [H W] in 0..1; None for a format without alpha."""
        name, parts = frame.format.name, frame.format.components
        if frame.format.has_palette:
            return self._packed(frame, "rgba")[..., 3]
        if not any(part.is_alpha for part in parts):
            return None
        if len(frame.planes) == len(parts):
            return _whole(frame.planes[-1], 1, max(part.bits for part in parts), "f32" in name, name.endswith("be"))[
                ..., 0
            ]
        return self._packed(frame, "rgba64le" if depth_of(frame) > 8 else "rgba")[..., 3]

    def _of_rgb(self, frame: av.VideoFrame) -> torch.Tensor:
        name, depth = frame.format.name, depth_of(frame)
        if name.startswith("gbr"):
            green, blue, red = (
                _whole(plane, 1, depth, "f32" in name, name.endswith("be"))[..., 0] for plane in frame.planes[:3]
            )
            return torch.stack([red, green, blue], dim=-1).clamp_(0, 1)
        return self._packed(frame, "rgb48le" if depth > 8 else "rgb24")[..., :3].clamp(0, 1)

    def _of_yuv(self, frame: av.VideoFrame, coding: Coding) -> torch.Tensor:
        depth, is_jpeg = depth_of(frame), frame.format.name in JPEG
        through = None if is_jpeg else self._through(frame, "yuv444p16le")
        whole = _jpeg_planes(frame) if through is None else [_stored(plane, 1, 16) for plane in through.planes]
        made = torch.empty(frame.height, frame.width, 3)
        for strip in strips(frame.height, frame.width):
            planes = [plane[strip] if isinstance(plane, torch.Tensor) else _values(plane[strip], 16) for plane in whole]
            _matrixed(planes, coding, depth, made[strip])
        return made

    def _of_gray(self, frame: av.VideoFrame, coding: Coding) -> torch.Tensor:
        depth = depth_of(frame)
        bits = 16 if depth > 8 else 8
        luma = _whole(self._through(frame, "gray16le" if bits > 8 else "gray").planes[0], 1, bits)[..., 0]
        if not coding.full:
            one = (1 << max(8, depth)) - 1  # the largest value, of which swscale makes its own largest
            luma = luma.mul_(one / _steps(219, depth)).sub_(16 / 219)
        return luma.clamp_(0, 1)[..., None].expand(-1, -1, 3).contiguous()

    def _packed(self, frame: av.VideoFrame, format: str) -> torch.Tensor:
        """[H W C] in 0..1 of a frame in another RGB format whose channels lie side by side."""
        made = self._through(frame, format)
        bits = 16 if ("48" in format or "64" in format) else 8
        return _whole(made.planes[0], 4 if "a" in format else 3, bits)

    def _through(self, frame: av.VideoFrame, format: str) -> av.VideoFrame:
        """A frame in another format of the same colours and range."""
        if frame.format.name == format:
            return frame
        key = (frame.width, frame.height, frame.format.name, format)
        if key not in self._graphs:
            self._graphs = {key: _graph(frame, format)}  # one, because sizes change seldom
        _, source, sink = self._graphs[key]
        source.push(frame)
        return sink.pull()


def bytes_of(rgb: torch.Tensor) -> torch.Tensor:
    """Round colours [H W C] to uint8; those outside 0..1 are cut."""
    made = torch.empty(rgb.shape, dtype=torch.uint8)
    for strip in strips(*rgb.shape[:2]):
        made[strip] = rgb[strip].clamp(0, 1).mul_(255).round_()
    return made


def _graph(frame: av.VideoFrame, format: str) -> tuple[Any, Any, Any]:
    graph = av.filter.Graph()
    pixels: Any = frame.format.name  # av's types want an object where its code takes the name too
    source = graph.add_buffer(width=frame.width, height=frame.height, format=pixels, time_base=TICK)
    scale = graph.add("scale", f"flags=bilinear+accurate_rnd:{AS_IT_IS}")
    wanted, sink = graph.add("format", f"pix_fmts={format}"), graph.add("buffersink")
    for one, two in ((source, scale), (scale, wanted), (wanted, sink)):
        one.link_to(two)
    graph.configure()
    return graph, source, sink


def _jpeg_planes(frame: av.VideoFrame) -> list[torch.Tensor]:
    """Planes [H W] as those of 16 bits that swscale makes of other formats; chroma is upsampled as it does it."""
    shape, made = (frame.height, frame.width), []
    for plane in frame.planes[:3]:
        values = _whole(plane, 1, 8).mul_(65280 / 65535)
        if values.shape[:2] != shape:
            values = torch.nn.functional.interpolate(values[None, None, ..., 0], shape, mode="bilinear")[
                0, 0, ..., None
            ]
        made.append(values[..., 0])
    return made


def _matrixed(planes: list[torch.Tensor], coding: Coding, depth: int, made: torch.Tensor) -> None:
    """Write RGB [H W 3] in 0..1 of planes [H W] of `depth` bits shifted up to 16, of which 1 is the largest value."""
    if coding.full:
        one = 65535 / (((1 << depth) - 1) << (16 - depth))
        y_scale, y_offset, c_scale = one, 0.0, one
    else:
        y_scale, y_offset, c_scale = 65535 / _steps(219, 16), 16 / 219, 65535 / _steps(224, 16)
    luma = planes[0].mul_(y_scale).sub_(y_offset)
    blue, red = (plane.sub_(32768 / 65535).mul_(c_scale) for plane in planes[1:])
    if coding.matrix == YCGCO:
        made[..., 0], made[..., 1], made[..., 2] = luma - blue + red, luma + blue, luma - blue - red
        made.clamp_(0, 1)
        return
    kr, kb = LUMA.get(coding.matrix, LUMA[UNKNOWN])
    kg = 1 - kr - kb
    torch.add(luma, red, alpha=2 * (1 - kr), out=made[..., 0])
    torch.add(luma, blue, alpha=2 * (1 - kb), out=made[..., 2])
    torch.sub(luma, red, alpha=2 * (1 - kr) * kr / kg, out=made[..., 1])
    made[..., 1].sub_(blue, alpha=2 * (1 - kb) * kb / kg)
    made.clamp_(0, 1)


def _whole(plane: Any, channels: int, bits: int, is_float: bool = False, big: bool = False) -> torch.Tensor:
    """Values [H W C] of a plane, of which 1 is the largest."""
    rows = _stored(plane, channels, bits, is_float, big)
    values = torch.from_numpy(rows.astype(np.float32)) if is_float else _values(rows, bits)
    return values.view(plane.height, plane.width, channels)


def _stored(plane: Any, channels: int, bits: int, is_float: bool = False, big: bool = False) -> np.ndarray:
    """Rows [H W*C] of a plane as they are."""
    kind = np.dtype(np.float32 if is_float else np.uint16 if bits > 8 else np.uint8).newbyteorder(">" if big else "<")
    return np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width * channels]


def _values(rows: np.ndarray, bits: int) -> torch.Tensor:
    """Stored rows as floats, of which 1 is the largest value."""
    return torch.from_numpy(rows.astype(np.float32)).div_((1 << bits) - 1)


def _steps(of_eight_bits: int, depth: int) -> int:
    return of_eight_bits << (max(8, depth) - 8)


def _is_gray(frame: av.VideoFrame) -> bool:
    kinds = [part for part in frame.format.components if not part.is_alpha]
    return len(kinds) == 1 and not (frame.format.is_rgb or frame.format.has_palette)


def depth_of(frame: av.VideoFrame) -> int:
    """Bits of a channel."""
    return max(part.bits for part in frame.format.components)


def _code(frame: av.VideoFrame, context: CodecContext | None, name: str) -> int:
    """A code of the frame, or of its decoder where the frame does not say it: PyAV 16 gives no frame any."""
    own = int(getattr(frame, name, UNKNOWN))
    return own if own not in (0, UNKNOWN) else int(getattr(context, name, UNKNOWN) or UNKNOWN)
