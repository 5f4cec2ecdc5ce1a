"""What Sora Paste Back does with the canvas of Sora Keyframe or Sora Timeline: its sources, at their moments."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from ...sora_core.video.budgets import check_repeats
from ...sora_core.video.film_joining import Take
from ...sora_core.video.keyframed_film import KeyframedFilm
from ..io.adapters import Latent, latent_samples
from ..io.carried_sound import carried
from ..io.placed_sources import placed_sources
from ..io.source import sound_of, source_and_sound, source_clip_of
from ..io.timing import fps_of


class Keyframed(NamedTuple):
    """A film with what the user may not expect of it."""

    film: KeyframedFilm
    notices: list[str]


def check_alone(start: float, region: torch.Tensor | None, border: torch.Tensor | None) -> None:
    """Raise ValueError for inputs that mean nothing beside sources, which have their moments."""
    if start or region is not None or border is not None:
        raise ValueError(
            "got a start, a region or a border beside the latent of Sora Keyframe or Sora Timeline, which says itself "
            "where its sources are: set start to 0 and disconnect them"
        )


def keyframed(latent: Latent, made: Any, match_colours: bool, fps: float) -> Keyframed:
    """A made video with the keyframes of its LATENT, in their size and the rate of the fastest clip among them.

    fps: of a made IMAGE batch.
    """
    placed = placed_sources(latent)
    if not placed:
        raise ValueError(
            "got a latent without keyframes, expected that of the last Sora Keyframe or of a Sora Timeline which keeps "
            "a clip; for another canvas connect your video"
        )
    clip, heard = source_and_sound(made, fps)
    sound = sound_of(heard) or carried(latent, latent_samples(latent).shape[2], fps_of(latent))[0]
    clips = [source_clip_of(one.source, one.fps) for one in placed]
    keyframes = [one.keyframe(own) for own, one in zip(clips, placed, strict=True)]
    videos = [
        own.timeline.rate
        for own, one in zip(clips, placed, strict=True)
        if len(own.frames) > 1 and not isinstance(one.source, torch.Tensor)
    ]
    film = KeyframedFilm(Take(clip, sound), keyframes, max(videos, default=clip.timeline.rate), match_colours)
    check_repeats(len(film.span), len(clip.frames) + sum(len(own.frames) for own in clips))
    return Keyframed(film, [_left_out(film.left_out)])


def _left_out(count: int) -> str:
    return f"the made video ends before {count} of the keyframes" if count else ""
