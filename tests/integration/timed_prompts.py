"""Prompts of stretches on the host's MODELs: frame by frame in Wan and ours, one for each window in the others.

Run by ComfyUI's interpreter: `timed_prompts.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import host_files
import torch
import video_classes
from both_samplers import Samplers, off
from in_process import Comfy

FRAMES = 7
HARD = torch.tensor([[1.0] * 3 + [0.0] * 4, [0.0] * 3 + [1.0] * 4])
SOFT = torch.tensor([[1.0, 1.0, 0.75, 0.25, 0.0, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75, 1.0, 1.0, 1.0]])


class Prompts:
    """CONDITIONINGs of the pack's node, without its CLIP."""

    def __init__(self, comfy: Comfy) -> None:
        self.kind = comfy.part("nodes.host.timed_prompts").TimedPrompts

    def of(self, shares: torch.Tensor, *texts: list[list[Any]]) -> list[Any]:
        """Those of texts, each a CONDITIONING."""
        return self.kind(tuple((text[0][0], text[0][1]) for text in texts), shares).conditioning()


def in_wan(comfy: Comfy, folder: Path, prompts: Prompts) -> dict[str, Any]:
    """Ours beside the host's Wan of the same weights; and each beside one prompt alone."""
    family, sampler = host_files.load(comfy, folder, "wan_2_1"), Samplers(comfy)
    one, other, negative = family.text(1), family.text(2), family.text(3)
    latent = {"samples": torch.zeros(1, 16, FRAMES, 4, 4)}
    (windows,) = comfy.run("SoraWindows", model=family.model, context=2, new=3, noise=0.0)
    models = {"host": family.model, "ours": host_files.ours(comfy, folder, "wan_2_1"), "host in windows": windows}
    (models["ours in windows"],) = comfy.run("SoraWindows", model=models["ours"], context=2, new=3, noise=0.0)

    def sampled(name: str, positive: list[Any]) -> torch.Tensor:
        return sampler.ours(models[name], latent, (positive, negative))

    report: dict[str, Any] = {}
    for name in models:
        alone = sampled(name, one)
        report[name] = {
            "same text": off(sampled(name, prompts.of(SOFT, one, one)), alone),
            "changed": off(sampled(name, prompts.of(HARD, one, other)), alone),
        }
    for way in ("", " in windows"):
        for kind, shares in (("hard", HARD), ("soft", SOFT)):
            both = [sampled(f"{name}{way}", prompts.of(shares, one, other)) for name in ("ours", "host")]
            report[f"{kind}{way}"] = off(*both)
    report["left patched"] = off(sampled("host", one), sampled("ours", one))
    long = [[torch.cat([other[0][0]] * 2, dim=1), other[0][1]]]
    report["lengths"] = sampler.refused(family.model, latent, (prompts.of(HARD, one, long), negative))
    short = {"samples": torch.zeros(1, 16, 3, 4, 4)}
    report["frames"] = sampler.refused(family.model, short, (prompts.of(HARD, one, other), negative))
    (core,) = comfy.run("ModelSamplingSD3", model=models["ours"], shift=5.0)
    how = {"seed": 3, "steps": 2, "cfg": 2.5, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0}
    texts = [prompts.of(HARD, one, other), one]
    made = [
        comfy.run("KSampler", model=core, positive=text, negative=negative, latent_image=latent, **how)[0]["samples"]
        for text in texts
    ]
    report["by KSampler"] = off(*made)
    return report


def in_windows(comfy: Comfy, prompts: Prompts, name: str) -> dict[str, Any]:
    """A MODEL that sees one prompt at a time: each window of it has its own."""
    model, sampler = video_classes.load(name), Samplers(comfy)
    one, other, negative = (video_classes.text(name, seed) for seed in (1, 2, 3))
    latent = {"samples": torch.zeros(1, video_classes.latent_channels(model), FRAMES, 4, 4)}
    (windows,) = comfy.run("SoraWindows", model=model, context=1, new=3, noise=0.0)
    texts = prompts.of(HARD, one, other), negative
    made = sampler.ours(windows, latent, texts)
    alone = sampler.ours(windows, latent, (one, negative))
    same = sampler.ours(windows, latent, (prompts.of(HARD, one, one), negative))
    return {
        "refused": sampler.refused(model, latent, texts),
        "first window": off(made[:, :, :4], alone[:, :, :4]),
        "second window": off(made[:, :, 4:], alone[:, :, 4:]),
        "same text": off(same, alone),
    }


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All of it."""
    comfy = Comfy(comfyui, pack, folder)
    prompts = Prompts(comfy)
    report = in_wan(comfy, folder, prompts)
    report |= {name: in_windows(comfy, prompts, name) for name in ("hunyuan", "ltxv", "mochi")}
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
