"""Checks that read the attributes of a game scene from its frames by matching sprites, without a learnt model.

What the player did is read from the clip alone: where it was in each frame, and which tiles went or came.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from .attributes import Act, Direction, Feature, View
from .reading import UNKNOWN, Look, Track, read_grid, read_look, read_player
from .rules import OPEN, TICK, Tile
from .scenes import Scene, Told

ALONG, ACROSS = 0.6, 0.6  # tiles that a walk covers at least, and strays at most
FAR = 1.9  # tiles that a walk covers at least where the player does nothing else
RISE, LAND = 0.6, 0.3  # tiles that a jump rises at least, and from the ground where it counts as over
NEAR = 0.7  # tiles between the player and the place in front of which it stands
REACHED = 0.5  # tiles between the player and an item at which it is picked up
LOST = 0.2  # share of frames in which the player may be missed
KEPT = 0.8  # share of later frames in which a change must be seen to stay

FEATURE_TILES = {
    Feature.PLATFORM: Tile.WALL,
    Feature.CLOUDS: Tile.CLOUD,
    Feature.BUSHES: Tile.BUSH,
    Feature.WALLS: Tile.WALL,
    Feature.POND: Tile.WATER,
    Feature.PATH: Tile.PATH,
}
_OPEN = torch.tensor([tile.value for tile in OPEN])


class Story(NamedTuple):
    """What was read from a clip. grids: [F rows columns] values of Tile; see read_grid."""

    look: Look
    player: Track
    grids: torch.Tensor

    @property
    def places(self) -> torch.Tensor:
        """The player's place in each frame: [F 2] as (row, column) in tiles."""
        return torch.stack([self.player.row, self.player.column], dim=1)


def read_story(frames: torch.Tensor, look: Look | None = None) -> Story:
    """Read a clip [3 F H W] in -1..1. look: what it looks like, if that is known."""
    look = look or read_look(frames)
    player = read_player(frames, look.player)
    return Story(look, player, read_grid(frames, look.view, look.theme, player))


