"""Saved workflows become the graphs that the browser would queue."""

from __future__ import annotations

from saved_workflows import frames, load, node, save

SAVED = {"1": {"image": "a.png"}, "9": {"images": ["1", 0], "filename_prefix": "out"}}


def test_links_and_values_get_the_names_of_inputs_and_notes_and_labels_are_skipped(convert):
    notes = [node(3, "Note", widgets_values=["?"]), node(4, "MarkdownNote"), node(5, "Label (of some pack)")]
    assert convert([load(), save(), *notes], [[1, 1, 0, 9, 0, "IMAGE"]]) == (SAVED, [])


def test_a_bypassed_node_without_such_an_input_takes_away_what_needs_it(convert):
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 9, 0, "IMAGE"], [3, 2, 0, 8, 0, "IMAGE"]]
    nodes = [load(), load(2), node(3, "LoadImage", outputs=["IMAGE"], mode=4), save(link=2), save(8, 3)]
    graph, said = convert(nodes, links)
    assert graph.keys() == {"1", "2", "8"}
    assert said == [
        "node 9 (SaveImage) is left out: node 3 (LoadImage) is bypassed and has no input of type IMAGE",
    ]


def test_a_muted_node_takes_away_what_needs_it_and_each_is_said(convert):
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 9, 0, "IMAGE"], [3, 2, 0, 8, 0, "IMAGE"]]
    graph, said = convert([load(mode=2), load(2), frames(3, 1), save(link=2), save(8, 3)], links)
    assert graph.keys() == {"2", "8"}
    assert said == [
        "node 3 (ImageFromBatch) is left out: node 1 (LoadImage) is muted",
        "node 9 (SaveImage) is left out: it needs node 3 (ImageFromBatch)",
    ]


def test_a_muted_node_at_an_input_that_is_not_needed_takes_away_nothing_else(convert):
    sound = node(2, "LoadAudio", outputs=["AUDIO"], mode=2)
    inputs = [("images", "IMAGE", 1), ("audio", "AUDIO", 2)]
    film = node(3, "CreateVideo", inputs, ["VIDEO"], widgets_values=[8.0])
    saved = node(9, "SaveVideo", [("video", "VIDEO", 3)], widgets_values=["out", "auto", "auto"])
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 2, 0, 3, 1, "AUDIO"], [3, 3, 0, 9, 0, "VIDEO"]]
    graph, said = convert([load(), sound, film, saved], links)
    assert said == []
    assert graph["3"] == {"images": ["1", 0], "fps": 8.0}


def test_where_nothing_is_left_to_run_that_is_said(refusal):
    lines = refusal([load(mode=2), save()], [[1, 1, 0, 9, 0, "IMAGE"]])
    assert lines == ("nothing is left to run: node 9 (SaveImage) is left out: node 1 (LoadImage) is muted",)


def test_values_of_nodes_in_a_prefix_are_filled_in(convert):
    prefix = "%LoadImage.image%_%First.image%_%none.image%_%width%_%date:yyyy%"
    graph, _ = convert([load(title="First"), save(prefix=prefix)], [[1, 1, 0, 9, 0, "IMAGE"]])
    assert graph["9"]["filename_prefix"] == "a.png_a.png_%none.image%_%width%_%date:yyyy%"
