"""Moving pictures of Sora Timeline: what was made above its timeline, on which clips, prompts and levels stand.

scripts/ability_pictures.py writes them, from real runs of the workflows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    import torch

    from sora_core.timeline.clip_timeline import ClipTimeline

WIDTH, GAP, STRIP, LINE, SCALE, FONT = 384, 12, 40, 16, 3, 12  # pixels
KEPT, MADE, MOMENT, EDGE = "#b8b8b8", "#e07a3f", "#202020", "#ffffff"
TIME = 4  # latent frames of the bundled model hold so many frames


@dataclass(frozen=True)
class Strip:
    """A timeline of `frames` with the frames [f H W 3] of each of its clips; loop: it leads back to its beginning."""

    timeline: ClipTimeline
    clips: Mapping[str, torch.Tensor]
    frames: int
    loop: bool = False


def strip_of(graph: Mapping[str, Any], node: str, clips: Mapping[str, torch.Tensor], frames: int) -> Strip:
    """The strip of a graph's timeline; frames: of the result."""
    from sora_core.timeline.parsing import parse_timeline

    inputs = graph[node]["inputs"]
    read = parse_timeline(inputs["timeline"], inputs["fps"])
    return Strip(read.resolved({name: len(own) for name, own in clips.items()}), clips, frames, inputs["loop"])


def drawn_on_strip(title: str, strip: Strip, made: torch.Tensor) -> Iterator[Image.Image]:
    """Yield a picture for each frame of the result."""
    ground, font = _ground(strip), ImageFont.load_default(FONT)
    height, width = (SCALE * size for size in made.shape[1:3])
    top = GAP + LINE
    for moment, frame in enumerate(made):
        picture = Image.new("RGB", (WIDTH + 2 * GAP, top + height + GAP + ground.height + GAP), "white")
        draw = ImageDraw.Draw(picture)
        draw.text((GAP, GAP // 2), title, fill="black", font=font)
        shown = Image.fromarray(frame.numpy()).resize((width, height), Image.Resampling.NEAREST)
        picture.paste(shown, ((picture.width - width) // 2, top))
        picture.paste(ground, (GAP, top + height + GAP))
        x, bottom = GAP + (moment + 0.5) * WIDTH / strip.frames, top + height + GAP + STRIP
        draw.line((x, bottom - STRIP - 4, x, bottom + 3), fill=MOMENT, width=2)
        yield picture


def _ground(strip: Strip) -> Image.Image:
    """The timeline without its playhead."""
    prompts = strip.timeline.prompts
    image = Image.new("RGB", (WIDTH, STRIP + 4 + LINE * (1 + bool(prompts))), "white")
    draw, font, step = ImageDraw.Draw(image), ImageFont.load_default(FONT - 2), WIDTH / strip.frames
    draw.rectangle((0, 0, WIDTH - 1, STRIP - 1), fill=MADE)
    for clip in strip.timeline.clips:
        own = strip.clips[clip.source]
        first, length = clip.at, TIME if clip.length == 1 and clip.at else clip.length
        left, right = round(first * step), round((first + length) * step)
        draw.rectangle((left, 0, right - 1, STRIP - 1), fill=KEPT)
        for x in range(left, right, STRIP):
            at = clip.begin + min(clip.length - 1, int((x - left) / step))
            image.paste(_thumbnail(own[at]).crop((0, 0, min(STRIP, right - x), STRIP)), (x, 0))
        draw.rectangle((left, 0, right - 1, STRIP - 1), outline=KEPT, width=2)
    y = STRIP + 2
    for second in range(int((strip.frames - 2) / strip.timeline.fps) + 1):
        draw.text((second * strip.timeline.fps * step + 3, y), f"{second} s", fill="#606060", font=font)
    if strip.loop:
        draw.text((WIDTH - 84, STRIP // 2 - 6), "back to 0 s ->", fill=EDGE, font=font)
    for index, prompt in enumerate(prompts):
        stop = prompts[index + 1].at if index + 1 < len(prompts) else strip.frames
        start, end = prompt.at * step, stop * step
        draw.line((start, 0, start, STRIP + 4 + 2 * LINE), fill=MOMENT if index else EDGE)
        draw.text((start + 3, y + LINE), _fitting(prompt.text, end - start - 6, draw, font), fill="black", font=font)
    return image


def _thumbnail(frame: torch.Tensor) -> Image.Image:
    """The middle of a frame as a square of the strip's height."""
    image = Image.fromarray(frame.numpy())
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize((STRIP, STRIP), Image.Resampling.BILINEAR)


def _fitting(text: str, width: float, draw: ImageDraw.ImageDraw, font: Any) -> str:
    """As many words of a text as fit into a width."""
    words, end = text.split(), ""
    while len(words) > 1 and draw.textlength(" ".join(words) + end, font=font) > width:
        words, end = words[:-1], " ..."
    return " ".join(words) + end
