"""MODELs and VAEs that ComfyUI's own loaders have loaded, in our nodes, beside its own sampler and decoder.

Run by ComfyUI's interpreter: `foreign_families.py COMFYUI PACK FOLDER`. Prints a report on each family as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import host_files
import torch
from ability_canvases import Clips
from in_process import Comfy, largest

STEPS, GUIDANCE, SHIFT, SEED, FPS = 3, 2.5, 3.0, 7, 8.0
FRAMES = 25


@dataclass(frozen=True)
class Bench:
    """One family, and what is asked of it."""

    comfy: Comfy
    family: host_files.Family

    def ours(
        self,
        latent: dict[str, Any],
        model: Any = None,
        guidance: float = GUIDANCE,
        steps: int = STEPS,
        **options: Any,
    ) -> torch.Tensor:
        """Sora Sampler's result."""
        (made,) = self.comfy.run(
            "SoraSampler",
            model=model or self.family.model,
            positive=self.family.text(1),
            negative=self.family.text(2),
            latent=latent,
            seed=SEED,
            steps=steps,
            guidance=guidance,
            **{"shift": SHIFT, **options},
        )
        return made["samples"]

    def core(self, latent: dict[str, Any], model: Any = None, sigmas: torch.Tensor | None = None) -> torch.Tensor:
        """The result of the host's sampler at our noise levels, or at the given ones."""
        run = self.comfy.run
        levels = self.comfy.part("sora_core.diffusion.schedule").shifted_sigmas(STEPS, SHIFT)
        levels = levels if sigmas is None else sigmas
        model, positive, negative = model or self.family.model, self.family.text(1), self.family.text(2)
        (guider,) = run("CFGGuider", model=model, positive=positive, negative=negative, cfg=GUIDANCE)
        made, _ = run(
            "SamplerCustomAdvanced",
            noise=run("RandomNoise", noise_seed=SEED)[0],
            guider=guider,
            sampler=run("KSamplerSelect", sampler_name="euler")[0],
            sigmas=run("ManualSigmas", sigmas=", ".join(f"{level:.12f}" for level in levels.tolist()))[0],
            latent_image=latent,
        )
        return made["samples"]

    def clip(self, frames: int = FRAMES) -> torch.Tensor:
        """IMAGEs."""
        side, generator = self.family.size, torch.Generator().manual_seed(3)
        return torch.rand(frames, side, side, 3, generator=generator)

    def grid(self) -> tuple[Any, ...]:
        """What Sora Video Grid gives."""
        size = {"aspect_ratio": "1:1", "size": self.family.size, "seconds": 2.0, "fps": FPS}
        return self.comfy.run("SoraVideoGrid", vae=self.family.vae, **size)

    def relative(self, one: torch.Tensor, other: torch.Tensor) -> float:
        """Largest difference, in units of the spread of the second."""
        return largest(one, other) / other.std().item()


def text_to_video(bench: Bench) -> dict[str, Any]:
    """An empty canvas, sampled by both; and by KSampler, which has a schedule of its own, where that can be ours."""
    latent, width, height, frames, _ = bench.grid()
    made = bench.ours(latent)
    found = {
        "grid": [width, height, frames, *latent["samples"].shape],
        "core": bench.relative(bench.core(latent), made),
        "other_guidance": bench.relative(bench.ours(latent, guidance=1.5), made),
    }
    if "Flux" not in type(bench.family.model.model.model_sampling).__mro__[1].__name__:
        (shifted,) = bench.comfy.run("ModelSamplingSD3", model=bench.family.model, shift=SHIFT)
        texts = {"positive": bench.family.text(1), "negative": bench.family.text(2)}
        how = {"sampler_name": "euler", "scheduler": "simple", "steps": 4, "cfg": GUIDANCE, "seed": SEED}
        (simple,) = bench.comfy.run("KSampler", model=shifted, latent_image=latent, denoise=1.0, **texts, **how)
        same = {"steps": 4, "guidance": GUIDANCE, "shift": SHIFT, "seed": SEED}
        (made,) = bench.comfy.run("SoraSampler", model=bench.family.model, latent=latent, **same, **texts)
        found["ksampler"] = bench.relative(simple["samples"], made["samples"])
    return found


SIGMAS = {
    "few steps": [1.0, 0.9375, 0.8333, 0.625, 0.0],
    "from the middle": [0.6, 0.4, 0.2, 0.0],
    "to the middle": [1.0, 0.8, 0.6],
}


