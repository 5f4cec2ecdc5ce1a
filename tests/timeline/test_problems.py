"""Problems of timelines at their places and the grids of VAEs, by the table that JavaScript reads too."""

from __future__ import annotations

from sora_core.timeline.problems import problems
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
