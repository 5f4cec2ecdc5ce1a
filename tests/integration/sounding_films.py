"""Films with sound on canvases of LTX-2 and MiniMax-H3, from a VIDEO to a file, beside the host's own nodes.

Run by ComfyUI's interpreter: `sounding_films.py COMFYUI PACK FOLDER`. Prints a report on each family as JSON.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import audio_vaes
import host_files
import torch
import video_classes
from both_samplers import Samplers, off
from in_process import Comfy, largest

FPS, SIDE, RATE = 24.0, 64, 48000
LENGTHS = {"ltx_2": (17, 33), "minimax_h3": (22, 39)}  # frames of a film, and of an empty canvas


@dataclass(frozen=True)
class Family:
    """What belongs together. size: of canvases; films have twice the side."""

    name: str
    model: Any
    vae: Any
    audio_vae: Any

    def texts(self) -> tuple[list[Any], list[Any]]:
        return video_classes.text(self.name, 1), video_classes.text(self.name, 2)


def families(comfy: Comfy, folder: Path) -> dict[str, Family]:
    """Both."""
    ltx = host_files.load(comfy, folder, "ltxv")
    frames = {"ltx_2": ltx.vae, "minimax_h3": audio_vaes.minimax_h3_frames()}
    audio = {"ltx_2": audio_vaes.ltx_2(), "minimax_h3": audio_vaes.minimax_h3()}
    return {name: Family(name, video_classes.load(name), frames[name], audio[name]) for name in LENGTHS}


def sound(seconds: float, rate: int = RATE, seed: int = 0) -> dict[str, Any]:
    """AUDIO: two tones whose loudness changes."""
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    loudness = 0.4 + 0.3 * torch.sin(2 * math.pi * (1.5 + seed) * time)
    tones = [torch.sin(2 * math.pi * (220 + 60 * seed) * times * time) for times in (1, 1.5)]
    return {"waveform": (loudness * torch.stack(tones))[None].float(), "sample_rate": rate}


def film(frames: int, seed: int = 0, audio: dict[str, Any] | None = None) -> Any:
    """A VIDEO of random pictures, with sound of its length."""
    from comfy_api.latest import InputImpl, Types

    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(frames, SIDE, SIDE, 3, generator=generator)
    audio = audio or sound(frames / FPS, seed=seed)
    parts = Types.VideoComponents(images=images, audio=audio, frame_rate=Fraction(round(FPS)))
    return InputImpl.VideoFromComponents(parts)


def canvases(comfy: Comfy, family: Family) -> dict[str, dict[str, Any]]:
    """One of each ability node, on films with sound."""
    frames, _ = LENGTHS[family.name]
    one, two = film(frames), film(frames, seed=1)
    moments = torch.zeros(frames, SIDE, SIDE)
    moments[frames // 2 :] = 1
    given = {
        "SoraAnimateImage": {"image": torch.rand(1, SIDE, SIDE, 3), "seconds": 1.0},
        "SoraExtendVideo": {"source": one, "before": 0.0, "after": 0.7},
        "SoraExtendVideo backward": {"source": one, "before": 0.7, "after": 0.0},
        "SoraConnectVideos": {"first": one, "second": two, "seconds": 0.7},
        "SoraLoopVideo": {"source": one, "seconds": 0.7},
        "SoraInpaintVideo": {"source": one, "region": moments},
    }
    common = {"vae": family.vae, "audio_vae": family.audio_vae, "fps": FPS}
    made = {name: comfy.run(name.split()[0], size=SIDE, **common, **inputs)[0] for name, inputs in given.items()}
    grid = empty(comfy, family)
    made["SoraVideoGrid"] = grid
    made["SoraKeyframe"] = comfy.run("SoraKeyframe", latent=grid, source=one, seconds=0.5, **common)[0]
    return made


def empty(comfy: Comfy, family: Family) -> dict[str, Any]:
    """An empty canvas of ours."""
    seconds = LENGTHS[family.name][1] / FPS
    settings = {"aspect_ratio": "1:1", "size": SIDE, "seconds": seconds, "fps": FPS}
    return comfy.run("SoraVideoGrid", vae=family.vae, audio_vae=family.audio_vae, **settings)[0]


def shapes(latent: dict[str, Any]) -> list[list[int]]:
    """Of frames and sound."""
    return [list(stream.shape) for stream in latent["samples"].unbind()]


def of_the_host(comfy: Comfy, family: Family) -> dict[str, Any]:
    """The host's empty LATENT of as many frames."""
    frames = LENGTHS[family.name][1]
    if family.name == "minimax_h3":
        return comfy.run("EmptyMiniMaxH3LatentAV", width=SIDE, height=SIDE, length=frames)[0]
    (video,) = comfy.run("EmptyLTXVLatentVideo", width=SIDE, height=SIDE, length=frames, batch_size=1)
    heard = {"frames_number": frames, "frame_rate": FPS, "batch_size": 1, "audio_vae": family.audio_vae}
    (audio,) = comfy.run("LTXVEmptyLatentAudio", **heard)
    return comfy.run("LTXVConcatAVLatent", video_latent=video, audio_latent=audio)[0]


