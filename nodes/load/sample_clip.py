"""Sora Sample Clip: the bundled clips, so that every workflow runs without other files.

big_buck_bunny is from the film of that name, (c) 2008 Blender Foundation, www.bigbuckbunny.org, CC BY 3.0.
"""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.samples import SAMPLES
from ..io.schema import declare


class SoraSampleClip(io.ComfyNode):
    """Loads a bundled clip."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraSampleClip",
            "load",
            display_name="Sora Sample Clip",
            description="Loads a sample clip that comes with this pack. Replace it with Load Video to use your own.",
            search_aliases=["example", "demo", "test video"],
            inputs=[
                io.Combo.Input(
                    "clip",
                    options=sorted(path.stem for path in SAMPLES.glob("*.mp4")),
                    default="circle_right",
                    tooltip="All but one show what the bundled model was trained on, at 64x64 and 8 frames per second. "
                    "big_buck_bunny is from a film, 320x180 at 25 frames per second with sound.",
                )
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The clip, as from Load Video.")],
        )

    @classmethod
    def execute(cls, clip: str) -> Any:
        return io.NodeOutput(host.current().video_from_file(SAMPLES / f"{clip}.mp4"))
