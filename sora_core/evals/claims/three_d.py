"""The claim of 3-D consistency: "people and scene elements move consistently through three-dimensional space".

Three parts: a true clip with a moving camera is extended, and landmarks are sought at their true projections; a clip is
generated from a prompt, and sought is the camera path under which its floor is one rigid plane; and a clip is
extended until the camera has gone around its scene once and should see the first frame again.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import torch

from ...canvas.shapes import VideoShape
from ...world import Style
from ...world.solids import Camera, Motion, Scene, caption, render, scene_of, views_at
from ...world.solids.attributes import ORBITS
from ...world.solids.camera_paths import PathFit, best_path, fit_paths, possible_paths
from ...world.solids.cameras import camera_poses
from ...world.solids.labels import BACKGROUND, colour_label, label_pixels, read_floor
from ...world.solids.sampling import sample_attributes
from ...world.solids.scenes import CameraState
from ...world.solids.truth import truth_in
from ..continuations import ADDED, SOURCE
from ..tables import Row
from .claim import THROUGH_VAE, TRUE, Outcome, Request, Shown, Tally
from .flat_floor import poses_at, warp
from .landmarks import Found, find, landmarks_at, parallax_order
from .pictures import labelled, strip
from .subject import Subject

GIVEN, FRAMES = 17, 33  # frames that are known, and of the whole clip
MOMENTS = (20, 24, 32)  # frames at which landmarks are sought
PROMPTED = 17  # frames of a clip from a prompt
WITHIN = 2 / 128  # of sqrt(height * width): how near a landmark must be to its place
SAME_AREA = 1.5  # factor within which the area of an object must be
MOVING = (Camera.ORBIT_LEFT, Camera.ORBIT_RIGHT, Camera.IN, Camera.OUT)
TURNS = 5  # extensions until an orbit is closed
ORBIT_CLIPS = 4
REFINEMENTS = 5  # rounds in which the path of a camera is fitted more closely
FROZEN, HOMOGRAPHY = "2-D: the last known frame, frozen", "2-D: the last known frame, warped as a floor"
GENERATED = "generated"
EXTENSION, PROMPT, ORBIT = "extension by 2 s", "from a prompt", "around the scene once"
PLACES, DISTANCE, OBJECTS, ORDER, RIGID = COLUMNS = (
    "landmarks in place",
    "median distance, pixels",
    "objects in place",
    "parallax order",
    "rigid floor",
)


class ThreeD:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        rng = random.Random(f"{request.seed}/3d")
        rows: list[Row] = []
        pictures = []
        for part, clips, score in (
            (EXTENSION, extensions(subject, rng, request), score_extension),
            (PROMPT, prompted(subject, rng, request), score_prompted),
            (ORBIT, orbits(subject, rng, replace(request, count=min(request.count, ORBIT_CLIPS))), score_orbit),
        ):
            tallies: dict[str, Tally] = defaultdict(lambda: Tally(COLUMNS))
            for index, (scene, shown) in enumerate(clips):
                for name, clip in shown.items():
                    score(tallies[name], scene, clip, shown[TRUE], subject.fps)
                    if index == 0:
                        moments = range(0, clip.shape[1], max(1, clip.shape[1] // 8))
                        pictures.append((f"{part}: {name}", strip(clip, moments)))
            rows += [tally.row({"part": part, "shown": name, "clips": index + 1}) for name, tally in tallies.items()]
        return Outcome(rows, labelled(pictures))


def moving_scene(rng: random.Random, cameras: Sequence[Camera] = MOVING) -> Scene:
    """Draw a held-out scene of one object that stands, with one of these cameras."""
    while True:
        wanted = sample_attributes(rng, unseen=True)
        if wanted.camera in cameras and wanted.solid.motion is Motion.STAND:
            return scene_of(wanted, rng)


def extensions(subject: Subject, rng: random.Random, request: Request) -> Iterator[tuple[Scene, Shown]]:
    """Yield true clips, the same through the VAE, as the model extends them, and 2-D baselines."""
    scenes = [moving_scene(rng) for _ in range(request.count)]
    prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
    true = render(scenes, subject.video(FRAMES), subject.fps)
    shown = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    if subject.pipe:
        shown[GENERATED] = subject.extended(true, prompts, GIVEN, seed=request.seed)
    shown |= baselines(true, scenes, GIVEN, subject.fps)
    yield from _each(scenes, shown)


def _each(scenes: Sequence[Scene], shown: Shown) -> Iterator[tuple[Scene, Shown]]:
    for index, scene in enumerate(scenes):
        yield scene, {name: clips[index] for name, clips in shown.items()}


def baselines(true: torch.Tensor, scenes: Sequence[Scene], known: int, fps: float) -> Shown:
    """Make the 2-D baselines of true clips [B 3 F H W] of which `known` frames are given."""
    pairs = zip(true, scenes, strict=True)
    return {
        FROZEN: frozen(true, known),
        HOMOGRAPHY: torch.stack([by_homography(clip, scene, known, fps) for clip, scene in pairs]),
    }


def frozen(clips: torch.Tensor, known: int) -> torch.Tensor:
    """Repeat the last known frame of clips [... F H W]."""
    frames = clips.shape[-3]
    still = clips[..., known - 1 : known, :, :].expand(*clips.shape[:-3], frames - known, *clips.shape[-2:])
    return torch.cat([clips[..., :known, :, :], still], dim=-3)


def by_homography(clip: torch.Tensor, scene: Scene, known: int, fps: float) -> torch.Tensor:
    """Warp the last known frame of a clip [3 F H W] as if it all lay on the floor."""
    poses = camera_poses([scene.camera], torch.arange(clip.shape[1]) / fps)
    last = poses_at(poses, slice(known - 1, known))
    warped = warp(clip[:, known - 1], last, poses_at(poses, slice(known, None)))
    return torch.cat([clip[:, :known], warped], dim=1)


def score_extension(tally: Tally, scene: Scene, clip: torch.Tensor, true: torch.Tensor, fps: float) -> None:
    """Seek the landmarks of true frames at MOMENTS in a clip; both are [3 F H W]."""
    video = VideoShape(1, *clip.shape[2:])
    before = truth_in(scene, views_at([scene], torch.tensor([(GIVEN - 1) / fps])))
    order: list[bool] = []
    places = []
    for moment in MOMENTS:
        marks = landmarks_at(scene, true[:, moment], moment / fps)
        found = find(clip[:, moment], true[:, moment], marks.pixels)
        places.append(found)
        earlier, _ = before.project(marks.points, video)
        order += parallax_order(marks.pixels - earlier, found, marks.depths, video)
    _add(tally, ORDER, order)
    _add(tally, OBJECTS, [in_place(scene, clip[:, moment], true[:, moment]) for moment in MOMENTS])
    _add_places(tally, places, video)


def _add_places(tally: Tally, places: Sequence[Found], video: VideoShape) -> None:
    """Add the share of landmarks in their place, and the median distance of those found."""
    limit = WITHIN * (video.height * video.width) ** 0.5
    there, away = torch.cat([one.there for one in places]), torch.cat([one.offsets for one in places]).norm(dim=1)
    _add(tally, PLACES, (there & (away < limit)).tolist())
    if bool(there.any()):
        tally.add(DISTANCE, float(away[there].median()))


def in_place(scene: Scene, picture: torch.Tensor, true: torch.Tensor) -> bool:
    """Tell whether the pixels of every object's colour lie where they should; pictures are [3 H W] in -1..1."""
    shown, wanted = (label_pixels(one[:, None] / 2 + 0.5, scene.floor, scene.sky)[0] for one in (picture, true))
    limit = WITHIN * wanted.numel() ** 0.5
    for one in scene.objects:
        label = colour_label(one.solid.colour)
        mine, there = (labels == label for labels in (shown, wanted))
        area = float(mine.sum()) / max(1.0, float(there.sum()))
        if not 1 / SAME_AREA < area < SAME_AREA:
            return False
        middles = [marked.nonzero().float().mean(dim=0) for marked in (mine, there)]
        if float((middles[0] - middles[1]).norm()) > limit:
            return False
    return True


