"""LATENTs of frames and sound in Sora Sampler, beside the host's own sampler: both families, every kind of known place.

Run by ComfyUI's interpreter: `sounding_classes.py COMFYUI PACK FOLDER`. Prints a report on each class as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import set_on_models
import torch
import video_classes
from both_samplers import GUIDANCE, SEED, Samplers, off, random_clip
from in_process import Comfy, largest

FRAMES, LENGTH = 5, 9  # latents of frames and of sound
CHANNELS = {"ltx_2": 128, "minimax_h3": 24}
SHAPES = {"ltx_2": (8, LENGTH, 16), "minimax_h3": (32, 2, LENGTH)}


def nested(*streams: torch.Tensor) -> Any:
    """Samples or masks in the host's way."""
    from comfy.nested_tensor import NestedTensor

    return NestedTensor(streams)


def streams(name: str, batch: int = 1) -> list[torch.Tensor]:
    """Frames and sound as their VAEs give them."""
    generator = torch.Generator().manual_seed(5)
    picture = random_clip(CHANNELS[name], FRAMES).expand(batch, -1, -1, -1, -1)
    return [picture.clone(), torch.randn(batch, *SHAPES[name], generator=generator)]


def along_time(name: str, values: list[float]) -> torch.Tensor:
    """[1 1 L R] or [1 1 R L] of values along the sound."""
    row = torch.tensor(values)
    shape = (1, 1, *SHAPES[name][1:])
    return (row.view(1, 1, -1, 1) if SHAPES[name][1] == LENGTH else row.view(1, 1, 1, -1)).expand(shape).contiguous()


def of_frames(values: list[float]) -> torch.Tensor:
    """[1 1 T H W] of values along the frames."""
    return torch.tensor(values).view(1, 1, -1, 1, 1).expand(1, 1, FRAMES, 4, 4).contiguous()


def canvases(name: str) -> dict[str, dict[str, Any]]:
    """What abilities make, and what users of core's nodes make: 0 known, 1 sampled, between a strength."""
    region = of_frames([0.0] * FRAMES)
    region[..., 1:] = 1  # cuts a patch of MiniMax-H3
    kept, new = [0.0] * LENGTH, [1.0] * LENGTH
    levels = {
        "animate": ([0, 1, 1, 1, 1], new),
        "extend": ([0, 0, 0, 1, 1], kept[:5] + new[:4]),
        "backward": ([1, 1, 1, 0, 0], new[:5] + kept[:4]),
        "connect": ([0, 0, 1, 1, 0], kept[:4] + new[:3] + kept[:2]),
        "keyframe": ([0, 1, 1, 0, 1], new),
        "in time": ([0, 1, 1, 0, 0], kept[:2] + new[:4] + kept[:3]),
        "sound alone": ([0, 0, 0, 0, 0], new),
        "frames alone": ([1, 1, 1, 1, 1], kept),
        "strengths": ([0.25, 1, 1, 1, 0.5], [0.25] * 3 + [1.0] * 6),
        "strengths beside 256ths": ([0.3, 1, 1, 1, 0.7], [0.3] * 3 + [1.0] * 6),  # to which MiniMax-H3 rounds them
    }
    picture, sound = streams(name)
    made: dict[str, dict[str, Any]] = {"text_to_video": {"samples": nested(0 * picture, 0 * sound)}}
    for kind, (of_picture, of_sound) in levels.items():
        masks = nested(of_frames([float(level) for level in of_picture]), along_time(name, of_sound))
        made[kind] = {"samples": nested(picture, sound), "noise_mask": masks}
    both = nested(region, along_time(name, kept))
    made["region"] = {"samples": nested(picture, sound), "noise_mask": both}
    made["mask of frames alone"] = {
        "samples": nested(picture, sound),
        "noise_mask": of_frames([0.0, 0.0, 1.0, 1.0, 1.0]),
    }
    if name == "ltx_2":  # MiniMax-H3 takes one clip
        made["two of a batch"] = {"samples": nested(*streams(name, 2)), "noise_mask": made["extend"]["noise_mask"]}
    return made


def without_sound(comfy: Comfy, name: str) -> dict[str, Any]:
    """A LATENT of frames alone, and what is said of it."""
    model, texts, samplers = video_classes.load(name), _texts(name), Samplers(comfy)
    latent = {"samples": 0 * streams(name)[0]}
    made = samplers.ours(model, latent, texts)
    said = list(comfy.said)
    if not made.is_nested:
        return {"said": said, "apart": largest(made, samplers.core(model, latent, texts))}
    return {"said": said, "apart": off(made, samplers.core(model, latent, texts)), "length": made.unbind()[1].shape[-1]}


