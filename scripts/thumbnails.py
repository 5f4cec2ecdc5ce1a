"""Makes the pictures of all workflows for ComfyUI's dialog of templates: what goes in, and what is made of it.

python scripts/thumbnails.py [NAME ...]    # all, or those of some graphs of workflows/api
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps

ROOT = Path(__file__).resolve().parent.parent
SIDE = 512  # pixels, as are all numbers here
INPUT, RESULT, ARROW = 140, 144, 36  # width of a picture that goes in, and of one of the result; width of the arrow
GAP, BORDER, BAND = 10, 4, 84  # the band is for the name of a model
ROWS, COLUMNS = 2, 2  # frames of the result
LETTERS, CAPTION_LETTERS = 12, 32  # in a line of a prompt, and of a caption
DRAWN_WITH = "the same graph with the bundled nano"
GROUND, WORDS, KEPT, MADE = "#202020", "#f0f0f0", "#606060", "#f0a020"  # MADE: around frames that were not there before
ALIKE, EDGES = 40, 0.993  # difference, of 255, that so many of the values of two frames have at most: compression
FOLDER = "caption_folder"  # the graph that makes texts and no video
SAME_AS = {"first_last_frame": "keyframes"}  # abilities of large models, and the workflow that shows what they do


@dataclass(frozen=True)
class Run:
    """A graph with its sources, one list of frames for each, and the frames that it made."""

    prompt: str
    sources: list[list[Image.Image]]
    frames: list[Image.Image]


def main(names: Sequence[str]) -> int:
    """Run the graphs and write their pictures; returns the exit code."""
    sys.path.insert(0, str(ROOT))
    from scripts.docs.families import FAMILIES
    from scripts.docs.templates import ABILITIES
    from scripts.docs.titles import drawn, titles

    by_hand = sorted(path.stem for path in (ROOT / "workflows" / "notes").glob("*.md"))
    if unknown := set(names) - set(by_hand):
        print(f"error: no workflow {', '.join(sorted(unknown))}; {__doc__}", file=sys.stderr)
        return 2
    for name in names or by_hand:
        print(titles()[name], flush=True)
        if name == FOLDER:
            captioned(described()).save(drawn(name).with_suffix(".jpg"), quality=90)
            continue
        run = ran(name)
        picture(run).save(drawn(name).with_suffix(".jpg"), quality=90)
        for family in FAMILIES:
            for ability in ABILITIES:
                if SAME_AS.get(ability, ability) == name:
                    shown = picture(run, family.title)
                    shown.save(drawn(f"{family.stem}_{ability}").with_suffix(".jpg"), quality=90)
    return 0


def ran(name: str) -> Run:
    """Run a shipped graph headless."""
    from scripts.workflow_runs import given, graph_of, made

    graph = graph_of(name)
    loaded = [frames for node in graph.values() if (frames := given(node)) is not None]
    return Run(prompt_of(graph), [*map(images, loaded)], images(made(name)[-1].frames))


def described() -> list[tuple[Image.Image, str]]:
    """Pictures of sample clips, and what the bundled captioner writes beside each."""
    from headless.pack import import_from_pack
    from scripts.workflow_runs import SAMPLES, read_clip
    from sora_core.captions.bundled import BundledCaptioner

    names, captioner = import_from_pack("nodes.host.samples").CLIPS, BundledCaptioner.load()
    clips = [read_clip(SAMPLES / f"{name}.mp4") for name in names]
    return [
        (images(clip.frames)[len(clip.frames) // 2], captioner.describe(clip.frames, clip.fps).text) for clip in clips
    ]


def captioned(clips: Sequence[tuple[Image.Image, str]]) -> Image.Image:
    """Draw clips, each with its caption beside it."""
    sheet = Image.new("RGB", (SIDE, SIDE), GROUND)
    draw, height = ImageDraw.Draw(sheet), SIDE // len(clips)
    for number, (clip, text) in enumerate(clips):
        put(sheet, clip, (GAP, number * height + (height - INPUT) // 2), INPUT, KEPT)
        place = (2 * GAP + INPUT, number * height + height // 2)
        words = textwrap.fill(text, CAPTION_LETTERS)
        draw.text(place, words, fill=WORDS, font=ImageFont.load_default(20), anchor="lm", spacing=6)
    return sheet


def prompt_of(graph: dict[str, Any]) -> str:
    """The prompt of a graph; those of a timeline one after the other, without their times."""
    words = [node["inputs"].get("text") for node in graph.values()]
    lines = [line for node in graph.values() for line in node["inputs"].get("timeline", "").splitlines()]
    timed = [line.partition(": ")[2] for line in lines if ": " in line]
    return next((text for text in words if isinstance(text, str) and text), ", then ".join(timed))


def images(frames: torch.Tensor) -> list[Image.Image]:
    """Frames [F H W 3] as pictures."""
    return [Image.fromarray(frame.numpy()) for frame in frames]


def picture(run: Run, model: str = "") -> Image.Image:
    """Draw what goes in, an arrow, and frames of the result; below them stands which model the graph is for."""
    sheet = Image.new("RGB", (SIDE, SIDE), GROUND)
    draw = ImageDraw.Draw(sheet)
    middle = (SIDE - (BAND if model else 0)) // 2
    for number, image in enumerate(inputs := shown_inputs(run)):
        step = min(INPUT, 2 * middle // len(inputs)) if len(inputs) > 1 else INPUT
        put(sheet, image, (GAP, middle - len(inputs) * step // 2 + number * step), min(INPUT, step) - GAP, KEPT)
    if not inputs:
        text = textwrap.fill(run.prompt, LETTERS)
        draw.text((GAP, middle), text, fill=WORDS, font=ImageFont.load_default(24), anchor="lm", spacing=6)
    left = GAP + INPUT + GAP
    draw.polygon([(left, middle - ARROW), (left, middle + ARROW), (left + ARROW, middle)], fill=WORDS)
    left += ARROW + GAP
    made = made_frames(run)
    for number, moment in enumerate(shown_moments(len(run.frames), made)):
        row, column = divmod(number, COLUMNS)
        frame = run.frames[moment]
        height = RESULT * frame.height // frame.width + GAP
        corner = (left + column * (RESULT + GAP), middle - ROWS * height // 2 + row * height)
        put(sheet, frame, corner, RESULT, MADE if moment in made else KEPT)
    if model:
        middle = SIDE - BAND // 2
        draw.text((SIDE // 2, middle - 14), f"for {model}", fill=WORDS, font=ImageFont.load_default(36), anchor="mm")
        draw.text((SIDE // 2, middle + 18), DRAWN_WITH, fill=WORDS, font=ImageFont.load_default(18), anchor="mm")
    return sheet


def shown_inputs(run: Run) -> list[Image.Image]:
    """Pictures of the sources: three of one clip, else one of each."""
    if len(run.sources) == 1 and len(run.sources[0]) > 1:
        (clip,) = run.sources
        return [clip[0], clip[len(clip) // 2], clip[-1]]
    return [source[len(source) // 2] for source in run.sources]


def made_frames(run: Run) -> list[int]:
    """Moments of the frames of the result that no source has; each frame of a source is found once, in its order.

    So frames that lead back to the beginning of a loop count as made, though the source shows nearly the same.
    """
    made, sources = [], [list(source) for source in run.sources]
    for moment, frame in enumerate(run.frames):
        for known in sources:
            found = next((place for place, image in enumerate(known) if alike(frame, image)), None)
            if found is not None:
                del known[: found + 1]
                break
        else:
            made.append(moment)
    return made


def shown_moments(length: int, made: Sequence[int]) -> list[int]:
    """Moments of a result, evenly spaced; one of a frame that was made is among them, if there is any."""
    moments = torch.linspace(0, length - 1, ROWS * COLUMNS).round().int().tolist()
    if made and not set(moments) & set(made):
        middle = made[len(made) // 2]
        moments[min(range(1, len(moments)), key=lambda number: abs(moments[number] - middle))] = middle
    return moments


def put(sheet: Image.Image, image: Image.Image, corner: tuple[int, int], width: int, border: str) -> None:
    """Paste a picture, scaled to a width with its border."""
    inner = (width - 2 * BORDER, (width - 2 * BORDER) * image.height // image.width)
    sheet.paste(ImageOps.expand(image.resize(inner, Image.Resampling.LANCZOS), BORDER, border), corner)


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether two frames show the same but for what compression does."""
    if one.size != other.size:
        return False
    pair = [torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).float() for image in (one, other)]
    return float(((pair[0] - pair[1]).abs() < ALIKE).float().mean()) > EDGES


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
