"""Pictures of claims: labelled rows of frames, and curves over a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from PIL import Image, ImageDraw

from ...video.contact_sheet import contact_sheet

LINE, MARGIN = 14, 4  # height of a line of text and the space around things, in pixels
LARGEST = 1600  # pixels of a picture's width; larger rows of frames are scaled down
PLOT_WIDTH, PLOT_HEIGHT, AXIS = 560, 300, 46
COLOURS = ("#1f6fb4", "#d95f02", "#1b9e77", "#7570b3", "#e7298a", "#666666", "#a6761d", "#66a61e")
Frames = torch.Tensor
"""[3 F H W] in -1..1."""


def strip(frames: Frames, moments: Sequence[int]) -> Image.Image:
    """Draw some frames of a clip side by side."""
    pixels = ((frames.float().cpu() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    shown = pixels.permute(1, 2, 3, 0)[list(moments)]
    return contact_sheet(shown, len(shown))


def labelled(rows: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Draw images below one another, each below its label, in as many lines as it needs."""
    if not rows:
        raise ValueError("got no rows, expected at least one")
    width = min(LARGEST, max(image.width for _, image in rows) + 2 * MARGIN)
    scaled = [(_lines(label, width - 2 * MARGIN), _narrowed(image, width - 2 * MARGIN)) for label, image in rows]
    height = sum(image.height + LINE * len(lines) + 2 * MARGIN for lines, image in scaled)
    sheet = Image.new("RGB", (width, height), "white")
    top = 0
    for lines, image in scaled:
        for line in lines:
            ImageDraw.Draw(sheet).text((MARGIN, top + 1), line, fill="black")
            top += LINE
        sheet.paste(image, (MARGIN, top + MARGIN // 2))
        top += image.height + 2 * MARGIN
    return sheet


def _lines(label: str, width: int) -> list[str]:
    """Break a label between words into lines of at most so many pixels; a longer word has a line of its own."""
    measure, lines = ImageDraw.Draw(Image.new("RGB", (1, 1))), [""]
    for word in label.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and measure.textlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _narrowed(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.BOX)


def chart(
    curves: Mapping[str, Sequence[tuple[float, float]]], *, across: str, upward: str, highest: float = 1.0
) -> Image.Image:
    """Draw curves of (x, y) with x > 0 on a logarithmic axis and y in 0..highest on a linear one."""
    xs = [x for points in curves.values() for x, _ in points]
    if not xs or min(xs) <= 0:
        raise ValueError(f"got x of {min(xs, default=0)}, expected points with x > 0")
    low, high = math.log(min(xs)), math.log(max(xs))
    legend = LINE * len(curves) + 2 * MARGIN
    image = Image.new("RGB", (PLOT_WIDTH, PLOT_HEIGHT + legend), "white")
    draw = ImageDraw.Draw(image)

    def place(x: float, y: float) -> tuple[float, float]:
        along = (math.log(x) - low) / (high - low) if high > low else 0.5
        return AXIS + along * (PLOT_WIDTH - 2 * AXIS), PLOT_HEIGHT - AXIS - y / highest * (PLOT_HEIGHT - 2 * AXIS)

    for part in range(5):
        y = highest * part / 4
        draw.line([(AXIS, place(min(xs), y)[1]), (PLOT_WIDTH - AXIS, place(min(xs), y)[1])], fill="#dddddd")
        draw.text((MARGIN, place(min(xs), y)[1] - LINE / 2), f"{y:.2f}", fill="black")
    for x in sorted(set(xs)):
        draw.text((place(x, 0)[0] - 8, PLOT_HEIGHT - AXIS + MARGIN), f"{x:g}", fill="black")
    draw.text((PLOT_WIDTH / 2 - 3 * len(across), PLOT_HEIGHT - LINE - MARGIN), across, fill="black")
    draw.text((MARGIN, MARGIN), upward, fill="black")
    for index, (name, points) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        places = [place(x, y) for x, y in sorted(points)]
        draw.line(places, fill=colour, width=2)
        for x, y in places:
            draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=colour)
        draw.text((AXIS, PLOT_HEIGHT + MARGIN + LINE * index), name, fill=colour)
    return image
