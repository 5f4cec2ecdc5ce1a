"""Names of files hold the values that the browser would put there."""

from __future__ import annotations

import pytest

from saved_workflows import frames, load, node, save

LINKS = [[1, 1, 0, 9, 0, "IMAGE"]]


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        (
            "%LoadImage.image%_%First.image%_%none.image%_%width%_%date:yyyy%",
            "a.png_a.png_%none.image%_%width%_%date:yyyy%",
        ),
        ("100%_%First.image%", "100%_%First.image%"),  # "%_%" comes first
        ("%First.si/ze%", "%First.si/ze%"),
        ("%First.image.x%", "%First.image.x%"),
    ],
)
def test_values_of_nodes_in_a_prefix_are_filled_in(convert, prefix, name):
    graph, _ = convert([load(title="First"), save(prefix=prefix)], LINKS)
    assert graph["9"]["filename_prefix"] == name


def test_a_node_without_a_title_is_found_by_its_display_name(convert):
    grid = node(4, "SoraVideoGrid", widgets_values=["1:1", 64, 2.0, 8.5])
    prefix = "%Sora Video Grid.size%_%Sora Video Grid.seconds%_%Sora Video Grid.fps%"
    graph, _ = convert([load(), grid, save(prefix=prefix)], LINKS)
    assert graph["9"]["filename_prefix"] == "64_2_8.5"  # numbers as JavaScript writes them


def test_the_alias_of_a_node_goes_before_titles(convert):
    alias = {"Node name for S&R": "Mine"}
    other = node(2, "LoadImage", outputs=["IMAGE"], widgets_values=["b/c.png"], properties=alias)
    graph, _ = convert([load(title="Mine"), other, save(prefix="%Mine.image%_%LoadImage.image%")], LINKS)
    assert graph["9"]["filename_prefix"] == "b_c.png_a.png"


def test_muted_nodes_are_found_and_a_primitive_node_sets_the_value(convert):
    counted = frames(3, 1)
    counted["inputs"].append({"name": "length", "type": "INT", "link": 2, "widget": {"name": "length"}})
    primitive = node(5, "PrimitiveNode", outputs=["INT"], widgets_values=[7, "fixed"])
    muted = load(6, title="Muted", mode=2)
    nodes = [load(), counted, primitive, muted, save(prefix="%ImageFromBatch.length%_%Muted.image%")]
    graph, _ = convert(nodes, [*LINKS, [2, 5, 0, 3, 1, "INT"]])
    assert graph["9"]["filename_prefix"] == "7_a.png"


@pytest.mark.parametrize("properties", [None, 5, [], {"Node name for S&R": ["x"]}])
def test_properties_of_a_wrong_type_name_nothing(convert, properties):
    graph, _ = convert([load(title="First", properties=properties), save(prefix="%First.image%")], LINKS)
    assert graph["9"]["filename_prefix"] == "a.png"