def known_spans(latent: dict[str, Any]) -> list[list[int]]:
    """First and last known latent of each known stretch of the sound."""
    mask = latent["noise_mask"].unbind()[1]
    row = mask[0, 0].amin(dim=-1 if mask.shape[-1] in (1, 16) else 0)
    spans: list[list[int]] = []
    for at in (row == 0).nonzero().flatten().tolist():
        if spans and spans[-1][1] == at - 1:
            spans[-1][1] = at
        else:
            spans.append([at, at])
    return spans


def encoding(comfy: Comfy, family: Family) -> dict[str, Any]:
    """Known sound of an extension beside what the host's node encodes of the same film, latent by latent.

    In units of its spread.
    """
    step = family.audio_vae.spacial_compression_encode() / getattr(family.audio_vae, "audio_sample_rate", 44100)
    frames = LENGTHS[family.name][0]
    heard = sound(math.ceil(frames / FPS / step) * step, rate=getattr(family.audio_vae, "audio_sample_rate", 44100))
    source = film(frames, audio=heard)
    common = {"vae": family.vae, "audio_vae": family.audio_vae, "fps": FPS, "size": SIDE}
    (latent, *_) = comfy.run("SoraExtendVideo", source=source, before=0.0, after=0.7, **common)
    (theirs,) = comfy.run("VAEEncodeAudio", vae=family.audio_vae, audio=heard)
    got, expected = latent["samples"].unbind()[1], theirs["samples"]
    axis = 3 if family.name == "minimax_h3" else 2
    ((first, last),) = known_spans(latent)
    count = last + 1 - first
    apart = (got.narrow(axis, first, count) - expected.narrow(axis, first, count)).abs() / expected.std()
    return {"span": [first, last], "errors": apart.movedim(axis, 0).flatten(1).amax(dim=1).tolist()}


