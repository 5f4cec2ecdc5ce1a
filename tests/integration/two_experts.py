"""Wan 2.2 A14B in ComfyUI is two MODELs, sampled one after the other; in the core it is one module of two experts.

Run by ComfyUI's interpreter: `two_experts.py COMFYUI PACK FOLDER`. Prints as one line of JSON how both compare with one
MODEL of Sora Two Experts, and with that of a folder of two experts that lies among the models of FOLDER.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import host_files
import torch
from in_process import Comfy, largest
from native_memory import without_graphics_memory
from safetensors.torch import save_file

STEPS, SHIFT, GUIDANCE, SEED = 4, 3.0, 2.5, 7  # levels 1, 0.9, 0.75 and 0.5
BOUNDARY, HIGH_STEPS = 0.875, 2
PUBLISHED = "a14b"  # the folder, whose boundary is 0.6
SAMPLERS = ("KSampler", "SamplerCustomAdvanced", "SoraSampler")


@dataclass(frozen=True)
class Stage:
    """What a video is made of. latent: of a canvas on which nothing is known."""

    comfy: Comfy
    folder: Path
    families: list[host_files.Family]
    files: list[Path]
    latent: dict[str, Any]

    @classmethod
    def load(cls, comfy: Comfy, folder: Path) -> Stage:
        """Two MODELs of the host's own class, with the VAE of the first."""
        families = [host_files.load(comfy, folder, "wan_2_1", seed) for seed in (0, 1)]
        files = [folder / "models" / "diffusion_models" / f"wan_2_1_{seed}.safetensors" for seed in (0, 1)]
        grid = {"aspect_ratio": "1:1", "size": families[0].size, "seconds": 1.0, "fps": 8.0}
        latent, *_ = comfy.run("SoraVideoGrid", **grid, vae=families[0].vae)
        return cls(comfy, folder, families, files, latent)

    @property
    def texts(self) -> dict[str, Any]:
        """Positive and negative."""
        return {"positive": self.families[0].text(1), "negative": self.families[0].text(2)}

    @property
    def theirs(self) -> list[Any]:
        """Two MODELs of the host's class."""
        return [family.model for family in self.families]

    def ours(self) -> list[Any]:
        """Two MODELs of ours, of the same weights."""
        checkpoint, native = self.comfy.part("sora_core.checkpoint"), self.comfy.part("nodes.comfy.model")
        layout = native.SoraLatentFormat(checkpoint.load_vae(self.folder / "models" / "vae" / "wan_2_1_0.safetensors"))
        return [native.native_model(checkpoint.load_dit(file), layout) for file in self.files]

    def joined(self, high: Any, low: Any, boundary: float = BOUNDARY) -> Any:
        """By our node."""
        return self.comfy.run("SoraTwoExperts", high_noise=high, low_noise=low, boundary=boundary)[0]

    def shifted(self, model: Any) -> Any:
        """With the schedule of this test."""
        return self.comfy.run("ModelSamplingSD3", model=model, shift=SHIFT)[0]

    def separately(self, high: Any, low: Any) -> torch.Tensor:
        """As in the host's own workflows for these checkpoints."""
        how = {"steps": STEPS, "cfg": GUIDANCE, "sampler_name": "euler", "scheduler": "simple", "noise_seed": SEED}
        first = {"add_noise": "enable", "start_at_step": 0, "end_at_step": HIGH_STEPS}
        first["return_with_leftover_noise"] = "enable"
        then = {"add_noise": "disable", "start_at_step": HIGH_STEPS, "end_at_step": STEPS}
        then["return_with_leftover_noise"] = "disable"
        run = self.comfy.run
        (half,) = run(
            "KSamplerAdvanced", model=self.shifted(high), latent_image=self.latent, **first, **how, **self.texts
        )
        (made,) = run("KSamplerAdvanced", model=self.shifted(low), latent_image=half, **then, **how, **self.texts)
        return made["samples"]

    def sampled(self, model: Any, sampler: str, latent: dict[str, Any] | None = None, **texts: Any) -> torch.Tensor:
        """One of SAMPLERS on one MODEL, which has the schedule of this test where the sampler brings none."""
        run, latent, texts = self.comfy.run, latent or self.latent, texts or self.texts
        if sampler == "SoraSampler":
            how = {"seed": SEED, "steps": STEPS, "guidance": GUIDANCE, "shift": SHIFT}
            return run("SoraSampler", model=model, latent=latent, **how, **texts)[0]["samples"]
        if sampler == "KSampler":
            how = {"seed": SEED, "steps": STEPS, "cfg": GUIDANCE, "sampler_name": "euler", "scheduler": "simple"}
            return run("KSampler", model=model, latent_image=latent, denoise=1.0, **how, **texts)[0]["samples"]
        (noise,) = run("RandomNoise", noise_seed=SEED)
        (guider,) = run("CFGGuider", model=model, cfg=GUIDANCE, **texts)
        (euler,) = run("KSamplerSelect", sampler_name="euler")
        (sigmas,) = run("BasicScheduler", model=model, scheduler="simple", steps=STEPS, denoise=1.0)
        parts = {"noise": noise, "guider": guider, "sampler": euler, "sigmas": sigmas}
        return run("SamplerCustomAdvanced", latent_image=latent, **parts)[0]["samples"]

    def core(self, experts: Any, latent: dict[str, Any], **texts: Any) -> torch.Tensor:
        """The experts of the core, in the core's loop; latents as the DiT sees them."""
        jobs, adapters = self.comfy.part("nodes.host.job"), self.comfy.part("nodes.io.adapters")
        guide, given = self.comfy.part("sora_core.diffusion.guidance").guide, texts or self.texts
        canvas = adapters.latent_canvas(latent)
        options = self.comfy.part("sora_core.diffusion.options").SamplingOptions(STEPS, GUIDANCE, SHIFT)
        job = jobs.SamplingJob(*given.values(), canvas.clean, canvas.noise_level, SEED, options)
        embeddings = [text[0][0].expand(len(canvas.clean), -1, -1) for text in given.values()]
        return job.run(guide(experts, *embeddings, GUIDANCE), canvas.clean, experts.config.timestep_patch)

    def experts(self) -> Any:
        """Those of the core, of the two files."""
        return self.comfy.part("sora_core.checkpoint").load_experts(*self.files, boundary=BOUNDARY)