def schedules(bench: Bench) -> dict[str, Any]:
    """Sigmas as they are given, on a latent that is not empty; the MODEL's own shift; and what is said of shifts."""
    run, latent = bench.comfy.run, bench.grid()[0]
    latent = {"samples": torch.randn(latent["samples"].shape, generator=torch.Generator().manual_seed(2))}
    found: dict[str, Any] = {}
    for name, values in SIGMAS.items():
        sigmas = run("ManualSigmas", sigmas=", ".join(map(str, values)))[0]
        found[name] = bench.relative(bench.ours(latent, sigmas=sigmas), bench.core(latent, sigmas=sigmas))
    (sigmas,) = run("BasicScheduler", model=bench.family.model, scheduler="normal", steps=4, denoise=1.0)
    found["a core scheduler"] = bench.relative(bench.ours(latent, sigmas=sigmas), bench.core(latent, sigmas=sigmas))
    bench.comfy.said.clear()
    (shifted,) = run("ModelSamplingSD3", model=bench.family.model, shift=5.0)
    own = bench.ours(latent, shifted, shift=0.0)
    found["shift of a node"] = bench.relative(own, bench.ours(latent, shifted, shift=5.0))
    found["said"] = list(bench.comfy.said)
    bench.ours(latent, shifted)
    found["said of another"] = list(bench.comfy.said)[len(found["said"]) :]
    found["own shift"] = bench.comfy.part("nodes.host").current().shift(bench.family.model).value
    return found


def canvases(bench: Bench) -> dict[str, dict[str, Any]]:
    """One of each ability node."""
    clip = bench.clip()
    clips = Clips(bench.comfy, bench.family.vae, bench.family.size, FPS, clip, clip.flip(0), length=2.0, added=1.0)
    made = clips.canvases()
    made["two of a batch"] = bench.comfy.run("RepeatLatentBatch", samples=made["SoraAnimateImage"], amount=2)[0]
    return made


def abilities(bench: Bench) -> dict[str, dict[str, Any]]:
    """What is said of each canvas, how far known latents are from what was given, and results from the host's."""
    found = {}
    level_of = bench.comfy.part("nodes.io.adapters").latent_noise_level
    for name, latent in canvases(bench).items():
        bench.comfy.said.clear()
        made = bench.ours(latent)
        known = (level_of(latent) == 0).expand_as(made)
        found[name] = {
            "said": list(bench.comfy.said),
            "known": ((made - latent["samples"])[known].abs().amax() / made.std()).item() if known.any() else None,
            "core": bench.relative(bench.core(latent), made),
            "finite": bool(made.isfinite().all()),
        }
    return found


