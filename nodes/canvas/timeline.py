"""Sora Timeline: one canvas of clips and pictures at any times, with a prompt for each stretch."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas.stretches import Stretch
from ...sora_core.canvas.time_grid import CausalGrid
from ...sora_core.timeline.clip_timeline import ClipTimeline
from ...sora_core.timeline.grid_form import grid_values
from ...sora_core.timeline.json_form import FPS
from ...sora_core.timeline.parsing import parse_timeline
from ...sora_core.timeline.problems import check_timeline
from ...sora_core.timeline.text_form import prompts_text
from ..host.values import Clip, Vae
from ..io.adapters import vae_compression
from ..io.encoded_prompts import encoded_stretches
from ..io.links import is_linked
from ..io.placed_sources import with_sources
from ..io.schema import declare
from ..io.sockets import audio_vae_input, canvas_output, fps_input, fps_output, size_input, vae_input
from ..io.told import outputs, tell
from .soundtrack import Soundtrack
from .timeline_canvas import TimelineCanvas
from .timeline_kept import kept_sources, put_back
from .timeline_sources import check_connected, check_latents, frame_of, sources_of, timeline_fps
from .video_grid import ASPECT_RATIOS

MOST = 50  # clips, and masks
OF_CLIP = "first clip"
SHOWN = "sora_timeline"  # of the node's `ui` output, for its widget; so in web/sora_timeline.js
EXAMPLE = "length 2\n0: a red circle moves right on a black background"
POSITIVE = 3  # the number of this output
EVERY_FRAME = CausalGrid(1)  # of a VAE that is not known yet


class SoraTimeline(io.ComfyNode):
    """Makes a canvas of a timeline."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraTimeline",
            "canvas",
            display_name="Sora Timeline",
            description="One canvas of clips and pictures at any times: what lies between, before and after them is "
            "generated in one sample, with a prompt for each stretch. Extend, connect, keyframes, loop, edit and "
            "inpaint are places on it.",
            search_aliases=["timeline", "storyboard", "director", "shots", "keyframes", "video editor", "multi shot"],
            inputs=[
                vae_input(),
                io.Autogrow.Input(
                    "clips", template=_clips(), tooltip="What the timeline names: clip1, clip2, and so on."
                ),
                io.Autogrow.Input("masks", template=_masks(), tooltip="mask1 is of clip1: 1 regenerates, 0 keeps."),
                io.Combo.Input(
                    "aspect_ratio",
                    options=[OF_CLIP, *ASPECT_RATIOS],
                    default=OF_CLIP,
                    tooltip="Width to height. That of the first clip in time shows this clip whole; 1:1 without clips.",
                ),
                size_input(),
                fps_input(),
                io.Boolean.Input(
                    "loop",
                    default=False,
                    tooltip="Leads back to the beginning: the canvas ends with it again. Connect `frames` to "
                    "`loop_frames` of Sora Decode to Video.",
                ),
                audio_vae_input(),
                io.Clip.Input("clip", optional=True, tooltip="The text encoder of the model, for `positive`."),
                io.String.Input(
                    "timeline",
                    multiline=True,
                    default=EXAMPLE,
                    tooltip="A line each, in seconds: `length 6`, `0-2 = clip1`, `3 = clip2 from 1.5`, "
                    "`4-5 = clip3 level 0.6 ramp 0.25`, and prompts such as `0: a red ball rolls`.",
                ),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.String.Output(display_name="prompts", tooltip="The prompts, for Sora Timed Prompts."),
                io.Conditioning.Output(
                    display_name="positive", tooltip="The prompts of all stretches, where a text encoder is connected."
                ),
                io.Int.Output(
                    display_name="frames",
                    tooltip="Frames in one pass of a loop, for Sora Decode to Video; 0 where it is none.",
                ),
            ],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def validate_inputs(
        cls,
        timeline: str | None = None,
        fps: float | None = None,
        clips: dict[str, Any] | None = None,
        masks: dict[str, Any] | None = None,
    ) -> bool | str:
        """Refuses what is wrong with whatever VAE; None is what a link brings, and the host gives names of clips."""
        if fps is not None and not FPS[0] <= fps <= FPS[1]:
            return f"fps is {fps:g}, expected {FPS[0]} to {FPS[1]}"
        try:
            if timeline is not None and fps is not None:
                read = parse_timeline(timeline, fps)
                check_timeline(read, EVERY_FRAME, loop=False)
                check_connected(read, clips or {}, masks or {})
        except ValueError as problem:
            return str(problem)
        return True

    @classmethod
    def execute(
        cls,
        vae: Vae,
        clips: dict[str, Any],
        masks: dict[str, Any],
        aspect_ratio: str,
        size: int,
        fps: float,
        loop: bool,
        audio_vae: Any | None = None,
        clip: Clip | None = None,
        timeline: str = EXAMPLE,
    ) -> Any:
        given, (fps, ignored) = fps, timeline_fps(clips, fps)
        soundtrack, read = Soundtrack.of(vae, audio_vae, fps), parse_timeline(timeline, fps)
        _check_prompts(cls, clip, read)
        check_connected(read, clips, masks)
        sources = sources_of(read, clips, masks, vae)
        read = read.resolved({name: len(source.shown) for name, source in sources.items()})
        check_timeline(read, vae_compression(vae).time_grid, loop=loop)
        check_latents(read, sources, loop=loop)
        ratio = "" if aspect_ratio == OF_CLIP else aspect_ratio
        laid = TimelineCanvas.of(read, sources, frame_of(read, sources, vae, ratio, size), loop=loop)
        kept = kept_sources(laid)
        told = put_back(cls.hidden, laid, kept)
        latent = with_sources(laid.latent(soundtrack), *(one.placed for one in kept))
        tell(cls, [ignored, *laid.notices(read), *soundtrack.notices(*laid.sounds()), *told])
        prompts = laid.prompts(read)
        made = latent, fps, prompts_text(prompts), _positive(cls, clip, prompts, laid), laid.turn
        return outputs(cls, *made, shown={SHOWN: [{**_shown(laid), "timeline": timeline, "fps": given, "loop": loop}]})


