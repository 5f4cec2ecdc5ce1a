"""The grid of every video VAE class of the host, as our nodes take it, beside what its own encoder and decoder give.

Run by ComfyUI's interpreter: `vae_formulas.py COMFYUI PACK FOLDER`. Prints a report on each class as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
import vae_classes
from in_process import Comfy, largest

SIDE, FPS = 64, 24.0


def grid(comfy: Comfy, vae: Any) -> dict[str, Any]:
    """What the VAE says of itself, and what it does: latents of a clip, and the frames that they decode to."""
    compression = comfy.part("nodes.host").current().compression(vae)
    taken = compression.time_grid
    counts = [taken.least(latents) for latents in (1, 2, 3)]
    coded = []
    for frames in counts:
        clip = torch.rand(frames, SIDE, SIDE, 3, generator=torch.Generator().manual_seed(frames))
        latents = vae.encode(clip)
        coded.append([*latents.shape, vae.decode(latents).shape[1]])
    said = [
        [1, vae.latent_channels, taken.latents_of(count), SIDE // compression.height, SIDE // compression.width, count]
        for count in counts
    ]
    spans = [len(taken.span(latent)) for latent in range(8)]
    return {"class": type(vae.first_stage_model).__name__, "said": said, "coded": coded, "spans": spans}


def of_frames(streams: Any) -> torch.Tensor:
    """Frames of samples or of a mask; MiniMax-H3 has sound beside them."""
    return streams.unbind()[0] if streams.is_nested else streams


def nodes(comfy: Comfy, vae: Any) -> dict[str, Any]:
    """Grid, decoders and an extension of 39 frames."""
    run = comfy.run
    latent, _, _, frames, _ = run("SoraVideoGrid", aspect_ratio="1:1", size=SIDE, seconds=5.0, fps=FPS, vae=vae)
    source = torch.rand(39, SIDE, SIDE, 3, generator=torch.Generator().manual_seed(0))
    extended, _, overlap, *_ = run("SoraExtendVideo", source=source, vae=vae, before=0.0, after=1.0, size=SIDE, fps=FPS)
    made = of_frames(extended["samples"])
    short = {"samples": made[:, :, :7]}
    (images,), (theirs,) = run("SoraVAEDecode", samples=short, vae=vae), run("VAEDecode", samples=short, vae=vae)
    (video,) = run("SoraDecodeToVideo", samples=short, vae=vae, fps=FPS)
    known = int((of_frames(extended["noise_mask"]) == 0).all(4).all(3).sum())
    own = vae.encode(source[39 - overlap :])
    return {
        "grid": [latent["samples"].shape[2], frames],
        "extended": [overlap, known, made.shape[2]],
        "own": largest(made[:, :, :known], own),
        "images": largest(images, theirs.clamp(0, 1)),
        "frames": [len(images), video.get_components().images.shape[0]],
    }


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Every class; all nodes for those whose formula is not the usual one."""
    comfy, report = Comfy(comfyui, pack, folder), {}
    for name in vae_classes.MAKERS:
        vae = vae_classes.load(name)
        report[name] = grid(comfy, vae)
        if name in ("minimax_h3", "tae_minimax_h3", "tae_ltx_2"):
            report[name]["nodes"] = nodes(comfy, vae)
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
