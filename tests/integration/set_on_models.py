"""What nodes of ComfyUI set on a MODEL or its texts, in Sora Sampler beside the host's own: windows, caches, guides.

Run by ComfyUI's interpreter: `set_on_models.py COMFYUI PACK FOLDER`. Prints a report on each as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import host_files
import torch
import video_classes
from both_samplers import SEED, Samplers, Texts, off, random_clip
from in_process import Comfy

LONG, CONTEXT, NEW = 9, 2, 3
CLASSES = ("wan_2_1", "wan_vace", "wan_2_2", "ltxv", "ltx_2", "hunyuan")
GUIDED = ("ltxv", "ltx_2")
CACHED = ("wan_2_1", "wan_2_2", "ltxv", "hunyuan", "ours")
SCALED = ("wan_2_1", "wan_2_2", "hunyuan", "ours")
CACHE_STEPS = 6
SORA = {
    "SoraWindows": {"context": CONTEXT, "new": NEW, "noise": 0.0},
    "SoraRollingWindow": {"context": CONTEXT, "active": 2, "noise": 0.0},
    "SoraHistoryGuidance": {"scale": 2.0, "above": 0.5},
    "SoraStepCache": {"tolerance": 0.1},
    "SoraResample": {"jumps": 1},
}


@dataclass(frozen=True, eq=False)
class Case:
    """A MODEL and texts for it. wish: the MODEL with one of SORA."""

    comfy: Comfy
    model: Any
    texts: Texts

    @classmethod
    def of_class(cls, comfy: Comfy, name: str) -> Case:
        """One of the host's classes."""
        return cls(comfy, video_classes.load(name), (video_classes.text(name, 1), video_classes.text(name, 2)))

    @classmethod
    def of_ours(cls, comfy: Comfy, folder: Path) -> Case:
        """A MODEL of ours, of the file of a Wan 2.2 TI2V; it takes a level per patch in either sampler."""
        family = host_files.load(comfy, folder, "wan_2_2")
        return cls(comfy, host_files.ours(comfy, folder, "wan_2_2"), (family.text(1), family.text(2)))

    @property
    def channels(self) -> int:
        """Channels of its latents."""
        return video_classes.latent_channels(self.model)

    def wish(self, node: str, model: Any) -> Any:
        return self.comfy.run(node, model=model, **SORA[node])[0]

    def canvas(self, *known: int, frames: int = LONG) -> dict[str, Any]:
        """A LATENT of which some latent frames are known."""
        clip = random_clip(self.channels, frames)
        level = torch.ones_like(clip[:, :1])
        level[:, :, list(known)] = 0
        return {"samples": clip, "noise_mask": level} if known else {"samples": clip}


def guides(case: Case) -> dict[str, Any]:
    """LTXV Add Guide, whose guides lie behind the clip: at full strength, at a part of it, and on a coarser grid."""
    from comfy_extras.nodes_lt import LTXVAddGuide

    samplers = Samplers(case.comfy)
    found: dict[str, Any] = {}

    def guided(canvas: dict[str, Any], guide: torch.Tensor, strength: float, **more: Any) -> tuple[Texts, Any]:
        latent = {"noise_mask": torch.ones(1, 1, 5, 1, 1), **canvas}
        positive, negative, samples, mask = LTXVAddGuide.append_keyframe(
            *case.texts, 8, latent["samples"], latent["noise_mask"], guide, strength, (8, 32, 32), **more
        )
        return (positive, negative), {"samples": samples, "noise_mask": mask}

    guide = random_clip(case.channels, 1, seed=3)
    for strength in (1.0, 0.7, 0.0):
        for words, canvas in (("", case.canvas(frames=5)), (" beside a known frame", case.canvas(0, frames=5))):
            texts, latent = guided(canvas, guide, strength)
            found[f"strength {strength:g}{words}"] = samplers.apart(case.model, latent, texts)
    small, left_out = LTXVAddGuide.dilate_latent(random_clip(case.channels, 1, seed=3, side=2), 2)
    texts, latent = guided(case.canvas(frames=5), small, 1.0, guide_mask=left_out, latent_downscale_factor=2)
    clips = (run(case.model, latent, texts)[:, :, :5] for run in (samplers.ours, samplers.core))
    found["coarser grid"] = off(*clips)
    texts, latent = guided(case.canvas(0, frames=5), guide, 1.0)
    report = {"apart": found, "windows": {}}
    for node in ("SoraWindows", "SoraRollingWindow"):
        report["windows"][node] = samplers.refused(case.wish(node, case.model), latent, texts)
    made = samplers.ours(case.wish("SoraHistoryGuidance", case.model), latent, texts)
    known = (latent["noise_mask"] == 0).expand_as(made)
    plain = samplers.ours(case.model, latent, texts)
    report["history"] = {
        "known": (made - latent["samples"])[known].abs().amax().item(),
        "change": off(made, plain),
    }
    return report


