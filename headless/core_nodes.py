"""ComfyUI's core nodes that shared graphs need, with its names, inputs and output slots (0.33)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..nodes import host
from ..sora_core.system.atomic_file import atomic_path
from ..sora_core.video.colours import bytes_of
from ..sora_core.video.pictures import read_pictures
from ..sora_core.video.video_io import probe
from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io
from .folders import Folders
from .video import Video, VideoFromComponents, VideoFromFile

MAX_IMAGES = 16384


class LoadImage(ComfyNode):
    """Loads an image file, and a mask that is 1 where the image is transparent."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "LoadImage",
            display_name="Load Image",
            category="image",
            inputs=[io.String.Input("image")],
            outputs=[io.Image.Output(), io.Mask.Output()],
        )

    @classmethod
    def validate_inputs(cls, image: str = "") -> bool | str:
        return Folders.current().check_input(image)

    @classmethod
    def fingerprint_inputs(cls, image: str) -> float:
        return Folders.current().input_path(image).stat().st_mtime

    @classmethod
    def execute(cls, image: str) -> NodeOutput:
        read = read_pictures(Folders.current().input_path(image))
        masks = torch.zeros(len(read.colours), 64, 64) if read.alpha is None else 1 - read.alpha
        return NodeOutput(read.colours, masks)


class LoadImageMask(ComfyNode):
    """Loads one channel of an image file as a mask; of the alpha channel, 1 is transparent."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "LoadImageMask",
            display_name="Load Image (as Mask)",
            category="image",
            inputs=[io.String.Input("image"), io.Combo.Input("channel", options=["alpha", "red", "green", "blue"])],
            outputs=[io.Mask.Output()],
        )

    @classmethod
    def validate_inputs(cls, image: str = "", **_: str) -> bool | str:
        return LoadImage.validate_inputs(image)

    @classmethod
    def fingerprint_inputs(cls, image: str, **_: str) -> float:
        return LoadImage.fingerprint_inputs(image)

    @classmethod
    def execute(cls, image: str, channel: str) -> NodeOutput:
        colours, mask = LoadImage.execute(image).args
        return NodeOutput(mask if channel == "alpha" else colours[..., ("red", "green", "blue").index(channel)])


class SaveImage(ComfyNode):
    """Saves images as PNG files."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "SaveImage",
            display_name="Save Image",
            category="image",
            inputs=[io.Image.Input("images"), io.String.Input("filename_prefix", default="ComfyUI")],
            outputs=[io.Image.Output()],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, filename_prefix: str = "ComfyUI", **_: str) -> bool | str:
        return Folders.current().check_output(filename_prefix)

    @classmethod
    def execute(cls, images: torch.Tensor, filename_prefix: str) -> NodeOutput:
        saved = []
        for image in images:
            pixels = bytes_of(image).numpy()
            size = pixels.shape[1], pixels.shape[0]
            saved.append(_save(filename_prefix, ".png", size, partial(_write_png, pixels=pixels)))
        return NodeOutput(images, ui={"images": saved})


class LoadVideo(ComfyNode):
    """Loads a video file."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "LoadVideo",
            display_name="Load Video",
            category="video",
            inputs=[io.String.Input("file")],
            outputs=[io.Video.Output()],
        )

    @classmethod
    def validate_inputs(cls, file: str = "") -> bool | str:
        return Folders.current().check_input(file)

    @classmethod
    def fingerprint_inputs(cls, file: str) -> float:
        return Folders.current().input_path(file).stat().st_mtime

    @classmethod
    def execute(cls, file: str) -> NodeOutput:
        path = Folders.current().input_path(file)
        probe(path)  # refuses a file that is no video, which SaveVideo would copy
        return NodeOutput(VideoFromFile(path))


class GetVideoComponents(ComfyNode):
    """Reads frames, sound and fps of a video."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "GetVideoComponents",
            display_name="Get Video Components",
            category="video",
            inputs=[io.Video.Input("video")],
            outputs=[
                io.Image.Output(display_name="images"),
                io.Audio.Output(display_name="audio"),
                io.Float.Output(display_name="fps"),
                io.Int.Output(display_name="bit_depth"),
                io.Combo.Output(display_name="color_space"),
            ],
        )

    @classmethod
    def execute(cls, video: Video) -> NodeOutput:
        read = video.recording()
        images = read.frames[:]
        if read.varied:
            host.current().notify(None, f"Variable frame rate, read as {len(images)} frames at {read.fps:g} fps")
        return NodeOutput(images, read.sound, read.fps, video.get_bit_depth(), video.get_color_space())


