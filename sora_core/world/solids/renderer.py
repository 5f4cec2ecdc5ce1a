"""Renders scenes of solids by casting a ray through each pixel, and four through the pixels at edges.

Only rays that pass near an object are tested against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch

from ...canvas.shapes import VideoShape
from .attributes import Shape
from .bodies import BOUNDS, FAR, MEET, Vector, dot
from .cameras import focal_length
from .motion import Views, views_at
from .scenes import TILE, Scene

LIGHT = (-0.48, 0.76, 0.44)  # direction towards the light: from the left, above and behind the camera
AMBIENT, DIFFUSE = 0.52, 0.60
SECTOR_TONE = 0.62  # brightness of a sphere's dark sectors
SHADOW = 0.5  # share of the light that a full shadow takes
FOG = 13.0  # distance at which 1 / e of the floor's colour is left
TILE_FADE = 10.0  # distance at which 1 / e of the tiles' contrast is left
RAYS = 1 << 16  # rays that are cast at a time; bounds memory
SUBPIXELS = ((-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25))  # (y, x)


@dataclass(frozen=True)
class _Setting:
    """What R views show, one frame each; K objects. See Views; colours are rgb in 0..1.

    colour:       [R K 3] of each object in this light
    surroundings: [R 4 3] dark tiles, light tiles, horizon, zenith
    tiles:        [R 3] offset along x and z, and angle
    """

    centre: torch.Tensor
    size: torch.Tensor
    shape: torch.Tensor
    turn: torch.Tensor
    roll: torch.Tensor
    rolls: torch.Tensor
    eye: torch.Tensor
    right: torch.Tensor
    up: torch.Tensor
    forward: torch.Tensor
    colour: torch.Tensor
    surroundings: torch.Tensor
    tiles: torch.Tensor

    def __getitem__(self, rows: torch.Tensor | slice) -> _Setting:
        return _Setting(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class _Canvas:
    """What N rays have met so far.

    colour:  [N 3] rgb in 0..1
    part:    [N] number of the smooth part of an object; 0 for sky and floor
    nearest: [N] distance of the nearest object
    """

    colour: torch.Tensor
    part: torch.Tensor
    nearest: torch.Tensor


@dataclass(frozen=True)
class _Rays:
    """N rays forward + across * right + above * up of views.

    view, above, across: [N]
    """

    view: torch.Tensor
    above: torch.Tensor
    across: torch.Tensor

    def __getitem__(self, chosen: torch.Tensor) -> _Rays:
        return _Rays(self.view[chosen], self.above[chosen], self.across[chosen])


def render(
    scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
    return render_views(scenes, views_at(scenes, torch.arange(video.frames, device=device) / fps), video)


def render_views(scenes: Sequence[Scene], views: Views, video: VideoShape) -> torch.Tensor:
    """Render scenes as B x F views show them: [B 3 F H W] float32 in -1..1. The frames of `video` are not used."""
    setting = _setting(scenes, views)
    rows, each = len(setting.size), max(1, RAYS // (video.height * video.width))
    parts = [_frames(setting[first : first + each], video) for first in range(0, rows, each)]  # [R H W 3]
    return torch.cat(parts).unflatten(0, views.camera.eye.shape[:2]).permute(0, 4, 1, 2, 3).contiguous() * 2 - 1


def _setting(scenes: Sequence[Scene], views: Views) -> _Setting:
    """Repeat what belongs to a scene for each of its frames."""
    count, objects = views.centre.shape[1:3]
    device = views.centre.device

    def each(values: torch.Tensor) -> torch.Tensor:
        values = values.to(device)
        return values[:, None].expand(-1, count, *values.shape[1:]).flatten(0, 1)

    light = torch.tensor([scene.sky.light for scene in scenes])[:, None]  # [B 1 3]
    colours = torch.zeros(len(scenes), objects, 3)
    for row, scene in enumerate(scenes):
        colours[row, : len(scene.objects)] = torch.tensor([one.solid.colour.rgb for one in scene.objects]).view(-1, 3)
    tones = torch.tensor([(scene.floor.dark, scene.floor.light) for scene in scenes])
    sky = torch.tensor([(scene.sky.horizon, scene.sky.zenith) for scene in scenes])
    objects_by_frame, camera_by_frame = ("centre", "turn", "roll"), ("eye", "right", "up", "forward")
    return _Setting(
        **{name: getattr(views, name).flatten(0, 1) for name in objects_by_frame},
        **{name: getattr(views.camera, name).flatten(0, 1) for name in camera_by_frame},
        **{name: each(getattr(views, name)) for name in ("size", "shape", "rolls")},
        colour=each(colours * light),
        surroundings=each(torch.cat([tones * light, sky], dim=1)),
        tiles=each(torch.tensor([scene.tiles for scene in scenes])),
    )


def _frames(setting: _Setting, video: VideoShape) -> torch.Tensor:
    """Render one frame per view: [R H W 3] in 0..1.

    At the edges of objects, four rays through a pixel are tested against the objects alone: sky and floor are smooth.
    """
    views, device = len(setting.size), setting.eye.device
    focal = focal_length(video)
    y, x = (torch.arange(size, device=device) + 0.5 for size in (video.height, video.width))
    above, across = (video.height / 2 - y) / focal, (x - video.width / 2) / focal
    behind = _surroundings(setting, above, across, focal)  # [R H W 3]
    part = torch.zeros(views, video.height, video.width, device=device)
    canvas = _Canvas(behind.flatten(0, 2).clone(), part.flatten(), torch.full_like(part, FAR).flatten())
    for index in range(setting.size.shape[1]):
        ray = _near(setting, index, above, across).nonzero(as_tuple=False)  # [N 3]
        rays = _Rays(ray[:, 0], above[ray[:, 1]], across[ray[:, 2]])
        _draw(setting, index, rays, canvas, (ray[:, 0] * video.height + ray[:, 1]) * video.width + ray[:, 2])
    edge = _edges(canvas.part.view_as(part)).flatten().nonzero()[:, 0]  # [E]
    view, down, right = edge // part[0].numel(), edge // video.width % video.height, edge % video.width
    offsets = torch.tensor(SUBPIXELS, device=device)[:, :, None] / focal  # [4 2 1]
    around = (above[down] - offsets[:, 0], across[right] + offsets[:, 1])  # [4 E]
    rays = _Rays(view.repeat(4), around[0].flatten(), around[1].flatten())
    colour = behind.view(-1, 3)[edge].repeat(4, 1)
    fine = _Canvas(colour, torch.zeros_like(rays.above), torch.full_like(rays.above, FAR))
    for index in range(setting.size.shape[1]):
        _draw(setting, index, rays, fine, torch.arange(len(rays.view), device=device))
    canvas.colour[edge] = fine.colour.view(4, -1, 3).mean(dim=0)
    return canvas.colour.view_as(behind)


def _edges(part: torch.Tensor) -> torch.Tensor:
    """Mark the pixels whose neighbour above, below, left or right shows another part: [R H W] -> bool [R H W]."""
    edge = torch.zeros_like(part, dtype=torch.bool)
    down, across = part[:, 1:] != part[:, :-1], part[:, :, 1:] != part[:, :, :-1]
    edge[:, 1:] |= down
    edge[:, :-1] |= down
    edge[:, :, 1:] |= across
    edge[:, :, :-1] |= across
    return edge


def _surroundings(setting: _Setting, above: torch.Tensor, across: torch.Tensor, focal: float) -> torch.Tensor:
    """Colour sky and floor, without objects but with their shadows: [R H W 3]. above: [H]. across: [W]."""
    eye, forward, right, up = (
        [one[:, None, None] for one in getattr(setting, name).unbind(1)] for name in ("eye", "forward", "right", "up")
    )
    steep = forward[1] + up[1] * above[:, None]  # [R H 1]: the camera does not roll
    down = steep < -1e-4
    sky_ends, floor_begins = int((~down).any(dim=0).sum()), int((~down).all(dim=0).sum())
    length = (1 + above.square()[:, None] + across.square()).sqrt()  # [H W]
    rise = (2.2 * steep[:, :sky_ends] / length[:sky_ends]).clamp(0, 1).sqrt()
    sky = _mix([1 - rise, rise], setting.surroundings[:, 2:])
    steep, down, above = steep[:, floor_begins:], down[:, floor_begins:], above[floor_begins:, None]
    distance = -eye[1] / torch.where(down, steep, -1e-4)  # [R h 1]
    x, z = (
        eye[axis] + distance * (forward[axis] + up[axis] * above) + (distance * right[axis]) * across for axis in (0, 2)
    )  # [R h W]
    far = distance * (length[floor_begins:].square() - steep.square()).sqrt()
    footprint = distance / focal, distance.square() / (eye[1] * focal)
    share = 0.5 + _tiles(setting, x, z, footprint) * torch.exp(-far / TILE_FADE)  # of light tiles
    clear = torch.exp(-(far / FOG).square())
    lit = clear * (1 - SHADOW * _shadow(setting, x, z))
    of_light = lit * share
    floor = _mix([lit - of_light, of_light, 1 - clear], setting.surroundings[:, :3])
    common = sky_ends - floor_begins
    both = torch.where(down[:, :common, :, None], floor[:, :common], sky[:, floor_begins:])
    return torch.cat([sky[:, :floor_begins], both, floor[:, common:]], dim=1)


def _mix(weights: list[torch.Tensor], colours: torch.Tensor) -> torch.Tensor:
    """Add up colours [R K 3] with K weights [R H W]: [R H W 3]."""
    mixed = torch.stack(weights, dim=1).flatten(2).transpose(1, 2) @ colours
    return mixed.unflatten(1, weights[0].shape[1:])


def _tiles(
    setting: _Setting, x: torch.Tensor, z: torch.Tensor, footprint: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """Tell light tiles, 0.5, from dark ones, -0.5, at points (x, 0, z), with soft edges: [R H W].

    footprint: width and depth of a pixel on the floor, [R H 1]. The edges are as soft as a pixel is large.
    """
    offset_x, offset_z, angle = setting.tiles[..., None, None].unbind(1)
    cosine, sine = angle.cos() / TILE, angle.sin() / TILE
    to_x, to_z = (setting.right[:, axis, None, None] for axis in (0, 2))
    wave = torch.full_like(x, 0.5)
    for along_x, along_z, offset in ((cosine, sine, offset_x), (-sine, cosine, offset_z)):
        place = x * along_x + (z * along_z + offset / TILE)
        width = footprint[0] * (to_x * along_x + to_z * along_z).abs()
        depth = footprint[1] * (to_x * along_z - to_z * along_x).abs()
        away = place - place.round()  # from the nearest edge, in tiles
        sign = 1 - 2 * place.round().remainder(2)
        wave = wave * sign * (away * (2 / (width + depth))).clamp(-1, 1)
    return wave


def _shadow(setting: _Setting, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Compute how much of the light the objects take from points (x, 0, z): [R H W] in 0..1.

    Each object casts the shadow of a soft ball.
    """
    shade = torch.zeros_like(x)
    for index in range(setting.size.shape[1]):
        views = (setting.shape[:, index] >= 0).nonzero()[:, 0]
        size = setting.size[views, index, None, None]
        cx, cy, cz = setting.centre[views, index, :, None, None].unbind(1)
        dx, dz = cx - x[views], cz - z[views]
        along = dx * LIGHT[0] + (cy * LIGHT[1] + dz * LIGHT[2])
        beside = (dx.square() + dz.square() + cy.square() - along.square()).clamp(min=0).sqrt() / size
        soft = ((1.15 - beside) / 0.5).clamp(0, 1)
        soft = soft.square() * (3 - 2 * soft)
        shade[views] += soft - shade[views] * soft
    return shade


