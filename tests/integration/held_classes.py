"""Known places in every video class of the host, beside its own sampler: each ability, strengths, and windows.

Run by ComfyUI's interpreter: `held_classes.py COMFYUI PACK FOLDER`. Prints a report on each class as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
import video_classes
from both_samplers import SEED, Samplers, off, random_clip
from in_process import Comfy

FRAMES = 5
CONTEXT, NEW = 2, 3
LONG = CONTEXT + 2 * NEW
IMAGE_NODES = {"hunyuan": {"guiding_frame_index": 0}}  # conditions of Hunyuan Image To Video, "v2 (replace)"


@contextmanager
def one_channel() -> Iterator[None]:
    """Make the host take its own noise_mask where it crashes on it: two classes expect one channel, and get all."""
    import comfy.model_base

    with ExitStack() as stack:
        for kind in (comfy.model_base.HunyuanVideo15, comfy.model_base.Kandinsky5):

            def concat_cond(self: Any, original: Any = kind.concat_cond, **given: Any) -> torch.Tensor:
                if (mask := given.get("denoise_mask")) is not None:
                    given["denoise_mask"] = mask[:, :1]
                return original(self, **given)

            stack.enter_context(patch.object(kind, "concat_cond", concat_cond))
        yield


def canvases(comfy: Comfy, channels: int) -> dict[str, dict[str, Any]]:
    """LATENTs of the recipes that the ability nodes follow."""
    abilities, adapters = (comfy.part(name) for name in ("sora_core.canvas.abilities", "nodes.io.adapters"))
    clip, other = random_clip(channels, FRAMES), random_clip(channels, FRAMES, seed=2)
    region = torch.zeros_like(clip[:, :1])
    region[..., 2:] = 1
    animated = abilities.animate_image(clip[:, :, :1], FRAMES)
    made = {
        "text_to_video": abilities.text_to_video(animated.shape),
        "animate": animated,
        "extend": abilities.extend(clip[:, :, :2], before=1, after=2),
        "connect": abilities.connect(clip[:, :, :1], other[:, :, 3:], 2),
        "keyframe": abilities.place(animated, other[:, :, 3:4], 3),
        "inpaint": abilities.inpaint(clip, region),
        "outpaint": abilities.outpaint(clip[..., :2], abilities.Border(left=1, right=1)),
    }
    latents = {name: adapters.video_latent(canvas) for name, canvas in made.items()}
    latents["two of a batch"] = comfy.run("RepeatLatentBatch", samples=latents["extend"], amount=2)[0]
    return latents


def strengths(channels: int) -> dict[str, dict[str, Any]]:
    """LATENTs of core's nodes: LTXV Img To Video and guides with a strength, and a mask that a user has feathered."""
    clip = random_clip(channels, FRAMES)
    image, feathered = torch.ones(1, 1, FRAMES, 1, 1), torch.ones(1, 1, FRAMES, 1, 1)
    image[:, :, 0] = 0.2
    feathered[:, :, :3] = torch.tensor([0.0, 0.3, 0.9]).view(1, 1, 3, 1, 1)
    masks = {"image": image, "feathered": feathered}
    return {name: {"samples": clip, "noise_mask": mask} for name, mask in masks.items()}


def windows(samplers: Samplers, model: Any, texts: Any, channels: int) -> list[float]:
    """Two windows of an extension, each beside the host's sampler on a clip of its length and known frames."""
    comfy, clip = samplers.comfy, random_clip(channels, LONG)
    level = torch.ones_like(clip[:, :1])
    level[:, :, :1] = 0
    (windowed,) = comfy.run("SoraWindows", model=model, context=CONTEXT, new=NEW, noise=0.0)
    made = samplers.ours(windowed, {"samples": clip, "noise_mask": level}, texts)
    source = comfy.part("sora_core.diffusion.sampler").NoiseSource(SEED)
    noises = [source.draw(clip[:, :, : CONTEXT + NEW].shape) for _ in range(2)]
    held = torch.ones_like(level[:, :, : CONTEXT + NEW])
    held[:, :, :CONTEXT] = 0
    first = {"samples": clip[:, :, : CONTEXT + NEW], "noise_mask": level[:, :, : CONTEXT + NEW]}
    finished = made[:, :, NEW : NEW + CONTEXT]
    second = {"samples": torch.cat([finished, clip[:, :, CONTEXT + NEW :]], dim=2), "noise_mask": held}
    beginning = samplers.core(model, first, texts, noises[0])
    end = samplers.core(model, second, texts, noises[1])[:, :, CONTEXT:]
    return [off(made[:, :, : CONTEXT + NEW], beginning), off(made[:, :, CONTEXT + NEW :], end)]


def compared(comfy: Comfy, name: str) -> dict[str, Any]:
    """One class."""
    model, texts = video_classes.load(name), (video_classes.text(name, 1), video_classes.text(name, 2))
    channels, samplers = video_classes.latent_channels(model), Samplers(comfy)
    latents = canvases(comfy, channels)
    report: dict[str, Any] = {
        "class": type(model.model).__name__,
        "abilities": {ability: samplers.apart(model, latent, texts) for ability, latent in latents.items()},
        "res_multistep": samplers.apart(model, latents["extend"], texts, "res_multistep"),
        "strengths": {kind: samplers.apart(model, latent, texts) for kind, latent in strengths(channels).items()},
        "another": off(samplers.ours(model, latents["animate"], texts), samplers.core(model, latents["extend"], texts)),
    }
    if more := IMAGE_NODES.get(name):
        held = tuple([[[text[0][0], {**text[0][1], **more}]] for text in texts])
        report["abilities"]["image node"] = samplers.apart(model, latents["animate"], held)
    try:
        report["windows"] = windows(samplers, model, texts, channels)
    except ValueError as error:
        report["windows"] = str(error)
    return report


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Every class."""
    comfy = Comfy(comfyui, pack, folder)
    with one_channel():
        print(json.dumps({name: compared(comfy, name) for name in video_classes.CLASSES}))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
