"""Sora Caption Video: describes a video in the form of a video model's captions, and lists the facts of the text."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.captions.files import ClipFilm
from .. import host
from ..host.models import BUNDLED
from ..host.notices import in_short
from ..host.time_left import CAPTIONING
from ..host.values import Clip
from ..io.schema import declare
from ..io.sockets import fps_input, source_input
from ..io.source import source_clip_of
from ..io.told import outputs, tell
from .captioners import chosen_captioner, family_input, local_inputs
from .language_models import server_inputs, unload_input, unloading

IMAGE_FPS = "Frames per second of an IMAGE batch; a VIDEO has its own."


class SoraCaptionVideo(io.ComfyNode):
    """Describes a video by the bundled captioner, a CLIP that sees and writes, or a server that the user names."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraCaptionVideo",
            "language",
            display_name="Sora Caption Video",
            description="Describes a video as the captions of a video model are written: to make it again, to change "
            "it, or to train on it. Of a long video only a few frames, or a few stretches, are read.",
            search_aliases=["caption", "describe video", "video to text", "video to prompt", "interrogate", "vlm"],
            inputs=[
                source_input("source", "The video or pictures to describe."),
                family_input(),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**32 - 1,
                    control_after_generate=True,
                    tooltip="For a clip or a server: another seed asks for another text.",
                ),
                *server_inputs("A model of the server that sees pictures."),
                fps_input(IMAGE_FPS),
                *local_inputs(),
                unload_input(),
            ],
            outputs=[
                io.String.Output(display_name="text", tooltip="The description, for Sora Encode Text."),
                io.String.Output(
                    display_name="facts",
                    tooltip="What could be read of the text, a line each: exact for nano's world, a sign for others.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        source: Any,
        family: str,
        seed: int,
        server_url: str,
        server_model: str,
        fps: float,
        model: str = BUNDLED,
        clip: Clip | None = None,
        unload: bool = False,
    ) -> Any:
        bar = host.current().progress(1, CAPTIONING)
        captioner = chosen_captioner(family, server_url, server_model, model, clip)
        shown = source_clip_of(source, fps)
        with unloading(clip, unload):
            caption = captioner.describe(ClipFilm(shown), shown.fps, seed=seed, poll=lambda: bar.update(0))
        tell(cls, in_short(caption.notice))
        bar.update(1)
        return outputs(cls, caption.text, "\n".join(map(str, caption.facts)))
