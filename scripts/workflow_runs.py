"""Runs shipped workflows headless, and reads what their nodes load, for the scripts that draw both."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "web" / "samples"


@dataclass(frozen=True)
class Clip:
    """Frames as uint8 [F H W 3], and their rate."""

    frames: torch.Tensor
    fps: float


def graph_of(name: str) -> dict[str, Any]:
    """A shipped graph in API format."""
    return json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))


def made(name: str) -> list[Clip]:
    """Run a shipped graph; returns the videos that it saved, in order."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "headless", f"workflows/api/{name}.json", "--out", out]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        return [read_clip(Path(line)) for line in done.stdout.splitlines() if line.endswith(".mp4")]


def given(node: dict[str, Any]) -> torch.Tensor | None:
    """What a node of a graph loads, as uint8 [F H W 3]; None for a node that loads nothing."""
    import numpy
    import torch
    from PIL import Image

    if node["class_type"] == "SoraSampleClip":
        return read_clip(SAMPLES / f"{node['inputs']['clip']}.mp4").frames
    if node["class_type"] == "LoadImage":
        return torch.from_numpy(numpy.array(Image.open(SAMPLES / node["inputs"]["image"]).convert("RGB")))[None]
    return None


def read_clip(path: Path) -> Clip:
    """Read the frames of a video file."""
    import torch

    from sora_core.video.video_io import probe, read_frames

    return Clip(torch.stack(list(read_frames(path))), float(probe(path).fps))
