"""Checks that read the attributes of a scene of solids back from its frames, without a learnt model.

They know the renderer's colours and the paths that cameras may take, and nothing of a scene but its attributes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .attributes import AWAY, CROSSING, Solid
from .camera_paths import MIN_AGREEMENT, best_path, fit_paths, possible_paths
from .labels import BACKGROUND, colour_label, label_pixels, read_floor, read_sky
from .outlines import MIN_AREA, read_shape
from .permanence import LOOKING_TIME, PASSING_TIME, check_looking_away, check_passing
from .scenes import CameraState, Scene
from .spins import PERIODS, spin_rate
from .tracks import Track, read_motion, track_object

MIN_FRAMES = 5  # fewer show no motion
PRESENT = 0.15  # share of the frames in which an object must be seen
ORDINALS = ("", "second ", "third ")


@dataclass(frozen=True)
class _Clip:
    """A clip that is checked: pixels [3 F H W] in 0..1, and the label of each, [F H W]."""

    scene: Scene
    pixels: torch.Tensor
    labels: torch.Tensor
    fps: float

    @property
    def seconds(self) -> float:
        """Time from the first frame to the last."""
        return (len(self.labels) - 1) / self.fps

    def of(self, solid: Solid) -> tuple[torch.Tensor, torch.Tensor]:
        """Mark the pixels of an object and those of other objects: bool [F H W] each."""
        mine = self.labels == colour_label(solid.colour)
        return mine, ~mine & (self.labels != BACKGROUND)


def check(scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """Check a clip against its scene; returns each attribute and whether it is there. frames: [3 F H W] in -1..1.

    Objects after the first one have "second " or "third " before their attributes. Clips of few frames are checked
    for what a picture shows, and permanence only in clips that last long enough for an object to come back.
    """
    pixels = (frames.float() / 2 + 0.5).clamp(0, 1)
    sky = read_sky(pixels)
    floor = read_floor(pixels, sky or scene.sky)
    surroundings = (floor or scene.floor, sky or scene.sky)
    clip = _Clip(scene, pixels, label_pixels(pixels, *surroundings), fps)
    found = {"floor": floor is scene.floor, "sky": sky is scene.sky}
    for prefix, one in zip(ORDINALS, scene.objects, strict=False):
        mine, others = clip.of(one.solid)
        found[f"{prefix}colour"] = _is_there(clip, one.solid)
        found[f"{prefix}shape"] = read_shape(mine, others) is one.solid.shape
    if len(clip.labels) < MIN_FRAMES:
        return found
    paths = possible_paths(len(scene.objects))
    best = best_path(fit_paths(pixels, clip.labels != BACKGROUND, fps, paths, *surroundings))
    found["camera"] = best.path.camera is scene.camera.camera and best.agreement > MIN_AGREEMENT
    tracks = [track_object(clip.of(one.solid)[0], best.path, fps) for one in scene.objects]
    for prefix, one, track in zip(ORDINALS, scene.objects, tracks, strict=False):
        found[f"{prefix}motion"] = _moves_as_told(clip, one.solid, track, best.path)
    return found | _permanence(clip, tracks)


def _is_there(clip: _Clip, solid: Solid) -> bool:
    """Whether an object of this colour is in the first frame and in many others, and larger than any odd object."""
    counts = torch.bincount(clip.labels.flatten(), minlength=BACKGROUND + 1)[:BACKGROUND]
    wanted = [colour_label(one.solid.colour) for one in clip.scene.objects]
    odd = counts.clone()
    odd[wanted] = 0
    seen = (clip.labels == colour_label(solid.colour)).float().mean(dim=(1, 2)) > MIN_AREA
    return bool(seen[0] & (seen.float().mean() > PRESENT) & (counts[colour_label(solid.colour)] > odd.max()))


def _moves_as_told(clip: _Clip, solid: Solid, track: Track, path: CameraState) -> bool:
    """Whether the object does what it should; a spin is looked for where its shape shows one."""
    if not bool(track.whole.any()):
        return False
    rate = None
    if solid.shape in PERIODS and solid.motion not in CROSSING:
        mine, _ = clip.of(solid)
        rate = spin_rate(clip.pixels, mine, solid, sky=clip.scene.sky, path=path, track=track)
    return read_motion(track, rate) is solid.motion


def _permanence(clip: _Clip, tracks: list[Track]) -> dict[str, bool]:
    """Check what is hidden for a while, if the clip lasts long enough."""
    scene = clip.scene
    if scene.behind and clip.seconds >= PASSING_TIME:
        solid = scene.objects[1].solid
        return check_passing(solid, tracks[1], tracks[0], *clip.of(solid))
    if scene.camera.camera not in AWAY or clip.seconds < LOOKING_TIME:
        return {}
    return {
        f"{prefix}{name}": value
        for prefix, one, track in zip(ORDINALS, scene.objects, tracks, strict=False)
        for name, value in check_looking_away(one.solid, track, *clip.of(one.solid)).items()
    }