def options(comfy: Comfy, name: str) -> dict[str, Any]:
    """Options of our sampler on both streams: what is known stays, and all is finite."""
    model, texts, latent = video_classes.load(name), _texts(name), canvases(name)["extend"]
    nodes = {"SoraResample": {"jumps": 1}, "SoraHistoryGuidance": {"scale": 1.5, "above": 0.5}}
    found = {}
    for node, settings in nodes.items():
        (changed,) = comfy.run(node, model=model, **settings)
        found[node] = kept(Samplers(comfy).ours(changed, latent, texts), latent)
    for solver in ("heun", "dpmpp_2m", "res_multistep", "euler_ancestral"):
        found[solver] = kept(Samplers(comfy).ours(model, latent, texts, solver=solver), latent)
    return found


def of_core(comfy: Comfy, name: str) -> dict[str, Any]:
    """What core's nodes set on a MODEL, in both samplers: how far they are apart, or what core cannot do."""
    model, texts, samplers = video_classes.load(name), _texts(name), Samplers(comfy, steps=4)
    cache = {"reuse_threshold": 0.8, "start_percent": 0.0, "end_percent": 1.0, "verbose": False}
    models = {
        "context windows": set_on_models.context_windows(comfy, model, context_length=3, context_overlap=1),
        "FreeNoise": set_on_models.context_windows(comfy, model, context_length=3, context_overlap=1, freenoise=True),
        "EasyCache": comfy.run("EasyCacheNode", model=model, **cache)[0],
        "LazyCache": comfy.run("LazyCacheNode", model=model, **cache)[0],
    }
    if name == "minimax_h3":
        shifts = {"shift_video": 6.0, "shift_audio": 2.0}
        models["noise scale"] = comfy.run("ModelNoiseScale", model=model, noise_scale=1.7)[0]
        models["shifts"] = comfy.run("MiniMaxH3SigmaShift", model=model, **shifts)[0]
    found: dict[str, Any] = {}
    set_on_models.cached_on_a_copy()
    for kind, changed in models.items():
        for words in ("text_to_video", "extend"):
            latent = canvases(name)[words]
            try:
                expected = samplers.core(changed, latent, texts)
            except NotImplementedError:  # a limit of core, of which we say
                found[f"{kind}, {words}"] = samplers.refused(changed, latent, texts)
                continue
            found[f"{kind}, {words}"] = off(samplers.ours(changed, latent, texts), expected)
    return found


def rates(comfy: Comfy, name: str) -> list[list[str]]:
    """What is said where the texts say no frame rate, another than the canvas has, and the same."""
    model, latent, found = video_classes.load(name), canvases(name)["text_to_video"], []
    for rate in ({}, {"frame_rate": 50.0}, {"frame_rate": 92.0}):  # 33 frames beside sound of 0.36 s
        texts = tuple([[[text[0][0], {**text[0][1], **rate}]] for text in _texts(name)])
        comfy.said.clear()
        Samplers(comfy, steps=1).ours(model, latent, texts)
        found.append(list(comfy.said))
    return found


def preview(comfy: Comfy, name: str) -> list[int]:
    """Size of a picture that is shown on the way."""
    host, model = comfy.part("nodes.host").current(), video_classes.load(name)
    return list(host.previewer(model)(streams(name)[0], 1).size)


def kept(made: Any, latent: dict[str, Any]) -> dict[str, Any]:
    """How far known places are from what was given, and whether the rest is something."""
    errors, finite = [], True
    triples = zip(made.unbind(), latent["samples"].unbind(), latent["noise_mask"].unbind(), strict=True)
    for got, given, level in triples:
        known = (level == 0).expand_as(got)
        errors.append(largest(got[known], given[known]))
        finite &= bool(got.isfinite().all()) and bool((got != given)[~known].any())
    return {"known": max(errors), "finite": finite}


@dataclass(frozen=True)
class Cuts:
    """Two windows. frames, length: of the clip. context, new: of the windows. first: latents of sound that the first
    hears; second: the one with which the second begins."""

    frames: int
    length: int
    context: int
    new: int
    first: int
    second: int


CUTS = {
    "ltx_2": Cuts(8, 57, 2, 3, 33, 24),  # 57 frames of 25 a second, of which 33 and the last 33
    "minimax_h3": Cuts(12, 65, 2, 5, 37, 28),  # 39 frames of 24 a second, of which 22 and the last 22
}


