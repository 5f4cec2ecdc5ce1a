"""Nodes that put a picture or clips on the canvas; what the sampler invents is around, between or inside them."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ..sora_core import abilities
from . import host
from .adapters import is_latent, latent_samples, video_latent
from .schema import declare
from .sockets import (
    canvas_output,
    fps_input,
    fps_output,
    seconds_input,
    share_input,
    size_input,
    source_input,
    vae_input,
)
from .source import Workplace, footage_of, leading_frames, starting_frames


class SoraAnimateImage(io.ComfyNode):
    """An image as the first frame."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraAnimateImage",
            display_name="Sora Animate Image",
            description="A video that begins with an image. The prompt says what happens in it.",
            search_aliases=["image to video", "i2v", "animate", "first frame"],
            inputs=[
                io.Image.Input("image", tooltip="The first frame; of a batch the first image."),
                vae_input(),
                seconds_input("seconds", 2.0, "Duration of the video."),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, image: torch.Tensor, vae: Any, seconds: float, size: int, fps: float) -> Any:
        footage = footage_of(image[:1], fps)
        place = Workplace.for_clip(footage, vae, size, fps)
        frames = place.compression.frames_for(seconds, fps)
        if frames == 1:
            raise ValueError(f"got {seconds:g} seconds at {fps:g} fps, which is the image alone; expected more")
        canvas = abilities.animate_image(place.encode(place.pixels(footage)), place.compression.latent_frames(frames))
        host.current().say(cls.hidden.unique_id, f"{place.describe('image', footage, 1)}; {frames} frames in all")
        return io.NodeOutput(video_latent(canvas), fps)


class SoraExtendVideo(io.ComfyNode):
    """A clip with more before it, after it, or both."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraExtendVideo",
            display_name="Sora Extend Video",
            description="Goes on from the end of a video, leads up to its beginning, or both. A latent of Sora Sampler "
            "is carried on as it is, without a loss.",
            search_aliases=["extend", "continue video", "longer", "prequel", "backward"],
            inputs=[
                source_input("source", "The video: VIDEO, IMAGE batch, or a LATENT to go on from.", latent=True),
                vae_input(),
                seconds_input("before", 0.0, "How much is invented before it."),
                seconds_input("after", 2.0, "How much is invented after it."),
                size_input(),
                fps_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(
                    display_name="overlap", tooltip="Frames of the source that are on the canvas, for Sora Join Videos."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Any, before: float, after: float, size: int, fps: float) -> Any:
        if is_latent(source):
            return io.NodeOutput(*_extend_latent(latent_samples(source), vae, before, after, fps))
        footage = footage_of(source, fps)
        place = Workplace.for_clip(footage, vae, size, fps)
        lead, tail = place.added(before), place.added(after)
        if lead + tail == 0:
            raise ValueError(f"got {before:g} seconds before and {after:g} after, expected more than 0 of one of them")
        pixels = place.pixels(footage)
        if not lead:
            pixels = starting_frames(pixels, place.compression.time)
        elif not tail:
            pixels = leading_frames(pixels, place.compression.time)
        first, frames = place.around(pixels.shape[2], lead, tail)
        known, latents = place.encode_at(pixels, first, frames)
        total = place.compression.latent_frames(frames)
        canvas = abilities.extend(latents, before=known.start, after=total - known.stop)
        host.current().say(cls.hidden.unique_id, place.describe("source", footage, pixels.shape[2]))
        return io.NodeOutput(video_latent(canvas), fps, pixels.shape[2])


def _extend_latent(clip: torch.Tensor, vae: Any, before: float, after: float, fps: float) -> tuple[Any, float, int]:
    """A clip of our sampler carried on; its first latent holds one frame, so that nothing can come before it."""
    place = Workplace(vae, fps, 0, 0)
    if before > 0:
        raise ValueError("a LATENT can only be extended forward, got seconds before it: decode it and give the images")
    added = place.added(after) // place.compression.time
    canvas = abilities.extend(clip, after=added)
    return video_latent(canvas), fps, place.compression.video_frames(clip.shape[2])


class SoraConnectVideos(io.ComfyNode):
    """Two clips with a transition between them."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraConnectVideos",
            display_name="Sora Connect Videos",
            description="Invents what leads from one video to another, however different the two are.",
            search_aliases=["connect", "transition", "interpolate videos", "infill", "join"],
            inputs=[
                source_input("first", "The video that it begins with; it sets the aspect ratio."),
                source_input("second", "The video that it ends with; scaled and cut to the size of the first."),
                vae_input(),
                seconds_input("seconds", 1.0, "How long the way from one to the other takes."),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, first: Any, second: Any, vae: Any, seconds: float, size: int, fps: float) -> Any:
        one, two = footage_of(first, fps), footage_of(second, fps)
        place = Workplace.for_clip(one, vae, size, fps)
        start, end = starting_frames(place.pixels(one), place.compression.time), place.pixels(two)
        canvas, _ = place.connected(start, end, seconds)
        host.current().say(
            cls.hidden.unique_id,
            f"{place.describe('first', one, start.shape[2])}; {place.describe('second', two, end.shape[2])}",
        )
        return io.NodeOutput(video_latent(canvas), fps)


