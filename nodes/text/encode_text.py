"""Sora Encode Text: encodes a prompt with any CLIP, and warns when the prompt is too long."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..host.empty_prompt import KEY as EMPTY_PROMPT
from ..host.empty_prompt import EmptyPrompt
from ..host.job import CLIP_NAME, Conditioning
from ..host.tokens import SoraTokenizer
from ..host.values import Clip
from ..io.schema import declare
from ..io.told import outputs, tell


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


def encoded(node: type[io.ComfyNode], clip: Clip, text: str) -> Conditioning:
    """A CONDITIONING of a prompt; the node tells the user what of it the model does not read."""
    if clip is None:
        raise ValueError("got no CLIP: connect the clip output of Sora Load Model")
    tokenizer = getattr(clip, "tokenizer", None)
    tell(node, tokenizer.notices(text) if isinstance(tokenizer, SoraTokenizer) else ())
    entries = clip.encode_from_tokens_scheduled(clip.tokenize(text))
    own = {EMPTY_PROMPT: EmptyPrompt(clip), **_made_by(tokenizer)}
    return [[embeddings, {**more, **own}] for embeddings, more in entries]


def _made_by(tokenizer: Any) -> dict[str, str]:
    """What a conditioning says of its CLIP, so that Sora Sampler can tell the wrong one; nothing of our own."""
    if tokenizer is None or isinstance(tokenizer, SoraTokenizer):
        return {}
    kind = type(tokenizer)
    return {CLIP_NAME: f"{kind.__module__}.{kind.__qualname__}"}
