"""`python -m sora_core.evals claims NAME [--model M] [--count N] [--json FILE] [--picture FILE.png]`.

Measures one claim of the report: prints a markdown table and writes the picture that shows what was measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ...cli.command_line import Parser, run_command
from ..tables import print_table
from .table import CLAIMS

if TYPE_CHECKING:
    from .subject import Subject

FORMATS = {".png": "PNG", ".webp": "WEBP"}


def main(argv: Sequence[str]) -> int:
    """Parse the command line, measure and print; returns 0, 2 for an error, 130 after Ctrl-C."""
    arguments = build_parser().parse_args(argv)
    return run_command(
        lambda: measure(arguments),
        interrupted=lambda: "interrupted; nothing was written",
        needs_less="measure on a machine with more memory",
    )


def build_parser() -> argparse.ArgumentParser:
    """Build the parser."""
    parser = Parser(prog="python -m sora_core.evals claims", description=__doc__)
    parser.add_argument("claim", choices=list(CLAIMS))
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", default="nano", help="bundled name, folder or file (%(default)s)")
    which.add_argument("--models", nargs="+", metavar="M", help="several models, for claims that compare them")
    which.add_argument("--vae", type=Path, metavar="FILE", help="a VAE alone: every row but those of a whole model")
    parser.add_argument("--compute", nargs="+", type=float, metavar="X", help="relative compute of each of --models")
    parser.add_argument("--domains", metavar="NAME,...", default="", help="domains whose prompts are followed (all)")
    parser.add_argument("--count", type=int, default=24, help="clips of each row (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="also write the picture to this file")
    return parser


def measure(arguments: argparse.Namespace) -> None:
    """Print the table, and write numbers and picture if files are given."""
    from ...diffusion.sampler import check_seed
    from ...system.atomic_file import atomic_path
    from .claim import Request

    if arguments.count < 2:
        raise ValueError(f"--count must be at least 2, got {arguments.count}")
    if arguments.picture and arguments.picture.suffix.lower() not in FORMATS:
        raise ValueError(f"--picture must end with {' or '.join(FORMATS)}, got {arguments.picture}")
    check_seed(arguments.seed)
    claim = CLAIMS[arguments.claim]()
    if claim.several != bool(arguments.models):
        wanted = "--models with two or more" if claim.several else "--model or --vae with one"
        raise ValueError(f"the claim {arguments.claim} needs {wanted}")
    domains = tuple(filter(None, arguments.domains.split(",")))
    request = Request(arguments.count, arguments.seed, tuple(arguments.compute or ()), domains)
    with ExitStack() as stack:
        paths = (arguments.json, arguments.picture)
        files = [stack.enter_context(atomic_path(path)) if path else None for path in paths]
        rows, picture = claim.measure(_subjects(arguments), request)
        print_table(rows)
        if files[0]:
            files[0].write_text(json.dumps(rows, indent=1) + "\n")
        if files[1]:
            picture.save(files[1], format=FORMATS[arguments.picture.suffix.lower()], optimize=True)


def _subjects(arguments: argparse.Namespace) -> list[Subject]:
    from .subject import Subject

    if arguments.vae:
        return [Subject.of_vae(arguments.vae, device=arguments.device)]
    return [Subject.of_model(one, device=arguments.device) for one in arguments.models or [arguments.model]]
