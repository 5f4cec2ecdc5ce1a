"""Renders scenes of solids by casting a ray through each pixel, and four through the pixels at edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch

from ...canvas.shapes import VideoShape
from .attributes import Shape
from .bodies import FAR, MEET, Vector, dot
from .motion import Views, focal_length, views_at
from .scenes import TILE, Scene

LIGHT = (-0.48, 0.76, 0.44)  # direction towards the light: from the left, above and behind the camera
AMBIENT, DIFFUSE = 0.52, 0.60
SECTOR_TONE = 0.62  # brightness of a sphere's dark sectors
SHADOW = 0.5  # share of the light that a full shadow takes
FOG = 13.0  # distance at which 1 / e of the floor's colour is left
TILE_FADE = 10.0  # distance at which 1 / e of the tiles' contrast is left
PART = 1 << 16  # rays that are cast at a time; bounds memory
SUBPIXELS = ((-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25))


@dataclass(frozen=True)
class _Setting:
    """What R views show, one frame each; K objects. Colours are [R 3 1] in 0..1, `colour` is [R K 3]."""

    centre: torch.Tensor
    size: torch.Tensor
    shape: torch.Tensor
    turn: torch.Tensor
    roll: torch.Tensor
    rolls: torch.Tensor
    colour: torch.Tensor
    eye: torch.Tensor
    right: torch.Tensor
    up: torch.Tensor
    forward: torch.Tensor
    tiles: torch.Tensor
    tones: torch.Tensor
    sky: torch.Tensor

    def __getitem__(self, rows: torch.Tensor | slice) -> _Setting:
        return _Setting(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def render(
    scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
    views = views_at(scenes, torch.arange(video.frames, device=device) / fps)
    setting = _setting(scenes, views)
    each = max(1, PART // (video.height * video.width))
    parts = [
        _frames(setting[first : first + each], video) for first in range(0, len(scenes) * video.frames, each)
    ]  # [R 3 H W]
    frames = torch.cat(parts).unflatten(0, (len(scenes), video.frames))
    return frames.transpose(1, 2) * 2 - 1


def _setting(scenes: Sequence[Scene], views: Views) -> _Setting:
    """Repeat what belongs to a scene for each of its frames."""
    batch, count, objects = views.centre.shape[:3]
    device = views.centre.device

    def each(values: torch.Tensor) -> torch.Tensor:
        return values[:, None].expand(-1, count, *values.shape[1:]).flatten(0, 1)

    colours = torch.zeros(batch, objects, 3)
    for row, scene in enumerate(scenes):
        colours[row, : len(scene.objects)] = torch.tensor([one.solid.colour.rgb for one in scene.objects])
    tones = torch.tensor([(scene.floor.light, scene.floor.dark) for scene in scenes])
    sky = torch.tensor([(scene.sky.horizon, scene.sky.zenith, scene.sky.light) for scene in scenes])
    by_frame = ("centre", "turn", "roll", "eye", "right", "up", "forward")
    return _Setting(
        **{name: getattr(views, name).flatten(0, 1) for name in by_frame},
        **{name: each(getattr(views, name)) for name in ("size", "shape", "rolls")},
        colour=each(colours.to(device)),
        tiles=each(torch.tensor([scene.tiles for scene in scenes], device=device)),
        tones=each(tones.to(device)),
        sky=each(sky.to(device)),
    )


def _frames(setting: _Setting, video: VideoShape) -> torch.Tensor:
    """Render one frame per view: [R 3 H W] in 0..1."""
    rows = len(setting.size)
    y, x = (torch.arange(size, device=setting.eye.device) + 0.5 for size in (video.height, video.width))
    y, x = (grid.flatten()[None] for grid in torch.meshgrid(y, x, indexing="ij"))  # [1 P]
    colour, part = _cast(setting, y, x, video)  # [R 3 P], [R P]
    edge = _edges(part.unflatten(1, (video.height, video.width))).flatten(1)
    row, pixel = edge.nonzero(as_tuple=True)  # [E]
    smooth = torch.zeros(len(row), 3, device=colour.device)
    offsets = torch.tensor(SUBPIXELS, device=colour.device)  # [4 2]
    at_edges = setting[row]
    fine, _ = _cast(at_edges, y[0, pixel, None] + offsets[:, 0], x[0, pixel, None] + offsets[:, 1], video)  # [E 3 4]
    smooth = fine.mean(dim=2)
    colour = colour.transpose(1, 2).contiguous()
    colour[row, pixel] = smooth
    return colour.transpose(1, 2).unflatten(2, (video.height, video.width)).reshape(rows, 3, video.height, video.width)


def _edges(part: torch.Tensor) -> torch.Tensor:
    """Mark the pixels whose neighbour above, below, left or right shows another part: [R H W] -> bool [R H W]."""
    edge = torch.zeros_like(part, dtype=torch.bool)
    down, across = part[:, 1:] != part[:, :-1], part[:, :, 1:] != part[:, :, :-1]
    edge[:, 1:] |= down
    edge[:, :-1] |= down
    edge[:, :, 1:] |= across
    edge[:, :, :-1] |= across
    return edge


def _cast(setting: _Setting, y: torch.Tensor, x: torch.Tensor, video: VideoShape) -> tuple[torch.Tensor, torch.Tensor]:
    """Cast rays through the points (y, x) [R|1 P] of views: colours [R 3 P] in 0..1, and which part each ray meets."""
    focal = focal_length(video)
    across, above = (x - video.width / 2) / focal, (video.height / 2 - y) / focal  # [R|1 P]
    ray: Vector = tuple(  # type: ignore[assignment]
        setting.forward[:, axis, None] + setting.right[:, axis, None] * across + setting.up[:, axis, None] * above
        for axis in range(3)
    )
    sky, floor, nearest, part = _surroundings(setting, ray)
    colour = torch.where((nearest < FAR)[:, None], floor, sky)
    for index in range(setting.size.shape[1]):
        for kind, meet in MEET.items():
            rows = (setting.shape[:, index] == kind.value).nonzero()[:, 0]
            if not len(rows):
                continue
            origin, turned = _to_body(setting[rows], index, tuple(axis[rows] for axis in ray))  # type: ignore[arg-type]
            distance, normal = meet(origin, turned, setting.size[rows, index, None])
            shown, tone = _surface(setting[rows], index, kind, normal)  # [r 3 P], [r P]
            nearer = distance < nearest[rows]
            colour[rows] = torch.where(nearer[:, None], shown, colour[rows])
            face = torch.argmax(torch.stack([one.abs() for one in normal]), dim=0) if kind is Shape.CUBE else 0
            marked = (
                10 + 100 * index + 10 * face + tone
                if kind is not Shape.CYLINDER
                else (10 + 100 * index + (normal[1] > 0.5).to(tone))
            )
            part[rows] = torch.where(nearer, marked.to(part), part[rows])
            nearest[rows] = torch.minimum(nearest[rows], distance)
    return colour, part


def _surroundings(setting: _Setting, ray: Vector) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Colour sky and floor: [R 3 P] each; also the distance to the floor (FAR in the sky), and the parts, [R P]."""
    horizon, zenith, light = setting.sky[..., None].unbind(1)  # [R 3 1]
    steep = ray[1] / dot(ray, ray).sqrt()  # sine of the elevation
    sky = torch.lerp(horizon, zenith, (2.2 * steep).clamp(0, 1).sqrt()[:, None])
    down = ray[1] < -1e-4
    distance = torch.where(down, -setting.eye[:, 1, None] / torch.where(down, ray[1], -1.0), FAR)
    reached = torch.where(down, distance, 1.0)
    x, z = (setting.eye[:, axis, None] + reached * ray[axis] for axis in (0, 2))
    offset_x, offset_z, angle = setting.tiles[..., None].unbind(1)
    along, across = x * angle.cos() + z * angle.sin(), z * angle.cos() - x * angle.sin()
    parity = (((along + offset_x) / TILE).floor() + ((across + offset_z) / TILE).floor()).remainder(2)
    far = torch.hypot(x - setting.eye[:, 0, None], z - setting.eye[:, 2, None])
    bright, dark = setting.tones[..., None].unbind(1)
    share = 0.5 + (0.5 - parity) * torch.exp(-far / TILE_FADE)
    floor = torch.lerp(dark, bright, share[:, None]) * light * (1 - SHADOW * _shadow(setting, x, z))[:, None]
    floor = torch.lerp(horizon, floor, torch.exp(-(far / FOG).square())[:, None])
    visible = far < 2 * TILE_FADE
    return sky, floor, distance, torch.where(down, 1 + parity * visible, 0.0)


