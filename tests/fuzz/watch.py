"""Watches what a case does: its exit, what it says, its time and memory, what it opens and what it leaves behind."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_SECONDS = 20.0
MOST_BYTES = 2e9
USER_ERROR = 2
MOST_LETTERS = 2000  # of an error
READABLE = tuple(Path(name).resolve() for name in ("/proc", "/sys", "/dev", "/usr", "/lib", "/lib64", "/etc"))

Run = Callable[[], int]


@dataclass
class Sandbox:
    """Folders of a fuzzing run.

    root: what is read. out: results of a case. temp: temporary files. outside: beside them, and nobody may open it.
    """

    base: Path
    opened: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.base / "inside"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def temp(self) -> Path:
        return self.root / "temp"

    @property
    def outside(self) -> Path:
        return self.base / "outside"

    @classmethod
    def make(cls, base: Path) -> Sandbox:
        """Make the folders, and note from now on what Python opens outside of them."""
        sandbox = cls(base.resolve())
        for folder in (sandbox.out, sandbox.temp, sandbox.outside):
            folder.mkdir(parents=True)
        (sandbox.outside / "canary.png").write_bytes(b"nobody reads this")
        tempfile.tempdir = str(sandbox.temp)
        allowed = (sandbox.root, Path(__file__).resolve().parents[2], *_roots_of_python(), *READABLE)

        def note(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open" and isinstance(arguments[0], str | bytes):
                path = os.path.realpath(os.fsdecode(arguments[0]))
                if not any(path == str(root) or path.startswith(f"{root}{os.sep}") for root in allowed):
                    sandbox.opened.append(path)

        sys.addaudithook(note)
        return sandbox

    def clean(self) -> list[str]:
        """Empty the folders of results and temporary files; returns what lay there."""
        left = []
        for folder in (self.out, self.temp):
            left += [str(path.relative_to(self.root)) for path in sorted(folder.rglob("*"))]
            shutil.rmtree(folder)
            folder.mkdir()
        return left


def faults_of(run: Run, sandbox: Sandbox) -> list[str]:
    """Run a case; returns what it did wrong. A case that hangs ends the process, with a traceback on stderr."""
    sandbox.clean()
    sandbox.opened.clear()
    said, printed = io.StringIO(), io.StringIO()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=sys.__stderr__)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            faults = list(_faults_of_exit(run, said))
    finally:
        faulthandler.cancel_dump_traceback_later()
    seconds = time.monotonic() - start
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    if grown > MOST_BYTES:
        faults.append(f"took {grown / 1e9:.1f} GB")
    if seconds > MOST_SECONDS:
        faults.append(f"took {seconds:.0f} s")
    faults += [f"opened {path}" for path in dict.fromkeys(sandbox.opened)]
    made = [name for name in sandbox.clean() if name not in printed.getvalue()]
    faults += [f"left {name}" for name in made if not any(other.startswith(f"{name}/") for other in made)]
    return faults


def _faults_of_exit(run: Run, said: io.StringIO) -> Iterator[str]:
    try:
        code = run()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException as problem:
        yield f"raised {type(problem).__name__}: {str(problem)[:300]}"
        return
    if code not in (0, USER_ERROR):
        yield f"ended with {code}"
    errors = [line for line in said.getvalue().splitlines() if "error: " in line]
    if (code == 0) != (not errors):
        yield f"ended with {code} and {len(errors)} errors: {said.getvalue()[-300:]!r}"
    if "Traceback" in said.getvalue():
        yield f"printed a traceback: {said.getvalue()[-600:]!r}"
    yield from (f"said {len(line)} letters in one line" for line in errors if len(line) > MOST_LETTERS)
    yield from (f"sent control characters: {line[:200]!r}" for line in errors if not line.isprintable())


def _roots_of_python() -> set[Path]:
    return {Path(name).resolve() for name in (sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(None, sys.path))}