def _near(setting: _Setting, index: int, above: torch.Tensor, across: torch.Tensor) -> torch.Tensor:
    """Mark the rays that meet the ball around an object: bool [R H W]. above: [H]. across: [W]."""
    bounds = torch.tensor([*BOUNDS.values(), 0.0], device=setting.size.device)  # the last one for absent objects
    radius = bounds[setting.shape[:, index]] * setting.size[:, index]  # [R]
    away = setting.centre[:, index] - setting.eye  # [R 3]
    ahead, up, right = ((away * axis).sum(-1)[:, None, None] for axis in (setting.forward, setting.up, setting.right))
    tangent = (away.square().sum(-1) - radius.square()).clamp(min=0).sqrt()[:, None, None]
    length = (1 + above.square()[:, None] + across.square()).sqrt()  # [H W]
    there = (setting.shape[:, index] >= 0)[:, None, None]
    return (ahead + up * above[:, None] + right * across >= tangent * length) & there


def _draw(setting: _Setting, index: int, rays: _Rays, canvas: _Canvas, place: torch.Tensor) -> None:
    """Draw an object where rays meet it. place: [N] of each ray on the canvas."""
    frame = _in_body(setting, index)  # [R 5 3]
    shapes = setting.shape[rays.view, index]
    for kind, meet in MEET.items():
        chosen = (shapes == kind.value).nonzero()[:, 0]
        if not len(chosen):
            continue
        mine, at = rays[chosen], place[chosen]
        origin, forward, right, up, light = frame[mine.view].unbind(1)  # [n 3]
        ray = forward + mine.across[:, None] * right + mine.above[:, None] * up
        hit = meet(_parts(origin), _parts(ray), setting.size[mine.view, index])
        bright = AMBIENT + DIFFUSE * dot(hit.normal, _parts(light)).clamp(min=0)
        face = hit.face
        if kind is Shape.SPHERE:
            face = _sectors(setting, index, mine, hit.normal)
            bright = bright * (1 - (1 - SECTOR_TONE) * face)
        colour = (bright[:, None] * setting.colour[mine.view, index]).clamp(max=1)
        nearer = hit.distance < canvas.nearest[at]
        at = at[nearer]
        canvas.colour[at], canvas.part[at] = colour[nearer], face[nearer] + 10 * (index + 1)
        canvas.nearest[at] = hit.distance[nearer]


def _parts(vectors: torch.Tensor) -> Vector:
    x, y, z = vectors.unbind(1)
    return x, y, z


def _sectors(setting: _Setting, index: int, rays: _Rays, normal: Vector) -> torch.Tensor:
    """Tell the dark sectors of a sphere, 1, from the others: around the axis of depth if it rolls, else upright."""
    x, y, z = normal
    rolled = torch.atan2(y, x) - setting.roll[rays.view, index]
    angle = torch.where(setting.rolls[rays.view, index], rolled, torch.atan2(x, z))
    return (torch.sin(3 * angle) > 0).to(x)


def _in_body(setting: _Setting, index: int) -> torch.Tensor:
    """Turn the camera and the light into the frame of an object: eye, forward, right, up, light [R 5 3]."""
    light = torch.tensor(LIGHT, device=setting.eye.device).expand_as(setting.eye)
    vectors = (setting.eye - setting.centre[:, index], setting.forward, setting.right, setting.up, light)
    x, y, z = torch.stack(vectors, dim=1).unbind(2)  # [R 5]
    cosine, sine = setting.turn[:, index, None].cos(), setting.turn[:, index, None].sin()
    return torch.stack([x * cosine - z * sine, y, z * cosine + x * sine], dim=2)
