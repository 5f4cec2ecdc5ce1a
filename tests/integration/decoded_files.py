"""VIDEOs of Sora Decode to Video inside ComfyUI: what other nodes read of them, and how they are saved and trimmed.

Run by ComfyUI's interpreter: `decoded_files.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from in_process import Comfy, largest

FPS = 8.0


def coded(path: Path) -> list[Any]:
    """Codec, number of frames and size of a file."""
    av = importlib.import_module("av")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return [stream.codec_context.codec.canonical_name, len(frames), *frames[0].shape[:2]]


def error_of(comfy: Comfy, path: Path, images: torch.Tensor) -> float:
    """Mean error of a file's frames, in levels of 255."""
    frames = comfy.part("sora_core.video.file_frames").FileFrames(path)[:]
    return float((frames - images).abs().mean() * 255)


def saved(comfy: Comfy, video: Any, images: torch.Tensor, folder: Path) -> dict[str, Any]:
    """Codec and error of each way to save, and whether the plain one is one encode of the frames."""
    types = importlib.import_module("comfy_api.latest").Types
    ways = {
        "plain.mp4": {"metadata": {"prompt": {"1": "red"}}},
        "chosen.mp4": {"codec": types.VideoCodec.H264, "crf": 40.0},
        "other.mkv": {"format": types.VideoContainer.MKV},
        "web.webm": {"format": types.VideoContainer.WEBM},
    }
    found = {}
    for name, options in ways.items():
        video.save_to(str(folder / name), **options)
        found[name] = [coded(folder / name)[:2], error_of(comfy, folder / name, images)]
    once = folder / "once.mp4"
    comfy.part("sora_core.video.video_io").write_video(once, (images * 255).round().byte(), FPS, crf=12)
    frames = comfy.part("sora_core.video.file_frames").FileFrames
    found["as once"] = largest(frames(once)[:], frames(folder / "plain.mp4")[:])
    return found


def main(comfyui: str, pack: str, folder: Path) -> dict[str, Any]:
    """Everything that the tests look at."""
    comfy = Comfy(comfyui, pack, folder)
    *_, vae = comfy.run("SoraLoadModel", model="nano (demo model)")
    clip = comfy.part("sora_core.video.file_frames").FileFrames(Path(pack) / "web" / "samples" / "square_up.mp4")[:9]
    latent = comfy.run("SoraEncodeVideo", source=clip, vae=vae, size=128, fps=FPS)[0]
    (images,) = comfy.run("SoraVAEDecode", samples=latent, vae=vae)
    (video,) = comfy.run("SoraDecodeToVideo", samples=latent, vae=vae, fps=FPS)
    temp = Path(importlib.import_module("folder_paths").get_temp_directory())
    exact = (images * 255).round() / 255
    found: dict[str, Any] = {
        "files after decoding": [path.suffix for path in temp.iterdir()],
        "components": largest(video.get_components().images, exact),
        "read": largest(comfy.part("nodes.host").current().read_video(video).frames[:], exact),
        "saved": saved(comfy, video, images, folder),
        "stream": coded(Path(video.get_stream_source())),
        "length": [video.get_frame_count(), video.get_duration(), *video.get_dimensions()],
    }
    part = video.as_trimmed(0.25, 0.5)
    part.save_to(str(folder / "part.mp4"))
    found["part"] = [coded(folder / "part.mp4")[:2], error_of(comfy, folder / "part.mp4", images[2:6])]
    del part, video
    gc.collect()
    found["files in the end"] = [path.name for path in temp.iterdir()]
    return found


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
