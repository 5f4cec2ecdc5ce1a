"""Which numbers of frames a VAE takes: a causal one, MiniMax-H3, and formulas of which nothing else is known."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from sora_core.canvas.time_grid import CausalGrid, FormulaGrid, TimeGrid, latent_of_each

WAN = CausalGrid(4)


def h3_frames(latents: int) -> int:
    """ComfyUI's formula for MiniMax-H3."""
    return max(1, (latents - 2) // 5 * 17 + 5)


def h3_latents(frames: int) -> int:
    return max(1, (frames - 5) // 17 * 5 + 2) if frames > 1 else 1


H3 = FormulaGrid("H3", h3_frames, h3_latents, (1, 4, 4, 4, 4))
H3_BLOCKS = FormulaGrid("H3", h3_frames, h3_latents)
PLAIN = FormulaGrid("plain", lambda latents: 4 * latents, lambda frames: frames // 4)  # no first frame of its own
CAUSAL = FormulaGrid("causal", lambda latents: max(0, latents * 4 - 3), lambda frames: max(0, (frames + 3) // 4))
GRIDS = (WAN, H3, H3_BLOCKS, PLAIN, CAUSAL)


def taken(grid: TimeGrid, stop: int = 80) -> list[int]:
    """Numbers of frames below `stop` that the grid takes."""
    found = []
    for frames in range(-3, stop):
        try:
            latents = grid.latents_of(frames)
        except ValueError:
            continue
        assert grid.frames_of(latents) == frames
        found.append(frames)
    return found


def test_each_grid_takes_what_its_formulas_agree_on():
    assert taken(WAN, 20) == taken(CAUSAL, 20) == [1, 5, 9, 13, 17]
    assert taken(H3) == taken(H3_BLOCKS) == [1, 5, 22, 39, 56, 73]
    assert [H3.latents_of(frames) for frames in taken(H3)] == [1, 2, 7, 12, 17, 22]
    assert taken(PLAIN, 20) == [4, 8, 12, 16]
    assert (H3.latents_of(124), H3.frames_of(37)) == (37, 124)  # 5 seconds at 24 fps, as the host makes them


@pytest.mark.parametrize("grid", GRIDS)
def test_rounding_gives_the_neighbours_that_the_grid_takes(grid):
    counts = taken(grid, 200)
    for frames in range(counts[0], 150):
        assert grid.at_most(frames) == max(count for count in counts if count <= frames)
        assert grid.at_least(frames) == min(count for count in counts if count >= frames)
    assert grid.at_most(0) == grid.at_least(-2) == counts[0]
    for latents in range(1, 20):
        assert grid.least(latents) == min(count for count in counts if grid.latents_of(count) >= latents)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_nearest_number_counts_the_frames_after_the_first_and_halves_go_up(grid):
    counts, generator = taken(grid, 200), random.Random(0)
    for wanted in [*range(150), *(generator.uniform(0, 150) for _ in range(100))]:
        assert grid.nearest(wanted) == min(counts, key=lambda count: (abs(count - 1 - wanted), -count))


@pytest.mark.parametrize("grid", GRIDS)
def test_spans_cover_all_frames_in_order_and_agree_with_the_formula(grid):
    for frames in taken(grid):
        spans = [grid.span(latent) for latent in range(grid.latents_of(frames))]
        assert sorted({frame for span in spans for frame in span}) == list(range(frames))
        assert all(one.start <= two.start and one.stop <= two.stop for one, two in pairwise(spans))


@pytest.mark.parametrize("grid", GRIDS)
def test_the_grid_repeats_after_its_period(grid):
    frames, latents = grid.period
    late = 2 * latents
    for count in taken(grid)[1:]:
        assert grid.latents_of(count + frames) == grid.latents_of(count) + latents
        assert grid.span(late + latents).start == grid.span(late).start + frames
    assert grid.added(0.1) == frames
    assert grid.added(2.6 * frames) == 3 * frames


def test_latents_of_a_chunk_hold_what_its_cycle_says_and_of_a_bare_formula_the_block():
    assert [len(H3.span(latent)) for latent in range(8)] == [1, 4, 4, 4, 4, 1, 4, 4]
    assert [H3_BLOCKS.span(latent) for latent in range(8)] == [
        range(1), range(1, 5), *[range(5, 22)] * 5, range(22, 39)
    ]  # fmt: skip
    assert (WAN.longest_span, H3.longest_span, H3_BLOCKS.longest_span, PLAIN.longest_span) == (4, 4, 17, 4)
    assert [PLAIN.span(latent) for latent in range(2)] == [range(4), range(4, 8)]


@pytest.mark.parametrize("grid", GRIDS)
def test_latents_are_within_frames_where_all_their_own_are(grid):
    for first in range(0, 40, 3):
        for stop in range(first + 1, 60, 2):
            inside = [t for t in range(60) if first <= grid.span(t).start and grid.span(t).stop <= stop]
            assert list(grid.spans_within(first, stop)) == inside


@pytest.mark.parametrize("grid", GRIDS)
def test_a_clip_can_start_where_a_latent_frame_does(grid):
    starts = sorted({grid.span(latent).start for latent in range(60)})
    for frame in range(50):
        start = grid.start_from(frame)
        assert start == min(one for one in starts if one >= frame)
        stop = start + grid.least_from(start)
        assert grid.spans_within(start, stop)
        assert not grid.spans_within(start, stop - 1)
    for frame in (0, 0.4, 0.5, 2.9, 3, 3.1, 18.5, 30):
        some = [one for one in starts if one <= grid.span(6).start]
        assert grid.nearest_start(frame, 7) == min(some, key=lambda one: (abs(one - frame), -one))


def test_what_is_off_the_grid_of_a_formula_is_refused_by_name():
    with pytest.raises(ValueError, match=r"got 8 frames; this VAE \(H3\) takes 1, 5, 22, 39, \.\.\."):
        H3.latents_of(8)
    with pytest.raises(ValueError, match=r"got 3 latent frames; this VAE \(H3\) takes 1, 2, 7, 12, \.\.\."):
        H3.frames_of(3)
    with pytest.raises(ValueError, match="got patches of 2 latent frames, expected 1"):
        H3.nearest(8, 2)
    assert H3.frames_about(3) == 5  # a decoder may take them all the same


def test_formulas_and_cycles_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="formulas of odd for frames and latents that contradict each other"):
        FormulaGrid("odd", lambda latents: 4 * latents, lambda frames: frames)
    with pytest.raises(ValueError, match="formulas without a period"):
        FormulaGrid("squares", lambda latents: latents**2, lambda frames: round(frames**0.5))
    with pytest.raises(ValueError, match="expected one that adds up to this"):
        FormulaGrid("H3", h3_frames, h3_latents, (4, 4, 4, 4, 1))


@pytest.mark.parametrize("grid", [WAN, H3, CausalGrid(8), CausalGrid(6)], ids=["4", "H3", "8", "6"])
def test_frames_of_a_count_that_a_vae_has_lie_in_its_latents(grid):
    for frames in taken(grid)[1:]:
        latents = grid.latents_of(frames)
        expected = [latent for latent in range(latents) for _ in grid.span(latent)]
        assert latent_of_each(frames, latents) == expected, frames


@pytest.mark.parametrize(
    ("frames", "latents", "expected"),
    [(1, 1, [0]), (3, 3, [0, 1, 2]), (6, 3, [0, 1, 1, 2, 2, 2]), (4, 2, [0, 1, 1, 1])],
)
def test_frames_of_any_other_count_are_spread_evenly_after_the_first(frames, latents, expected):
    assert latent_of_each(frames, latents) == expected
