"""The sources on a timeline as its node got them: what of each is shown, and how much of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ...sora_core.canvas.shapes import LatentShape
from ...sora_core.timeline.clip_timeline import ClipTimeline
from ...sora_core.timeline.frame_times import written
from ...sora_core.video.source_clip import SourceClip
from ..host.values import Vae
from ..io.adapters import Latent, check_made_with, is_latent, latent_samples, vae_compression
from ..io.carried_sound import KEY as SOUND
from ..io.sound_latents import sound_canvas
from ..io.source import source_and_sound
from ..io.timing import canvas_fps
from .clip_encoder import ClipEncoder
from .video_grid import Grid


@dataclass(frozen=True, eq=False)
class TimelineSource:
    """A source. clip: of a LATENT only its length and size, without pixels. shown: its frames at the node's rate.

    value: as the node got it. heard: its AUDIO. region: where it is regenerated, a MASK. latent: the LATENT that it is,
    or None.
    """

    value: Any
    clip: SourceClip
    shown: torch.Tensor
    heard: dict[str, Any] | None = None
    region: torch.Tensor | None = None
    latent: Latent | None = None

    @classmethod
    def of(cls, value: Any, region: torch.Tensor | None, vae: Vae, fps: float) -> TimelineSource:
        """A VIDEO, IMAGE or LATENT, of which nothing is read yet but the sound."""
        if is_latent(value):
            check_made_with(value, vae)
            shape = vae_compression(vae).to_video(LatentShape(*latent_samples(value).shape[1:]))
            clip = SourceClip(torch.zeros(()).expand(*shape, 3), fps)
            return cls(value, clip, clip.shown(fps), region=region, latent=value)
        clip, heard = source_and_sound(value, fps)
        return cls(value, clip, clip.shown(fps), heard, region)


def timeline_fps(clips: Mapping[str, Any], fps: float) -> tuple[float, str]:
    """Frames per second of a timeline: those of a LATENT on it, and the notice where the node has others."""
    latents = [value for value in clips.values() if is_latent(value)]
    return canvas_fps(latents[0], fps) if latents else (fps, "")


def check_connected(timeline: ClipTimeline, clips: Mapping[str, Any], masks: Mapping[str, Any]) -> None:
    """Raise ValueError for a clip whose source is not connected, and for a mask that changes nothing."""
    for clip in timeline.clips:
        if clip.source not in clips:
            there = ", ".join(clips) or "none"
            raise ValueError(f"{timeline.named(clip)} is on the timeline but not connected: connected is {there}")
    for name in masks:
        shown = [clip for clip in timeline.clips if mask_of(clip.source) == name]
        if not shown:
            raise ValueError(f"{name} is connected, but no {clip_of(name)} is on the timeline: remove it")
        if all(clip.level == 0 and not clip.ramp_in and not clip.ramp_out for clip in shown):
            raise ValueError(
                f"{name} changes nothing, since {timeline.named(shown[0])} is kept: give the clip a level, such as "
                "`level 1`, to regenerate its region"
            )


def mask_of(clip: str) -> str:
    """The name of the mask of a clip."""
    return clip.replace("clip", "mask")


def clip_of(mask: str) -> str:
    """The name of the clip of a mask."""
    return mask.replace("mask", "clip")


def sources_of(
    timeline: ClipTimeline, clips: Mapping[str, Any], masks: Mapping[str, Any], vae: Vae
) -> dict[str, TimelineSource]:
    """The sources that are on a timeline, by their names; others are not read."""
    found: dict[str, TimelineSource] = {}
    for clip in timeline.clips:
        if clip.source not in found:
            region = masks.get(mask_of(clip.source))
            try:
                found[clip.source] = TimelineSource.of(clips[clip.source], region, vae, timeline.fps)
            except ValueError as problem:
                raise ValueError(f"{timeline.named(clip)}: {problem}") from problem
    return found


def check_latents(timeline: ClipTimeline, sources: Mapping[str, TimelineSource], *, loop: bool) -> None:
    """Raise ValueError for a LATENT in mid timeline: its first latent frame holds a single frame, as a beginning's."""
    for clip in timeline.clips:
        source = sources[clip.source]
        if source.latent is None:
            continue
        name = f"{timeline.named(clip)} is a LATENT, which"
        if clip.at or clip.begin:
            raise ValueError(f"{name} can only begin the timeline, from its own beginning on: decode it")
        if loop:
            raise ValueError(f"{name} cannot be shown again where a loop ends: decode it")
        has_sound = SOUND in source.latent or sound_canvas(source.latent) is not None
        if clip.stop < len(source.shown) and has_sound:
            raise ValueError(f"{name} has sound of {written(len(source.shown), timeline.fps)} s: show all of it")


def frame_of(
    timeline: ClipTimeline, sources: Mapping[str, TimelineSource], vae: Vae, aspect_ratio: str, size: int
) -> ClipEncoder:
    """The encoder of a timeline, with its size in pixels. aspect_ratio: "" takes that of the first clip in time.

    A LATENT sets the size itself. A video that sets it is shown whole, as Sora Extend Video does it; pictures are
    cropped, as by Sora Animate Image.
    """
    fps = timeline.fps
    for source in sources.values():
        if source.latent is not None:
            return ClipEncoder(vae, fps, *source.clip.frames.shape[1:3])
    if timeline.clips and not aspect_ratio:
        first = sources[min(timeline.clips, key=lambda clip: clip.at).source].clip
        fitted = ClipEncoder.for_clip if len(first.frames) == 1 else ClipEncoder.for_whole
        return fitted(first, vae, size, fps)
    shape = Grid(aspect_ratio or "1:1", size, 0, fps).shape(vae_compression(vae))
    return ClipEncoder(vae, fps, shape.height, shape.width)
