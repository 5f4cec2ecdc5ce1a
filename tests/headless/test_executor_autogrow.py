"""Inputs that grow: a node gets a dict of those that are connected, by names that a graph writes after a dot."""

from __future__ import annotations

import pytest

from timeline_graph import JSON, TEXT, timeline_graph


@pytest.mark.parametrize("timeline", [TEXT, JSON])
def test_a_timeline_runs_from_text_and_json(runner, workflow, tmp_path, timeline):
    report, ran = runner(timeline_graph(workflow, timeline))
    assert "4 Sora Timeline" in ran
    (path,) = report.files
    assert path.stat().st_size > 0


def test_text_and_json_give_the_same_film(runner, workflow, tmp_path):
    films = [runner(timeline_graph(workflow, timeline))[0].files[0].read_bytes() for timeline in (TEXT, JSON)]
    assert films[0] == films[1]


def test_a_graph_without_any_of_them_runs(runner, workflow):
    graph = timeline_graph(workflow, "length 1\n0: a red circle")
    for name in ("clips.clip1", "clips.clip2", "masks.mask1"):
        del graph["4"]["inputs"][name]
    assert "4 Sora Timeline" in runner(graph)[1]


def test_what_a_timeline_lacks_is_named_before_anything_runs(refused, workflow):
    graph = timeline_graph(workflow, TEXT)
    del graph["4"]["inputs"]["clips.clip2"]
    message = refused(graph)
    assert "node 4 (SoraTimeline): clip2 (2.5 s) is on the timeline but not connected" in message
    graph["4"]["inputs"]["clips.clip2"] = ["1", 0]
    assert "input 'clips.clip2': got MODEL from output 0 of node 1 (SoraLoadModel), expected VIDEO or" in refused(graph)
    assert "timeline of version 2: this pack reads version 1; update it" in refused(
        timeline_graph(workflow, JSON.replace('"version": 1', '"version": 2'))
    )


def test_positive_without_a_text_encoder_says_what_to_connect(runner, workflow):
    graph = timeline_graph(workflow, TEXT)
    del graph["4"]["inputs"]["clip"]
    with pytest.raises(ValueError, match="positive is connected, which needs a text encoder: connect one to clip"):
        runner(graph)
    graph["5"]["inputs"]["positive"] = ["3", 0]
    assert "4 Sora Timeline" in runner(graph)[1]
