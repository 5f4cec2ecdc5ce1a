"""Sora Sample Clip: short clips that come with the pack, so that every workflow runs without a file of one's own.

big_buck_bunny is from the film of that name, (c) 2008 Blender Foundation, www.bigbuckbunny.org, CC BY 3.0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comfy_api.latest import io

from .. import host
from ..io.schema import declare

FOLDER = Path(__file__).resolve().parents[2] / "samples"


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
                io.Combo.Input(
                    "clip",
                    options=sorted(path.stem for path in FOLDER.glob("*.mp4")),
                    default="circle_right",
                    tooltip="Which. All but one are of the bundled model's world, at 64x64 and 8 frames per second; "
                    "big_buck_bunny is from a film, 320x180 at 25 with sound.",
                )
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The clip, as Load Video would give it.")],
        )

    @classmethod
    def execute(cls, clip: str) -> Any:
        return io.NodeOutput(host.current().video_from_file(FOLDER / f"{clip}.mp4"))
