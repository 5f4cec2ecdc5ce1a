"""Folders: input and output of graphs, with file names as in ComfyUI (video/ComfyUI_00001_.mp4)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from ..nodes.host.samples import SAMPLES
from ..sora_core.system.printable import has_control
from .errors import GraphError

MAX_NAME, NUMBERED = 255, 55  # bytes of a name, unless the file system says less; some of them for number and suffix
MAX_PATH = 4000  # bytes of a whole path with number and suffix

_current: list[Folders] = []


@dataclass(frozen=True)
class Folders:
    """The input and output folders of a run, and where names that end in [temp] are looked for."""

    input: Path
    output: Path
    temp: Path = Path("temp")

    @staticmethod
    def install(folders: Folders) -> None:
        """Set the folders of all nodes."""
        _current[:] = [folders]

    @staticmethod
    def current() -> Folders:
        """Return the installed folders."""
        if not _current:
            raise RuntimeError("no folders are installed")
        return _current[0]

    def input_path(self, name: str) -> Path:
        """Return the path of an input file; raises GraphError if it is outside the input folder."""
        stem, _, folder = name.rpartition(" ")
        root = {"[input]": self.input, "[output]": self.output, "[temp]": self.temp}.get(folder)
        path = self.input / name if root is None else root / stem
        if root is None and not os.path.lexists(path) and any(name == sample.name for sample in SAMPLES.glob("*.png")):
            return SAMPLES / name  # in ComfyUI the pack puts them into the input folder
        if not _is_inside(path, root or self.input):
            raise GraphError(
                f"got {name!r}, expected the name of a file inside {root or self.input}: put the file there, or give"
                " another folder with --input"
            )
        return path

    def check_input(self, name: str) -> bool | str:
        """Return True, or the reason why the file cannot be read."""
        try:
            path = self.input_path(name)
        except GraphError as problem:
            return str(problem)
        there = os.path.isfile(path)  # False for a name that is too long too, where Path.is_file raises
        return True if there else f"got {name!r}, expected a file: there is no {path}"

    def save(self, prefix: str, suffix: str, size: tuple[int, int], write: Callable[[Path], None]) -> Path:
        """Write a file under the next free name of a prefix, which another run cannot take too; returns its path.

        prefix: may name a folder, and hold %year% and so on, or %width% and %height% of `size`.
        write: writes a file of this suffix at the path that it gets.

        Raises GraphError if the name is outside the folder or the folder is not writable, and what `write` raises.
        """
        stem = self._output_stem(filled(prefix, size))
        make_folder(stem.parent)
        hidden = stem.with_name(f".{uuid4().hex[:12]}{suffix}")
        try:
            write(hidden)
            return _take_name(hidden, stem, suffix)
        finally:
            hidden.unlink(missing_ok=True)

    def check_output(self, prefix: str) -> bool | str:
        """Return True, or the reason why no file can have that prefix."""
        try:
            self._output_stem(filled(prefix, (0, 0)))
        except GraphError as problem:
            return str(problem)
        return True

    def _output_stem(self, prefix: str) -> Path:
        stem = self.output / prefix
        if not (_is_inside(stem, self.output) and _is_inside(stem.parent, self.output) and stem.name != ".."):
            raise GraphError(f"got filename_prefix {prefix!r}, expected a name inside {self.output}")
        if has_control(prefix):
            raise GraphError(f"got filename_prefix {prefix!r}, expected a name without control characters")
        most = _longest_name(self.output)
        if len(os.fsencode(stem.name)) > most - NUMBERED:
            raise GraphError(
                f"got a filename_prefix that is too long, expected a name of at most {most - NUMBERED} bytes"
            )
        folders = Path(prefix).parent.parts
        if any(len(os.fsencode(name)) > most for name in folders) or len(os.fsencode(stem.absolute())) > MAX_PATH:
            raise GraphError(
                f"got a filename_prefix in a folder with a name that is too long, expected at most {most} bytes "
                f"each, and {MAX_PATH} in all"
            )
        return stem


def _take_name(written: Path, stem: Path, suffix: str) -> Path:
    """Give a file the next free number of a stem, by a step that fails where another process was faster."""
    pattern = re.compile(re.escape(stem.name) + r"_(\d+)_\.\w+")
    while True:
        numbers = [int(match[1]) for match in map(pattern.fullmatch, os.listdir(stem.parent)) if match]
        path = stem.with_name(f"{stem.name}_{max(numbers, default=0) + 1:05}_{suffix}")
        try:
            os.link(written, path)
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                continue
            os.replace(written, path)
        return path


def _longest_name(folder: Path) -> int:
    """Bytes of the longest name in a folder, which may be made later; encrypted file systems take 143."""
    try:
        there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        return min(MAX_NAME, os.pathconf(there, "PC_NAME_MAX"))
    except (AttributeError, OSError, ValueError):  # Windows has no such call
        return MAX_NAME


def filled(prefix: str, size: tuple[int, int]) -> str:
    """Fill in the tokens of a prefix as the host does: %year%, ..., %width%, and %date:yyyy-MM-dd% of its browser part.

    >>> filled("a_%width%x%height%", (64, 32))
    'a_64x32'
    """
    now = time.localtime()
    parts = {"year": now.tm_year, "month": now.tm_mon, "day": now.tm_mday}
    parts |= {"hour": now.tm_hour, "minute": now.tm_min, "second": now.tm_sec}
    values = {name: f"{value:02}" for name, value in parts.items()}
    values |= {"width": str(size[0]), "height": str(size[1]), "date": time.strftime("%Y-%m-%d", now)}
    for name, value in values.items():
        prefix = prefix.replace(f"%{name}%", value)
    return re.sub("%date:([^%]*)%", lambda found: _date(found[1], now), prefix)


def _date(form: str, now: time.struct_time) -> str:
    """Format a date as the host's browser part does: yyyy, yy, M, d, h, m and s, doubled for two digits."""
    values = {"M": now.tm_mon, "d": now.tm_mday, "h": now.tm_hour, "m": now.tm_min, "s": now.tm_sec}

    def value(found: re.Match[str]) -> str:
        if found[0][0] == "y":
            return str(now.tm_year)[-len(found[0]) :]
        return f"{values[found[0][0]]:0{len(found[0])}}"

    return re.sub("yyyy|yy|MM?|dd?|hh?|mm?|ss?", value, form)


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is inside a folder after links and `..` are resolved, as in the host: graphs are shared."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a cycle of links, or an invalid name
        return False


def make_folder(folder: Path) -> None:
    """Make a writable folder; raises GraphError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise GraphError(f"cannot make the folder {folder}: {problem.strerror or problem}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise GraphError(f"no permission to write in the folder {folder}")