def off(made: torch.Tensor, expected: torch.Tensor) -> float:
    """Largest difference in units of the spread."""
    return largest(made, expected) / expected.std().item()


def as_one(stage: Stage) -> dict[str, Any]:
    """The node in each sampler; the schedule put on before, after, and on the second alone, where it means nothing."""
    out = stage.theirs[0].get_model_object("latent_format").process_out
    expected, found = out(stage.core(stage.experts(), stage.latent)), {}
    for name, pair in {"host": stage.theirs, "ours": stage.ours(), "one": [stage.theirs[0]] * 2}.items():
        one = stage.joined(stage.shifted(pair[0]), pair[1])
        found[name] = {sampler: off(stage.sampled(one, sampler), expected) for sampler in SAMPLERS}
        found[name]["separately"] = off(stage.separately(*pair), expected)
        later = stage.shifted(stage.joined(pair[0], stage.comfy.run("ModelSamplingSD3", model=pair[1], shift=9.0)[0]))
        found[name]["shifted later"] = off(stage.sampled(later, "KSampler"), expected)
    return found


def per_patch(stage: Stage) -> dict[str, float]:
    """Known frames held exactly by two experts of ours; and a batch with samples on both sides of the boundary."""
    one, found = stage.joined(*stage.ours()), {}
    adapters = stage.comfy.part("nodes.io.adapters")
    canvas = stage.comfy.part("sora_core.canvas.latent_canvas").LatentCanvas
    process = one.get_model_object("latent_format")
    clean = torch.randn(2, *stage.latent["samples"].shape[1:], generator=torch.Generator().manual_seed(3))
    known, level = torch.ones_like(clean[:, :1]), torch.ones_like(clean[:, :1])
    known[:, :, 0], known[:, :, 1, :2] = 0, 0
    level[1] = 0.8
    for name, noise_level in {"known": known, "on both sides": level}.items():
        latent = adapters.video_latent(canvas(clean, noise_level))
        expected = stage.core(stage.experts(), latent)
        latent = {**latent, "samples": process.process_out(clean)}
        made = process.process_in(stage.sampled(one, "SoraSampler", latent))
        found[name] = off(made, expected)
    return found


def lora(stage: Stage) -> str:
    """A LoRA file for both."""
    generator = torch.Generator().manual_seed(0)
    down, up = torch.randn(4, 128, generator=generator), torch.randn(96, 4, generator=generator)
    (stage.folder / "models" / "loras").mkdir(parents=True, exist_ok=True)
    names = ("diffusion_model.blocks.0.ffn.0.lora_A.weight", "diffusion_model.blocks.0.ffn.0.lora_B.weight")
    save_file(dict(zip(names, (down, up), strict=True)), stage.folder / "models" / "loras" / "one.safetensors")
    return "one.safetensors"


