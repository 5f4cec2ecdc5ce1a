"""Type-checks the pack as the host loads it: as one package, whatever the folder's name.

mypy names modules after folders and refuses `..sora_core` above a top-level package. A link `sora_video` in mypy's
cache gives the checkout a package name; messages show the checkout's paths.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "sora_video"
LINK = ROOT / ".mypy_cache" / "as_package" / NAME
PACKAGES = ("sora_core", "nodes", "headless")
PROGRAMS = ("scripts", "benchmarks")


def main() -> int:
    """Check the pack, then scripts and benchmarks; returns the number of runs with errors."""
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if LINK.is_symlink() and LINK.resolve() != ROOT:
        LINK.unlink()
    if not LINK.is_symlink():
        LINK.symlink_to(ROOT, target_is_directory=True)
    pack = [argument for package in PACKAGES for argument in ("-p", f"{NAME}.{package}")]
    return run_mypy(pack, LINK.parent) + run_mypy(["--follow-imports=silent", *PROGRAMS], ROOT)


def run_mypy(arguments: list[str], path: Path) -> int:
    """Run mypy with `path` as its search path; returns 1 if it finds errors."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "MYPYPATH": str(path)}, stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout.replace(os.path.relpath(LINK, ROOT) + os.sep, "").replace(f"{LINK}{os.sep}", ""), end="")
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
