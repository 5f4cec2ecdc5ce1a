"""Folders: input and output of graphs, with file names as in ComfyUI (video/ComfyUI_00001_.mp4)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..sora_core.system.printable import has_control
from .errors import GraphError

MAX_NAME = 200  # bytes of a prefix; file systems take 255 with number and suffix

_current: list[Folders] = []


@dataclass(frozen=True)
class Folders:
    """The input and output folders of a run."""

    input: Path
    output: Path

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
        path = self.input / name.removesuffix(" [input]")
        if not _is_inside(path, self.input):
            raise GraphError(
                f"got {name!r}, expected the name of a file inside {self.input}: put the file there, or give another"
                " folder with --input"
            )
        return path

    def check_input(self, name: str) -> bool | str:
        """Return True, or the reason why the file cannot be read."""
        try:
            path = self.input_path(name)
        except GraphError as problem:
            return str(problem)
        return True if path.is_file() else f"got {name!r}, expected a file: there is no {path}"

    def next_output(self, prefix: str, suffix: str) -> Path:
        """Return the next free file name and make its folder; raises GraphError if it is outside or not writable."""
        stem = self._output_stem(prefix)
        make_folder(stem.parent)
        pattern = re.compile(re.escape(stem.name) + r"_(\d+)_\.\w+")
        numbers = [int(match[1]) for match in map(pattern.fullmatch, os.listdir(stem.parent)) if match]
        return stem.with_name(f"{stem.name}_{max(numbers, default=0) + 1:05}_{suffix}")

    def check_output(self, prefix: str) -> bool | str:
        """Return True, or the reason why no file can have that prefix."""
        try:
            self._output_stem(prefix)
        except GraphError as problem:
            return str(problem)
        return True

    def _output_stem(self, prefix: str) -> Path:
        stem = self.output / prefix
        if not (_is_inside(stem, self.output) and _is_inside(stem.parent, self.output) and stem.name != ".."):
            raise GraphError(f"got filename_prefix {prefix!r}, expected a name inside {self.output}")
        if has_control(prefix):
            raise GraphError(f"got filename_prefix {prefix!r}, expected a name without control characters")
        if len(os.fsencode(stem.name)) > MAX_NAME:
            raise GraphError(f"got a filename_prefix that is too long, expected a name of at most {MAX_NAME} bytes")
        return stem


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
