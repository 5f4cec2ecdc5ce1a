"""Sora Expand Prompt: makes a short prompt detailed, and shows what it added; the user's own facts stay."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.language import Expander, Expansion, LanguageModel
from ...sora_core.language.expanding import ModelExpander
from ...sora_core.language.grammar import GrammarExpander
from ...sora_core.language.pictures import small_picture
from ...sora_core.language.system_texts import FAMILIES, NANO, family_named
from .. import host
from ..host.notices import in_short
from ..host.time_left import EXPANDING
from ..host.values import Clip
from ..io.schema import declare
from ..io.told import outputs, tell
from .language_models import chosen_model, server_inputs, unload_input, unloading


class SoraExpandPrompt(io.ComfyNode):
    """Expands a prompt by the bundled grammar, a CLIP that writes text, or a server that the user names."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraExpandPrompt",
            "language",
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
                    tooltip="The video model that the text is for. nano needs neither clip nor server, and its prompts "
                    "may begin with their domain, such as 'solids: a red ball'; the others need one.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**32 - 1,
                    control_after_generate=True,
                    tooltip="What the prompt leaves open is drawn by it: the same seed gives the same text with nano.",
                ),
                *server_inputs("A model that the server has."),
                io.Image.Input(
                    "image",
                    optional=True,
                    tooltip="The first frame, for image to video: the CLIP or the server's model must see pictures. "
                    "Only motion is added then.",
                ),
                io.Clip.Input(
                    "clip",
                    optional=True,
                    tooltip="A text encoder that writes text, from Load CLIP: Gemma 3 or 4, Qwen3, Qwen3-VL or "
                    "Qwen3.5. Those of Wan and Sora Load Model only read. Leave server_url empty then.",
                ),
                unload_input(),
            ],
            outputs=[
                io.String.Output(display_name="text", tooltip="The detailed prompt, for Sora Encode Text."),
                io.String.Output(display_name="added", tooltip="What the text says that the prompt left open."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        text: str,
        family: str,
        seed: int,
        server_url: str,
        server_model: str,
        image: torch.Tensor | None = None,
        clip: Clip | None = None,
        unload: bool = False,
    ) -> Any:
        bar = host.current().progress(1, EXPANDING)
        expander = _expander(family, chosen_model(server_url, server_model, clip, pictures=image is not None), image)
        with unloading(clip, unload):
            result = expander.expand(text, seed=seed, poll=lambda: bar.update(0))
        tell(cls, in_short(result.notice))
        bar.update(1)
        return outputs(cls, result.text, added(result))


def added(result: Expansion) -> str:
    """List what an expansion added, a line each."""
    return "\n".join(map(str, result.check.added))


def _expander(family: str, model: LanguageModel | None, image: torch.Tensor | None) -> Expander:
    if model is None:
        if family != NANO.name:
            raise ValueError(
                f"no language model was given: only prompts of {NANO.name} are expanded without one; connect a CLIP "
                "that writes text (Gemma, Qwen), or give the server_url and server_model of an OpenAI-compatible "
                "server, such as http://localhost:11434/v1 (Ollama)"
            )
        if image is not None:
            raise ValueError("the image needs a model that sees pictures: connect clip, or give server_url")
        return GrammarExpander()
    pictures = () if image is None else (_picture(image),)
    return ModelExpander(model, family_named(family), pictures=pictures)


def _picture(image: torch.Tensor) -> torch.Tensor:
    """The first frame of an IMAGE, as language models take it."""
    return small_picture((image[0, ..., :3].clamp(0, 1) * 255).round().to(torch.uint8))
