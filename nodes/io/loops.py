"""Loops: the frames of one pass, as Sora Loop Video counts them for the decoder."""

from __future__ import annotations

MOST = 1_000_000  # frames


def check_turn(frames: int, total: int) -> None:
    """Raise ValueError unless one pass of a loop is at least half of the frames of its canvas."""
    if total > 2 * frames:
        raise ValueError(
            f"got loop_frames {frames} of {total}, expected at least half of them, or 0 where the video is no loop"
        )