def patching(stage: Stage, pair: list[Any]) -> dict[str, Any]:
    """LoRAs on one of the two, and on both, before and after they are joined; what is left of them afterwards."""
    import comfy.model_management as management

    name, found = lora(stage), {}
    gc.disable()  # a MODEL in a cycle of references is lost from sight for as long as it is not collected
    management.unload_all_models()
    before = [{key: weight.clone() for key, weight in model.model.state_dict().items()} for model in pair]

    def loaded(model: Any) -> Any:
        return stage.comfy.run("LoraLoaderModelOnly", model=model, lora_name=name, strength_model=1.0)[0]

    plain = stage.separately(*pair)
    for case, given in {"high": (loaded(pair[0]), pair[1]), "low": (pair[0], loaded(pair[1]))}.items():
        expected = stage.separately(*given)
        found[case] = off(stage.sampled(stage.shifted(stage.joined(*given)), "KSampler"), expected)
        found[f"{case} changes"] = off(expected, plain)
    expected = stage.separately(loaded(pair[0]), loaded(loaded(pair[1])))
    later = stage.shifted(loaded(stage.joined(pair[0], loaded(pair[1]))))
    found["both, later"] = [off(stage.sampled(later, "KSampler"), expected) for _ in range(2)]
    stage.sampled(later, "SoraSampler")
    found["without"] = off(stage.sampled(stage.shifted(stage.joined(*pair)), "KSampler"), plain)
    management.unload_all_models()
    after = [model.model.state_dict() for model in pair]
    found["restored"] = all(
        torch.equal(new[key], old[key]) for new, old in zip(after, before, strict=True) for key in old
    )
    gc.enable()
    return found


def guided(model: Any, scale: float) -> Any:
    """A MODEL whose calls are guided by this much, as the host's CFG Override does it."""
    from comfy.patcher_extension import WrappersMP

    def around(executor: Any, *args: Any) -> torch.Tensor:
        guider = executor.class_obj
        was, guider.cfg = guider.cfg, scale
        try:
            return executor(*args)
        finally:
            guider.cfg = was

    clone = model.clone()
    clone.add_wrapper(WrappersMP.PREDICT_NOISE, around)
    return clone


def compiled(model: Any) -> Any:
    """A MODEL whose transformer is compiled, by what compiles nothing."""
    from comfy_api.torch_helpers.torch_compile import set_torch_compile_wrapper

    clone = model.clone()
    set_torch_compile_wrapper(clone, backend="eager")
    return clone


def options(stage: Stage, pair: list[Any]) -> dict[str, Any]:
    """What is put on one of the two is its own, what is put on their MODEL is for both; in every sampler."""

    def rescaled(model: Any) -> Any:
        return stage.comfy.run("RescaleCFG", model=model, multiplier=0.7)[0]

    high, low = pair
    cases = {
        "guidance of high": (stage.joined(guided(high, 1.5), low), (guided(high, 1.5), low)),
        "guidance of low": (stage.joined(high, guided(low, 1.0)), (high, guided(low, 1.0))),
        "guidance of both": (guided(stage.joined(high, low), 1.5), (guided(high, 1.5), guided(low, 1.5))),
        "rescaled high": (stage.joined(rescaled(high), low), (rescaled(high), low)),
        "rescaled low": (stage.joined(high, rescaled(low)), (high, rescaled(low))),
        "rescaled both": (rescaled(stage.joined(high, low)), (rescaled(high), rescaled(low))),
        "compiled": (compiled(stage.joined(compiled(high), compiled(low))), (high, low)),
    }
    found, plain = {}, stage.separately(*pair)
    for name, (one, given) in cases.items():
        expected = stage.separately(*given)
        made = [stage.sampled(stage.shifted(one), sampler) for sampler in ("KSampler", "SoraSampler")]
        found[name] = {"errors": [off(each, expected) for each in made], "change": off(expected, plain)}
    return found


@contextmanager
def noting_loads(pair: list[Any], noted: list[str]) -> Iterator[None]:
    """Notes which of the two are loaded at once, each time that the host is asked to."""
    import comfy.model_management as management

    load, names = management.load_models_gpu, {id(pair[0].model): "high", id(pair[1].model): "low"}

    def noting(models: list[Any], *args: Any, **named: Any) -> Any:
        noted.append("+".join(names[id(model.model)] for model in models))
        return load(models, *args, **named)

    management.load_models_gpu = noting
    try:
        yield
    finally:
        management.load_models_gpu = load


