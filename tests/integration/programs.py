"""Runs the programs beside this file with ComfyUI's interpreter, and reads their reports."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from integration.comfy_server import PACK, Installation
from integration.serving_program import die_with_the_tests

FOLDER = Path(__file__).parent


def report(installation: Installation, program: str, folder: Path) -> Any:
    """What `program.py COMFYUI PACK FOLDER` prints last, one line of JSON.

    It runs in a child of a process that has imported ComfyUI already.
    """
    host = _warm_host(installation)
    assert host.stdin is not None
    assert host.stdout is not None
    printed, errors = folder / "printed.txt", folder / "errors.txt"
    asked = {
        "program": str(FOLDER / f"{program}.py"),
        "arguments": [str(installation.path), str(PACK), str(folder)],
        "printed": str(printed),
        "errors": str(errors),
    }
    print(json.dumps(asked), file=host.stdin, flush=True)
    status = host.stdout.readline().strip()
    assert status, f"ComfyUI in {installation.path} cannot be imported by {installation.python}"
    assert status == "0", errors.read_text()[-3000:]
    return json.loads(printed.read_text().splitlines()[-1])


@cache
def _warm_host(installation: Installation) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    host = subprocess.Popen(
        [str(installation.python), str(FOLDER / "warm_host.py"), str(installation.path)],
        cwd=installation.path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_the_tests if sys.platform == "linux" else None,
    )
    atexit.register(_end, host)
    return host


def _end(host: subprocess.Popen[str]) -> None:
    assert host.stdin is not None
    host.stdin.close()
    host.wait(timeout=20)
