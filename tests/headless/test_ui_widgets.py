"""Values of widgets get their names, whichever browser part saved them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from headless.pack import import_from_pack


@pytest.fixture
def schema():
    """A model, a text, a seed with a control, a choice, and a number that is not needed."""
    io = import_from_pack("headless.comfy_api_standin").io
    inputs = [
        io.Model.Input("model"),
        io.String.Input("text", force_input=True),
        io.Int.Input("seed", default=1, min=0),
        io.Combo.Input("solver", options=["euler", "heun"]),
        io.Float.Input("shift", default=3.0, optional=True),
    ]
    return SimpleNamespace(inputs=inputs)


def values(schema, **saved):
    return import_from_pack("headless.ui_widgets").widget_values(saved, schema)


@pytest.mark.parametrize(
    "saved",
    [
        [7, "randomize", "heun", 2.0],
        [7, "fixed", "heun", 2.0],
        [7, "heun", 2.0],  # from the time before the control
        [7, "randomize", "heun", 2.0, "image"],  # a button after the values
        {"solver": "heun", "seed": 7, "shift": 2.0, "control_after_generate": "fixed"},
    ],
)
def test_values_come_in_the_order_of_the_declaration_or_by_name(schema, saved):
    assert values(schema, widgets_values=saved) == {"seed": 7, "solver": "heun", "shift": 2.0}


def test_names_that_the_browser_part_saved_count_more_than_places(schema):
    named = {"seed": 8, "solver": "euler"}
    assert values(schema, widgets_values=["?"], widgets_values_named=named) == named


def test_what_the_file_lacks_has_its_default_and_what_is_not_needed_is_left_to_the_node(schema):
    assert values(schema, widgets_values=[9]) == {"seed": 9, "solver": "euler"}
    assert values(schema) == {"seed": 1, "solver": "euler"}


def test_sockets_that_account_for_every_value_say_which_ones_there_are(schema):
    sockets = [{"name": name, "widget": {"name": name}} for name in ("seed", "shift")]
    assert values(schema, widgets_values=[7, "fixed", 2.0], inputs=sockets) == {
        "seed": 7,
        "solver": "euler",
        "shift": 2.0,
    }


@pytest.mark.parametrize("control", ["increment", "increment-wrap"])
def test_the_filter_of_a_choice_that_changes_after_each_run_is_no_value(control):
    io = import_from_pack("headless.comfy_api_standin").io
    choice = io.Combo.Input("file", options=["a", "b"], control_after_generate=True)
    schema = SimpleNamespace(inputs=[choice, io.Int.Input("count")])
    assert values(schema, widgets_values=["b", control, "", 4]) == {"file": "b", "count": 4}


@pytest.mark.parametrize(
    ("saved", "given"),
    [
        (
            {"widgets_values": [5, "x"], "inputs": [{"name": "n", "widget": {"name": "n"}}, {"name": "image"}]},
            {("-1", "n"): 5},
        ),
        (
            {"widgets_values": [5, None, 6], "properties": {"proxyWidgets": [["-1", "n"], ["7", "seed"], ["-1", "m"]]}},
            {("-1", "n"): 5, ("-1", "m"): 6},
        ),
        ({"widgets_values": [5], "widgets_values_named": {"n": 4}}, {("-1", "n"): 4}),
        ({"widgets_values": [5, 6], "properties": {"proxyWidgets": [["7", "seed"], "?"]}}, {("7", "seed"): 5}),
        ({"widgets_values": "?"}, {}),
        ({}, {}),
    ],
)
def test_a_subgraphs_node_gives_the_values_of_the_widgets_that_it_shows(saved, given):
    assert import_from_pack("headless.ui_widgets").host_values(saved) == given
