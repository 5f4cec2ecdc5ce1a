"""Stand-in for the names of `comfy_api.latest` that the nodes use, if there is no ComfyUI.

It declares schemas, describes them as the host's /object_info does (a test compares the two), and holds a node's
outputs. It executes nothing. An option that the host has and this file lacks raises TypeError.
"""

from __future__ import annotations

import copy
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import Any, ClassVar

ANY = "*"  # the type of inputs that take everything
WIDGET_TYPES = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")  # of inputs that are set on the node

# Options of an input, and their names in /object_info.
_INPUT = {name: name for name in ("display_name", "tooltip", "lazy", "advanced")}
_WIDGET = {**_INPUT, "default": "default", "socketless": "socketless", "force_input": "forceInput"}
_NUMBER = {
    **_WIDGET,
    **{name: name for name in ("min", "max", "step", "control_after_generate")},
    "display_mode": "display",
}
_FLOAT = {**_NUMBER, "round": "round"}
_STRING = {**_WIDGET, "multiline": "multiline", "placeholder": "placeholder", "dynamic_prompts": "dynamicPrompts"}
_BOOLEAN = {**_WIDGET, "label_on": "label_on", "label_off": "label_off"}
_COMBO = {**_WIDGET, "options": "options", "control_after_generate": "control_after_generate"}


