"""Captions for a folder: writes `clip.txt` beside each `clip.mp4`, as every trainer reads it, and goes on after faults.

Each caption is written when it is there, so that a run which was stopped goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..language.protocols import Captioner
from ..language.server import ServerError
from ..system.atomic_file import atomic_path
from ..system.memory import is_out_of_memory
from ..system.polling import Poll, never
from ..system.printable import printable
from ..tensors.foreign_text import bounded
from .files import caption_file, film_in, is_inside, media_in, same_names

LARGEST = 2**20  # bytes that are read of a caption that is there
PUNCTUATION = tuple(",.;:!?")  # at the beginning of words after a caption, without a space before it
MOST_ALIKE = 5  # failures of a server in a row with the same words, after which the other files are not tried


@dataclass(frozen=True)
class FolderTask:
    """What to caption. prefix, suffix: words around each caption. seed: of every file.

    overwrite: also files that have a caption. recursive: also the folders in it.

    Raises ValueError for words that no file can hold.
    """

    folder: Path
    prefix: str = ""
    suffix: str = ""
    overwrite: bool = False
    recursive: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if broken := [words for words in (self.prefix, self.suffix) if not _is_unicode(words)]:
            raise ValueError(f"got the words {printable(broken[0])!r}, expected text in UTF-8")

    def worded(self, text: str) -> str:
        """Put the words around a caption."""
        before, after = self.prefix.strip(), self.suffix.strip()
        gap = "" if after[:1] in PUNCTUATION else " "
        return f"{before} {text.strip()}{gap}{after}".strip()


@dataclass(frozen=True)
class Captioned:
    """What became of a file. text: its caption. kept: it was there already. problem: why there is none, in a line."""

    path: Path
    text: str = ""
    kept: bool = False
    problem: str = ""


@dataclass(frozen=True)
class FolderReport:
    """What became of the files of a folder. untried: how many were left after the server had failed again and again."""

    folder: Path
    files: tuple[Captioned, ...]
    untried: int = 0

    @property
    def failed(self) -> list[Captioned]:
        """Files without a caption."""
        return [each for each in self.files if each.problem]

    @property
    def captioned(self) -> list[Captioned]:
        """Files with a caption, new or kept."""
        return [each for each in self.files if not each.problem]

    def lines(self) -> list[str]:
        """Say what failed, a line for each file, and then how many files there were."""
        failures = [f"{shown(each.path, self.folder)}: {each.problem}" for each in self.failed]
        if self.untried:
            failures.append(f"the last {MOST_ALIKE} files failed in the same way: {self.untried} more were not tried")
        kept = sum(each.kept for each in self.captioned)
        counts = f"{len(self.captioned) - kept} captions written, {kept} kept, {len(self.failed)} files failed"
        return [*failures, counts]


OnDone = Callable[[int, int, Captioned], None]
"""Called after each file with how many are done, how many there are, and what became of it"""


def caption_folder(
    task: FolderTask,
    captioner: Captioner,
    *,
    poll: Poll = never,
    on_done: OnDone = lambda done, total, file: None,
    paths: Sequence[Path] | None = None,
) -> FolderReport:
    """Describe the videos and pictures of a folder, and write their captions; one that fails is reported.

    paths: the files, where they are listed already.

    Raises OSError for a folder that cannot be read or written, ValueError for one without any, and what poll raises.
    """
    paths = media_in(checked(task.folder), recursive=task.recursive) if paths is None else paths
    if not paths:
        more = "" if task.recursive else " (those in folders of it were not looked for)"
        raise ValueError(f"{task.folder} has no videos or pictures{more}")
    doubles, files, alike = same_names(paths), list[Captioned](), 0
    for path in paths:
        poll()
        done, by_server = _captioned(path, task, captioner, doubles.get(path), poll)
        alike = alike + 1 if by_server and (not alike or done.problem == files[-1].problem) else int(by_server)
        files.append(done)
        on_done(len(files), len(paths), done)
        if alike == MOST_ALIKE:
            break
    return FolderReport(task.folder, tuple(files), len(paths) - len(files))


def checked(folder: Path) -> Path:
    """Return a folder in which files can be written; raises OSError with the reason for another one."""
    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: give the folder that the file is in")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"no permission to write captions in the folder {folder}")
    return folder


def shown(path: Path, folder: Path) -> str:
    """A file's path in the folder, in one line for a terminal."""
    return printable(str(path.relative_to(folder))).replace("\n", "\\n").replace("\t", "\\t")


def _captioned(
    path: Path, task: FolderTask, captioner: Captioner, owner: Path | None, poll: Poll
) -> tuple[Captioned, bool]:
    """Caption a file; also whether a server is to blame for the problem."""
    target = caption_file(path)
    try:
        _check(path, target, task, owner)
        if os.path.lexists(target) and not task.overwrite:
            return Captioned(path, _text_in(target), kept=True), False
        film, fps = film_in(path, poll)
        text = task.worded(captioner.describe(film, fps, seed=task.seed, poll=poll).text)
        with atomic_path(target) as temporary:
            temporary.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    except (ValueError, OSError, FloatingPointError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise  # a bug
        return Captioned(path, problem=_line(error)), isinstance(error, ServerError)
    return Captioned(path, text), False


def _check(path: Path, target: Path, task: FolderTask, owner: Path | None) -> None:
    """Raise ValueError for a file that has no caption of its own, or that lies elsewhere."""
    if owner is not None:
        raise ValueError(f"{shown(owner, task.folder)} has the same name, and {target.name} is its caption: rename one")
    for each in (path, target):
        if each.is_symlink() and not is_inside(each, task.folder):
            raise ValueError(
                f"{each.name} is a link to a place outside the folder, which is not followed: copy the file"
            )
    if target.is_dir():
        raise ValueError(f"{target.name} is a folder: rename one of them")
    if target.exists() and not target.is_file():
        raise ValueError(f"{target.name} is not a file: rename one of them")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"no permission to write {target}")


def _is_unicode(text: str) -> bool:
    """Whether a file of UTF-8 can hold a text; bytes of a command line that are no text cannot be written."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _text_in(target: Path) -> str:
    with target.open("rb") as file:
        return file.read(LARGEST).decode("utf-8", errors="replace").strip()


def _line(error: Exception) -> str:
    if is_out_of_memory(error):
        return "out of memory: scale it down, or use a shorter part"
    return bounded(" ".join(printable(str(error)).split()) or type(error).__name__)
