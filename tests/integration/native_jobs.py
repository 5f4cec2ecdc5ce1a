"""What our nodes ask of ComfyUI for a MODEL, and leave behind: memory, conditioning frames, places, colours, devices.

Run by ComfyUI's interpreter: `native_jobs.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON. Folders
called IMAGE, MISFIT and TAUGHT lie among the models of FOLDER.
"""

from __future__ import annotations

import copy
import gc
import json
import sys
import weakref
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest

IMAGE, MISFIT, TAUGHT = "image", "misfit", "taught"
SEED, STEPS, SHIFT = 3, 4, 3.0  # of which every step is in the table of the simple schedule
FRAMES = 9  # latent
WINDOWS = {
    "none": None,
    "SoraWindows": {"context": 1, "new": 2, "noise": 0.0},
    "SoraRollingWindow": {"context": 2, "active": 2, "noise": 0.0},
}


def vace() -> torch.nn.Module:
    """The smallest VACE that the host's loader takes."""
    import comfy.ldm.wan.model
    import comfy.ops

    sizes = {"dim": 128, "ffn_dim": 96, "num_heads": 1, "num_layers": 2, "vace_layers": 1, "vace_in_dim": 96}
    return comfy.ldm.wan.model.VaceWanModel(**sizes, dtype=torch.float32, operations=comfy.ops.manual_cast)


def sampled(comfy: Comfy, family: host_files.Family, model: Any, latent: dict[str, Any], **given: Any) -> torch.Tensor:
    """By Sora Sampler."""
    texts = {"positive": family.text(1), "negative": family.text(2)}
    how = {"seed": SEED, "steps": STEPS, "guidance": 2.5, "shift": SHIFT}
    (made,) = comfy.run("SoraSampler", model=model, latent=latent, **{**texts, **how, **given})
    return made["samples"]


def empty(frames: int = FRAMES, clips: int = 1, channels: int = 16) -> dict[str, Any]:
    """A canvas on which nothing is known."""
    return {"samples": torch.zeros(clips, channels, frames, 4, 4)}


def lifetimes(comfy: Comfy, folder: Path, family: host_files.Family) -> dict[str, list[bool]]:
    """Whether inner models are gone once nobody has their MODELs, without a search for cycles."""
    import comfy.model_management as management

    found, texts = {}, {"positive": family.text(1), "negative": family.text(2)}
    how = {"seed": SEED, "steps": STEPS, "cfg": 2.5, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0}
    host_files.load(comfy, folder, "wan_2_1", seed=1)
    for sampler in ("none", "SoraSampler", "KSampler"):
        pair = [host_files.ours(comfy, folder, "wan_2_1", seed) for seed in (0, 1)]
        inner = [weakref.ref(model.model) for model in pair]
        (one,) = comfy.run("SoraTwoExperts", high_noise=pair[0], low_noise=pair[1], boundary=0.875)
        gc.collect()
        gc.disable()
        if sampler == "SoraSampler":
            sampled(comfy, family, one, empty(2))
        if sampler == "KSampler":
            comfy.run("KSampler", model=one, latent_image=empty(2), **how, **texts)
        del pair, one
        management.unload_all_models()
        management.cleanup_models()
        found[sampler] = [model() is None for model in inner]
        gc.enable()
    return found


def memory(comfy: Comfy, families: dict[str, host_files.Family]) -> dict[str, dict[str, list[int]]]:
    """Latent frames for which the host sets memory aside, in each way through a canvas of FRAMES."""
    import comfy.sampler_helpers as helpers

    found: dict[str, dict[str, list[int]]] = {}
    estimate = helpers.estimate_memory
    for name, family in families.items():
        found[name] = {}
        for way, settings in WINDOWS.items():
            asked = found[name][way] = []

            def noting(model: Any, shape: Any, *rest: Any, asked: list[int] = asked) -> Any:
                asked.append(shape[2])
                return estimate(model, shape, *rest)

            model = comfy.run(way, model=family.model, **settings)[0] if settings else family.model
            helpers.estimate_memory = noting
            sampled(comfy, family, model, empty(channels=48))
            helpers.estimate_memory = estimate
    return found