def _add(tally: Tally, column: str, hits: Sequence[bool]) -> None:
    if hits:
        tally.add(column, sum(hits) / len(hits))


def prompted(subject: Subject, rng: random.Random, request: Request) -> Iterator[tuple[Scene, Shown]]:
    """Yield true clips, the same through the VAE, clips from their captions, and their first frame, frozen."""
    scenes = [moving_scene(rng) for _ in range(request.count)]
    prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
    video = subject.video(PROMPTED)
    true = render(scenes, video, subject.fps)
    shown = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    if subject.pipe:
        shown[GENERATED] = subject.generated(prompts, video, seed=request.seed)
    shown[FROZEN] = frozen(true, 1)
    yield from _each(scenes, shown)


def score_prompted(tally: Tally, scene: Scene, clip: torch.Tensor, true: torch.Tensor, fps: float) -> None:
    """Fit the path of the asked camera to a clip [3 F H W]: how much of its floor's variance one rigid floor explains.

    A clip that does not show the floor at all has none.
    """
    pixels = (clip / 2 + 0.5).clamp(0, 1)
    hidden = label_pixels(pixels, scene.floor, scene.sky) != BACKGROUND  # [F H W]
    shown = read_floor(pixels, scene.sky) is not None
    tally.add(RIGID, max(fitted_path(pixels, hidden, fps, scene).agreement, 0.0) if shown else 0.0)


