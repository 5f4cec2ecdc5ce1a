"""The captioner that the inputs of a node choose, and these inputs: bundled, a CLIP that sees and writes, a server."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.language import Captioner
from ...sora_core.language.captioning import ModelCaptioner
from ...sora_core.language.system_texts import FAMILIES, NANO, family_named
from .. import host
from ..host.values import Clip
from .language_models import chosen_model


def family_input() -> Any:
    """The form of captions."""
    return io.Combo.Input(
        "family",
        options=[*FAMILIES],
        default=NANO.name,
        tooltip="The video model that the text is for: its captions' length and form. nano needs neither clip nor "
        "server, but its captioner knows nano's small world alone: of any other video it says what is not there.",
    )


def local_inputs() -> list[Any]:
    """What describes videos without a server."""
    return [
        io.Combo.Input(
            "model",
            options=host.current().model_names(),
            optional=True,
            tooltip="Whose captioner describes videos while neither clip nor server_url is given: the bundled one, or "
            "a folder of yours with captioner.safetensors.",
        ),
        io.Clip.Input(
            "clip",
            optional=True,
            tooltip="A text encoder that sees pictures and writes text, from Load CLIP: Gemma 3 with vision, Gemma 4, "
            "Qwen3-VL or Qwen3.5. Leave server_url empty then.",
        ),
    ]


def chosen_captioner(family: str, url: str, name: str, model: str | None, clip: Clip | None) -> Captioner:
    """Return the captioner of the inputs. Raises ValueError where they name none, or two."""
    chosen = chosen_model(url, name, clip, pictures=True)
    if chosen is not None:
        return ModelCaptioner(chosen, family_named(family))
    if family != NANO.name:
        raise ValueError(
            f"no language model was given: only captions of {NANO.name} are written without one; connect a CLIP that "
            "sees and writes (Qwen3-VL, Gemma 4), or give the server_url and server_model of an OpenAI-compatible "
            "server, such as http://localhost:11434/v1 (Ollama)"
        )
    return host.current().captioner(model or host.current().model_names()[0])
