"""Sora Encode Text: encodes a prompt with any CLIP, and warns when the prompt is too long."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..host.values import Clip
from ..io.encoded_prompts import encoded
from ..io.schema import declare
from ..io.told import outputs


class SoraEncodeText(io.ComfyNode):
    """Encodes a prompt as conditioning."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraEncodeText",
            "language",
            display_name="Sora Encode Text",
            description="Encodes a prompt as conditioning for a sampler.",
            search_aliases=["prompt", "text encode", "clip text encode", "negative prompt"],
            inputs=[
                io.Clip.Input("clip", tooltip="The text encoder, from Sora Load Model."),
                io.String.Input(
                    "text",
                    multiline=True,
                    dynamic_prompts=True,
                    default="",
                    tooltip="What the video shows, in plain words. An empty prompt is a neutral negative prompt.",
                ),
            ],
            outputs=[io.Conditioning.Output(display_name="conditioning", tooltip="The encoded prompt.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, clip: Clip, text: str) -> Any:
        return outputs(cls, encoded(cls, clip, text))