def context_windows(comfy: Comfy, model: Any, **more: Any) -> Any:
    """A MODEL with core's Context Windows."""
    settings = {
        "context_length": 4,
        "context_overlap": 2,
        "context_schedule": "standard_static",
        "context_stride": 1,
        "closed_loop": False,
        "fuse_method": "pyramid",
        "dim": 2,
        "freenoise": False,
    }
    return comfy.run("ContextWindowsManualNode", model=model, **{**settings, **more})[0]


def in_context(case: Case) -> dict[str, float]:
    """Context Windows: nothing known, a beginning, a middle; FreeNoise; conditions of frame 0 kept in each window."""
    samplers, found = Samplers(case.comfy), {}
    for words, known in (("nothing known", ()), ("a beginning", (0, 1)), ("a middle", (4,))):
        canvas = case.canvas(*known)
        for kind, more in (("", {}), (", FreeNoise", {"freenoise": True}), (", kept", {"cond_retain_index_list": "0"})):
            model = context_windows(case.comfy, case.model, **more)
            found[words + kind] = samplers.apart(model, canvas, case.texts)
    return found


def a_region_in_context(case: Case) -> float:
    """Context Windows on frames that are known in part."""
    clip = random_clip(case.channels, LONG)
    level = torch.ones_like(clip[:, :1])
    level[..., 2:] = 0
    latent = {"samples": clip, "noise_mask": level}
    return Samplers(case.comfy).apart(context_windows(case.comfy, case.model), latent, case.texts)


def context_matters(case: Case) -> float:
    """How far Context Windows change a clip."""
    ours, canvas = Samplers(case.comfy).ours, case.canvas()
    models = case.model, context_windows(case.comfy, case.model)
    plain, windowed = (ours(model, canvas, case.texts) for model in models)
    return off(windowed, plain)


