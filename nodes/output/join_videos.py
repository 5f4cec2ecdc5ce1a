"""Sora Join Videos: joins two videos that share frames, without a visible seam."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.video.joining import join
from ...sora_core.video.joining_sound import join_sounds
from ...sora_core.video.source_clip import SourceClip, cover
from .. import host
from ..io.schema import declare
from ..io.sockets import source_input
from ..io.source import sound_of, source_and_sound

IMAGE_FPS = 8.0  # of IMAGE batches where neither clip is a VIDEO


class SoraJoinVideos(io.ComfyNode):
    """Joins two clips."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraJoinVideos",
            display_name="Sora Join Videos",
            description="Joins two videos that share some frames. Colours are matched over the shared frames, and one "
            "video fades into the other. The sound of the video that is kept is heard wherever it has any.",
            search_aliases=["concat", "merge videos", "color match", "crossfade", "seam"],
            inputs=[
                source_input("first", "The video that comes first."),
                source_input("second", "The video that comes after it."),
                io.Int.Input(
                    "overlap",
                    default=0,
                    min=0,
                    max=100_000,
                    tooltip="Number of frames at the end of the first that the second begins with, counted at the rate "
                    "of the video that is not kept. 0 joins them end to end.",
                ),
                io.Boolean.Input(
                    "keep_second",
                    default=False,
                    optional=True,
                    tooltip="Which video keeps its pixels, colours, size and rate: off, the first; on, the second, as "
                    "after an extension backward. The other is fitted to it.",
                ),
            ],
            outputs=[
                io.Video.Output(display_name="video", tooltip="The joined video."),
                io.Image.Output(
                    display_name="images", tooltip="The frames. Those that are kept are unchanged bit for bit."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, first: Any, second: Any, overlap: int, keep_second: bool = False) -> Any:
        two, second_sound = source_and_sound(second, IMAGE_FPS)
        one, first_sound = source_and_sound(first, two.fps)
        if isinstance(second, torch.Tensor):  # images have no rate of their own
            two = replace(two, fps=one.fps)
        kept, other = (two, one) if keep_second else (one, two)
        frames = _fitted(other, kept)
        shared = round(overlap * kept.fps / other.fps)
        clips = (frames, kept.frames) if keep_second else (kept.frames, frames)
        images = join(*clips, shared, keep_second=keep_second)
        if changes := _changes(one, two, "first" if keep_second else "second", frames):
            host.current().notify(cls.hidden.unique_id, changes)
        seam, overlapping = (len(clips[0]) - shared) / kept.fps, shared / kept.fps
        sound = _joined_sound(first_sound, second_sound, seam, overlapping, keep_second)
        return io.NodeOutput(host.current().video_from_frames(images, kept.fps, sound), images)


def _changes(one: SourceClip, two: SourceClip, fitted: str, frames: torch.Tensor) -> str:
    """The notice about how clips were changed. frames: of the clip that was fitted, after that."""
    clips = {"first": one, "second": two}
    notes = [f"{name}: variable frame rate, read at {clip.fps:g} fps" for name, clip in clips.items() if clip.varied]
    changed = clips[fitted]
    if frames is not changed.frames:
        _, height, width, _ = changed.frames.shape
        rate = {"first": two, "second": one}[fitted].fps
        used = f"{frames.shape[2]}x{frames.shape[1]} at {rate:g} fps"
        notes.append(f"{fitted}: {width}x{height} at {changed.fps:g} fps, used as {used}")
    return "; ".join(notes)


def _fitted(clip: SourceClip, to: SourceClip) -> torch.Tensor:
    """Frames of a clip at the size and rate of another; the same tensor where these agree."""
    frames = clip.at(to.fps).frames
    if frames.shape[1:] == to.frames.shape[1:]:
        return frames
    return cover(frames.movedim(-1, 1), to.frames.shape[1], to.frames.shape[2]).movedim(1, -1)


def _joined_sound(
    one: dict[str, Any] | None, two: dict[str, Any] | None, seam: float, overlap: float, keep_second: bool
) -> dict[str, Any] | None:
    """AUDIO of both clips, None where both are silent. seam: seconds at which the second begins."""
    joined = join_sounds(sound_of(one), sound_of(two), seam, overlap, keep_second=keep_second)
    return None if joined is None else {"waveform": joined.waveform, "sample_rate": joined.rate}