def fitted_path(pixels: torch.Tensor, hidden: torch.Tensor, fps: float, scene: Scene) -> PathFit:
    """Find the path of the scene's kind of camera under which a clip's floor is most rigid, in ever smaller steps.

    pixels: [3 F H W] in 0..1. hidden: bool [F H W], by objects.
    """

    def fit(paths: Sequence[CameraState]) -> PathFit:
        return best_path(fit_paths(pixels, hidden, fps, paths, scene.floor, scene.sky))

    possible = [path for path in possible_paths(1) if path.camera is scene.camera.camera]
    best = fit(possible)
    steps = {"rate": 0.06, "begin": 0.4, "end": 0.4}  # half the steps between these
    ranges = {name: sorted(getattr(path, name) for path in possible) for name in steps}
    for _ in range(REFINEMENTS):
        choices = {
            name: sorted({min(max(getattr(best.path, name) + change * step, low), high) for change in (-1, 0, 1)})
            for name, step in steps.items()
            for low, high in [(ranges[name][0], ranges[name][-1])]
        }
        best = fit(
            [replace(best.path, **dict(zip(choices, values, strict=True))) for values in product(*choices.values())]
        )
        steps = {name: step / 2 for name, step in steps.items()}
    return best


def orbits(subject: Subject, rng: random.Random, request: Request) -> Iterator[tuple[Scene, Shown]]:
    """Yield clips in which the camera goes around once: true ones, as the model goes on, and 2-D baselines."""
    known = subject.vae.compression.video_frames(SOURCE)
    frames = known + TURNS * ADDED * subject.vae.compression.time
    rate = 2 * math.pi * subject.fps / (frames - 1)
    scenes = []
    for _ in range(request.count):
        scene = moving_scene(rng, ORBITS)
        side = 1 if scene.camera.camera is Camera.ORBIT_RIGHT else -1
        scenes.append(replace(scene, camera=replace(scene.camera, rate=side * rate)))
    prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
    true = render(scenes, subject.video(frames), subject.fps)
    shown = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    if subject.pipe:
        shown[GENERATED] = subject.continued(true[:, :, :known], prompts, TURNS, seed=request.seed)
    shown |= baselines(true, scenes, known, subject.fps)
    yield from _each(scenes, shown)


def score_orbit(tally: Tally, scene: Scene, clip: torch.Tensor, true: torch.Tensor, fps: float) -> None:
    """Seek the landmarks of the first true frame in the last frame of a clip."""
    marks = landmarks_at(scene, true[:, 0], 0.0)
    found = find(clip[:, -1], true[:, 0], marks.pixels)
    _add(tally, OBJECTS, [in_place(scene, clip[:, -1], true[:, 0])])
    _add_places(tally, [found], VideoShape(1, *clip.shape[2:]))