def cached_on_a_copy() -> None:
    """Keep EasyCache from adding to latents that the host has still to read, as it does where it need not cast them."""
    from comfy_extras.nodes_easycache import EasyCacheHolder

    original = EasyCacheHolder.apply_cache_diff

    def apply_cache_diff(self: Any, x: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
        return original(self, x.clone(), *rest, **named)

    EasyCacheHolder.apply_cache_diff = apply_cache_diff


def caches(case: Case, node: str) -> dict[str, Any]:
    """EasyCache or LazyCache: as a whole, in windows, each beside the host's, and what does not go with them."""
    comfy, samplers = case.comfy, Samplers(case.comfy, CACHE_STEPS)
    settings = {"start_percent": 0.0, "end_percent": 1.0, "verbose": False}
    cached, idle = (
        comfy.run(f"{node}Node", model=case.model, reuse_threshold=threshold, **settings)[0] for threshold in (0.8, 0.0)
    )
    canvas = case.canvas(0)
    found: dict[str, Any] = {
        "whole": samplers.apart(cached, canvas, case.texts),
        "skips": off(samplers.ours(cached, canvas, case.texts), samplers.ours(case.model, canvas, case.texts)),
        "refused": {
            wish: samplers.refused(case.wish(wish, cached), canvas, case.texts)
            for wish in ("SoraHistoryGuidance", "SoraStepCache")
        },
    }
    made = samplers.ours(case.wish("SoraWindows", cached), case.canvas(), case.texts)
    noise = comfy.part("sora_core.diffusion.sampler").NoiseSource(SEED).draw(made[:, :, : CONTEXT + NEW].shape)
    beginning = {"samples": case.canvas()["samples"][:, :, : CONTEXT + NEW]}
    first = samplers.core(cached, beginning, case.texts, noise)
    found["first window"] = off(made[:, :, : CONTEXT + NEW], first)
    found["windows skip"] = off(made, samplers.ours(case.wish("SoraWindows", case.model), case.canvas(), case.texts))
    for wish in ("SoraWindows", "SoraRollingWindow"):
        try:
            plain = samplers.ours(case.wish(wish, case.model), canvas, case.texts)
        except ValueError:
            continue  # a model of one timestep does not roll
        found[f"{wish} that skips nothing"] = off(samplers.ours(case.wish(wish, idle), canvas, case.texts), plain)
    return found


def noise_scales(case: Case) -> dict[str, Any]:
    """ModelNoiseScale."""
    (scaled,) = case.comfy.run("ModelNoiseScale", model=case.model, noise_scale=1.7)
    samplers, canvas = Samplers(case.comfy), case.canvas(0)
    return {
        "nothing known": samplers.apart(scaled, case.canvas(), case.texts),
        "known": samplers.apart(scaled, canvas, case.texts),
        "change": off(samplers.ours(scaled, canvas, case.texts), samplers.ours(case.model, canvas, case.texts)),
        "refused": {
            wish: samplers.refused(case.wish(wish, scaled), canvas, case.texts)
            for wish in ("SoraWindows", "SoraResample")
        },
    }


def refusals(comfy: Comfy) -> dict[str, str]:
    """What does not go with windows, or with Sora Sampler; none of the networks is called."""
    sound, wan = Case.of_class(comfy, "wan_sound"), Case.of_class(comfy, "wan_2_1")
    samplers, calls = Samplers(comfy), []
    for case in (sound, wan):
        case.model.model.diffusion_model.register_forward_pre_hook(lambda *_: calls.append(1))
    audio = {"audio_embed": torch.zeros(1, 2, 8, 4 * LONG)}
    heard = tuple([[[text[0][0], {**text[0][1], **audio}]] for text in sound.texts])
    windowed = {case: case.wish("SoraWindows", case.model) for case in (sound, wan)}
    talking = windowed[wan].clone()
    talking.model_options["transformer_options"]["audio_embeds"] = torch.zeros(1, LONG, 32, 8)
    (differing,) = comfy.run("DifferentialDiffusion", model=wan.model)
    found = {
        "sound": samplers.refused(windowed[sound], sound.canvas(), heard),
        "speech": samplers.refused(talking, wan.canvas(), wan.texts),
        "two windows": samplers.refused(context_windows(comfy, windowed[wan]), wan.canvas(), wan.texts),
        "differential": samplers.refused(differing, wan.canvas(0), wan.texts),
    }
    return {**found, "calls": len(calls)}


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All of it."""
    comfy = Comfy(comfyui, pack, folder)
    cached_on_a_copy()
    ours = Case.of_ours(comfy, folder)
    cases = {**{name: Case.of_class(comfy, name) for name in CLASSES}, "ours": ours}
    caching = {name: case for name, case in cases.items() if name in CACHED}
    report: dict[str, Any] = {
        "guides": {name: guides(cases[name]) for name in GUIDED},
        "context": {name: in_context(case) for name, case in cases.items()},
        "context changes": {name: context_matters(case) for name, case in cases.items()},
        "context, a region of ours": a_region_in_context(ours),
        "EasyCache": {name: caches(case, "EasyCache") for name, case in caching.items()},
        "LazyCache": {name: caches(case, "LazyCache") for name, case in caching.items()},
        "noise scale": {name: noise_scales(cases[name]) for name in SCALED},
    }
    print(json.dumps({**report, "refusals": refusals(comfy)}))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
