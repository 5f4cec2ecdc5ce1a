"""Videos and pictures of a folder, and the frames that are read of one to describe it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import torch

from ..language.film import Film
from ..system.polling import Poll
from ..video.file_frames import FileFrames
from ..video.pictures import read_pictures
from ..video.source_clip import SourceClip
from ..video.watching import LOG

VIDEOS = frozenset(
    f".{name}" for name in ("mp4", "mov", "mkv", "webm", "avi", "m4v", "mpg", "mpeg", "ts", "flv", "wmv", "gif")
)
PICTURES = frozenset(f".{name}" for name in ("png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "avif"))
PICTURE_FPS = 1.0  # of a clip of one frame
APART = 64  # frames; to decode what is between costs more than to open the file again


class ClipFilm:
    """A Film over a SourceClip: of a file only the frames that are asked for are read, and those before them."""

    def __init__(self, clip: SourceClip) -> None:
        self._clip = clip
        self.shape = torch.Size(clip.frames.shape)

    def read(self, wanted: Sequence[int]) -> Iterator[torch.Tensor]:
        """See Film. Raises ValueError for frames that are not finite."""
        for near in _runs(wanted):
            for frame in self._clip.stream(torch.tensor(near)):
                if not bool(frame.isfinite().all()):
                    raise ValueError("got frames that are not finite (NaN or infinite): make them again")
                yield (frame.clamp(0, 1) * 255).round().to(torch.uint8)


class _Watch:
    """Interrupts the reading of a file by a poll, and logs what is wrong with it."""

    def __init__(self, poll: Poll) -> None:
        self.check, self.tell = poll, LOG.tell


def film_in(path: Path, poll: Poll) -> tuple[Film, float]:
    """Open a video or a picture: its film, and frames per second; of an animated picture the first frame.

    Raises FileNotFoundError, and ValueError with the name for what is neither.
    """
    if path.suffix.lower() in PICTURES:
        return ClipFilm(SourceClip(read_pictures(path).colours[:1], PICTURE_FPS)), PICTURE_FPS
    frames = FileFrames(path, watch=_Watch(poll))
    return ClipFilm(SourceClip(frames, frames.fps)), frames.fps


def media_in(folder: Path, *, recursive: bool) -> list[Path]:
    """List the videos and pictures of a folder in order, hidden ones left out; links to folders are not followed.

    Raises OSError for a folder that cannot be read.
    """
    found = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if recursive else []
        media = (Path(place, name) for name in names if not name.startswith("."))
        found += [path for path in media if path.suffix.lower() in VIDEOS | PICTURES]
    return sorted(found)


def caption_file(path: Path) -> Path:
    """Where trainers look for the caption of a file: `clip.txt` beside `clip.mp4`."""
    return path.with_suffix(".txt")


def same_names(paths: Sequence[Path]) -> dict[Path, Path]:
    """Which files share their caption's file with another one: the file, and the one that has it; videos come first."""
    owners: dict[str, Path] = {}
    for path in sorted(paths, key=lambda path: path.suffix.lower() in PICTURES):
        owners.setdefault(os.path.normcase(caption_file(path)), path)
    return {path: owner for path in paths if (owner := owners[os.path.normcase(caption_file(path))]) != path}


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder after links are resolved."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a cycle of links
        return False


def _runs(wanted: Sequence[int]) -> Iterator[list[int]]:
    """Split indices where two are far apart."""
    breaks = [place + 1 for place, (one, other) in enumerate(pairwise(wanted)) if other - one > APART]
    for first, end in pairwise([0, *breaks, len(wanted)]):
        yield list(wanted[first:end])


def _raise(error: OSError) -> None:
    raise error
