"""Makes a moving picture of each ability: what was given beside what came of it, from real runs of the workflows.

python scripts/ability_pictures.py web/docs/images [NAME ...]
Below each picture runs a bar of its time; its light part is given, its coloured one generated.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).resolve().parent.parent
SCALE, GAP, LINE, BAR, FONT = 3, 12, 16, 8, 12
NOTHING, GIVEN, MADE, MOMENT = "#d8d8d8", "#b8b8b8", "#e07a3f", "#202020"
STILL = 4  # frames for which a given picture is shown at its moment: a latent frame, but for the very first


@dataclass(frozen=True)
class Given:
    """A clip or picture of the node that loads it. at: its first second in the result; None where it ends with it."""

    node: str
    at: float | None = 0.0


@dataclass(frozen=True)
class Ability:
    """A workflow with what was given to it. whole: the result shows what was given nowhere as it was."""

    title: str
    given: tuple[Given, ...]
    whole: bool = False


ABILITIES = {
    "animate_image": Ability("Animate", (Given("8"),)),
    "extend_video": Ability("Extend", (Given("8"),)),
    "connect_videos": Ability("Connect", (Given("8"), Given("9", None))),
    "loop_video": Ability("Loop", (Given("8"),)),
    "keyframes": Ability("Keyframes", (Given("8"), Given("9", 1.0), Given("10", None))),
    "edit_video": Ability("Edit", (Given("8"),), whole=True),
    "inpaint_video": Ability("Inpaint", (Given("8"),), whole=True),
    "inpaint_time": Ability("Inpaint in time", (Given("8"),), whole=True),
    "outpaint_video": Ability("Outpaint", (Given("8"),), whole=True),
}


@dataclass(frozen=True)
class Placed:
    """Frames [f H W 3] that were given, from frame `first` of the result on. kept: how many the result keeps."""

    frames: torch.Tensor
    first: int
    kept: int

    @property
    def stop(self) -> int:
        """The frame after its last one."""
        return self.first + len(self.frames)


def main(arguments: list[str]) -> int:
    """Run the workflows and write a picture of each; returns the exit code."""
    if not arguments or (unknown := [name for name in arguments[1:] if name not in ABILITIES]):
        print(f"usage: {__doc__}" if not arguments else f"unknown: {', '.join(unknown)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    from scripts.workflow_runs import graph_of, made

    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments[1:] or ABILITIES:
        graph, clip = graph_of(name), made(name)[0]
        placed = [_placed(graph, one, len(clip.frames), clip.fps) for one in ABILITIES[name].given]
        pictures = list(drawn(ABILITIES[name], placed, clip.frames))
        pictures[0].save(
            folder / f"{name}.webp",
            save_all=True,
            append_images=pictures[1:],
            duration=round(1000 / clip.fps),
            loop=0,
            quality=80,
            method=6,
        )
    return 0


def _placed(graph: dict[str, Any], one: Given, frames: int, fps: float) -> Placed:
    """What a node of a graph gives, at its frames in the result."""
    from scripts.workflow_runs import given

    shown = given(graph[one.node])
    assert shown is not None, f"node {one.node} loads nothing"
    shown = shown.expand(STILL, -1, -1, -1) if (is_still := len(shown) == 1) else shown
    first = frames - len(shown) if one.at is None else round(one.at * fps)
    return Placed(shown, first, 1 if is_still and not first else len(shown))


def drawn(ability: Ability, placed: Sequence[Placed], made: torch.Tensor) -> Iterator[Image.Image]:
    """Yield a picture for each frame of the result: given left, made right, each with its bar of time."""
    height = SCALE * max(made.shape[1], *(one.frames.shape[1] for one in placed))
    left, right = SCALE * max(one.frames.shape[2] for one in placed), SCALE * made.shape[2]
    size = (3 * GAP + left + right, 2 * GAP + LINE + height + GAP // 2 + BAR)
    for moment in range(len(made)):
        picture = Image.new("RGB", size, "white")
        draw, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT)
        shown = next((one.frames[moment - one.first] for one in placed if one.first <= moment < one.stop), None)
        for x, width, text, frame in (
            (GAP, left, "given", shown),
            (2 * GAP + left, right, ability.title, made[moment]),
        ):
            draw.text((x, GAP // 2), text, fill="black", font=font)
            _paste(picture, (x, GAP + LINE), (width, height), frame)
            kept = [] if frame is not shown and ability.whole else placed
            spans = [(one.first, one.first + one.kept) for one in kept]
            bar = (x, size[1] - GAP - BAR, x + width, size[1] - GAP)
            _draw_bar(draw, bar, spans, len(made), moment, NOTHING if frame is shown else MADE)
        yield picture


def _paste(picture: Image.Image, corner: tuple[int, int], size: tuple[int, int], frame: torch.Tensor | None) -> None:
    """Show a frame in the middle of a field, or an empty field."""
    if frame is None:
        x, y = corner
        ImageDraw.Draw(picture).rectangle((x, y, x + size[0] - 1, y + size[1] - 1), fill=NOTHING)
        return
    image = Image.fromarray(frame.numpy())
    image = image.resize((SCALE * image.width, SCALE * image.height), Image.Resampling.NEAREST)
    picture.paste(image, (corner[0] + (size[0] - image.width) // 2, corner[1] + (size[1] - image.height) // 2))


def _draw_bar(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    spans: Sequence[tuple[int, int]],
    frames: int,
    moment: int,
    ground: str,
) -> None:
    """Draw the time of a clip: what is given in it, and where it is now."""
    left, top, right, bottom = box
    step = (right - left) / frames
    draw.rectangle(box, fill=ground)
    for first, stop in spans:
        draw.rectangle((left + first * step, top, left + stop * step, bottom), fill=GIVEN)
    draw.rectangle((left + moment * step, top - 2, left + (moment + 1) * step, bottom + 2), fill=MOMENT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