def _shown(laid: TimelineCanvas) -> dict[str, Any]:
    """What the widget shows after a run: the grid, the frames that a video of it has, and their rate."""
    encoder = laid.encoder
    return {"grid": grid_values(encoder.grid), "frames": laid.turn or laid.frames, "rate": encoder.fps}


def _clips() -> Any:
    """The inputs clip1, clip2, ..."""
    source = io.MultiType.Input("source", types=[io.Video, io.Image, io.Latent], optional=True)
    return io.Autogrow.TemplateNames(source, names=[f"clip{number}" for number in range(1, MOST + 1)], min=0)


def _masks() -> Any:
    """The inputs mask1, mask2, ..."""
    names = [f"mask{number}" for number in range(1, MOST + 1)]
    return io.Autogrow.TemplateNames(io.Mask.Input("region", optional=True), names=names, min=0)


def _check_prompts(node: type[io.ComfyNode], clip: Clip | None, timeline: ClipTimeline) -> None:
    """Raise ValueError where `positive` is wanted and cannot be made."""
    if clip is not None and not timeline.prompts:
        raise ValueError("got a text encoder but no prompt, expected lines such as `0: a red ball rolls`")
    if clip is None and getattr(node.hidden, "prompt", None) and is_linked(node.hidden, POSITIVE):
        raise ValueError("positive is connected, which needs a text encoder: connect one to clip")


def _positive(node: type[io.ComfyNode], clip: Clip | None, prompts: ClipTimeline, laid: TimelineCanvas) -> Any:
    """The prompts as CONDITIONING."""
    if clip is None:
        return None  # nothing is connected to it
    fps, grid = laid.encoder.fps, laid.encoder.grid
    stretches = [Stretch(prompt.at / fps, prompt.text) for prompt in prompts.prompts]
    return encoded_stretches(node, clip, stretches, grid, frames=laid.frames, fps=fps)
