"""Checks that objects last while they are not seen: behind another object, or beside the frame of a camera that pans.

What comes back must be the same body, and where it should be by then: in its place, or farther on if it moves.
"""

from __future__ import annotations

import torch

from .attributes import CROSSING, Motion, Solid
from .outlines import read_shape
from .scenes import AWAY_PERIOD
from .tracks import Track

GONE, BACK = 0.35, 0.65  # shares of its largest area below which an object is hidden, and above which it is back
INTACT = 0.75  # share of its usual area that an object in front must keep
IN_PLACE = 0.4  # distance within which an object that does not move comes back
PACE = (0.4, 2.6)  # units per second at which an object that moves must have gone on
PASSING_TIME, LOOKING_TIME = 1.75, 0.9 * AWAY_PERIOD  # seconds that a clip must last to be checked


def check_passing(
    solid: Solid, track: Track, front: Track, mine: torch.Tensor, others: torch.Tensor
) -> dict[str, bool]:
    """Check that an object goes behind the one in front, comes back as itself, and on the other side.

    track: of the object. front: of the object that hides it. mine, others: pixels of the object and of all others,
    bool [F H W].
    """
    shown = _shown(track)
    before, hidden, after = _phases(shown)
    intact = bool((_shown(front)[hidden] > INTACT).all()) if len(hidden) else False
    back = len(before) > 0 and intact and len(after) > 0
    return {
        "passes behind": bool(len(hidden)) and intact,
        "comes back": back and read_shape(mine[after], others[after]) is solid.shape,
        "moves on": back and _moved_on(solid, track, before, after) and _passed(solid, track, front, before, after),
    }


def check_looking_away(solid: Solid, track: Track, mine: torch.Tensor, others: torch.Tensor) -> dict[str, bool]:
    """Check that an object leaves the frame, comes back as itself, and where it should be by then."""
    before, hidden, after = _phases(_shown(track))
    back = len(before) > 0 and len(hidden) > 0 and len(after) > 0
    placed = _moved_on if solid.motion in CROSSING else _in_place
    return {
        "comes back": back and read_shape(mine[after], others[after]) is solid.shape,
        "moves on" if solid.motion in CROSSING else "in place": back and placed(solid, track, before, after),
    }


def _shown(track: Track) -> torch.Tensor:
    """Compute the share of the object that is seen in each frame: [F]."""
    area = track.size.square()
    return area / area.quantile(0.9).clamp(min=1e-6)


def _phases(shown: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Find the frames before an object is first hidden, those in which it is, and those in which it is back."""
    gone = (shown < GONE).nonzero()[:, 0]
    if not len(gone):
        return gone, gone, gone
    seen = (shown > BACK).nonzero()[:, 0]
    before, later = seen[seen < gone[0]], seen[seen > gone[0]]
    if not len(later):
        return before, gone, later
    end = gone[gone > later[0]]  # it may be hidden again in a long clip
    after = later[later < end[0]] if len(end) else later
    return before, gone[gone < later[0]], after


def _places(track: Track, frames: torch.Tensor) -> tuple[float, float]:
    """Return the mean time and position across of some frames."""
    return float(track.times[frames].mean()), float(track.across[frames].mean())


def _in_place(solid: Solid, track: Track, before: torch.Tensor, after: torch.Tensor) -> bool:
    (_, first), (_, last) = _places(track, before), _places(track, after)
    return abs(last - first) < IN_PLACE


def _moved_on(solid: Solid, track: Track, before: torch.Tensor, after: torch.Tensor) -> bool:
    (start, first), (end, last) = _places(track, before), _places(track, after)
    side = 1 if solid.motion is Motion.RIGHT else -1
    return PACE[0] < side * (last - first) / (end - start) < PACE[1]


def _passed(solid: Solid, track: Track, front: Track, before: torch.Tensor, after: torch.Tensor) -> bool:
    """Whether the object is first on one side of the one in front, then on the other."""
    side = 1 if solid.motion is Motion.RIGHT else -1
    middle = float(front.across[front.whole].median())
    return side * (_places(track, before)[1] - middle) < 0 < side * (_places(track, after)[1] - middle)