class SoraLoopVideo(io.ComfyNode):
    """A clip that runs into its own beginning."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraLoopVideo",
            display_name="Sora Loop Video",
            description="Invents what leads from the end of a video back to its beginning, so that it plays for ever. "
            "The canvas ends with the beginning once more: give `frames` to Sora Decode to Video, which fades the two.",
            search_aliases=["loop", "seamless loop", "perfect loop", "gif"],
            inputs=[
                source_input("source", "The video to be closed."),
                vae_input(),
                seconds_input("seconds", 1.0, "How long the way back takes."),
                size_input(),
                fps_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(display_name="frames", tooltip="Frames of one turn of the loop."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Any, seconds: float, size: int, fps: float) -> Any:
        footage = footage_of(source, fps)
        place = Workplace.for_clip(footage, vae, size, fps)
        clip = starting_frames(place.pixels(footage), place.compression.time)
        head = clip[:, :, : 2 * place.compression.time]
        canvas, turn = place.connected(clip, head, seconds)
        host.current().say(
            cls.hidden.unique_id, f"{place.describe('source', footage, clip.shape[2])}; a turn has {turn} frames"
        )
        return io.NodeOutput(video_latent(canvas), fps, turn)


class SoraEditVideo(io.ComfyNode):
    """A clip drawn again."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraEditVideo",
            display_name="Sora Edit Video",
            description="Draws a video again as the prompt says (SDEdit): the stronger, the less of the source stays.",
            search_aliases=["video to video", "v2v", "sdedit", "restyle", "denoise"],
            inputs=[
                source_input("source", "The video to be changed."),
                vae_input(),
                share_input("strength", 0.6, "0 leaves the source, 1 keeps only its size and length."),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output("The canvas for Sora Sampler."), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Any, strength: float, size: int, fps: float) -> Any:
        footage = footage_of(source, fps)
        place = Workplace.for_clip(footage, vae, size, fps)
        pixels = place.whole(footage)
        canvas = abilities.edit(place.encode(pixels), strength)
        host.current().say(cls.hidden.unique_id, place.describe("source", footage, pixels.shape[2]))
        return io.NodeOutput(video_latent(canvas), fps)


class SoraInpaintVideo(io.ComfyNode):
    """A region of a clip invented anew."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraInpaintVideo",
            display_name="Sora Inpaint Video",
            description="Invents a region of a video anew and keeps the rest. The region is one mask for all frames, "
            "or one per frame, so that it can move or last only for a time.",
            search_aliases=["inpaint", "outpaint", "mask", "replace object", "remove"],
            inputs=[
                source_input("source", "The video to be changed."),
                io.Mask.Input(
                    "region",
                    tooltip="1 where something new is wanted, 0 where the source stays, between as in Sora Edit Video. "
                    "Of any size; a batch is spread over the duration.",
                ),
                vae_input(),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, region: torch.Tensor, vae: Any, size: int, fps: float) -> Any:
        footage = footage_of(source, fps)
        place = Workplace.for_clip(footage, vae, size, fps)
        pixels = place.whole(footage)
        canvas = abilities.inpaint(place.encode(pixels), place.levels(region, footage, pixels.shape[2]))
        if bool((canvas.noise_level == 0).all()):
            raise ValueError("the region is empty, expected a mask with something above 0")
        host.current().say(cls.hidden.unique_id, place.describe("source", footage, pixels.shape[2]))
        return io.NodeOutput(video_latent(canvas), fps)