class Input:
    """A declared input: an id, and options that its type allows."""

    io_type: ClassVar[str]
    allowed: ClassVar[Mapping[str, str]]

    def __init__(
        self, id: str, *, optional: bool = False, extra_dict: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        unknown = sorted(set(options) - set(self.allowed))
        if unknown:
            raise TypeError(
                f"{self.io_type} input {id!r}: unknown options {unknown}, expected some of {[*self.allowed]}"
            )
        self.id = id
        self.optional = optional
        self.extra_dict = dict(extra_dict or {})
        self.options = {name: value for name, value in options.items() if value is not None}

    def describe(self) -> tuple[str, dict[str, Any]]:
        """Return the pair for /object_info."""
        info = {self.allowed[name]: _plain(value) for name, value in self.options.items()}
        return self.io_type, info | self.extra_dict


class _ComboInput(Input):
    def describe(self) -> tuple[str, dict[str, Any]]:
        io_type, info = super().describe()
        return io_type, {**info, "multiselect": False}


class _StringInput(Input):
    def describe(self) -> tuple[str, dict[str, Any]]:
        io_type, info = super().describe()
        return io_type, {"multiline": False, **info}


class _MultiTypeInput(Input):
    """An input that takes several types; its io_type lists them with commas."""

    io_type = "MULTITYPE"
    allowed = _INPUT

    def __init__(self, id: str, types: list[Any], **options: Any) -> None:
        super().__init__(id, **options)
        self.io_type = ",".join(each.io_type for each in types)  # type: ignore[misc]


class _AutogrowNames:
    """What grows: an input for each of these names, of which the first `min` must be connected."""

    def __init__(self, input: Input, names: list[str], min: int = 1) -> None:
        self.input, self.names, self.min = input, names, min

    def describe(self) -> dict[str, Any]:
        """Return what /object_info says."""
        kind = "optional" if self.input.optional else "required"
        described: dict[str, Any] = {"required": {}, kind: {self.input.id: list(self.input.describe())}}
        return {"input": described, "names": self.names, "min": self.min}


class _AutogrowInput(Input):
    """Inputs that a user sees one after the other. In a graph they are called "id.name"; a node gets a dict of them."""

    io_type = "COMFY_AUTOGROW_V3"
    allowed: ClassVar[Mapping[str, str]] = {name: name for name in ("display_name", "tooltip", "lazy")}

    def __init__(self, id: str, template: _AutogrowNames, **options: Any) -> None:
        super().__init__(id, **options)
        self.template = template

    def describe(self) -> tuple[str, dict[str, Any]]:
        io_type, info = super().describe()
        return io_type, {**info, "template": self.template.describe()}

    def grown(self) -> list[Input]:
        """The inputs by their names in a graph."""
        made = []
        for place, name in enumerate(self.template.names):
            one = copy.copy(self.template.input)
            one.id = f"{self.id}.{name}"
            one.optional = one.optional or place >= self.template.min
            made.append(one)
        return made


class Output:
    """A declared output."""

    io_type: ClassVar[str]

    def __init__(
        self,
        id: str | None = None,
        *,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
    ) -> None:
        self.id = id
        self.is_output_list = is_output_list
        self.display_name = display_name or id or self.io_type
        self.tooltip = tooltip


def _io_type(name: str, allowed: Mapping[str, str] = _INPUT, base: type[Input] = Input) -> Any:
    """Make a type with nested Input and Output, as in `io.Int.Input("steps", min=1)`."""
    return types.SimpleNamespace(
        io_type=name,
        Input=type("Input", (base,), {"io_type": name, "allowed": allowed}),
        Output=type("Output", (Output,), {"io_type": name}),
    )


class Hidden(str, Enum):
    """Values that a node may request from the host, beside its inputs."""

    unique_id = "UNIQUE_ID"
    prompt = "PROMPT"
    extra_pnginfo = "EXTRA_PNGINFO"


@dataclass
class Schema:
    """Declaration of a node."""

    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_output_node: bool = False
    has_intermediate_output: bool = False

    def validate(self) -> None:
        """Raise ValueError if two inputs or two outputs have the same id."""
        for kind, ids in (("input", [i.id for i in self.inputs]), ("output", [o.id for o in self.outputs if o.id])):
            if len(set(ids)) != len(ids):
                raise ValueError(f"{self.node_id}: {kind} ids must be unique, got {ids}")

    def find_input(self, name: str) -> Input | None:
        """Return the input called `name` in a graph, or None."""
        return next((declared for declared in self.graph_inputs() if declared.id == name), None)

    def graph_inputs(self) -> list[Input]:
        """Return the inputs as a graph names them: all that may grow, "id.name", in the place of what grows."""
        return [
            one
            for declared in self.inputs
            for one in (declared.grown() if isinstance(declared, _AutogrowInput) else [declared])
        ]

    def nested(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of a graph's inputs as a node gets them: those of inputs that grow in a dict of their names."""
        given = dict(values)
        for declared in self.inputs:
            if isinstance(declared, _AutogrowInput):
                names = {f"{declared.id}.{name}": name for name in declared.template.names}
                given[declared.id] = {name: given.pop(path) for path, name in names.items() if path in given}
        return given


class HiddenValues:
    """Values of Hidden from the host; None for those not requested."""

    def __init__(self, **values: Any) -> None:
        self.unique_id = values.get("unique_id")
        self.prompt = values.get("prompt")
        self.extra_pnginfo = values.get("extra_pnginfo")


class ComfyNode:
    """Base class of all nodes, with class methods and no state."""

    hidden = HiddenValues()
    execute: ClassVar[Any]  # class method that takes the inputs by name and returns a NodeOutput

    @classmethod
    def define_schema(cls) -> Schema:
        """Return the node's declaration."""
        raise NotImplementedError

    @classmethod
    def GET_SCHEMA(cls) -> Schema:  # noqa: N802  (the host's name)
        """Return the declaration after checking it."""
        schema = cls.define_schema()
        schema.validate()
        return schema

    @classmethod
    def GET_NODE_INFO_V1(cls) -> dict[str, Any]:  # noqa: N802  (the host's name)
        """Describe this node as the host's /object_info does."""
        schema = cls.GET_SCHEMA()
        inputs = _inputs_info(schema)
        return {
            "input": inputs,
            "input_order": {kind: list(names) for kind, names in inputs.items()},
            "is_input_list": False,
            "output": [output.io_type for output in schema.outputs],
            "output_is_list": [output.is_output_list for output in schema.outputs],
            "output_name": [output.display_name for output in schema.outputs],
            "output_tooltips": [output.tooltip for output in schema.outputs],
            "output_matchtypes": None,
            "name": schema.node_id,
            "display_name": schema.display_name,
            "description": schema.description,
            "python_module": "nodes",
            "category": schema.category,
            "output_node": schema.is_output_node,
            "deprecated": False,
            "experimental": False,
            "dev_only": False,
            "api_node": False,
            "price_badge": None,
            "search_aliases": schema.search_aliases or None,
            "essentials_category": None,
            "has_intermediate_output": schema.has_intermediate_output,
        }


class NodeOutput:
    """A node's outputs in order, and values for the user interface."""

    def __init__(self, *args: Any, ui: dict[str, Any] | None = None) -> None:
        self.args = args
        self.ui = ui


class ComfyExtension:
    """A pack's list of nodes."""

    async def get_node_list(self) -> list[type[ComfyNode]]:
        raise NotImplementedError


def install() -> None:
    """Make `import comfy_api.latest` find this stand-in, unless the real one is installed."""
    try:
        import comfy_api.latest  # noqa: F401
    except ModuleNotFoundError:
        package, latest = ModuleType("comfy_api"), ModuleType("comfy_api.latest")
        package.latest = latest  # type: ignore[attr-defined]
        latest.io = io  # type: ignore[attr-defined]
        latest.ComfyExtension = ComfyExtension  # type: ignore[attr-defined]
        sys.modules.update({"comfy_api": package, "comfy_api.latest": latest})


def _inputs_info(schema: Schema) -> dict[str, Any]:
    info: dict[str, Any] = {"required": {}}
    for declared in schema.inputs:
        info.setdefault("optional" if declared.optional else "required", {})[declared.id] = list(declared.describe())
    hidden = [*schema.hidden]
    if schema.is_output_node:
        hidden += [wanted for wanted in (Hidden.prompt, Hidden.extra_pnginfo) if wanted not in hidden]
    if hidden:
        info["hidden"] = {wanted.name: [wanted.value] for wanted in hidden}
    return info


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


io = types.SimpleNamespace(
    Int=_io_type("INT", _NUMBER),
    Float=_io_type("FLOAT", _FLOAT),
    String=_io_type("STRING", _STRING, _StringInput),
    Boolean=_io_type("BOOLEAN", _BOOLEAN),
    Combo=_io_type("COMBO", _COMBO, _ComboInput),
    AnyType=_io_type(ANY),
    **{
        name: _io_type(name.upper())
        for name in ("Model", "Clip", "Vae", "Conditioning", "Latent", "Image", "Mask", "Video", "Audio", "Sigmas")
    },
    MultiType=types.SimpleNamespace(Input=_MultiTypeInput),
    Autogrow=types.SimpleNamespace(Input=_AutogrowInput, TemplateNames=_AutogrowNames),
    Hidden=Hidden,
    Schema=Schema,
    ComfyNode=ComfyNode,
    NodeOutput=NodeOutput,
)
