"""Makes a moving picture of each ability: what was given beside what came of it, from real runs of the workflows.

python scripts/ability_pictures.py web/docs/images [NAME ...]
Below each picture runs a bar of its time; its light part is given, its coloured one generated.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

from scripts.timeline_pictures import Timelines, drawn_on_strip, strip_of

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "web" / "samples"
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


ABILITIES: dict[str, Ability | Timelines] = {
    "animate_image": Ability("Animate", (Given("8"),)),
    "extend_video": Ability("Extend", (Given("8"),)),
    "connect_videos": Ability("Connect", (Given("8"), Given("9", None))),
    "loop_video": Ability("Loop", (Given("8"),)),
    "keyframes": Ability("Keyframes", (Given("8"), Given("9", 1.0), Given("10", None))),
    "edit_video": Ability("Edit", (Given("8"),), whole=True),
    "inpaint_video": Ability("Inpaint", (Given("8"),), whole=True),
    "inpaint_time": Ability("Inpaint in time", (Given("8"),), whole=True),
    "outpaint_video": Ability("Outpaint", (Given("8"),), whole=True),
    "one_timeline": Timelines("One timeline: a clip, a picture, and back to the beginning"),
    "story_in_three_shots": Timelines("A story in three shots"),
    "between_two_clips": Timelines("Between two clips"),
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
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments[1:] or ABILITIES:
        graph = json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))
        made, fps = run(name)
        save(list(pictures_of(ABILITIES[name], graph, made, fps)), fps, folder / f"{name}.webp")
    return 0


def pictures_of(
    ability: Ability | Timelines, graph: dict[str, Any], made: torch.Tensor, fps: float
) -> Iterator[Image.Image]:
    """Draw the frames [F H W 3] that a graph has made, with what was given to it."""
    if isinstance(ability, Ability):
        return drawn(ability, [_placed(graph, given, len(made), fps) for given in ability.given], made)
    inputs = graph[ability.node]["inputs"]
    links = {name.removeprefix("clips."): link[0] for name, link in inputs.items() if name.startswith("clips.")}
    clips = {name: _loaded(graph[node], 1) for name, node in links.items()}
    return drawn_on_strip(ability.title, strip_of(graph, ability.node, clips, len(made)), made)


def save(pictures: Sequence[Image.Image], fps: float, path: Path) -> None:
    """Write a moving picture."""
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=round(1000 / fps), loop=0, quality=80, method=6
    )


def run(name: str) -> tuple[torch.Tensor, float]:
    """Run a workflow headless; returns its video's frames as uint8 [F H W 3] and its rate."""
    import torch

    from sora_core.video.video_io import probe, read_frames

    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "headless", f"workflows/api/{name}.json", "--out", out]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        path = done.stdout.split("\n")[0]
        return torch.stack(list(read_frames(path))), float(probe(path).fps)


def _placed(graph: dict[str, Any], given: Given, frames: int, fps: float) -> Placed:
    """What a node of a graph gives, at its frames in the result."""
    shown = _loaded(graph[given.node])
    first = frames - len(shown) if given.at is None else round(given.at * fps)
    return Placed(shown, first, 1 if graph[given.node]["class_type"] == "LoadImage" and not first else len(shown))


def _loaded(node: dict[str, Any], still: int = STILL) -> torch.Tensor:
    """The frames of a sample clip, or a picture as often as it is shown."""
    import numpy
    import torch

    from sora_core.video.video_io import read_frames

    if node["class_type"] == "SoraSampleClip":
        return torch.stack(list(read_frames(SAMPLES / f"{node['inputs']['clip']}.mp4")))
    picture = torch.from_numpy(numpy.asarray(Image.open(SAMPLES / node["inputs"]["image"]).convert("RGB")).copy())
    return picture.expand(still, *picture.shape)


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
