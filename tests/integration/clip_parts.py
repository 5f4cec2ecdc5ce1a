"""Long clips through the encoders of ComfyUI that are not ours: part by part beside the whole, and the memory of both.

Run by ComfyUI's interpreter: `clip_parts.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
import vae_classes
from in_process import Comfy, largest

LTX_2 = {
    "dims": 3,
    "latent_channels": 128,
    "encoder_blocks": [
        ["res_x", {"num_layers": 2}],
        ["compress_space_res", {"multiplier": 2}],
        ["res_x", {"num_layers": 2}],
        ["compress_time_res", {"multiplier": 2}],
        ["res_x", {"num_layers": 2}],
        ["compress_all_res", {"multiplier": 2}],
        ["compress_all_res", {"multiplier": 2}],
        ["res_x", {"num_layers": 2}],
    ],
    "decoder_blocks": [["res_x", 1], *[["compress_all", 1]] * 3, ["res_x", 1]],
    "norm_layer": "pixel_norm",
    "patch_size": 4,
    "latent_log_var": "uniform",
    "spatial_padding_mode": "zeros",
    "encoder_base_channels": 16,
    "decoder_base_channels": 8,
}
LENGTHS = {
    "ltxv": (1, 9, 73),
    "ltx_2": (1, 9, 25, 73),
    "minimax_h3": (5, 39),
    "tae_minimax_h3": (5, 39, 90),
}
SIDE = 64


class Bar:
    """Counts as a progress bar does."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def update(self, done: int) -> None:
        """Remember it."""
        self.seen.append(done)


def loaded(name: str) -> Any:
    """A VAE of a class; that of LTX-2 with the layers that its files have."""
    if name != "ltx_2":
        return vae_classes.load(name)
    target, _ = vae_classes.MAKERS["ltxv"]
    with patch.dict(vae_classes.MAKERS, {name: (target, vae_classes._made(target, config=LTX_2))}):
        return vae_classes.load(name)


def moving(frames: int, side: int = SIDE) -> torch.Tensor:
    """A soft picture that changes, as IMAGEs."""
    low = torch.rand(1, 3, 3 + frames // 6, 4, 4, generator=torch.Generator().manual_seed(frames))
    size = (frames, side, side)
    return torch.nn.functional.interpolate(low, size, mode="trilinear")[0].permute(1, 2, 3, 0).contiguous()


def compared(comfy: Comfy, name: str) -> dict[str, Any]:
    """The largest difference, in units of the spread, for each length; and how parts were counted."""
    parts, vae, found = comfy.part("nodes.comfy.clip_parts"), loaded(name), {}
    if name in LENGTHS:
        vae.first_stage_model.double()
        vae.vae_dtype = torch.float64  # in float32 both round, each in its own way
    for frames in LENGTHS.get(name, ()):
        clip, bar = moving(frames), Bar()
        whole = vae.encode(clip)
        with patch.multiple(parts, WHOLE=0, PART=12 * SIDE * SIDE * 17):
            ours = parts.encoded_in_parts(vae, lambda clip=clip: iter(clip.split(7)), frames, bar)
        found[str(frames)] = {"off": largest(ours, whole) / whole.std().item(), "bar": bar.seen}
    found["in parts"] = parts.encodes_parts(vae)
    return found


def at_the_peak(comfy: Comfy, name: str, frames: int) -> dict[str, float]:
    """Megabytes that encoding a long clip adds to the process, in parts and whole."""
    parts, vae, found = comfy.part("nodes.comfy.clip_parts"), loaded(name), {}
    host = comfy.part("nodes.host").current()

    def chunks(frames: int = frames) -> Iterator[torch.Tensor]:
        for begin in range(0, frames, 16):
            yield torch.rand(min(16, frames - begin), 128, 128, 3)

    host.encode_stream(vae, lambda: chunks(9), 9)  # reads the code of the libraries
    for way, limit in (("parts", 0), ("whole", 2**60)):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = peak()
        with patch.multiple(parts, WHOLE=limit, PART=2**22):
            host.encode_stream(vae, chunks, frames)
        found[way] = peak() - before
    return found


def peak() -> float:
    """The most memory of this process since the peak began, in megabytes."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Every class."""
    comfy = Comfy(comfyui, pack, folder)
    report: dict[str, Any] = {name: compared(comfy, name) for name in [*vae_classes.MAKERS, "ltx_2"]}
    report["ltxv"] |= at_the_peak(comfy, "ltxv", 321)
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
