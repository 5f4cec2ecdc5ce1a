"""ComfyUI's own Wan VAEs with random weights beside ours of the same file, whole and streamed.

Run by ComfyUI's interpreter: `host_vaes.py COMFYUI PACK FOLDER`. Prints the largest differences as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import nn

GRIDS = ((3, 2), (1, 1), (5, 3))  # of latents
FRAMES = (1, 5, 13)
BATCH = 2


def host_vae(version: str) -> nn.Module:
    """The host's class at a small size, every weight random and of a scale that keeps activations near 1."""
    from comfy.ldm.wan import vae, vae2_2

    sizes: dict[str, Any] = {"dim": 8, "num_res_blocks": 2, "temperal_downsample": [False, True, True]}
    if version == "wan_2_1":
        model = vae.WanVAE(z_dim=16, **sizes)
    else:
        model = vae2_2.WanVAE(dec_dim=12, z_dim=48, **sizes)
    generator = torch.Generator().manual_seed(0)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator)
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        weight.data = 1 + 0.1 * noise if name.endswith("gamma") else scale * noise
    return model.eval()


def differences(version: str, dtype: torch.dtype, folder: Path, *, spoil: bool = False) -> dict[str, float]:
    """Largest differences of raw latents, pixels and normalised latents; with `spoil` two filters of ours are off."""
    from comfy import latent_formats
    from safetensors.torch import save_file

    from sora_core.checkpoint import load_vae

    theirs = host_vae(version)
    path = folder / f"{version}.safetensors"
    save_file(theirs.state_dict(), path)
    theirs, ours = theirs.to(dtype), load_vae(path, dtype=dtype)
    if spoil:
        for part in (ours.encoder.head[2], ours.decoder.head[2]):
            part.weight.data[0] += 1e-3
    scaling = latent_formats.Wan21() if version == "wan_2_1" else latent_formats.Wan22()
    ratio, generator = ours.compression, torch.Generator().manual_seed(1)
    worst: dict[str, float] = {}
    for (height, width), frames in product(GRIDS, FRAMES):
        shape = (BATCH, 3, frames, height * ratio.height, width * ratio.width)
        pixels = (2 * torch.rand(shape, generator=generator) - 1).to(dtype)
        raw = theirs.encode(pixels)
        decoded, latents = theirs.decode(raw), ours.encode(pixels)
        streamed = torch.cat(list(ours.encode_stream(pixels.split(3, 2))), 2)
        found = {
            "raw": ours.statistics.denormalise(latents) - raw,
            "streamed_raw": ours.statistics.denormalise(streamed) - raw,
            "pixels": ours.decode(ours.statistics.normalise(raw)) - decoded,
            "streamed_pixels": torch.cat(list(ours.decode_stream(ours.statistics.normalise(raw).split(1, 2))), 2)
            - decoded,
            "latents": latents - scaling.process_in(raw),  # whose statistics are rounded to float32
        }
        worst = {name: max(worst.get(name, 0.0), error.abs().max().item()) for name, error in found.items()}
    return worst


def main(folder: Path) -> None:
    """Both VAEs in both precisions, and one that is spoilt."""
    report = {
        f"{version} {dtype}": differences(version, dtype, folder)
        for version in ("wan_2_1", "wan_2_2")
        for dtype in (torch.float64, torch.float32)
    }
    report["spoilt"] = differences("wan_2_2", torch.float64, folder, spoil=True)
    print(json.dumps(report))


if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1], sys.argv[2]]
    from comfy.cli_args import args

    args.cpu = True
    with torch.inference_mode():
        main(Path(sys.argv[3]))
