"""Reads how the camera of a shot stands: its distance, whether it looks from above, and from which side."""

from __future__ import annotations

import torch

from ...canvas.shapes import VideoShape
from ..solids.attributes import Floor, Shape, Sky
from ..solids.camera_paths import floor_agreement
from ..solids.cameras import Poses, camera_poses, focal_length
from ..solids.renderer import FOG
from ..solids.sampling import Range
from ..solids.scenes import CameraState
from .attributes import SIDES, Framing
from .sampling import SIDE_ANGLE, STEEPNESS, TARGET_HEIGHT, Stage, camera_of

ROOT_AREAS = {Shape.SPHERE: 1.77, Shape.CUBE: 1.97, Shape.CYLINDER: 1.77, Shape.CONE: 1.43}
"""Square root of the area of an object's outline, in sizes."""
UNEXPLAINED = 0.1  # share of the floor's variance that even the true cameras leave: those tried are near them


def read_distance(shape: Shape, mine: torch.Tensor, stage: Stage) -> float:
    """Estimate how far an object is in the frame in which it looks largest. mine: its pixels, bool [F H W]."""
    video = VideoShape(*mine.shape)
    root = float(mine.float().sum(dim=(1, 2)).max()) ** 0.5
    return focal_length(video) * ROOT_AREAS[shape] * sum(stage.size) / 2 / max(root, 1.0)


def looks_from_above(pixels: torch.Tensor, hidden: torch.Tensor, stage: Stage, floor: Floor, sky: Sky) -> bool:
    """Tell a camera that looks from above from one that sees the horizon, by the mean colours of rows.

    pixels: [3 F H W] in 0..1. hidden: bool [F H W], by objects.
    """
    clear = (~hidden).float()
    rows = (pixels * clear).sum(dim=(1, 3)) / clear.sum(dim=(0, 2)).clamp(min=1)  # [3 H]
    weight = clear.mean(dim=(0, 2))
    video = VideoShape(*hidden.shape)
    level = [camera_of(sum(ends) / 2) for ends in (stage.wide, stage.side, stage.close)]
    distance = sum(stage.above) / 2
    above = camera_of(distance, height=TARGET_HEIGHT + STEEPNESS * distance)
    errors = [float(((rows - _rows(one, video, floor, sky)).square().sum(dim=0) * weight).sum())
              for one in (above, *level)]  # fmt: skip
    return errors[0] < min(errors[1:])


def _rows(camera: CameraState, video: VideoShape, floor: Floor, sky: Sky) -> torch.Tensor:
    """Compute the mean colour of each row of floor and sky as a camera sees them: [3 H]."""
    slope = (camera.height - TARGET_HEIGHT) / camera.begin
    above = (video.height / 2 - torch.arange(video.height) - 0.5) / focal_length(video)
    level = 1 / (1 + slope**2) ** 0.5
    steep, ahead = (above - slope) * level, (1 + slope * above) * level  # of rays through the middle of each row
    horizon, zenith = torch.tensor(sky.horizon)[:, None], torch.tensor(sky.zenith)[:, None]
    rise = (2.2 * steep / torch.hypot(steep, ahead)).clamp(0, 1).sqrt()
    far = camera.height * ahead / (-steep).clamp(min=1e-3)
    tone = (torch.tensor([floor.light, floor.dark]).mean(dim=0) * torch.tensor(sky.light))[:, None]
    ground = torch.lerp(horizon, tone, torch.exp(-(far / FOG).square()))
    return torch.where(steep < 0, ground, torch.lerp(horizon, zenith, rise))


def read_side(
    before: tuple[torch.Tensor, torch.Tensor],
    after: tuple[torch.Tensor, torch.Tensor],
    first: Framing,
    stage: Stage,
    floor: Floor,
    sky: Sky,
) -> Framing | None:
    """Read from which side a shot is seen, by the floor that it shares with the first shot; None for the front.

    before, after: frames of the first shot and of this one, pixels [3 F H W] in 0..1 and bool [F H W], hidden by
    objects. first: framing of the first shot.
    """
    begins, angles = _distances(first, stage), _steps(SIDE_ANGLE)
    front = [(None, camera_of(distance)) for distance in _steps(stage.side)]
    beside = [
        (side, camera_of(distance, angle=sign * angle))
        for side, sign in zip(SIDES, (-1, 1), strict=True)
        for distance in _steps(stage.side)
        for angle in angles
    ]
    pairs = [(begin, side, camera) for begin in begins for side, camera in (*front, *beside)]
    counts = (len(before[1]), len(after[1]))
    one, other = (camera_poses(cameras, torch.zeros(count)) for cameras, count in zip(
        ([pair[0] for pair in pairs], [pair[2] for pair in pairs]), counts, strict=True))  # fmt: skip
    poses = Poses(*(torch.cat([getattr(one, name), getattr(other, name)], dim=1)
                    for name in ("eye", "right", "up", "forward")))  # fmt: skip
    pixels, hidden = torch.cat([before[0], after[0]], dim=1), torch.cat([before[1], after[1]])
    agreement, common = floor_agreement(pixels, hidden, poses, floor, sky)
    # A few points can agree better by chance than many under the true cameras: nothing counts as better than these.
    likelihood = -common * (1 - agreement).clamp(min=UNEXPLAINED).log()
    return pairs[int(likelihood.argmax())][1]


def _distances(framing: Framing, stage: Stage) -> list[CameraState]:
    """List cameras that a first shot of this framing may have."""
    if framing is Framing.ABOVE:
        return [camera_of(distance, height=TARGET_HEIGHT + STEEPNESS * distance) for distance in _steps(stage.above)]
    return [camera_of(distance) for distance in _steps(stage.wide if framing is Framing.WIDE else stage.close)]


def _steps(ends: Range) -> list[float]:
    return [ends[0], sum(ends) / 2, ends[1]]
