"""One pass of a loop is at least half of its canvas."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack

loops = import_from_pack("nodes.io.loops")


def test_a_pass_of_less_than_half_of_the_canvas_is_refused():
    loops.check_turn(5, 10)
    loops.check_turn(20, 10)
    with pytest.raises(ValueError, match="got loop_frames 4 of 9, expected at least half of them, or 0"):
        loops.check_turn(4, 9)