def check_scene(scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
    """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there.

    "features" are those that only rich captions name. "action" and "permanence", whether the player did all that is
    told and whether the tiles stay as it left them, are missing where the clip is too short to show it.
    """
    wanted = scene.wanted
    look = read_look(frames)
    story = read_story(frames, Look(wanted.view, wanted.theme, wanted.player))
    first = story.grids[0]
    found = {
        "view": look.view is wanted.view,
        "theme": look.theme is wanted.theme,
        "player": look.player is wanted.player and bool(story.player.found[0]),
        "features": all(bool((first == FEATURE_TILES[feature].value).any()) for feature in scene.features),
    }
    if (frames.shape[1] - 1) / fps < len(scene.actions) * TICK:
        return found
    ends = follow(scene, story)
    found["action"] = ends is not None
    if any(told.act in (Act.DIG, Act.PLACE, Act.PICK) for told in scene.told):
        found["permanence"] = ends is not None and _kept(scene, story, ends)
    return found


class Deed(NamedTuple):
    """Something that was done. end: the frame in which it is over. place: of the tile that it changed, if any."""

    end: int
    place: tuple[int, int] | None = None


def follow(scene: Scene, story: Story) -> list[Deed] | None:
    """Find all that the scene tells, in its order; None if something is missing."""
    if float((~story.player.found).float().mean()) > LOST:
        return None
    deeds: list[Deed] = []
    since = 0
    for told in scene.told:
        deed = _find(told, scene, story, since)
        if deed is None:
            return None
        deeds.append(deed)
        since = deed.end
    return deeds


def _find(told: Told, scene: Scene, story: Story, since: int) -> Deed | None:
    if told.act is Act.WALK:
        return _walk(story, told.direction, since, FAR if len(scene.told) == 1 else ALONG)
    if told.act is Act.JUMP:
        return _jumps(story, since, told.times)
    if told.act is Act.PICK:
        assert scene.item is not None
        return _pick_up(story, told.direction, since, scene.item)
    if scene.wanted.view is View.SIDE and told.direction is Direction.DOWN:
        return _dig_down(story, since)
    return _change(story, told, since)


def _walk(story: Story, direction: Direction, since: int, length: float) -> Deed | None:
    """The player goes at least so far, from the farthest place behind, without leaving its line."""
    places = story.places[since:]
    along = places @ torch.tensor(direction.step, dtype=torch.float32)
    across = places @ torch.tensor(direction.step[::-1], dtype=torch.float32)
    behind = along.cummin(dim=0)
    far = (along - behind.values >= length) & ((across - across[behind.indices]).abs() <= ACROSS)
    return Deed(since + int(far.nonzero()[0])) if bool(far.any()) else None


def _jumps(story: Story, since: int, times: int) -> Deed | None:
    rows = story.player.row
    ground, frame = float(rows[since]), since
    for _ in range(times):
        up = [index for index in range(frame, len(rows)) if rows[index] <= ground - RISE]
        down = [index for index in range(up[0], len(rows)) if rows[index] >= ground - LAND] if up else []
        if not down:
            return None
        frame = down[0]
    return Deed(frame)


def _dig_down(story: Story, since: int) -> Deed | None:
    """The player sinks into the ground that was under it."""
    rows = story.player.row
    sunk = (rows[since:] >= rows[since] + RISE).nonzero().flatten()
    if not len(sunk):
        return None
    frame = since + int(sunk[0])
    place = (round(float(rows[since])) + 1, round(float(story.player.column[frame])))
    before = _tile(story, since, place)
    return Deed(frame, place) if before in (Tile.TURF, Tile.DIRT) else None


def _change(story: Story, told: Told, since: int) -> Deed | None:
    """A crate in front of the player goes, or comes."""
    crate = story.grids == Tile.CRATE.value
    empty = torch.isin(story.grids, _OPEN)
    before, after = (crate, empty) if told.act is Act.DIG else (empty, crate)
    rows, columns = told.direction.step
    for frame in range(since + 1, len(story.grids)):
        there = before[since:frame].any(dim=0) & after[frame]
        for row, column in there.nonzero().tolist():
            ahead = story.places[frame] + torch.tensor([rows, columns])
            if bool(((ahead - torch.tensor([row, column])).abs() <= NEAR).all()):
                return Deed(frame, (row, column))
    return None


def _pick_up(story: Story, direction: Direction, since: int, item: Tile) -> Deed | None:
    """The player walks to where an item is, and the item is gone."""
    for row, column in (story.grids[since] == item.value).nonzero().tolist():
        away = (story.places - torch.tensor([row, column])).norm(dim=1)
        for frame in (away[since:] <= REACHED).nonzero().flatten().tolist():
            walked = _walk(story, direction, since, ALONG)
            return Deed(since + frame, (row, column)) if walked is not None else None
    return None


def _kept(scene: Scene, story: Story, deeds: list[Deed]) -> bool:
    """Return whether each changed tile stays, until the player changes it again."""
    for index, (told, deed) in enumerate(zip(scene.told, deeds, strict=True)):
        if deed.place is None:
            continue
        again = [later.end for later in deeds[index + 1 :] if later.place == deed.place]
        until = again[0] - 1 if again else len(story.grids)
        seen = story.grids[deed.end + 1 : until, deed.place[0], deed.place[1]]
        seen = seen[seen != UNKNOWN]
        solid = seen == Tile.CRATE.value
        right = solid if told.act is Act.PLACE else torch.isin(seen, _OPEN) & (seen != _value(scene.item))
        if len(seen) and float(right.float().mean()) < KEPT:
            return False
    return True


def _value(item: Tile | None) -> int:
    return UNKNOWN if item is None else item.value


def _tile(story: Story, frame: int, place: tuple[int, int]) -> Tile | None:
    value = int(story.grids[frame, place[0], place[1]])
    return None if value == UNKNOWN else Tile(value)
