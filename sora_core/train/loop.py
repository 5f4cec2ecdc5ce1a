"""The training loop: a time budget, a loss log, sample sheets, and atomic saves to resume from.

A task owns models and optimisers and does one step; the loop owns time. Random numbers depend only on (seed, step), so
a resumed run needs no random state.
"""

from __future__ import annotations

import csv
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from tqdm import tqdm

from ..system.atomic_file import atomic_path
from ..system.ending import Ended, answered
from ..system.leftovers import remove_leftovers
from . import distributed

STATE = "state.pt"


class Task(Protocol):
    """Models and optimisers to train."""

    def step(self, index: int, scale: float) -> Mapping[str, float]:
        """Do one optimiser step at `scale` times the full learning rate; returns values to log."""

    def state_dict(self) -> dict[str, Any]:
        """Return weights, EMA and optimiser states."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load a state to resume from."""

    def export(self, folder: Path) -> None:
        """Write the checkpoints for users, from the EMA weights."""

    def sheet(self, path: Path) -> None:
        """Write an image of samples of the EMA weights."""


@dataclass(frozen=True)
class Schedule:
    """Times of a run, and its learning rate over them.

    minutes: the budget of the whole run, including earlier parts.
    warmup_steps: steps over which the learning rate rises linearly.
    decay_from: share of the budget after which it falls linearly to 2%.
    keep_at: numbers of steps after which the weights are also exported, to kept/STEP in the run's folder.
    """

    minutes: float
    warmup_steps: int = 50
    decay_from: float = 0.6
    save_every: float = 90.0  # seconds
    sheet_every: float = 600.0
    log_every: float = 15.0
    keep_at: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minutes) and self.minutes > 0):
            raise ValueError(f"minutes must be > 0, got {self.minutes}")

    def rate(self, step: int, spent: float) -> float:
        """Return the scale of the learning rate at a step, after so many seconds."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        left = 1 - spent / (60 * self.minutes)
        return warm * min(1.0, max(0.02, left / (1 - self.decay_from)))


def check_folder(folder: Path, *, resume: bool) -> None:
    """Check a run's folder, before a task is made.

    Raises ValueError if it holds a run and resume is False, or holds none and resume is True, and OSError if it cannot
    be made or written to.
    """
    if (folder / STATE).exists() and not resume:
        raise ValueError(f"{folder} holds a run already; pass --resume to continue it, or choose another --out")
    if resume and not (folder / STATE).exists():
        raise ValueError(f"nothing to resume in {folder}: {STATE} is missing")
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"{there} is not a directory")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(f"no permission to write in the directory {there}")


def train(task: Task, folder: Path, schedule: Schedule, *, resume: bool = False) -> None:
    """Train a task for its time budget; writes state.pt, log.csv, sheets/ and the exported checkpoint to `folder`.

    In distributed training all processes follow the first one's time, and only it writes. After Ctrl-C,
    SIGTERM or SIGHUP the step is finished and saved, then Ended is raised; a second signal does not wait.

    Raises ValueError as check_folder does and for the state of another task, and FloatingPointError if the training
    diverges.
    """
    check_folder(folder, resume=resume)
    state_file = folder / STATE
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    step, spent = _load(task, state_file) if resume else (0, 0.0)
    writes = distributed.rank() == 0
    if writes:
        _forget_after(folder / "log.csv", step)
        remove_leftovers(folder)
    budget = schedule.minutes * 60
    due = {"save": schedule.save_every, "sheet": schedule.sheet_every, "log": schedule.log_every}
    every = dict(due)
    due = {name: spent + wait for name, wait in due.items()}
    totals: dict[str, list[float]] = defaultdict(list)
    with (
        interrupts_wait() as interrupts,
        tqdm(total=round(budget), initial=round(spent), unit="s", desc=folder.name, disable=not writes) as bar,
    ):
        while spent < budget:
            started = time.monotonic()
            for name, value in task.step(step, schedule.rate(step, spent)).items():
                if not math.isfinite(value):
                    left = f"{state_file} holds the last good state" if state_file.exists() else "nothing was saved yet"
                    raise FloatingPointError(f"training has diverged: {name} is {value} at step {step}; {left}")
                totals[name].append(value)
            step += 1
            if writes and step in schedule.keep_at:
                _keep(task, folder / "kept" / f"{step:06d}")
            if writes and spent >= due["log"]:
                _log(folder / "log.csv", step, spent, totals, bar)
            if writes and spent >= due["sheet"]:
                task.sheet(folder / "sheets" / f"{step:06d}.png")
            if writes and spent >= due["save"]:
                _save(task, state_file, step, spent + time.monotonic() - started)
            due = {name: spent + every[name] if spent >= when else when for name, when in due.items()}
            elapsed = distributed.broadcast(time.monotonic() - started)
            spent += elapsed
            bar.update(min(elapsed, max(0.0, bar.total - bar.n)))
            if number := int(distributed.broadcast(interrupts[0] if interrupts else 0)):
                if writes:
                    _save(task, state_file, step, spent)
                raise Ended(number)
    if not writes:
        return
    _save(task, state_file, step, spent)
    task.export(folder)
    task.sheet(folder / "sheets" / "last.png")


@contextmanager
def interrupts_wait() -> Iterator[list[int]]:
    """Collect the number of the first signal that asks to end in a list instead of raising; the second one raises."""
    caught: list[int] = []

    def note(number: int, frame: Any) -> None:
        if caught:
            raise Ended(number)
        caught.append(number)

    with answered(note):
        yield caught


def parse_steps(text: str) -> tuple[int, ...]:
    """Read `1000,4000`, numbers of steps; an empty text has none. Raises ValueError for anything else."""
    steps = []
    for part in text.split(",") if text.strip() else ():
        if not part.strip().isdecimal() or int(part) < 1:
            raise ValueError(f"got {part.strip()!r} among the steps, expected whole numbers > 0 such as 1000,4000")
        steps.append(int(part))
    return tuple(steps)


def _keep(task: Task, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    task.export(folder)


def _save(task: Task, path: Path, step: int, spent: float) -> None:
    with atomic_path(path) as temporary:
        try:
            torch.save({"task": task.state_dict(), "step": step, "spent": spent}, temporary)
        except RuntimeError as error:  # torch's writer raises it if the disk is full
            reason = (str(error).splitlines() or [""])[0]
            raise OSError(f"cannot write {path}: is the disk full? {reason}") from error


def _load(task: Task, path: Path) -> tuple[int, float]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        task.load_state_dict(state["task"])
        return state["step"], state["spent"]
    except OSError:
        raise
    except Exception as error:  # torch and its unpickler raise many kinds
        reason = (str(error).splitlines() or [""])[0]
        raise ValueError(f"{path} is not a state of this kind of run: {type(error).__name__}: {reason}") from error


def _forget_after(log: Path, step: int) -> None:
    """Drop the lines of steps that a resumed run does again, and those that a kill has cut or filled with zeros."""
    if not log.exists():
        return
    header, *lines = log.read_text(errors="replace").splitlines() or [""]
    if not header.startswith("step,"):  # the process was killed before it wrote the first line
        log.unlink()
        return
    with atomic_path(log) as temporary:
        temporary.write_text("\n".join([header, *(line for line in lines if _is_kept(line, header, step))]) + "\n")


def _is_kept(line: str, header: str, step: int) -> bool:
    values = line.split(",")
    return len(values) == header.count(",") + 1 and values[0].isdecimal() and int(values[0]) <= step


def _log(path: Path, step: int, spent: float, totals: dict[str, list[float]], bar: Any) -> None:
    means = {name: sum(values) / len(values) for name, values in totals.items()}
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", "seconds", *means])
        writer.writerow([step, round(spent, 1), *(f"{value:.5f}" for value in means.values())])
    bar.set_postfix({"step": step, **{name: f"{value:.4f}" for name, value in means.items()}})
    totals.clear()
