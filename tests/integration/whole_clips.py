"""VAEs that code a clip whole, inside ComfyUI: with room for it, and without.

Run by ComfyUI's interpreter: `whole_clips.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest


def main(comfyui: str, pack: str, folder: Path) -> dict[str, Any]:
    """Everything that the tests look at."""
    comfy = Comfy(comfyui, pack, folder)
    vae = host_files.load(comfy, folder, "ltxv").vae
    film = importlib.import_module("comfy_api.latest").InputImpl.VideoFromFile(f"{pack}/web/samples/square_up.mp4")
    settings = {"vae": vae, "size": 64, "fps": 8.0}
    latent, *_ = comfy.run("SoraEncodeVideo", source=film, **settings)
    images = comfy.part("sora_core.video.file_frames").FileFrames(f"{pack}/web/samples/square_up.mp4")[:]
    held, *_ = comfy.run("SoraEncodeVideo", source=images, **settings)
    found: dict[str, Any] = {"as images": largest(latent["samples"], held["samples"])}
    asked: list[Any] = []
    encode, decode = vae.encode, vae.decode
    vae.encode = lambda *given: asked.append(given) or encode(*given)
    vae.decode = lambda *given: asked.append(given) or decode(*given)
    comfy.part("sora_core.video.budgets").free_memory = lambda: 1_000_000
    found["encode"] = comfy.error("SoraEncodeVideo", source=film, **settings)
    found["decode"] = comfy.error("SoraDecodeToVideo", samples=latent, vae=vae, fps=8.0)
    found["asked"] = len(asked)
    return found


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
