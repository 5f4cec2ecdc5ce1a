"""Problems of timelines at their places and the grids of VAEs, by the table that JavaScript reads too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sora_core.canvas.time_grid import CausalGrid, FormulaGrid
from sora_core.timeline.problems import check_timeline, loop_problems, problems
from timeline_table import CASES, GRIDS, cases, timeline_of


def test_the_table_describes_the_grids_as_they_are():
    assert set(CASES["grids"]) == set(GRIDS)
    for name, said in CASES["grids"].items():
        grid, spans = GRIDS[name], said["first"] + 10 * said["cycle"]
        assert [len(grid.span(latent)) for latent in range(len(spans))] == spans
        assert [grid.at_least(said["least"] + step) for step in range(said["step"] + 1)] == [
            said["least"],
            *[said["least"] + said["step"]] * said["step"],
        ]


@cases("at_least")
def test_a_length_is_rounded_up_to_what_the_vae_takes(case):
    assert GRIDS[case["grid"]].at_least(case["frames"]) == case["at_least"]


@cases("latents_within")
def test_latent_frames_count_where_all_of_their_frames_do(case):
    found = GRIDS[case["grid"]].spans_within(case["first"], case["stop"])
    assert ([found.start, found.stop] if found else None) == case["latents"]


@cases("problems")
def test_problems_are_found_at_their_places(case):
    found = problems(timeline_of(case["timeline"]), GRIDS[case["grid"]])
    assert [problem._asdict() for problem in found] == case["problems"]


@cases("loop_problems")
def test_problems_of_loops_are_found_at_their_places(case):
    found = loop_problems(timeline_of(case["timeline"]), GRIDS[case["grid"]])
    assert [problem._asdict() for problem in found] == case["problems"]


@pytest.mark.parametrize("loop", [False, True])
def test_the_first_problem_is_told_with_the_number_of_others(loop):
    clips = [{"input": "clip1", "length": 9}, {"input": "clip2", "at": 8, "length": 9}, {"input": "clip3", "at": 30}]
    timeline = timeline_of({"version": 1, "fps": 8, "frames": 17, "clips": clips})
    with pytest.raises(ValueError, match=r"^clip3 \(3.75 s\) ends after the timeline.* \(and 1 more\)$"):
        check_timeline(timeline, GRIDS["1+4k"], loop=loop)
    fine = timeline_of({"version": 1, "fps": 8, "frames": 17, "clips": clips[:1]})
    check_timeline(fine, GRIDS["1+4k"], loop=loop)


def test_what_is_no_loop_is_told_only_of_loops():
    whole = timeline_of({"version": 1, "fps": 8, "frames": 9, "clips": [{"input": "clip1", "length": 9}]})
    check_timeline(whole, GRIDS["1+4k"], loop=False)
    with pytest.raises(ValueError, match="leaves no latent frame to lead back to the beginning: leave more"):
        check_timeline(whole, GRIDS["1+4k"], loop=True)


class Counted:
    """Counts the latent frames that a grid is asked for."""

    asked = 0

    def span(self, latent):
        Counted.asked += 1
        return super().span(latent)


class CountedCausal(Counted, CausalGrid):
    pass


class CountedFormula(Counted, FormulaGrid):
    pass


@pytest.mark.parametrize("length", [1, 50])
@pytest.mark.parametrize("name", GRIDS)
def test_a_thousand_clips_ask_for_a_few_latent_frames_each(name, length):
    grid = GRIDS[name]
    if isinstance(grid, FormulaGrid):
        counted = CountedFormula(grid.name, grid.frames, grid.latents, grid.cycle)
    else:
        counted = CountedCausal(grid.time)
    clips = [{"input": "clip1", "at": 72 * index, "length": length} for index in range(1000)]
    timeline = timeline_of({"version": 1, "fps": 24, "frames": 72_000, "clips": clips})
    Counted.asked = 0
    assert problems(timeline, counted) == []
    assert Counted.asked < 10 * len(clips)  # of up to 21,000
    overlapping = replace(timeline, clips=tuple(replace(clip, length=400) for clip in timeline.clips))
    assert len(problems(overlapping, counted)) == 999 + 5  # and those at the end go beyond it