def windows(samplers: Samplers, model: Any, name: str, known: int, solver: str = "euler") -> list[float]:
    """Two windows, each beside the host's sampler on a clip of its length, with known places of frames and sound.

    known: latent frames, and twice as many latents of sound.
    """
    comfy, texts, cuts = samplers.comfy, _texts(name), CUTS[name]
    picture, axis = random_clip(CHANNELS[name], cuts.frames), 3 if name == "minimax_h3" else 2
    shape = [cuts.length if size == LENGTH else size for size in SHAPES[name]]
    sound = torch.randn(1, *shape, generator=torch.Generator().manual_seed(5))
    level, of_sound = torch.ones_like(picture[:, :1]), torch.ones_like(sound[:, :1])
    level[:, :, :known] = 0
    of_sound.narrow(axis, 0, 2 * known).zero_()
    (windowed,) = comfy.run("SoraWindows", model=model, context=cuts.context, new=cuts.new, noise=0.0)
    latent = {"samples": nested(picture, sound), "noise_mask": nested(level, of_sound)}
    made = samplers.ours(windowed, latent, texts, solver=solver).unbind()
    source = comfy.part("sora_core.diffusion.sampler").NoiseSource(SEED)
    apart, size = [], cuts.context + cuts.new
    for begin, heard, length in ((0, 0, cuts.first), (cuts.new, cuts.second, cuts.length - cuts.second)):
        given = [picture.narrow(2, begin, size).clone(), sound.narrow(axis, heard, length).clone()]
        held = [level.narrow(2, begin, size).clone(), of_sound.narrow(axis, heard, length).clone()]
        expected = [made[0].narrow(2, begin, size), made[1].narrow(axis, heard, length)]
        if begin:
            for at, (one, mask, finished) in enumerate(zip(given, held, expected, strict=True)):
                count, along = (cuts.context, 2) if at == 0 else (cuts.first - cuts.second, axis)
                one.narrow(along, 0, count).copy_(finished.narrow(along, 0, count))
                mask.narrow(along, 0, count).zero_()
        noise = nested(*[source.draw(one.shape) for one in given])
        core = samplers.core(model, {"samples": nested(*given), "noise_mask": nested(*held)}, texts, noise, solver)
        apart.append(off(nested(*expected), core))
    return apart


def in_windows(comfy: Comfy, name: str) -> dict[str, Any]:
    """Sora Windows over frames and sound, beside the host and with options."""
    model, texts, samplers, cuts = video_classes.load(name), _texts(name), Samplers(comfy), CUTS[name]
    found: dict[str, Any] = {f"{known} known": windows(samplers, model, name, known) for known in (0, 1, 4)}
    found["res_multistep"] = windows(samplers, model, name, 1, "res_multistep")
    if name == "minimax_h3":
        (shifted,) = comfy.run("MiniMaxH3SigmaShift", model=model, shift_video=6.0, shift_audio=2.0)
        found["shifts"] = windows(samplers, shifted, name, 1)
        alone = {"samples": torch.zeros(1, CHANNELS[name], cuts.frames, 4, 4)}
        (windowed,) = comfy.run("SoraWindows", model=model, context=cuts.context, new=cuts.new, noise=0.0)
        found["sound of none"] = list(samplers.ours(windowed, alone, texts).unbind()[1].shape)
    else:
        (noised,) = comfy.run("SoraWindows", model=model, context=2, new=2, noise=0.2)
        latent = canvases(name)["extend"]
        found["noised context"] = kept(samplers.ours(noised, latent, texts), latent)
    return found


def refusals(comfy: Comfy, name: str) -> dict[str, str]:
    """What Sora Sampler says of sound that is not for a MODEL."""
    other = next(one for one in CHANNELS if one != name)
    texts, samplers = _texts(name), Samplers(comfy)
    (picture, sound), foreign = streams(name), streams(other)[1]
    model = video_classes.load(name)
    (rolling,) = comfy.run("SoraRollingWindow", model=model, context=2, active=1, noise=0.0)
    wan = video_classes.load("wan_2_1")
    frames = random_clip(16, FRAMES)
    of_wan = (video_classes.text("wan_2_1", 1), video_classes.text("wan_2_1", 2))
    return {
        "of another family": samplers.refused(model, {"samples": nested(picture, foreign)}, texts),
        "of another shape": samplers.refused(model, {"samples": nested(picture, sound[:, :3])}, texts),
        "of none": samplers.refused(wan, {"samples": nested(frames, sound)}, of_wan),
        "rolling": samplers.refused(rolling, {"samples": nested(picture, sound)}, texts),
        "frames of another": samplers.refused(model, {"samples": nested(frames, sound)}, texts),
    }


def _texts(name: str) -> tuple[list[Any], list[Any]]:
    return video_classes.text(name, 1), video_classes.text(name, 2)


def compared(comfy: Comfy, name: str) -> dict[str, Any]:
    """One class."""
    model, texts, samplers = video_classes.load(name), _texts(name), Samplers(comfy)
    apart = {}
    for kind, latent in canvases(name).items():
        apart[kind] = samplers.apart(model, latent, texts)
    latents = canvases(name)
    another = off(samplers.ours(model, latents["animate"], texts), samplers.core(model, latents["extend"], texts))
    multistep = samplers.apart(model, latents["extend"], texts, "res_multistep")
    comfy.said.clear()
    return {
        "class": type(model.model).__name__,
        "apart": apart,
        "another": another,
        "res_multistep": multistep,
        "guidance": GUIDANCE,
        "without": without_sound(comfy, name),
        "options": options(comfy, name),
        "of core": of_core(comfy, name),
        "preview": preview(comfy, name),
        "rates": rates(comfy, name),
        "windows": in_windows(comfy, name),
        "refused": refusals(comfy, name),
    }


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Both classes."""
    comfy = Comfy(comfyui, pack, folder)
    print(json.dumps({name: compared(comfy, name) for name in CHANNELS}))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
