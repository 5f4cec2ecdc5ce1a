"""Checks that read a clip of several shots back from its frames, without a learnt model.

They ask for the cuts where they should be, and in each shot for the same objects and for the framing: how far away the
camera is, by the size of the object; whether it looks from above, by the rows of floor and sky; and from which side, by
the pattern of the floor, which must be the same in the world as in the first shot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from ..solids.attributes import CROSSING, Solid
from ..solids.labels import BACKGROUND, colour_label, label_pixels, read_floor, read_sky
from ..solids.outlines import MIN_AREA, VIEW_DISTANCE, VIEW_HEIGHT, read_shape
from ..solids.spins import PERIODS, spin_rate
from ..solids.tracks import read_motion, track_object
from .attributes import Framing
from .framings import looks_from_above, read_distance, read_side
from .sampling import STAGES, STEEPNESS
from .scenes import Scene

MIN_FRAMES = 9  # of the first shot; fewer do not show every motion
CUT = 0.09  # share of the pixels of floor and sky that change their colour in a cut
CHANGED = 0.04  # largest change of red, green or blue from which a pixel counts
FURTHEST_CLOSE, NEAREST_WIDE = 1.2, 0.85  # factors on the range of distances of a framing
PRESENT = 0.5  # share of the frames of a shot in which an object must be seen
ORDINALS = ("", "second ", "third ")


@dataclass(frozen=True)
class _Clip:
    """A shot that is checked, or a whole clip: pixels [3 F H W] in 0..1, and the label of each, [F H W]."""

    pixels: torch.Tensor
    labels: torch.Tensor

    @property
    def hidden(self) -> torch.Tensor:
        """Mark the pixels of objects: bool [F H W]."""
        return self.labels != BACKGROUND

    def __getitem__(self, frames: slice) -> _Clip:
        return _Clip(self.pixels[:, frames], self.labels[frames])

    def of(self, solid: Solid) -> tuple[torch.Tensor, torch.Tensor]:
        """Mark the pixels of an object and those of other objects: bool [F H W] each."""
        mine = self.labels == colour_label(solid.colour)
        return mine, ~mine & (self.labels != BACKGROUND)


def check(scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """Check a clip against its scene; returns each attribute and whether it is there. frames: [3 F H W] in -1..1.

    Attributes of the second object have "second " before them; those in a later shot end in " of shot 2" or " 3".
    Shots that a short clip does not reach are not checked, and motion only in a first shot of at least MIN_FRAMES.
    """
    pixels = (frames.float() / 2 + 0.5).clamp(0, 1)
    sky = read_sky(pixels)
    floor = read_floor(pixels, sky or scene.solids.sky)
    surroundings = replace(scene.solids, floor=floor or scene.solids.floor, sky=sky or scene.solids.sky)
    clip = _Clip(pixels, label_pixels(pixels, surroundings.floor, surroundings.sky))
    seen = replace(scene, solids=surroundings)
    starts = scene.first_frames(len(clip.labels), fps)
    shots = [clip[slice(first, end)] for first, end in zip(starts, [*starts[1:], None], strict=True)]
    found = {"floor": floor is scene.solids.floor, "sky": sky is scene.solids.sky}
    if len(starts) > 1:
        found["cuts"] = read_cuts(pixels, clip.hidden) == starts[1:]
    for index, shot in enumerate(shots):
        place = f" of shot {index + 1}" if index else ""
        for prefix, solid in zip(ORDINALS, scene.things, strict=False):
            found |= {f"{prefix}{name}{place}": value for name, value in _object(seen, shot, solid, index).items()}
        found[f"framing{place}"] = _framed(seen, shots, index)
    if len(shots[0].labels) >= MIN_FRAMES:
        for prefix, solid in zip(ORDINALS, scene.things, strict=False):
            found[f"{prefix}motion"] = _moves_as_told(seen, shots[0], solid, fps)
    return found


def read_cuts(pixels: torch.Tensor, hidden: torch.Tensor) -> list[int]:
    """List the first frames after hard cuts, in which floor and sky change all over.

    pixels: [3 F H W] in 0..1. hidden: bool [F H W], by objects.
    """
    clear = (~hidden[1:] & ~hidden[:-1]).float()
    changed = (pixels.diff(dim=1).abs().amax(dim=0) > CHANGED) * clear
    shares = changed.sum(dim=(1, 2)) / clear.sum(dim=(1, 2)).clamp(min=1)  # [F - 1]
    return [frame + 1 for frame, share in enumerate(shares.tolist()) if share > CUT]


def _object(scene: Scene, shot: _Clip, solid: Solid, index: int) -> dict[str, bool]:
    """Whether an object of this colour and shape is in a shot."""
    mine, others = shot.of(solid)
    counts = torch.bincount(shot.labels.flatten(), minlength=BACKGROUND + 1)[:BACKGROUND]
    odd = counts.clone()
    odd[[colour_label(one.colour) for one in scene.things]] = 0
    often = (mine.float().mean(dim=(1, 2)) > MIN_AREA).float().mean() >= PRESENT
    above = scene.shots[index].framing is Framing.ABOVE
    shape = read_shape(mine, others, view_height=STEEPNESS * VIEW_DISTANCE if above else VIEW_HEIGHT)
    return {
        "colour": bool(often & (counts[colour_label(solid.colour)] > odd.max())),
        "shape": shape is solid.shape,
    }


def _framed(scene: Scene, shots: list[_Clip], index: int) -> bool:
    """Whether a shot has its framing."""
    shot, framing, solids = shots[index], scene.shots[index].framing, scene.solids
    stage, solid = STAGES[len(scene.things)], scene.things[0]
    above = looks_from_above(shot.pixels, shot.hidden, stage, solids.floor, solids.sky)
    if framing is Framing.ABOVE or above:
        return above and framing is Framing.ABOVE
    distance = read_distance(solid.shape, shot.of(solid)[0], stage)
    if framing is Framing.CLOSE:
        return distance < FURTHEST_CLOSE * stage.close[1]
    if framing is Framing.WIDE:
        return distance > NEAREST_WIDE * stage.wide[0]
    ends = [(one.pixels, one.hidden) for one in (shots[0][slice(-1, None)], shot[slice(1)])]
    return read_side(ends[0], ends[1], scene.shots[0].framing, stage, solids.floor, solids.sky) is framing


def _moves_as_told(scene: Scene, shot: _Clip, solid: Solid, fps: float) -> bool:
    """Whether the object does what it should in the first shot; a spin is looked for where its shape shows one."""
    mine, _ = shot.of(solid)
    path = scene.shots[0].camera
    track = track_object(mine, path, fps)
    if not bool(track.whole.any()):
        return False
    rate = None
    if solid.shape in PERIODS and solid.motion not in CROSSING:
        rate = spin_rate(shot.pixels, mine, solid, sky=scene.solids.sky, path=path, track=track)
    return read_motion(track, rate) is solid.motion
