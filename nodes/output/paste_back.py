"""Sora Paste Back: the user's own video, with what was made of it at its place."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.video.border import Border
from ...sora_core.video.film_joining import Take
from ...sora_core.video.paste_back import PastedFilm, Place
from ...sora_core.video.region import Region
from ...sora_core.video.source_clip import SourceClip
from ..io.adapters import is_latent
from ..io.schema import declare
from ..io.sockets import fps_input, seconds_input, source_input
from ..io.source import sound_of, source_and_sound
from ..io.told import outputs, tell
from . import film_output
from .keyframes_back import check_alone, keyframed

PARTS = 1000  # of a second, to which a start is exact
TOLD = 1  # seconds by which the two may differ before it is told: a canvas is rounded to whole latent frames


class SoraPasteBack(io.ComfyNode):
    """Puts a made clip back into its source."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraPasteBack",
            "output",
            display_name="Sora Paste Back",
            description="Puts what was made of a video back into it: the result has the size, frame rate and sound of "
            "your video. Without a region all of its picture is the made one; with one, all pixels and frames outside "
            "it are unchanged bit for bit. Images and clips that Sora Keyframe or Timeline keeps stand as they were.",
            search_aliases=["composite", "restore size", "original audio", "uncrop", "stitch", "inpaint"],
            inputs=[
                source_input(
                    "source",
                    "Your video, as it was given to Sora Inpaint, Edit or Outpaint Video; or the latent of Sora "
                    "Timeline or the last Sora Keyframe, whose images and clips are shown as they were.",
                    latent=True,
                ),
                source_input("made", "What was made of it, from Sora Decode to Video."),
                seconds_input("start", 0.0, "When the made video begins in the source, where it was made of a part."),
                io.Int.Input(
                    "feather",
                    default=8,
                    min=0,
                    max=256,
                    tooltip="Pixels, inside the region or border, over which it appears. 0 is a hard edge.",
                ),
                io.Boolean.Input(
                    "match_colours",
                    default=True,
                    tooltip="Fits the colours of the made video to the source, by what both show outside the region.",
                ),
                fps_input("Frames per second of an IMAGE batch; connect the fps of the node that made the canvas."),
                io.Mask.Input(
                    "region",
                    optional=True,
                    tooltip="The mask of Sora Inpaint Video, or of Sora Time Range: where it is above 0 the made video "
                    "is shown. A batch is spread over the duration of the source.",
                ),
                io.Mask.Input(
                    "border",
                    optional=True,
                    tooltip="The border of Sora Outpaint Video. Your video stands in it at its own size.",
                ),
            ],
            outputs=[
                io.Video.Output(display_name="video", tooltip="Your video with what was made."),
                io.Image.Output(
                    display_name="images", tooltip="Its frames. What is outside the region is unchanged bit for bit."
                ),
            ],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: Any) -> bool:
        """Whether images are wanted: a film that was pasted without them is pasted again where they are connected."""
        return film_output.images_wanted(cls.hidden)

    @classmethod
    def execute(
        cls,
        source: Any,
        made: Any,
        start: float,
        feather: int,
        match_colours: bool,
        fps: float,
        region: torch.Tensor | None = None,
        border: torch.Tensor | None = None,
    ) -> Any:
        if is_latent(source):
            check_alone(start, region, border)
            whole = keyframed(source, made, match_colours, fps)
            tell(cls, whole.notices)
            return outputs(cls, *film_output.written(whole.film, film_output.images_wanted(cls.hidden), lossless=True))
        own, pasted = _take(source, fps), _take(made, fps)
        place = _place(own.clip, pasted.clip, (region, border), feather)
        begin = Fraction(start).limit_denominator(PARTS)
        film = PastedFilm(own, pasted, place, begin, match_colours)
        tell(cls, _told(film))
        return outputs(cls, *film_output.written(film, film_output.images_wanted(cls.hidden), lossless=True))


def _take(value: Any, fps: float) -> Take:
    clip, heard = source_and_sound(value, fps)
    return Take(clip, sound_of(heard))


def _place(
    source: SourceClip, made: SourceClip, masks: tuple[torch.Tensor | None, torch.Tensor | None], feather: int
) -> Place:
    """Where the made clip is shown: in the region, as a border around the source, or everywhere."""
    region, border = masks
    if region is not None and border is not None:
        raise ValueError("got a region and a border, expected one: that of the node that made the canvas")
    if border is not None:
        return Border.of(source, (made.frames.shape[1], made.frames.shape[2]), border, feather)
    return Region.everywhere(source) if region is None else Region(source, region, feather)


def _told(film: PastedFilm) -> Iterator[str]:
    """The notices: where source and made clip do not last equally long."""
    left = float(film.left_over)
    if left > TOLD:
        yield f"the last {left:.2g} s of the made video are left out"
    elif left < -TOLD:
        yield f"the made video ends {-left:.2g} s before the source"