class ImageFromBatch(ComfyNode):
    """Takes images from a batch; a negative index counts from its end."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "ImageFromBatch",
            display_name="Get Image from Batch",
            category="image/batch",
            inputs=[
                io.Image.Input("image"),
                io.Int.Input("batch_index", default=0, min=-MAX_IMAGES, max=MAX_IMAGES),
                io.Int.Input("length", default=1, min=1, max=4096),
            ],
            outputs=[io.Image.Output()],
        )

    @classmethod
    def execute(cls, image: torch.Tensor, batch_index: int, length: int) -> NodeOutput:
        first = batch_index + len(image) if batch_index < 0 else batch_index
        first = min(max(first, 0), len(image) - 1)  # clamped, as in the host
        return NodeOutput(image[first : first + length].clone())


class CreateVideo(ComfyNode):
    """Makes a video of frames."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "CreateVideo",
            display_name="Create Video",
            category="video",
            inputs=[
                io.Image.Input("images"),
                io.Float.Input("fps", default=30.0, min=1.0, max=120.0, step=1.0),
                io.Audio.Input("audio", optional=True),
                io.Int.Input("bit_depth", default=8, min=8, max=10, step=2, optional=True),
            ],
            outputs=[io.Video.Output()],
        )

    @classmethod
    def execute(cls, images: torch.Tensor, fps: float, audio: Any = None, bit_depth: int = 8) -> NodeOutput:
        if bit_depth != 8:
            raise ValueError(f"got {bit_depth} bits, expected 8: the rest needs ComfyUI")
        return NodeOutput(VideoFromComponents(images, fps, audio))


class SaveVideo(ComfyNode):
    """Saves a video as an mp4 file."""

    @classmethod
    def define_schema(cls) -> Schema:
        codec = {"options": ["auto", "h264"], "optional": True}
        return Schema(
            "SaveVideo",
            display_name="Save Video",
            category="video",
            inputs=[
                io.Video.Input("video"),
                io.String.Input("filename_prefix", default="video/ComfyUI"),
                io.Combo.Input("format", options=["auto", "mp4"]),
                io.Combo.Input("format.codec", **codec),
                io.Combo.Input("format.codec.encoding", options=["auto"], optional=True),
                io.Combo.Input("codec", **codec),
                io.Combo.Input("codec.encoding", options=["auto"], optional=True),
            ],
            outputs=[io.Video.Output("video")],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, filename_prefix: str = "ComfyUI", **_: str) -> bool | str:
        return Folders.current().check_output(filename_prefix)

    @classmethod
    def execute(cls, video: Video, filename_prefix: str, **_: str) -> NodeOutput:
        saved = _save(filename_prefix, ".mp4", video.get_dimensions(), video.save_to)
        return NodeOutput(video, ui={"images": [saved]})


def _save(prefix: str, suffix: str, size: tuple[int, int], write: Callable[[Path], None]) -> dict[str, str]:
    """Write the next free file of a prefix; returns its location in the format of the host's ui results."""
    path = Folders.current().save(prefix, suffix, size, write)
    relative = path.relative_to(Folders.current().output)
    subfolder = "" if relative.parent == Path(".") else relative.parent.as_posix()
    return {"filename": path.name, "subfolder": subfolder, "type": "output"}


class PreviewAny(ComfyNode):
    """Shows a value as text: on the terminal here."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "PreviewAny",
            display_name="Preview as Text",
            category="utilities",
            inputs=[io.AnyType.Input("source")],
            outputs=[io.String.Output()],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, source: Any) -> NodeOutput:
        host.current().notify(None, str(source))
        return NodeOutput(str(source))


class StringReplace(ComfyNode):
    """Replaces words of a text."""

    @classmethod
    def define_schema(cls) -> Schema:
        names = ("string", "find", "replace")
        return Schema(
            "StringReplace",
            display_name="Replace Text",
            category="text",
            inputs=[io.String.Input(name, multiline=True) for name in names],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, string: str, find: str, replace: str) -> NodeOutput:
        return NodeOutput(string.replace(find, replace))


def _write_png(path: Path, pixels: np.ndarray) -> None:
    with atomic_path(path) as unfinished:
        Image.fromarray(pixels).save(unfinished, format="PNG")


CORE_NODES: tuple[type[ComfyNode], ...] = (
    LoadImage,
    LoadImageMask,
    SaveImage,
    LoadVideo,
    GetVideoComponents,
    ImageFromBatch,
    CreateVideo,
    SaveVideo,
    PreviewAny,
    StringReplace,
)
