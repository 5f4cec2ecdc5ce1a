"""Sora Video Grid: an empty canvas, its size and duration rounded to what VAE and patches take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas.abilities import text_to_video
from ...sora_core.canvas.shapes import Compression, VideoShape
from ...sora_core.video.source_clip import PATCH
from ..host.values import Vae
from ..io.adapters import vae_channels, vae_compression
from ..io.schema import declare
from ..io.sockets import audio_vae_input, canvas_output, fps_input, fps_output, seconds_input, size_input
from ..io.told import outputs, tell
from .soundtrack import Soundtrack

ASPECT_RATIOS = ("1:1", "5:3", "3:5", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9")


@dataclass(frozen=True)
class Grid:
    """A requested video and the closest one that the model takes. size: side of the square with the same area."""

    aspect_ratio: str
    size: int
    seconds: float
    fps: float

    def wanted(self) -> tuple[float, float]:
        """Width and height before rounding."""
        across, down = ratio_of(self.aspect_ratio)
        return self.size * math.sqrt(across / down), self.size * math.sqrt(down / across)

    def shape(self, compression: Compression) -> VideoShape:
        """The closest clip that VAE and patches take."""
        width, height = self.wanted()
        frames = compression.frames_for(self.seconds, self.fps)
        return compression.nearest(VideoShape(frames, round(height), round(width)), PATCH)

    def describe(self, shape: VideoShape) -> list[str]:
        """The notices: the shape, and what was rounded."""
        width, height = self.wanted()
        got = f"{shape.width}x{shape.height}, {shape.frames} frame{'s' if shape.frames > 1 else ''} at {self.fps:g} fps"
        wanted_frames = max(1, round(self.seconds * self.fps))
        notices = [got]
        if (round(width), round(height)) != (shape.width, shape.height):
            notices.append(f"{round(width)}x{round(height)} is rounded to what the model takes")
        if wanted_frames != shape.frames:
            notices.append(f"{wanted_frames} frames are rounded to {shape.frames}")
        return notices


def ratio_of(aspect_ratio: str) -> tuple[int, int]:
    """Width and height of an aspect ratio such as 16:9."""
    across, down = aspect_ratio.split(":")
    return int(across), int(down)


def aspect_ratio_input(default: str, tooltip: str) -> Any:
    """A choice of aspect ratio."""
    return io.Combo.Input("aspect_ratio", options=[*ASPECT_RATIOS], default=default, tooltip=tooltip)


class SoraVideoGrid(io.ComfyNode):
    """Makes an empty video latent."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraVideoGrid",
            "canvas",
            display_name="Sora Video Grid",
            description="Creates an empty video latent of any size and duration. Both are rounded to what the model "
            "takes; the node shows the result.",
            search_aliases=[
                "t2v",
                "txt2vid",
                "text to video",
                "empty latent video",
                "size",
                "resolution",
                "aspect ratio",
                "duration",
                "frames",
            ],
            inputs=[
                aspect_ratio_input("1:1", "Ratio of width to height."),
                size_input(
                    "Side in pixels of the square with the same area, so that every aspect ratio costs the same. The "
                    "bundled model is trained at 64."
                ),
                seconds_input("seconds", 2.0, "Duration. 0 makes a single image."),
                fps_input("Frames per second that the model was trained at: 8 for the bundled one, 16 for Wan 2.1."),
                io.Vae.Input(
                    "vae",
                    optional=True,
                    tooltip="The VAE that will decode; it sets the grid. Not connected: 4x8x8, 16 channels (Wan 2.1).",
                ),
                audio_vae_input(
                    "For models that make sound with their frames (LTX-2, MiniMax-H3): their audio VAE. The latent "
                    "then holds both."
                ),
                io.Int.Input(
                    "batch_size",
                    default=1,
                    min=1,
                    max=64,
                    optional=True,
                    tooltip="Videos to make at once, each from other noise; memory grows with their number.",
                ),
            ],
            outputs=[
                canvas_output("The empty canvas, for a sampler."),
                io.Int.Output(display_name="width", tooltip="Width in pixels after rounding."),
                io.Int.Output(display_name="height", tooltip="Height in pixels after rounding."),
                io.Int.Output(display_name="frames", tooltip="Number of frames after rounding."),
                fps_output(),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        aspect_ratio: str,
        size: int,
        seconds: float,
        fps: float,
        vae: Vae | None = None,
        audio_vae: Any | None = None,
        batch_size: int = 1,
    ) -> Any:
        soundtrack, compression = Soundtrack.of(vae, audio_vae, fps), vae_compression(vae)
        grid = Grid(aspect_ratio, size, seconds, fps)
        shape = grid.shape(compression)
        latent = soundtrack.latent(text_to_video(compression.to_latent(shape, vae_channels(vae)), batch_size))
        tell(cls, [*grid.describe(shape), *soundtrack.notices()])
        return outputs(cls, latent, shape.width, shape.height, shape.frames, fps)
