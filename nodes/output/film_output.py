"""Gives a film as VIDEO and IMAGE: held where it is small, and else from file to file in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import torch

from ...sora_core.video.budgets import check_memory
from ...sora_core.video.colours import bytes_of
from ...sora_core.video.joining_sound import AnySound
from ...sora_core.video.video_io import write_lossless, write_video
from .. import host
from ..host.time_left import ASSEMBLING
from ..io.links import is_linked

HELD = 512 * 2**20  # bytes of images that are held; a film of more is written to a file
IMAGES = 1  # the output of the nodes that write films
TEMP_CRF = 12  # visually lossless: Save Video copies this file


class Film(Protocol):
    """Frames at a rate, with sound, one after another."""

    @property
    def span(self) -> range:
        """Its frames."""

    @property
    def size(self) -> torch.Size:
        """Of a frame, [H W 3]."""

    @property
    def rate(self) -> Fraction:
        """Frames per second."""

    def frames(self) -> Iterator[torch.Tensor]:
        """Yield all frames [H W 3] in 0..1."""

    def sound(self) -> AnySound | None:
        """Return the sound; None for silence."""


def images_wanted(hidden: Any) -> bool:
    """Whether the images of a node's film are connected; hidden: the node's, see is_linked."""
    return is_linked(hidden, IMAGES, host.current().running_graph())


def written(film: Film, with_images: bool, *, lossless: bool = False) -> tuple[Any, Any]:
    """VIDEO and IMAGE. A film that is too large to be held becomes a file; its images are made if they are wanted."""
    height, width, channels = film.size
    size, sound, fps = 4 * len(film.span) * height * width * channels, film.sound(), float(film.rate)
    progress = host.current().progress(len(film.span), ASSEMBLING)
    if size <= HELD or with_images:
        check_memory(len(film.span), height, width)
        images = torch.empty(len(film.span), *film.size)
        for place, frame in enumerate(film.frames()):
            images[place] = frame
            progress.update(place + 1)
        audio = None if sound is None else {"waveform": sound.waveform, "sample_rate": sound.rate}
        return host.current().video_from_frames(images, fps, audio), images
    reason = (
        f"the images of this film take {size / 1e9:.1f} GB and nothing was connected to them, so they were not made: "
        "connect Get Video Components to the video"
    )
    frames = _bytes(film.frames(), progress)
    if lossless:
        path = host.current().temp_path(".mov")
        write_lossless(path, frames, fps, sound=sound)
        return host.current().video_from_lossless(path), host.current().blocked(reason)
    path = host.current().temp_path(".mp4")
    write_video(path, frames, fps, crf=TEMP_CRF, sound=sound)
    return host.current().video_from_temp_file(path), host.current().blocked(reason)


def _bytes(frames: Iterator[torch.Tensor], progress: host.Progress) -> Iterator[torch.Tensor]:
    for done, pixels in enumerate(map(bytes_of, frames), start=1):
        progress.update(done)
        yield pixels
