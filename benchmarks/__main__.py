"""`python -m benchmarks` runs every benchmark, each in its own process."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

BENCHMARKS = (
    ("prompt_to_mp4",),
    ("vae_decode",),
    ("wan_vae", "--dim", "16", "--size", "128"),
    ("wan_vae_memory", "--dim", "16", "--size", "128"),
    ("dit_step",),
    ("dit_traffic",),
    ("step_cache",),
)
"""Names and flags; benchmarks that need ComfyUI's interpreter, or an hour, are run by hand."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run all benchmarks; returns the number that failed."""
    argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__).parse_args(argv)
    failed = 0
    for name, *flags in BENCHMARKS:
        print(f"\n== {name}: python -m benchmarks.{' '.join([name, *flags])}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *flags], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
