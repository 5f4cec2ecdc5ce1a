"""Sora Encode Text: a prompt becomes CONDITIONING in the host's own form. Works with any CLIP."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.tokens import SoraTokenizer
from ..host.values import Clip
from ..io.schema import declare


class SoraEncodeText(io.ComfyNode):
    """Prompt to conditioning."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraEncodeText",
            display_name="Sora Encode Text",
            description="Turns a prompt into conditioning for the sampler.",
            search_aliases=["prompt", "text encode", "clip text encode", "negative prompt"],
            inputs=[
                io.Clip.Input("clip", tooltip="The text encoder, from Sora Load Model."),
                io.String.Input(
                    "text",
                    multiline=True,
                    dynamic_prompts=True,
                    default="",
                    tooltip="What the video shows, in plain words. Left empty it is the neutral negative prompt.",
                ),
            ],
            outputs=[io.Conditioning.Output(display_name="conditioning", tooltip="The prompt as the model reads it.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, clip: Clip, text: str) -> Any:
        if clip is None:
            raise ValueError("got no CLIP: connect the clip output of Sora Load Model")
        tokenizer = getattr(clip, "tokenizer", None)
        if isinstance(tokenizer, SoraTokenizer) and (notice := tokenizer.notice(text)):
            host.current().notify(cls.hidden.unique_id, notice)
        return io.NodeOutput(clip.encode_from_tokens_scheduled(clip.tokenize(text)))