def loading(stage: Stage, pair: list[Any]) -> dict[str, Any]:
    """Who is loaded when, in one pass and in two that each need both; and where nothing fits beside anything."""
    one, noted = stage.shifted(stage.joined(*pair)), {"once": [], "twice": [], "stopped": []}
    with noting_loads(pair, noted["once"]):
        expected = stage.sampled(one, "KSampler")
    (windowed,) = stage.comfy.run("SoraWindows", model=one, context=1, new=1, noise=0.0)
    with noting_loads(pair, noted["twice"]):
        stage.sampled(windowed, "SoraSampler")
    with without_graphics_memory():
        streamed = off(stage.sampled(one, "KSampler"), expected)
    left = [model.model.current_patcher for model in pair]
    low = pair[1].model.diffusion_model
    broken = low.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(InterruptedError))
    try:
        stage.sampled(one, "KSampler")
    except InterruptedError:
        noted["stopped"] = [str(model.model.current_patcher) for model in pair]
    broken.remove()
    again = off(stage.sampled(one, "KSampler"), expected)
    return {**noted, "streamed": streamed, "left": left == [None, None], "again": again}


def published(stage: Stage) -> dict[str, Any]:
    """A folder of two experts through Sora Load Model, beside the core's; and a second patcher of each."""
    comfy, files = stage.comfy, stage.comfy.part("sora_core.checkpoint.model_folders")
    model, clip, vae = comfy.run("SoraLoadModel", model=PUBLISHED)
    grid = {"aspect_ratio": "1:1", "size": 32, "seconds": 1.0, "fps": 8.0}
    latent, *_ = comfy.run("SoraVideoGrid", **grid, vae=vae)
    positive, negative = (comfy.run("SoraEncodeText", clip=clip, text=text)[0] for text in ("a red circle", ""))
    texts = {"positive": positive, "negative": negative}
    experts = files.find_model(stage.folder / "models" / "diffusion_models" / PUBLISHED).load_dit(
        device="cpu", dtype=None
    )
    out = model.get_model_object("latent_format").process_out
    expected = out(stage.core(experts, latent, **texts))
    pair = [model, comfy.part("nodes.comfy.experts").experts_of(model).low]
    factories = [patcher.cached_patcher_init for patcher in pair]
    others = [factory(*arguments, disable_dynamic=True) for factory, arguments in factories]
    again = stage.joined(*others, boundary=experts.boundary)
    return {
        "errors": [off(stage.sampled(stage.shifted(model), name, latent, **texts), expected) for name in SAMPLERS],
        "again": off(stage.sampled(again, "SoraSampler", latent, **texts), expected),
        "own_weights": all(other.model is not patcher.model for other, patcher in zip(others, pair, strict=True)),
        "boundary": experts.boundary,
        "high alone": off(stage.sampled(others[0], "SoraSampler", latent, **texts), expected),
    }


def refusals(stage: Stage) -> dict[str, str]:
    """What is said where two are not two experts."""
    high, low = stage.theirs
    image = host_files.load(stage.comfy, stage.folder, "wan_2_2_image").model
    (cached,) = stage.comfy.run(
        "EasyCacheNode", model=low, reuse_threshold=0.2, start_percent=0.1, end_percent=0.9, verbose=False
    )
    (unflowing,) = stage.comfy.run("ModelSamplingDiscrete", model=low, sampling="eps", zsnr=False)
    (rolling,) = stage.comfy.run("SoraResample", model=low, jumps=2)
    pairs = {
        "family": (stage.ours()[0], low),
        "channels": (high, image),
        "high is two": (stage.joined(high, low), low),
        "low is two": (high, stage.joined(high, low)),
        "no flow": (high, unflowing),
        "around": (high, cached),
        "wishes": (high, rolling),
    }
    found = {
        name: stage.comfy.error("SoraTwoExperts", high_noise=one, low_noise=other, boundary=BOUNDARY)
        for name, (one, other) in pairs.items()
    }
    found["boundary"] = stage.comfy.error("SoraTwoExperts", high_noise=high, low_noise=low, boundary=1.5)
    return found


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All of it, with MODELs of the host and of ours."""
    stage = Stage.load(Comfy(comfyui, pack, folder), folder)
    report = {"as_one": as_one(stage), "per_patch": per_patch(stage)}
    report["published"], report["refusals"] = published(stage), refusals(stage)
    for name, pair in {"host": stage.theirs, "ours": stage.ours()}.items():
        report[name] = {
            "patching": patching(stage, pair),
            "options": options(stage, pair),
            "loading": loading(stage, pair),
        }
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
