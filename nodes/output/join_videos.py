"""Sora Join Videos: joins videos that share frames, without a visible seam."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.video.budgets import check_repeats
from ...sora_core.video.film_joining import JoinedFilm, Take
from ...sora_core.video.sound_layouts import describe_mixing
from ..io.schema import declare
from ..io.sockets import source_input
from ..io.source import sound_of, source_and_sound
from ..io.told import outputs, tell
from . import film_output

IMAGE_FPS = 8.0  # of IMAGE batches where no clip is a VIDEO


class SoraJoinVideos(io.ComfyNode):
    """Joins two or three clips."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraJoinVideos",
            "output",
            display_name="Sora Join Videos",
            description="Joins two or three videos that share some frames. Colours are matched over the shared frames, "
            "and one video fades into the other. The sound of the video that is kept is heard wherever it has any. "
            "Long videos go from file to file.",
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
                source_input(
                    "last",
                    "The video that comes after the second, for a transition from Sora Connect Videos. It keeps its "
                    "pixels where its size and rate are those of the first.",
                    optional=True,
                ),
                io.Int.Input(
                    "last_overlap",
                    default=0,
                    min=0,
                    max=100_000,
                    optional=True,
                    tooltip="Number of frames at the end of the second that the last begins with, counted at the "
                    "second's rate. Without a last video, the second ends with the beginning of the first: a loop.",
                ),
                io.Int.Input(
                    "before",
                    default=0,
                    min=0,
                    max=100_000,
                    optional=True,
                    tooltip="For a second video that goes on from both ends of the first: its frames that come before "
                    "the first, from Sora Extend Video. 0 for any other.",
                ),
                io.Int.Input(
                    "before_overlap",
                    default=0,
                    min=0,
                    max=100_000,
                    optional=True,
                    tooltip="How many of the second follow these and are shared with the beginning of the first; those "
                    "of 'overlap' come next.",
                ),
            ],
            outputs=[
                io.Video.Output(display_name="video", tooltip="The joined video."),
                io.Image.Output(
                    display_name="images", tooltip="The frames. Those that are kept are unchanged bit for bit."
                ),
            ],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: Any) -> bool:
        """Whether images are wanted: a film that was joined without them is joined again where they are connected."""
        return film_output.images_wanted(cls.hidden)

    @classmethod
    def execute(
        cls,
        first: Any,
        second: Any,
        overlap: int,
        keep_second: bool = False,
        last: Any | None = None,
        last_overlap: int = 0,
        before: int = 0,
        before_overlap: int = 0,
    ) -> Any:
        takes = _takes(first, second, last)
        if before or before_overlap:
            if keep_second or last is not None or last_overlap:
                raise ValueError("got frames before the first beside keep_second or a last video, expected one of them")
            film = JoinedFilm.within(takes[0], takes[1], before, (before_overlap, overlap))
        else:
            film = JoinedFilm.of(takes[0], takes[1], overlap, keep_second=keep_second)
            film = _finished(film, takes, last_overlap)
        check_repeats(len(film.span), sum(len(take.clip.frames) for take in takes))
        tell(cls, _changes(takes, film, kept=1 if keep_second else 0))
        return outputs(cls, *film_output.written(film, film_output.images_wanted(cls.hidden)))


def _finished(film: JoinedFilm, takes: list[Take], last_overlap: int) -> JoinedFilm:
    """The film with its third clip, or as a loop where there is none but an overlap with it."""
    if len(takes) > 2:
        return film.then(takes[2], last_overlap)
    return film.closed(last_overlap) if last_overlap else film


def _takes(*sources: Any) -> list[Take]:
    """The clips with their sound. Images take the rate of the first VIDEO."""
    given = [source for source in sources if source is not None]
    read = [source_and_sound(source, IMAGE_FPS) for source in given]
    rates = [clip.fps for clip, source in zip([clip for clip, _ in read], given, strict=True) if not _is_images(source)]
    takes = []
    for (clip, sound), source in zip(read, given, strict=True):
        timed = replace(clip, fps=rates[0]) if rates and _is_images(source) else clip
        takes.append(Take(timed, sound_of(sound)))
    return takes


def _is_images(source: Any) -> bool:
    return isinstance(source, torch.Tensor)


def _changes(takes: list[Take], film: JoinedFilm, kept: int) -> list[str]:
    """The notices about how clips were read and fitted."""
    named = dict(zip(("first", "second", "last"), takes, strict=False))
    clips = {name: take.clip for name, take in named.items()}
    notes = [f"{name}: variable frame rate, read at {clip.fps:g} fps" for name, clip in clips.items() if clip.varied]
    height, width, _ = film.size
    rate = clips[("first", "second")[kept]].fps
    for name, clip in clips.items():
        _, own_height, own_width, _ = clip.frames.shape
        if (own_height, own_width, clip.fps) != (height, width, rate):
            used = f"{width}x{height} at {rate:.4g} fps"
            notes.append(f"{name}: {own_width}x{own_height} at {clip.fps:.4g} -> {used}")
    heard = {name: take.sound.channels for name, take in named.items() if take.sound is not None}
    return notes + describe_mixing(heard)
