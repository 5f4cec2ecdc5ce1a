"""Sora Expand Prompt: makes a short prompt detailed, and shows what it added; the user's own facts stay."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.language import Expander, Expansion
from ...sora_core.language.expanding import ModelExpander
from ...sora_core.language.grammar import GrammarExpander
from ...sora_core.language.pictures import data_url
from ...sora_core.language.server import ChatServer
from ...sora_core.language.system_texts import FAMILIES, NANO, family_named
from .. import host
from ..host.time_left import EXPANDING
from ..io.schema import declare


class SoraExpandPrompt(io.ComfyNode):
    """Expands a prompt by the bundled grammar, or by a server that the user names."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraExpandPrompt",
            display_name="Sora Expand Prompt",
            description="Makes a short prompt as detailed as the captions that a video model learnt from. Every fact "
            "of the prompt must still be there: otherwise the prompt is used as it is, and the node says why.",
            search_aliases=["prompt enhance", "prompt expansion", "rewrite prompt", "llm", "ollama", "upsample prompt"],
            inputs=[
                io.String.Input(
                    "text",
                    multiline=True,
                    dynamic_prompts=True,
                    default="",
                    tooltip="What the video shows, in English or Chinese, in as few words as you like.",
                ),
                io.Combo.Input(
                    "family",
                    options=[*FAMILIES],
                    default=NANO.name,
                    tooltip="The video model that the text is for. nano needs no server; the others do.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**32 - 1,
                    control_after_generate=True,
                    tooltip="What the prompt leaves open is drawn by it: the same seed gives the same text with nano.",
                ),
                io.String.Input(
                    "server_url",
                    default="",
                    tooltip="Base URL of an OpenAI-compatible server, such as http://localhost:11434/v1 for Ollama. "
                    "Nothing is sent anywhere while it is empty.",
                ),
                io.String.Input("server_model", default="", tooltip="A model that the server has."),
                io.Image.Input(
                    "image",
                    optional=True,
                    tooltip="The first frame, for image to video: the server's model must see pictures. Only motion is "
                    "added then.",
                ),
            ],
            outputs=[
                io.String.Output(display_name="text", tooltip="The detailed prompt, for Sora Encode Text."),
                io.String.Output(display_name="added", tooltip="What the text says that the prompt left open."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, text: str, family: str, seed: int, server_url: str, server_model: str, image: torch.Tensor | None = None
    ) -> Any:
        bar = host.current().progress(1, EXPANDING)
        expander = _expander(family, server_url, server_model, image)
        result = expander.expand(text, seed=seed, poll=lambda: bar.update(0))
        if result.notice:
            host.current().notify(cls.hidden.unique_id, result.notice)
        bar.update(1)
        return io.NodeOutput(result.text, added(result))


def added(result: Expansion) -> str:
    """List what an expansion added, a line each."""
    return "\n".join(map(str, result.check.added))


def _expander(family: str, url: str, model: str, image: torch.Tensor | None) -> Expander:
    if not url.strip():
        if family != NANO.name:
            raise ValueError(
                f"no server was given: only prompts of {NANO.name} are expanded without one; give the server_url and "
                "server_model of an OpenAI-compatible server, such as http://localhost:11434/v1 (Ollama)"
            )
        if image is not None:
            raise ValueError("the image needs a server whose model sees pictures: give server_url and server_model")
        return GrammarExpander()
    pictures = () if image is None else (data_url((image[0, ..., :3].clamp(0, 1) * 255).round().to(torch.uint8)),)
    return ModelExpander(ChatServer(url, model), family_named(family), pictures=pictures)
