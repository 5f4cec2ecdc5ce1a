"""`python -m sora_core.evals MEASURE [--model M] [--count N] [--json FILE]` prints markdown tables.

`python -m sora_core.evals claims NAME` measures a claim of the report instead; see claims/command.py.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from ..cli.command_line import Parser, run_command
from ..cli.program import run_program
from .measures import MEASURES, SPREADS, USED_BY, check_count
from .tables import print_table


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, measure and print a markdown table; returns 0, 2 for an error, 130 after Ctrl-C."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["claims"]:
        from .claims.command import main as measure_claim

        return measure_claim(given[1:])
    parser = Parser(prog="python -m sora_core.evals", description=__doc__)
    parser.add_argument("measure", choices=list(MEASURES))
    parser.add_argument("--model", default="nano", help="bundled name, folder or file")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--count", type=int, default=200, help="held-out combinations at each shape (%(default)s)")
    parser.add_argument("--shapes", type=int, help="use only the first N of the model's shapes (all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="sampling steps, for prompts only (25)")
    parser.add_argument("--solver", help="name of a solver, for prompts only (euler)")
    parser.add_argument("--domain", help="domain of the world, for domains and captions only (all)")
    parser.add_argument("--captioner", type=Path, help="captioner.safetensors, for captions only")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args(given)
    return run_command(
        lambda: measure(arguments),
        interrupted=lambda: "interrupted; nothing was written",
        needs_less="measure on a machine with more memory",
    )


def measure(arguments: argparse.Namespace) -> None:
    """Print the table, and write it to --json if given."""
    from ..diffusion.sampler import check_seed
    from ..pipeline import Pipeline
    from ..system.atomic_file import atomic_path  # late, like everything that imports torch, so that --help is fast
    from ..world.flat.attributes import HELD_OUT_COUNT

    check_used(arguments)
    check_count("--count", arguments.count, HELD_OUT_COUNT)
    if arguments.measure in SPREADS and arguments.count < 2:
        raise ValueError(f"--count must be at least 2 for {arguments.measure}, which reports margins, got 1")
    check_seed(arguments.seed)
    with atomic_path(arguments.json) if arguments.json else nullcontext() as file:
        pipe = Pipeline.load(arguments.model, device=arguments.device)
        rows = MEASURES[arguments.measure](pipe, arguments)
        print_table(rows)
        if file:
            file.write_text(json.dumps(rows, indent=1) + "\n")


def check_used(arguments: argparse.Namespace) -> None:
    """Raise ValueError for an option that the measure would ignore."""
    for name, measures in USED_BY.items():
        if getattr(arguments, name) is not None and arguments.measure not in measures:
            raise ValueError(
                f"--{name} does nothing for {arguments.measure}, only for {', '.join(measures)}: leave it out"
            )


if __name__ == "__main__":
    sys.exit(run_program(main))