def _shadow(setting: _Setting, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Compute how much of the light the objects take from points (x, 0, z) of the floor: [R P] in 0..1.

    Each object casts the shadow of a soft ball.
    """
    shade = torch.zeros_like(x)
    for index in range(setting.size.shape[1]):
        there, size = setting.shape[:, index, None] >= 0, setting.size[:, index, None].clamp(min=1e-3)
        cx, cy, cz = (setting.centre[:, index, axis, None] for axis in range(3))
        dx, dz = cx - x, cz - z
        along = dx * LIGHT[0] + cy * LIGHT[1] + dz * LIGHT[2]
        beside = (dx.square() + cy.square() + dz.square() - along.square()).clamp(min=0).sqrt() / size
        soft = ((1.15 - beside) / 0.5).clamp(0, 1)
        soft = soft.square() * (3 - 2 * soft) * there
        shade = shade + soft - shade * soft
    return shade


def _to_body(setting: _Setting, index: int, ray: Vector) -> tuple[Vector, Vector]:
    """Turn rays into the frame of an object: origins [r 1] and directions [r P]."""
    x, y, z = (setting.eye[:, axis, None] - setting.centre[:, index, axis, None] for axis in range(3))
    cosine, sine = setting.turn[:, index, None].cos(), setting.turn[:, index, None].sin()
    return (x * cosine - z * sine, y, z * cosine + x * sine), (
        ray[0] * cosine - ray[2] * sine,
        ray[1],
        ray[2] * cosine + ray[0] * sine,
    )


def _surface(setting: _Setting, index: int, kind: Shape, normal: Vector) -> tuple[torch.Tensor, torch.Tensor]:
    """Shade an object: colours [r 3 P] in 0..1, and 1 on the dark sectors of a sphere, [r P]."""
    cosine, sine = setting.turn[:, index, None].cos(), setting.turn[:, index, None].sin()
    x, z = normal[0] * cosine + normal[2] * sine, normal[2] * cosine - normal[0] * sine
    light = LIGHT[0] * x + LIGHT[1] * normal[1] + LIGHT[2] * z
    bright = AMBIENT + DIFFUSE * light.clamp(min=0)
    tone = torch.zeros_like(bright)
    if kind is Shape.SPHERE:
        rolls = setting.rolls[:, index, None]
        rolled = torch.atan2(normal[1], x) - setting.roll[:, index, None]
        angle = torch.where(rolls, rolled, torch.atan2(normal[0], normal[2]))
        tone = (torch.sin(3 * angle) > 0).to(bright)
        bright = bright * (1 - (1 - SECTOR_TONE) * tone)
    colour = setting.colour[:, index, :, None] * setting.sky[:, 2, :, None] * bright[:, None]
    return colour.clamp(0, 1), tone
