"""`python -m sora_core.evals prompts|reconstruction [--model M] [--count N] [--json FILE]`: tables in markdown."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path

from tqdm import tqdm

from ..checkpoint import atomic_path
from ..diffusion.sampler import check_seed
from ..pipeline import Pipeline
from ..world.attributes import HELD_OUT_COUNT
from .prompts import COLUMNS, SHAPES, score_prompts
from .reconstruction import score_reconstruction

Row = dict[str, float | str]


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, measure, print a markdown table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sora_core.evals", description=__doc__)
    parser.add_argument("measure", choices=["prompts", "reconstruction"])
    parser.add_argument("--model", default="nano", help="bundled name, folder or file")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--count", type=int, default=200, help=f"held-out combinations at each shape, 1 to {HELD_OUT_COUNT}"
    )
    parser.add_argument("--shapes", type=int, default=len(SHAPES), help="only the first so many shapes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.count <= HELD_OUT_COUNT:
        parser.error(f"--count must be 1 to {HELD_OUT_COUNT}, got {arguments.count}")
    if not 1 <= arguments.shapes <= len(SHAPES):
        parser.error(f"--shapes must be 1 to {len(SHAPES)}, got {arguments.shapes}")
    measure = _prompts if arguments.measure == "prompts" else _reconstruction
    try:
        check_seed(arguments.seed)
        with atomic_path(arguments.json) if arguments.json else nullcontext() as file:
            rows = measure(arguments)
            _print_table(rows)
            if file:
                file.write_text(json.dumps(rows, indent=1) + "\n")
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


def _prompts(arguments: argparse.Namespace) -> list[Row]:
    pipe = Pipeline.load(arguments.model, device=arguments.device)
    rows: list[Row] = []
    for video in tqdm(SHAPES[: arguments.shapes], desc="prompts", unit="shape"):
        score = score_prompts(pipe, video, count=arguments.count, seed=arguments.seed)
        shares = dict(zip(COLUMNS, score.shares, strict=True))
        rows.append({"size": f"{video.width}x{video.height}", "frames": video.frames, "clips": score.clips, **shares})
    return rows


def _reconstruction(arguments: argparse.Namespace) -> list[Row]:
    pipe = Pipeline.load(arguments.model, device=arguments.device)
    return [
        {
            "size": f"{video.width}x{video.height}",
            "frames": video.frames,
            "clips": arguments.count,
            "PSNR dB": score_reconstruction(pipe.vae, video, fps=pipe.fps, count=arguments.count, seed=arguments.seed),
        }
        for video in tqdm(SHAPES[: arguments.shapes], desc="reconstruction", unit="shape")
    ]


def _print_table(rows: list[Row]) -> None:
    """Markdown, shares and decibels with three digits after the point."""
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print(
            "| "
            + " | ".join(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values())
            + " |"
        )


if __name__ == "__main__":
    sys.exit(main())
