"""Latents that memory has no room to decode, inside ComfyUI: kept, named, and opened by its own Load Latent.

Run by ComfyUI's interpreter: `kept_latents.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from in_process import Comfy, largest


def main(comfyui: str, pack: str, folder: Path) -> dict[str, Any]:
    """Everything that the tests look at."""
    comfy = Comfy(comfyui, pack, folder)
    management, paths = importlib.import_module("comfy.model_management"), importlib.import_module("folder_paths")
    paths.set_input_directory(str(folder))
    _, _, vae = comfy.run("SoraLoadModel", model="nano (demo model)")
    latent = {"samples": torch.randn(1, vae.latent_channels, 3, 8, 8, generator=torch.Generator().manual_seed(0))}
    decoded, *_ = comfy.run("SoraVAEDecode", samples=latent, vae=vae)

    def too_large(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("no room")

    vae.decode_stream = vae.decode = too_large  # ours, and the host's that follows it
    found: dict[str, Any] = {"said": {}, "unloads": {}}
    for name, settings in {"SoraVAEDecode": {}, "SoraDecodeToVideo": {"fps": 8.0}}.items():
        try:
            comfy.run(name, samples=latent, vae=vae, **settings)
        except Exception as error:
            found["said"][name], found["unloads"][name] = str(error), management.is_oom(error)
    del vae.decode_stream, vae.decode
    files = [file.name for file in folder.glob("*.latent")]
    loader = comfy.core.LoadLatent
    found["files"], found["listed"] = files, loader.INPUT_TYPES()["required"]["latent"][0]
    loaded, *_ = comfy.run("LoadLatent", latent=files[0])
    again, *_ = comfy.run("SoraVAEDecode", samples=loaded, vae=vae)
    found["apart"] = largest(decoded, again)
    return found


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