def concat(comfy: Comfy, folder: Path, families: dict[str, host_files.Family]) -> dict[str, Any]:
    """Frames that MODELs take from their conditioning, the notices without any, and errors for windows."""
    models = {name: family.model for name, family in families.items()}
    models["ours"], models["ours for text"] = (
        host_files.ours(comfy, folder, name) for name in ("wan_2_2_image", "wan_2_1")
    )
    found = {}
    for name, model in models.items():
        comfy.said.clear()
        made = sampled(comfy, families["wan_2_1"], model, empty(3))
        facts = comfy.part("nodes.comfy.sampling").concat_frames(model)
        (windowed,) = comfy.run("SoraWindows", model=model, context=1, new=1, noise=0.0)
        frames = {"vace_frames": [empty(3)["samples"]]} if name == "vace" else {}
        given = [families["wan_2_1"].text(seed) for seed in (1, 2)]
        positive, negative = ([[text[0][0], {**text[0][1], **frames}]] for text in given)
        texts = {"positive": positive, "negative": negative}
        how = {"seed": SEED, "steps": STEPS, "guidance": 2.5, "shift": SHIFT, "latent": empty(3)}
        found[name] = {
            "facts": None if facts is None else [facts.name, facts.needed],
            "said": list(comfy.said),
            "finite": bool(made.isfinite().all()),
            "windows": comfy.error("SoraSampler", model=windowed, **texts, **how) if facts else "",
            "windows without": windows_without(comfy, windowed, families["wan_2_1"]) if name == "vace" else None,
        }
    return found


def windows_without(comfy: Comfy, model: Any, family: host_files.Family) -> bool:
    """Whether windows of a MODEL whose conditioning holds no frames are sampled."""
    return bool(sampled(comfy, family, model, empty(3)).isfinite().all())


def places(comfy: Comfy, family: host_files.Family) -> dict[str, float]:
    """The third clip of a batch made again alone, beside the batch and KSampler; in units of the spread."""
    (three,) = comfy.run("RepeatLatentBatch", samples=empty(2), amount=3)
    (third,) = comfy.run("LatentFromBatch", samples=three, batch_index=2, length=1)
    batch, alone = sampled(comfy, family, family.model, three), sampled(comfy, family, family.model, third)
    (shifted,) = comfy.run("ModelSamplingSD3", model=family.model, shift=SHIFT)
    how = {"seed": SEED, "steps": STEPS, "cfg": 2.5, "sampler_name": "euler", "scheduler": "simple", "denoise": 1.0}
    texts = {"positive": family.text(1), "negative": family.text(2)}
    (core,) = comfy.run("KSampler", model=shifted, latent_image=third, **how, **texts)
    found = {"batch": largest(alone, batch[2:]), "core": largest(alone, core["samples"])}
    found["first"] = largest(alone, batch[:1])
    return {name: error / batch.std().item() for name, error in found.items()}


def masks(comfy: Comfy, family: host_files.Family) -> dict[str, Any]:
    """LTXV Img To Video's mask, of one number a frame, beside the same mask in full."""
    image = torch.rand(1, family.size, family.size, 3, generator=torch.Generator().manual_seed(1))
    size = {"width": family.size, "height": family.size, "length": 17, "batch_size": 1, "strength": 1.0}
    texts = {"positive": family.text(1), "negative": family.text(2)}
    *given, latent = comfy.run("LTXVImgToVideo", vae=family.vae, image=image, **size, **texts)
    full = {**latent, "noise_mask": latent["noise_mask"] * torch.ones_like(latent["samples"][:, :1])}
    conditioned = dict(zip(texts, given, strict=True))
    made, expected = (sampled(comfy, family, family.model, each, **conditioned) for each in (latent, full))
    known = (made - latent["samples"])[:, :, 0].abs().max() / made.std()
    return {"shape": list(latent["noise_mask"].shape), "apart": largest(made, expected), "known": known.item()}