def to_a_file(comfy: Comfy, family: Family) -> dict[str, Any]:
    """A film is extended, decoded and joined to itself: its sound, beside the host's of the same latents."""
    frames, _ = LENGTHS[family.name]
    source, samplers = film(frames), Samplers(comfy)
    common = {"vae": family.vae, "audio_vae": family.audio_vae}
    latent, fps, overlap, *_ = comfy.run(
        "SoraExtendVideo", source=source, before=0.0, after=0.7, size=SIDE, fps=FPS, **common
    )
    made = {"samples": samplers.ours(family.model, latent, family.texts())}
    (again, *_) = comfy.run("SoraExtendVideo", source=made, before=0.0, after=0.7, size=SIDE, fps=FPS, **common)
    (video,) = comfy.run("SoraDecodeToVideo", samples=made, fps=fps, **common)
    (joined, _) = comfy.run("SoraJoinVideos", first=source, second=video, overlap=overlap)
    heard, whole = video.get_components(), joined.get_components()
    (theirs,) = comfy.run("LTXVAudioVAEDecode", samples=made, audio_vae=family.audio_vae)
    ours, expected = heard.audio["waveform"], theirs["waveform"]
    length = min(ours.shape[-1], expected.shape[-1])
    error = (ours[..., :length] - expected[..., :length]).square().mean().sqrt() / expected.std()
    return {
        "frames": len(heard.images),
        "seconds": ours.shape[-1] / heard.audio["sample_rate"],
        "rate": heard.audio["sample_rate"],
        "rate of core": theirs["sample_rate"],
        "error": error.item(),
        "joined": [len(whole.images), whole.audio["waveform"].shape[-1] / whole.audio["sample_rate"]],
        "kept": largest(whole.audio["waveform"][..., : RATE // 2], sound(1.0)["waveform"][..., : RATE // 2]),
        "again": [
            torch.equal(one, other) for one, other in zip(_begun(again, made), made["samples"].unbind(), strict=True)
        ],
    }


def _begun(latent: dict[str, Any], source: dict[str, Any]) -> list[torch.Tensor]:
    """The beginning of both streams of a LATENT, as long as another's."""
    begun = latent["samples"].unbind()
    for axis in (2, 3):
        sizes = [stream.shape[axis] for stream in source["samples"].unbind()]
        begun = [
            stream.narrow(axis, 0, min(size, stream.shape[axis])) for stream, size in zip(begun, sizes, strict=True)
        ]
    return list(begun)


def refusals(comfy: Comfy, family: Family, other: Family) -> dict[str, str]:
    """What is said of VAEs that do not belong together."""
    grid = {"aspect_ratio": "1:1", "size": SIDE, "seconds": 1.0, "fps": FPS}
    latent = empty(comfy, family)
    decode = {"samples": latent, "vae": family.vae, "fps": FPS}
    frames = {"samples": latent["samples"].unbind()[0]}
    return {
        "audio VAE of another": comfy.error("SoraVideoGrid", vae=family.vae, audio_vae=other.audio_vae, **grid),
        "no audio VAE": comfy.error("SoraVideoGrid", vae=family.vae, audio_vae=family.vae, **grid),
        "exchanged": comfy.error("SoraVideoGrid", vae=family.audio_vae, audio_vae=family.vae, **grid),
        "no VAE": comfy.error("SoraVideoGrid", audio_vae=family.audio_vae, **grid),
        "decode with another": comfy.error("SoraDecodeToVideo", audio_vae=other.audio_vae, **decode),
        "decode frames alone": comfy.error(
            "SoraDecodeToVideo", audio_vae=family.audio_vae, **{**decode, "samples": frames}
        ),
        "decode at another rate": comfy.error(
            "SoraDecodeToVideo", audio_vae=family.audio_vae, **{**decode, "fps": 12.0}
        ),
    }


def looked_at(comfy: Comfy, family: Family, other: Family) -> dict[str, Any]:
    """One family."""
    samplers, latents = Samplers(comfy, steps=2), canvases(comfy, family)
    apart = {}
    for name, latent in latents.items():
        made = samplers.ours(family.model, latent, family.texts())
        apart[name] = off(made, samplers.core(family.model, latent, family.texts()))
    return {
        "grid": shapes(latents["SoraVideoGrid"]),
        "grid of core": shapes(of_the_host(comfy, family)),
        "apart": apart,
        "known": {name: known_spans(latent) for name, latent in latents.items() if "noise_mask" in latent},
        "lengths": {name: shapes(latent)[1] for name, latent in latents.items()},
        "encoding": encoding(comfy, family),
        "file": to_a_file(comfy, family),
        "refused": refusals(comfy, family, other),
    }


def main(comfyui: str, pack: str, folder: Path) -> None:
    """Both families."""
    comfy = Comfy(comfyui, pack, folder)
    both = families(comfy, folder)
    one, other = both.values()
    found = {one.name: looked_at(comfy, one, other), other.name: looked_at(comfy, other, one)}
    print(json.dumps(found))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
