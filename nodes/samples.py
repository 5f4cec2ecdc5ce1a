"""Sora Sample Clip: short clips that come with the pack, so that every workflow runs without a file of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comfy_api.latest import io

from . import host
from .schema import declare

FOLDER = Path(__file__).resolve().parent.parent / "samples"


class SoraSampleClip(io.ComfyNode):
    """A bundled clip."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraSampleClip",
            display_name="Sora Sample Clip",
            description="A clip that comes with this pack. Put Load Video in its place for one of your own.",
            search_aliases=["example", "demo", "test video"],
            inputs=[
                io.Combo.Input("clip", options=sorted(path.stem for path in FOLDER.glob("*.mp4")), tooltip="Which.")
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The clip, as Load Video would give it.")],
        )

    @classmethod
    def execute(cls, clip: str) -> Any:
        return io.NodeOutput(host.current().video_from_file(FOLDER / f"{clip}.mp4"))
