"""Links of a graph: whether an output of the running node is connected."""

from types import SimpleNamespace

from headless.pack import import_from_pack

is_linked, feeds = (getattr(import_from_pack("nodes.io.links"), name) for name in ("is_linked", "feeds"))
PROMPT = {"1": {"inputs": {}}, "2": {"inputs": {"video": ["1", 0], "n": 3}}, "3": {"class_type": "bare"}}


def test_an_output_is_linked_where_an_input_names_it():
    hidden = SimpleNamespace(unique_id="1", prompt=PROMPT)
    assert (is_linked(hidden, 0), is_linked(hidden, 1)) == (True, False)


def test_where_the_host_does_not_tell_it_may_be():
    assert is_linked(SimpleNamespace(unique_id=None, prompt=None), 1)
    assert is_linked(SimpleNamespace(unique_id="9", prompt=PROMPT), 1)


def test_before_a_node_runs_the_running_graph_tells():
    hidden = SimpleNamespace(unique_id="1", prompt={})
    assert [is_linked(hidden, slot, PROMPT) for slot in (0, 1)] == [True, False]
    assert is_linked(hidden, 1, None)


def test_an_output_feeds_the_input_of_a_class_that_is_connected_to_it():
    prompt = {"2": {"class_type": "Paste", "inputs": {"source": ["1", 0], "made": ["1", 1], "start": 1.0}}, "3": {}}
    hidden = SimpleNamespace(unique_id="1", prompt=prompt)
    assert feeds(hidden, 0, "Paste", "source")
    assert not any(
        feeds(hidden, *asked) for asked in ((1, "Paste", "source"), (0, "Other", "source"), (0, "Paste", "start"))
    )
    assert not feeds(SimpleNamespace(unique_id="4", prompt=prompt), 0, "Paste", "source")
    assert not feeds(None, 0, "Paste", "source")
