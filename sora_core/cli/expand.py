"""`python -m sora_core expand PROMPT`: makes a short prompt detailed, by the bundled grammar or a server."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..language import Expander, Expansion

NANO, WAN = "nano", "wan"  # families: without a server, and with one


def add_expand_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    command.add_argument("prompt", metavar="PROMPT", help="what the video shows, in English or Chinese")
    add_server_arguments(command, "and prompts of nano's world alone are expanded")
    command.add_argument("--seed", type=int, default=0, help="the same seed gives the same text (%(default)s)")


def add_server_arguments(command: argparse.ArgumentParser, without: str) -> None:
    """Add the arguments of a language model behind a server. without: what happens without one."""
    command.add_argument(
        "--family",
        help=f"the video model: nano, wan, ltx, hailuo or hunyuan (default: {NANO}, with a server {WAN})",
    )
    command.add_argument(
        "--llm-url",
        default="",
        metavar="URL",
        help="base URL of an OpenAI-compatible server, such as http://localhost:11434/v1; without it nothing is sent "
        f"anywhere, {without}",
    )
    command.add_argument("--llm-model", default="", metavar="NAME", help="a model of that server")
    command.add_argument("--llm-seconds", type=float, default=120.0, metavar="N", help="time-out (%(default)g)")


def expand(args: argparse.Namespace) -> None:
    """Print the expanded prompt; what it adds, and notices, go to the standard error."""
    result = _expander(args).expand(args.prompt, seed=args.seed)
    print(result.text)
    for line in report(result):
        print(line, file=sys.stderr)


def report(result: Expansion) -> list[str]:
    """Say what became of the prompt's facts, a line each."""
    from ..system.printable import printable

    lines = [f"by {result.backend}", *([f"notice: {result.notice}"] if result.notice else [])]
    if result.expanded:
        lines += [f"kept {fact}" for fact in result.check.kept] + [f"added {fact}" for fact in result.check.added]
    return [printable(line) for line in lines]


def _expander(args: argparse.Namespace) -> Expander:
    if not args.llm_url:
        if args.llm_model:
            raise ValueError("--llm-model needs --llm-url, the base URL of the server that has it")
        if args.family not in (None, NANO):
            raise ValueError(f"without a server only prompts of {NANO} are expanded: give --llm-url and --llm-model")
        from ..language.grammar import GrammarExpander

        return GrammarExpander()
    from ..language.expanding import ModelExpander
    from ..language.server import ChatServer
    from ..language.system_texts import family_named

    family = family_named(WAN if args.family is None else args.family)
    return ModelExpander(ChatServer(args.llm_url, args.llm_model, seconds=args.llm_seconds), family)
