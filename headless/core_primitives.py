"""ComfyUI's core nodes that hold one value, with its names and output slots (0.33)."""

from __future__ import annotations

from typing import Any

from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io

LARGEST = 2**63 - 1


class _Primitive(ComfyNode):
    """Gives its value."""

    @classmethod
    def execute(cls, value: Any) -> NodeOutput:
        return NodeOutput(value)


class PrimitiveString(_Primitive):
    """A text of one line."""

    @classmethod
    def define_schema(cls) -> Schema:
        inputs = [io.String.Input("value")]
        return Schema("PrimitiveString", "String", "utilities/primitive", inputs, [io.String.Output()])


class PrimitiveStringMultiline(_Primitive):
    """A text of several lines."""

    @classmethod
    def define_schema(cls) -> Schema:
        inputs = [io.String.Input("value", multiline=True)]
        return Schema("PrimitiveStringMultiline", "String", "utilities/primitive", inputs, [io.String.Output()])


class PrimitiveInt(_Primitive):
    """A whole number."""

    @classmethod
    def define_schema(cls) -> Schema:
        inputs = [io.Int.Input("value", min=-LARGEST, max=LARGEST, control_after_generate=True)]
        return Schema("PrimitiveInt", "Int", "utilities/primitive", inputs, [io.Int.Output()])


class PrimitiveFloat(_Primitive):
    """A number."""

    @classmethod
    def define_schema(cls) -> Schema:
        inputs = [io.Float.Input("value", min=-LARGEST, max=LARGEST, step=0.1)]
        return Schema("PrimitiveFloat", "Float", "utilities/primitive", inputs, [io.Float.Output()])


class PrimitiveBoolean(_Primitive):
    """True or false."""

    @classmethod
    def define_schema(cls) -> Schema:
        inputs = [io.Boolean.Input("value")]
        return Schema("PrimitiveBoolean", "Boolean", "utilities/primitive", inputs, [io.Boolean.Output()])


PRIMITIVE_NODES: tuple[type[ComfyNode], ...] = (
    PrimitiveString,
    PrimitiveStringMultiline,
    PrimitiveInt,
    PrimitiveFloat,
    PrimitiveBoolean,
)
