"""Sora Outpaint Video: a clip in a larger picture of another aspect ratio, and what is around it invented."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.abilities import Border
from ...sora_core.canvas.shapes import LatentShape, VideoShape
from ...sora_core.video.source_clip import PATCH, SourceClip
from .. import host
from ..host.values import Vae
from ..io.adapters import vae_compression, video_latent
from ..io.schema import declare
from ..io.sockets import canvas_output, fps_input, fps_output, share_input, size_input, source_input, vae_input
from ..io.source import source_clip_of
from .video_grid import Grid, aspect_ratio_input
from .workplace import Workplace


class SoraOutpaintVideo(io.ComfyNode):
    """A clip with more around it."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraOutpaintVideo",
            display_name="Sora Outpaint Video",
            description="Gives a video another aspect ratio without cutting it: invents what is to be seen on its left "
            "and right, or above and below.",
            search_aliases=["outpaint", "uncrop", "expand", "reframe", "aspect ratio", "border"],
            inputs=[
                source_input("source", "The video; it keeps its aspect ratio and fills the result along one axis."),
                vae_input(),
                aspect_ratio_input("16:9", "Width to height of the result."),
                share_input(
                    "position",
                    0.5,
                    "Where the video stands along the axis in which there is room: 0 left or top, 1 right or bottom.",
                ),
                size_input(
                    "Side in pixels of the square with the same area as the result. The bundled model is trained at 64."
                ),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Vae, aspect_ratio: str, position: float, size: int, fps: float) -> Any:
        source_clip = source_clip_of(source, fps)
        whole = Grid(aspect_ratio, size, seconds=0, fps=fps).shape(vae_compression(vae))
        place = _place_within(source_clip, vae, whole, aspect_ratio, fps)
        border = _border(place, whole, position)
        pixels = place.whole(source_clip)
        canvas = abilities.outpaint(place.encode_within(pixels, border), border)
        said = f"{place.describe('source', source_clip, pixels.shape[2])}; {_describe(border, place, whole)}"
        host.current().notify(cls.hidden.unique_id, said)
        return io.NodeOutput(video_latent(canvas), fps)


def _place_within(source_clip: SourceClip, vae: Vae, whole: VideoShape, aspect_ratio: str, fps: float) -> Workplace:
    """Where the clip is worked at; ValueError where it leaves no room in the whole picture."""
    place = Workplace(vae, fps, *source_clip.within(whole.height, whole.width, vae_compression(vae)))
    if (place.height, place.width) == (whole.height, whole.width):
        _, height, width, _ = source_clip.frames.shape
        raise ValueError(
            f"got a source of {width}x{height}, which fills {aspect_ratio} already ({whole.width}x{whole.height} at "
            "this size), expected one that leaves something to be invented: choose another aspect ratio"
        )
    return place


def _border(place: Workplace, whole: VideoShape, position: float) -> Border:
    """Whole patches around the clip, so that no patch is known in part."""
    if not 0 <= position <= 1:
        raise ValueError(f"got a position of {position:g}, expected 0..1")
    outer = place.compression.to_latent(whole, 1)
    inner = place.compression.to_latent(VideoShape(1, place.height, place.width), 1)
    top, left = _before(outer, inner, position)
    return Border(top, outer.height - inner.height - top, left, outer.width - inner.width - left)


def _before(outer: LatentShape, inner: LatentShape, position: float) -> tuple[int, int]:
    """Latent rows above and columns left of the clip."""
    rooms = ((outer.height - inner.height) // PATCH[1], (outer.width - inner.width) // PATCH[2])  # in patches
    top, left = (int(position * room + 0.5) for room in rooms)
    return top * PATCH[1], left * PATCH[2]


def _describe(border: Border, place: Workplace, whole: VideoShape) -> str:
    """What is invented where, in pixels."""
    rows, columns = place.compression.height, place.compression.width
    sides = {
        "above": border.top * rows,
        "below": border.bottom * rows,
        "on the left": border.left * columns,
        "on the right": border.right * columns,
    }
    invented = " and ".join(f"{pixels} pixels {side}" for side, pixels in sides.items() if pixels)
    return f"with {invented} it becomes {whole.width}x{whole.height}"
