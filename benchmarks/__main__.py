"""`python -m benchmarks`: every benchmark in turn, each in a process of its own, so that none warms up another."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("prompt_to_mp4", "vae_decode", "dit_step", "step_cache")


def main() -> int:
    """Run all; the number of those that failed."""
    failed = 0
    for name in BENCHMARKS:
        print(f"\n== {name}: python -m benchmarks.{name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
