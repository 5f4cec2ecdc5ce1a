"""Where graphs read from and write to, with file names as ComfyUI makes them: video/ComfyUI_00001_.mp4."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import GraphError

MAX_NAME = 200  # bytes of a prefix; with number and suffix, file systems take 255

_current: list[Folders] = []


@dataclass(frozen=True)
class Folders:
    """The input and output folders of a run."""

    input: Path
    output: Path

    @staticmethod
    def install(folders: Folders) -> None:
        """Make these the folders of all nodes."""
        _current[:] = [folders]

    @staticmethod
    def current() -> Folders:
        """The folders that were installed."""
        if not _current:
            raise RuntimeError("no folders are installed")
        return _current[0]

    def input_path(self, name: str) -> Path:
        """The file that a graph calls `name`. GraphError where it would lie outside of the input folder."""
        path = self.input / name.removesuffix(" [input]")
        if not _is_inside(path, self.input):
            raise GraphError(
                f"got {name!r}, expected the name of a file inside {self.input}: put the file there, or name another"
                " folder with --input"
            )
        return path

    def check_input(self, name: str) -> bool | str:
        """True, or why the file cannot be read."""
        try:
            path = self.input_path(name)
        except GraphError as problem:
            return str(problem)
        return True if path.is_file() else f"got {name!r}, expected a file: there is no {path}"

    def next_output(self, prefix: str, suffix: str) -> Path:
        """The next free file name; its folder is made. GraphError where it would lie outside or cannot be written."""
        stem = self._output_stem(prefix)
        make_folder(stem.parent)
        pattern = re.compile(re.escape(stem.name) + r"_(\d+)_\.\w+")
        numbers = [int(match[1]) for match in map(pattern.fullmatch, os.listdir(stem.parent)) if match]
        return stem.with_name(f"{stem.name}_{max(numbers, default=0) + 1:05}_{suffix}")

    def check_output(self, prefix: str) -> bool | str:
        """True, or why no file can be called that."""
        try:
            self._output_stem(prefix)
        except GraphError as problem:
            return str(problem)
        return True

    def _output_stem(self, prefix: str) -> Path:
        stem = self.output / prefix
        if not (_is_inside(stem, self.output) and _is_inside(stem.parent, self.output) and stem.name != ".."):
            raise GraphError(f"got filename_prefix {prefix!r}, expected a name inside {self.output}")
        if len(os.fsencode(stem.name)) > MAX_NAME:
            raise GraphError(f"got a filename_prefix that is too long, expected a name of at most {MAX_NAME} bytes")
        return stem


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether what is opened lies there: graphs are shared, so links and `..` are followed first, as in the host."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a circle of links, or a name that no file can have
        return False


def make_folder(folder: Path) -> None:
    """Make a folder that can be written to; GraphError where that does not work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise GraphError(f"cannot make the folder {folder}: {problem.strerror or problem}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise GraphError(f"no permission to write in the folder {folder}")
