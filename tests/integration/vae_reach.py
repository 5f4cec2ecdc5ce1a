"""How far the encoder of every video VAE class of the host sees, and what our nodes mark known with it.

Run by ComfyUI's interpreter: `vae_reach.py COMFYUI PACK FOLDER`. Prints a report on each class as JSON. Weights are
random, so only differences say something: what a later frame moves, and what is decoded worse than the VAE itself does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
import vae_classes
from in_process import Comfy

LATENTS, CELLS = 5, 2  # of a canvas: frames, and along a side
CLIP = {"beginning": (0, 3), "middle": (2, 4), "end": (2, 5)}  # latent frames of a clip: the first, and after the last


def moving(frames: int, side: int, seed: int) -> torch.Tensor:
    """A soft picture that changes, as IMAGEs."""
    low = torch.rand(1, 3, 3 + frames // 6, 4, 4, generator=torch.Generator().manual_seed(seed))
    size = (frames, side, side)
    return torch.nn.functional.interpolate(low, size, mode="trilinear")[0].permute(1, 2, 3, 0).contiguous()


def rms(error: torch.Tensor) -> float:
    """Root mean square."""
    return error.square().mean().sqrt().item()


def sight(vae: Any, grid: Any, side: int) -> dict[str, float]:
    """What moves earlier latents, in units of their spread: other frames at the end of the clip, and a longer clip."""
    frames = grid.least(LATENTS)
    latents, longer = grid.latents_of(frames), grid.at_least(frames + 1)
    clip, other = moving(longer, side, 1), moving(longer, side, 2)
    encoded = vae.encode(clip[:frames])
    begin = grid.span(latents - 1).start
    changed = vae.encode(torch.cat([clip[:begin], other[begin:frames]]))
    spread = encoded.std().item()
    return {
        "ahead": rms((changed - encoded)[:, :, : latents - 1]) / spread,
        "own": rms((changed - encoded)[:, :, latents - 1 :]) / spread,
        "longer": rms(vae.encode(clip)[:, :, : latents - 1] - encoded[:, :, : latents - 1]) / spread,
    }


def in_place(comfy: Comfy, vae: Any, grid: Any, side: int) -> dict[str, dict[str, float]]:
    """Known latents of our nodes beside the whole canvas; what they decode to, beside what the VAE makes of the canvas.

    cut: the same latents, of a clip that ends where the known frames do.
    """
    encoder = comfy.part("nodes.canvas.clip_encoder").ClipEncoder(vae, 8.0, side, side)
    placement, found = comfy.part("sora_core.canvas.placement").Placement, {}
    frames = grid.frames_of(LATENTS)
    for name, (start, stop) in CLIP.items():
        first, end = grid.span(start).start, grid.span(stop - 1).stop
        clip = moving(end - first, side, 3)
        known, latents = encoder.encode_at(clip.movedim(-1, 0)[None], first, frames)
        filled = placement(first, end - first, frames, encoder.compression).fill(clip.movedim(-1, 0)[None])
        canvas = filled[0].movedim(0, -1)
        whole = vae.encode(canvas)
        marked = whole.clone()
        marked[:, :, known.start : known.stop] = latents
        own, ours = ((vae.decode(each)[0, first:end] - clip) for each in (whole, marked))
        cut = vae.encode(canvas[:end])[:, :, known.start : known.stop]
        spread = whole.std().item()
        found[name] = {
            "known": [known.start, known.stop],
            "off": rms(latents - whole[:, :, known.start : known.stop]) / spread,
            "decoded": rms(ours) / rms(own) - 1,
            "cut": rms(cut - whole[:, :, known.start : known.stop]) / spread,
        }
    return found


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Every class; and known latents of those that are not causal and whose models our sampler takes."""
    comfy, report = Comfy(comfyui, pack, folder), {}
    for name in vae_classes.MAKERS:
        vae = vae_classes.load(name)
        compression = comfy.part("nodes.host").current().compression(vae)
        grid, side = compression.time_grid, CELLS * compression.height
        report[name] = {"causal": compression.causal, **sight(vae, grid, side)}
        if name in ("hunyuan", "hunyuan_1_5", "mochi", "tae_wan_2_1"):
            report[name]["in_place"] = in_place(comfy, vae, grid, side)
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