def own_loader(bench: Bench, folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """The same files as our loader takes them, in both samplers, beside what the host's MODEL gives."""
    model, found = host_files.ours(bench.comfy, folder, name), {}
    for ability in ("SoraAnimateImage", "SoraInpaintVideo", "SoraOutpaintVideo", "SoraMorphVideos"):
        latent = canvases(bench)[ability]
        bench.comfy.said.clear()
        made = bench.ours(latent, model)
        found[ability] = {
            "said": list(bench.comfy.said),
            "host's": bench.relative(bench.ours(latent), made),
            "core": bench.relative(bench.core(latent, model), bench.core(latent)),
        }
    return found


def decoding(bench: Bench) -> dict[str, Any]:
    """Both decoders beside the host's, and how many frames come at a time."""
    run, vae = bench.comfy.run, bench.family.vae
    latents = {"samples": bench.ours(bench.grid()[0])}
    (images,), (theirs,) = run("SoraVAEDecode", samples=latents, vae=vae), run("VAEDecode", samples=latents, vae=vae)
    (video,) = run("SoraDecodeToVideo", samples=latents, vae=vae, fps=FPS)
    chunks = bench.comfy.part("nodes.host").current().decode_chunks(vae, latents["samples"])
    (encoded,) = run("VAEEncode", pixels=bench.clip(), vae=vae)
    return {
        "encoded": bench.relative(
            bench.comfy.part("nodes.host").current().encode(vae, bench.clip()), encoded["samples"]
        ),
        "images": largest(images, theirs),
        "spread": theirs.std().item(),
        "video": list(video.get_components().images.shape),
        "chunks": [chunk.shape[2] for chunk in chunks],
    }


def out_of_memory(bench: Bench) -> dict[str, Any]:
    """A stream that finds no memory at its second chunk."""
    native_vae, host = bench.comfy.part("nodes.comfy.vae"), bench.comfy.part("nodes.host").current()
    latents, whole = bench.ours(bench.grid()[0]), native_vae.NativeVAE.decode_stream

    def failing(self: Any, samples: torch.Tensor) -> Any:
        yield next(whole(self, samples))
        raise torch.OutOfMemoryError

    expected = torch.cat(list(host.decode_chunks(bench.family.vae, latents)), 2).clamp(-1, 1)
    native_vae.NativeVAE.decode_stream = failing
    chunks = list(host.decode_chunks(bench.family.vae, latents))
    native_vae.NativeVAE.decode_stream = whole
    return {"lengths": [x.shape[2] for x in chunks], "error": largest(torch.cat(chunks, 2).clamp(-1, 1), expected)}


def per_patch(bench: Bench) -> dict[str, Any]:
    """Wan 2.2 TI2V: a region in space, beside the host's sampler where its class is made to work per patch as well."""
    latent, model = canvases(bench)["SoraInpaintVideo"], bench.family.model.model
    rows: list[int] = []
    hook = model.diffusion_model.time_embedding.register_forward_pre_hook(lambda _, given: rows.append(len(given[0])))
    made = bench.ours(latent)
    hook.remove()

    def process_timestep(timestep: torch.Tensor, x: torch.Tensor, denoise_mask: Any = None, **_: Any) -> torch.Tensor:
        cells = torch.nn.functional.max_pool3d(denoise_mask[:, :1], (1, 2, 2))
        return (cells * timestep.view(-1, 1, 1, 1, 1)).flatten(1)

    model.process_timestep = process_timestep
    core = bench.core(latent)
    del model.process_timestep
    _, _, frames, height, width = latent["samples"].shape
    return {"levels": max(rows), "patches": 2 * frames * height * width // 4, "core": bench.relative(core, made)}


def windows(bench: Bench) -> dict[str, Any]:
    """A canvas that is longer than the windows, chained and rolling; known frames keep their place."""
    latent = canvases(bench)["SoraExtendVideo"]
    known = latent["noise_mask"] == 0
    found = {}
    nodes = {
        "SoraWindows": {"context": 2, "new": 2, "noise": 0.1},
        "SoraRollingWindow": {"context": 2, "active": 2, "noise": 0.0},
    }
    for name, settings in nodes.items():
        (model,) = bench.comfy.run(name, model=bench.family.model, **settings)
        made = bench.ours(latent, model)
        error = (made - latent["samples"])[known.expand_as(made)].abs().amax() / made.std()
        found[name] = {"known": error.item(), "finite": bool(made.isfinite().all())}
    return found


def followed(bench: Bench) -> dict[str, dict[str, Any]]:
    """Guidance by history: in a single step what is made lies on a line, on which the scale says where."""
    found = {}
    for ability in ("SoraExtendVideo", "SoraInpaintVideo"):
        latent, made = canvases(bench)[ability], []
        for scale in (0.0, 1.0, 2.0):
            (model,) = bench.comfy.run("SoraHistoryGuidance", model=bench.family.model, scale=scale, above=0.9)
            bench.comfy.said.clear()
            made.append(bench.ours(latent, model, steps=1))
        away, plain, guided = made
        known = (latent["noise_mask"] == 0).expand_as(guided)
        found[ability] = {
            "said": list(bench.comfy.said),
            "known": largest(guided[known], latent["samples"][known]) / guided.std().item(),
            "line": bench.relative(2 * plain - away, guided),
            "change": bench.relative(plain, guided),
        }
    return found


def preview(bench: Bench) -> list[int]:
    """Shape of the map from latents to colours."""
    return list(bench.comfy.part("nodes.host").current().previewer(bench.family.model).colours.shape)


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Everything that makes sense for each family."""
    comfy, report = Comfy(comfyui, pack, folder), {}
    for name in ("wan_2_1", "wan_2_2", "ltxv"):
        bench = Bench(comfy, host_files.load(comfy, folder, name))
        report[name] = {
            "family": type(bench.family.model.model).__name__,
            "text_to_video": text_to_video(bench),
            "schedules": schedules(bench),
            "abilities": abilities(bench),
            "followed": followed(bench),
            "decoding": decoding(bench),
            "preview": preview(bench),
        }
        if name != "wan_2_1":
            report[name]["windows"] = windows(bench)
        if name != "ltxv":
            report[name]["out_of_memory"] = out_of_memory(bench)
            report[name]["own_loader"] = own_loader(bench, folder, name)
        if name == "wan_2_2":
            report[name]["per_patch"] = per_patch(bench)
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