def colours(comfy: Comfy, folder: Path, families: dict[str, host_files.Family]) -> dict[str, Any]:
    """Preview colours of our MODEL of published latents beside the host's of its own MODEL, and without any fitting."""
    native, checkpoint = comfy.part("nodes.comfy.model"), comfy.part("sora_core.checkpoint")
    host, found, fit = comfy.part("nodes.host").current(), {}, native.fit_colours
    native.fit_colours = None  # not to be called
    for name in ("wan_2_1", "wan_2_2"):
        vae = checkpoint.load_vae(folder / "models" / "vae" / f"{name}_0.safetensors")
        theirs = families[name].model.get_model_object("latent_format")
        layout = native.SoraLatentFormat(vae)
        expected = torch.tensor(theirs.latent_rgb_factors)
        found[name] = largest(layout.previewer.colours, host.previewer(families[name].model).colours)
        found[f"{name} in core"] = largest(torch.tensor(layout.latent_rgb_factors), expected)
    native.fit_colours = lambda vae: torch.full((vae.latent_channels + 1, 3), 7.0)
    own = checkpoint.load_vae(comfy.part("sora_core.checkpoint.model_folders").ModelFolder.bundled("nano").vae)
    layout = native.SoraLatentFormat(own)
    found["fitted"] = torch.tensor(layout.latent_rgb_factors).mean().item()
    found["previewer"] = type(layout.previewer).__name__
    native.fit_colours = fit
    return found


def chosen_device(comfy: Comfy, family: host_files.Family) -> list[str]:
    """Where a VAE is decoded as a stream for which a node has chosen a device, as Select VAE Device does it."""
    vae, chosen = copy.copy(family.vae), torch.device("cpu", 0)  # unlike the host's own choice, which has no number
    vae.patcher = vae.patcher.clone()
    vae.device = vae.patcher.load_device = chosen
    twins = [comfy.part("nodes.comfy.vae").streaming_form(each) for each in (vae, family.vae)]
    return [str(device) for twin in twins for device in (twin.device, twin.patcher.load_device)]


def folders(comfy: Comfy) -> dict[str, Any]:
    """A folder whose parts do not belong together, refused before any is loaded; and one of an image-to-video model."""
    host = comfy.part("nodes.comfy.host")
    load, host.load_vae = host.load_vae, None
    refused = comfy.error("SoraLoadModel", model=MISFIT)
    host.load_vae = load
    model, *_ = comfy.run("SoraLoadModel", model=IMAGE)
    facts = comfy.part("nodes.comfy.sampling").concat_frames(model)
    return {"refused": refused, "image": [facts.name, facts.needed]}


def outside(comfy: Comfy, foreign: host_files.Family) -> dict[str, Any]:
    """What is said of a prompt and a canvas far from the training of a MODEL whose files say what it was."""
    model, clip, vae = comfy.run("SoraLoadModel", model=TAUGHT)
    canvas, *_ = comfy.run("SoraVideoGrid", aspect_ratio="1:1", size=64, seconds=4.0, fps=8.0, vae=vae)
    comfy.said.clear()
    texts = [comfy.run("SoraEncodeText", clip=clip, text=text)[0] for text in ("a red dragon", "")]
    inputs = {"positive": texts[0], "negative": texts[1], "latent": canvas, "seed": 0, "steps": 1, "shift": 3.0}
    comfy.run("SoraSampler", model=model.clone(), guidance=2.0, **inputs)
    unknown = comfy.part("nodes.host").current().trained_on(foreign.model)
    return {"said": list(comfy.said), "foreign": unknown == comfy.part("sora_core.models.trained_on").UNKNOWN}


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All of it."""
    comfy = Comfy(comfyui, pack, folder)
    host_files.MAKERS["vace"] = (vace, host_files.MAKERS["wan_2_1"][1], 32)
    names = ("wan_2_1", "wan_2_2", "wan_2_2_image", "vace", "ltxv")
    families = {name: host_files.load(comfy, folder, name) for name in names}
    report = {
        "lifetimes": lifetimes(comfy, folder, families["wan_2_1"]),
        "memory": memory(comfy, {"wan_2_2": families["wan_2_2"]}),
        "concat": concat(comfy, folder, {name: families[name] for name in ("wan_2_1", "wan_2_2_image", "vace")}),
        "places": places(comfy, families["wan_2_1"]),
        "masks": masks(comfy, families["ltxv"]),
        "colours": colours(comfy, folder, families),
        "device": chosen_device(comfy, families["wan_2_1"]),
        "folders": folders(comfy),
        "outside": outside(comfy, families["wan_2_1"]),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
