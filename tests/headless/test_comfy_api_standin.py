"""The stand-in for the host's API refuses what the host would, and answers as its /object_info does.

tests/integration/test_comfyui.py compares the answers of all nodes with a real host's.
"""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from headless.pack import import_from_pack

standin = import_from_pack("headless.comfy_api_standin")
io = standin.io


class Doubling(standin.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            "Doubling",
            display_name="Double",
            category="tests",
            inputs=[
                io.Int.Input("count", default=2, min=1, max=9, tooltip="How many."),
                io.MultiType.Input("source", types=[io.Video, io.Image]),
                io.Combo.Input("way", options=["a", "b"], optional=True),
            ],
            outputs=[io.Image.Output("images"), io.Float.Output(display_name="fps", tooltip="Rate.")],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )


def test_an_option_that_the_stand_in_does_not_have_is_named_with_those_it_has():
    with pytest.raises(
        TypeError, match=r"INT input 'count': unknown options \['multiline'\], expected some of .*'min'"
    ):
        io.Int.Input("count", multiline=True)


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_two_of_one_id_are_refused(kind):
    socket = io.Image.Input if kind == "inputs" else io.Image.Output
    with pytest.raises(ValueError, match=rf"Twice: {kind[:-1]} ids must be unique, got \['a', 'a'\]"):
        io.Schema("Twice", **{kind: [socket("a"), socket("a")]}).validate()


def test_an_input_is_described_as_in_object_info():
    assert io.String.Input("text", dynamic_prompts=True, default="").describe() == (
        "STRING",
        {"multiline": False, "dynamicPrompts": True, "default": ""},
    )
    assert io.Combo.Input("way", options=["a"]).describe() == ("COMBO", {"options": ["a"], "multiselect": False})
    assert io.MultiType.Input("source", types=[io.Video, io.Image]).describe() == ("VIDEO,IMAGE", {})
    assert io.Float.Input("share", default=None, force_input=True).describe() == ("FLOAT", {"forceInput": True})


def test_a_node_tells_of_its_inputs_outputs_and_hidden_values():
    info = Doubling.GET_NODE_INFO_V1()
    assert info["input_order"] == {
        "required": ["count", "source"],
        "optional": ["way"],
        "hidden": ["unique_id", "prompt", "extra_pnginfo"],  # an output node is told of the graph too
    }
    assert info["input"]["required"]["count"] == ["INT", {"default": 2, "min": 1, "max": 9, "tooltip": "How many."}]
    assert (info["output"], info["output_name"]) == (["IMAGE", "FLOAT"], ["images", "fps"])
    assert info["output_tooltips"] == [None, "Rate."]
    assert (info["name"], info["display_name"], info["output_node"]) == ("Doubling", "Double", True)


def test_an_input_is_found_by_its_id():
    schema = Doubling.GET_SCHEMA()
    assert schema.find_input("way").optional
    assert schema.find_input("wya") is None


def test_where_the_hosts_own_api_is_there_it_stays(monkeypatch):
    package, latest = ModuleType("comfy_api"), ModuleType("comfy_api.latest")
    package.latest = latest
    monkeypatch.setitem(sys.modules, "comfy_api", package)
    monkeypatch.setitem(sys.modules, "comfy_api.latest", latest)
    standin.install()
    assert sys.modules["comfy_api.latest"] is latest
    assert not hasattr(latest, "io")


def test_where_there_is_none_the_stand_in_is_found(monkeypatch):
    monkeypatch.setitem(sys.modules, "comfy_api", None)  # as if it were not installed
    monkeypatch.setitem(sys.modules, "comfy_api.latest", None)
    standin.install()
    assert sys.modules["comfy_api.latest"].io is io


def growing(**more):
    template = io.Autogrow.TemplateNames(io.Image.Input("one", **more), names=["a", "b", "c"], min=1)
    return io.Schema("Growing", inputs=[io.Float.Input("fps"), io.Autogrow.Input("clips", template, tooltip="Many.")])


def test_an_input_that_grows_is_described_as_in_object_info():
    assert growing().inputs[1].describe() == (
        "COMFY_AUTOGROW_V3",
        {
            "tooltip": "Many.",
            "template": {"input": {"required": {"one": ["IMAGE", {}]}}, "names": ["a", "b", "c"], "min": 1},
        },
    )
    assert growing(optional=True).inputs[1].describe()[1]["template"]["input"] == {
        "required": {},
        "optional": {"one": ["IMAGE", {}]},
    }


def test_a_graph_names_what_grows_after_a_dot_and_a_node_gets_a_dict():
    schema = growing()
    assert [(one.id, one.optional) for one in schema.graph_inputs()] == [
        ("fps", False),
        ("clips.a", False),
        ("clips.b", True),
        ("clips.c", True),
    ]
    assert schema.find_input("clips.c").io_type == "IMAGE"
    assert all(one.optional for one in growing(optional=True).graph_inputs()[1:])
    assert schema.nested({"fps": 8, "clips.b": 1, "clips.a": 2}) == {"fps": 8, "clips": {"a": 2, "b": 1}}
    assert schema.nested({"fps": 8}) == {"fps": 8, "clips": {}}
