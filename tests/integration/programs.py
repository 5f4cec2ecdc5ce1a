"""Runs the programs beside this file with ComfyUI's interpreter, and reads their reports."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from integration.comfy_server import PACK, Installation


def report(installation: Installation, program: str, folder: Path) -> Any:
    """What `program.py COMFYUI PACK FOLDER` prints last, one line of JSON."""
    path = Path(__file__).with_name(f"{program}.py")
    command = [str(installation.python), str(path), str(installation.path), str(PACK), str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=installation.path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
