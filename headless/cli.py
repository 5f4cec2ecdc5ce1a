"""The command line: reads, changes, validates and runs a graph.

An error that the user can fix is printed as an `error:` line and gives exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..nodes import host
from ..sora_core.system.device import usable_device
from ..sora_core.system.ending import exit_code
from ..sora_core.system.leftovers import unfinished_folder
from ..sora_core.system.printable import printable
from .errors import GraphError
from .executor import Executor, Report
from .folders import Folders, make_folder
from .graph import Setting, with_sigmas
from .host import HeadlessHost
from .registry import all_nodes
from .terminal import Terminal
from .validation import apply_settings, validate
from .workflow_file import read_graph

FAILED, USER_ERROR = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    terminal = Terminal()
    try:
        report = run(_parser().parse_args(arguments), terminal)
    except GraphError as problem:
        return _fail(terminal, [f"error: {line}" for line in problem.problems], USER_ERROR)
    except KeyboardInterrupt as interrupt:
        return _fail(terminal, ["interrupted; nothing was left behind"], exit_code(interrupt))
    except Exception as problem:
        if sys.flags.dev_mode:
            raise
        where = f"{type(problem).__name__}: {problem} (python -X dev shows where)"
        return _fail(terminal, [f"error: a fault in this program: {where}"], FAILED)
    terminal.notify(f"{report.total_seconds:.2f} s in all")
    for path in report.files:
        print(printable(str(path)))
    return 0


def _fail(terminal: Terminal, lines: Sequence[str], code: int) -> int:
    """Print lines in place of an unfinished bar; returns the exit code."""
    terminal.clear()
    for line in lines:
        terminal.print(line)
    return code


def run(options: argparse.Namespace, terminal: Terminal) -> Report:
    """Read, validate and run the graph of the options."""
    settings = [Setting.parse(argument) for argument in options.set]
    Folders.install(Folders(options.input, options.out, options.temp))
    with _temporary_host(options, terminal):
        registry = all_nodes()
        graph = read_graph(options.graph, registry, terminal.notify)
        if options.sigmas is not None:
            graph = with_sigmas(graph, options.sigmas)
        graph = validate(apply_settings(graph, settings, registry), registry)
        make_folder(options.out)
        return Executor(registry, options.out).run(graph, terminal)


@contextmanager
def _temporary_host(options: argparse.Namespace, terminal: Terminal) -> Iterator[None]:
    """Install a host, and remove its temporary files afterwards."""
    for root in options.models:
        if not (root.is_dir() and os.access(root, os.R_OK | os.X_OK)):
            raise GraphError(f"--models: got {root}, expected a readable folder")
    with _temporary_folder() as temp:
        host.install(
            HeadlessHost(model_roots=options.models, temp=Path(temp), device=options.device, terminal=terminal)
        )
        yield


@contextmanager
def _temporary_folder() -> Iterator[str]:
    """Make a temporary folder for this run, and remove it afterwards."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(unfinished_folder(Path(tempfile.gettempdir()), "sora", permissions=0o700))
        except OSError as problem:
            raise GraphError(f"cannot make a temporary folder: {problem}; set TMPDIR to a writable folder") from None
        yield str(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m headless", description="Runs a ComfyUI workflow without ComfyUI.")
    parser.add_argument(
        "graph",
        type=Path,
        help="workflow JSON, saved or exported for the API, as in workflows/api/text_to_video.json",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NODE.INPUT=VALUE", help="change an input: 3.text='a red circle'"
    )
    parser.add_argument("--sigmas", metavar="LIST", help="noise levels for every Sora Sampler, such as 1,0.9,0.6,0")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for results (default: out)")
    parser.add_argument(
        "--input", type=Path, default=Path("input"), help="folder that LoadImage and LoadVideo read from"
    )
    parser.add_argument(
        "--temp", type=Path, default=Path("temp"), help="folder of files whose names end in [temp] (default: temp)"
    )
    parser.add_argument(
        "--models", type=Path, action="append", default=[], help="folder with more model folders (repeatable)"
    )
    parser.add_argument("--device", type=_device, default="cpu", help="torch device (default: cpu)")
    return parser


def _device(text: str) -> str:
    """Check that a device can be used; returns its name."""
    try:
        usable_device(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
    return text
