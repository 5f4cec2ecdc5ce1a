"""Every node of ours on every family of MODELs, beside what the host makes of the same: the compatibility page's cells.

Run by ComfyUI's interpreter: `compatibility.py COMFYUI PACK FOLDER [FAMILY ...]`. Prints a record as JSON, of which
scripts/docs/compatibility.py makes docs/compatibility.md. A cell is what was measured: `apart`, an error to the host's
result; `designed`, one to what we mean where that is not the host's; or the words of a refusal.
"""

from __future__ import annotations

import functools
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import audio_vaes
import held_classes
import model_classes
import sounding_classes
import sounding_films
import torch
import vae_classes
import video_classes
from ability_canvases import Clips
from both_samplers import Samplers, Texts, off, random_clip
from in_process import Comfy, largest

FPS, STEPS, LONG = 24.0, 2, 9
LEVELS = "sora_noise_levels"  # our mark on a LATENT whose noise_mask holds noise levels
VAES = {
    "wan_2_2": "wan_2_2",
    "mochi": "mochi",
    "ltxv": "ltxv",
    "ltx_2": "ltxv",
    "hunyuan": "hunyuan",
    "hunyuan_image": "hunyuan",
    "hunyuan_skyreels": "hunyuan",
    "kandinsky_5": "hunyuan",
    "hunyuan_1_5": "hunyuan_1_5",
    "hunyuan_1_5_mean_flow": "hunyuan_1_5",
    "hunyuan_1_5_sr": "hunyuan_1_5",
    "minimax_h3": "minimax_h3",
}  # others have that of Wan 2.1
AUDIO_VAES = {"ltx_2": audio_vaes.ltx_2, "minimax_h3": audio_vaes.minimax_h3}
WITH_SOUND = {"ltx_2_sound": "ltx_2", "minimax_h3": "minimax_h3"}  # whose canvases have an audio VAE
EXPERTS, OURS = "wan_2_2_a14b", "nano"
Cell = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Bench:
    """A family: its MODEL, VAE and texts. name: as video_classes has it. audio_vae: None for frames alone."""

    comfy: Comfy
    name: str
    model: Any
    vae: Any
    texts: Texts
    audio_vae: Any | None

    @property
    def samplers(self) -> Samplers:
        return Samplers(self.comfy, STEPS)

    @property
    def compression(self) -> Any:
        return self.comfy.part("nodes.host").current().compression(self.vae)

    def clips(self) -> Clips:
        """Two small clips of its rate and grid, with sound where canvases have any."""
        compression = self.compression
        grid, side = compression.time_grid, 32 if compression.height == 8 else 64
        frames = grid.least(3)
        one, two = (torch.rand(frames, side, side, 3, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
        if self.audio_vae is not None:
            one, two = (sounding_films.film(frames, seed) for seed in (1, 2))
        times = {"length": frames / FPS, "added": grid.period[0] / FPS}
        return Clips(self.comfy, self.vae, side, FPS, one, two, audio_vae=self.audio_vae, **times)

    def core(self, latent: dict[str, Any]) -> tuple[Any, str]:
        """The host's sample; and what its sampler raises where its mask must be made one of one channel."""
        try:
            return self.samplers.core(self.model, latent, self.texts), ""
        except RuntimeError as error:
            with held_classes.one_channel():
                return self.samplers.core(self.model, latent, self.texts), type(error).__name__

    def sampled(self, latent: dict[str, Any]) -> Cell:
        """A canvas in both samplers."""
        made = self.samplers.ours(self.model, latent, self.texts)
        expected, raised = self.core(latent)
        cell = {"apart": off(made, expected), **({"core raises": raised} if raised else {})}
        if LEVELS in latent:  # without our mark it is a mask like those of core's nodes
            unmarked = {key: value for key, value in latent.items() if key != LEVELS}
            blended = self.samplers.ours(self.model, unmarked, self.texts)
            return {**cell, "design": "levels", "designed": off(blended, expected)}
        if type(self.model.model).__name__ == "WAN22" and known_in_part(latent):
            with a_level_per_patch(self.model.model):
                return {**cell, "design": "patches", "designed": off(made, self.core(latent)[0])}
        return cell

    def grid(self) -> Cell:
        """Shape of an empty canvas, and frames of it, beside what the VAE makes of a clip of that length."""
        latent, width, height, frames, _ = self.clips().grid()
        of_frames = streams(latent["samples"])[0]
        encoded = self.vae.encode(torch.rand(frames, height, width, 3))
        decoded = self.vae.decode(encoded).shape[-4]
        return {"shapes": [[*of_frames.shape, frames], [*encoded.shape, decoded]]}

    def decoded(self) -> Cell:
        """Frames of both decoders beside the host's."""
        run, clips = self.comfy.run, self.clips()
        images = clips.one if isinstance(clips.one, torch.Tensor) else clips.one.get_components().images
        latents = {"samples": self.vae.encode(images)}
        (ours,), (theirs,) = (run(node, samples=latents, vae=self.vae) for node in ("SoraVAEDecode", "VAEDecode"))
        (video,) = run("SoraDecodeToVideo", samples=latents, vae=self.vae, fps=FPS)
        missed = len(theirs) - len(video.get_components().images)
        return {"apart": math.inf if missed else largest(ours, theirs.clamp(0, 1))}

    def windowed(self) -> Cell:
        """Each of two windows beside the host's sample of a clip of its length."""
        with held_classes.one_channel():
            if self.audio_vae is not None:
                apart = sounding_classes.windows(self.samplers, self.model, self.name, known=1)
                return {"design": "windows", "designed": max(apart)}
            apart = held_classes.windows(self.samplers, self.model, self.texts, self.channels())
        return {"design": "windows", "designed": max(apart)}

    def rolled(self) -> Cell:
        """A rolling window over a clip whose beginning is known."""
        return self.optioned("SoraRollingWindow", context=2, active=2, noise=0.0)

    def optioned(self, node: str, **settings: Any) -> Cell:
        """How far known frames are from what was given, with one of our options."""
        (model,) = self.comfy.run(node, model=self.model, **settings)
        clip = random_clip(self.channels(), LONG)
        level = torch.ones_like(clip[:, :1])
        level[:, :, :2] = 0
        latent: dict[str, Any] = {"samples": clip, "noise_mask": level}
        if self.audio_vae is not None:
            latent = self.clips().grid()[0]
        made = self.samplers.ours(model, latent, self.texts)
        known = (made - clip)[:, :, :2].abs().max() / made.std()
        return {"design": "rolling", "designed": known.item() if made.isfinite().all() else math.inf}

    def followed(self) -> Cell:
        """History guidance: in one step what is made lies on a line, on which the scale says where."""
        clips, samples = self.clips(), []
        latent = clips.canvas("SoraExtendVideo", clips.given()["SoraExtendVideo"])
        for scale in (0.0, 1.0, 2.0):
            (model,) = self.comfy.run("SoraHistoryGuidance", model=self.model, scale=scale, above=0.9)
            self.comfy.said.clear()
            samples.append(streams(self.samplers.ours(model, latent, self.texts, steps=1)))
        pairs = [
            (off(plain, guided), off(2 * plain - away, guided)) for away, plain, guided in zip(*samples, strict=True)
        ]
        changed, from_line = (max(values) for values in zip(*pairs, strict=True))
        if not changed:
            return {"no effect": f"no effect: {self.comfy.said[-1].rpartition(': ')[2]}"}
        return {"design": "history", "designed": from_line}

    def heard(self) -> Cell:
        """Sound: encoded and decoded beside the host's nodes; or what is said of it."""
        if self.name not in AUDIO_VAES:
            silent = Bench(self.comfy, self.name, self.model, self.vae, self.texts, audio_vae("ltx_2"))
            return self.sampled(silent.clips().grid()[0])  # refused here at the latest
        family = sounding_films.Family(self.name, self.model, self.vae, audio_vae(self.name))
        latent = sounding_films.empty(self.comfy, family)
        latent["samples"].unbind()[1].normal_(generator=torch.Generator().manual_seed(4))
        host = self.comfy.part("nodes.host").current()
        ours = host.decode_sound(family.audio_vae, latent["samples"].unbind()[1]).waveform
        (theirs,) = self.comfy.run("LTXVAudioVAEDecode", samples=latent, audio_vae=family.audio_vae)
        encoded = max(sounding_films.encoding(self.comfy, family)["errors"])
        return {"apart": max(encoded, off(ours, theirs["waveform"]))}

    def channels(self) -> int:
        """Channels of its frames."""
        return self.vae.latent_channels

    def cells(self) -> dict[str, Cell]:
        """All of a row."""
        clips = self.clips()
        cells = {"grid": told(self.grid), "sampler": told(lambda: self.sampled(clips.grid()[0]))}
        for name, inputs in clips.given().items():
            cells[name] = told(lambda name=name, inputs=inputs: self.sampled(clips.canvas(name, inputs)))
        others = {
            "decoder": self.decoded,
            "SoraWindows": self.windowed,
            "SoraRollingWindow": self.rolled,
            "SoraHistoryGuidance": self.followed,
            "sound": self.heard,
        }
        return cells | {name: told(measure) for name, measure in others.items()}


def told(measure: Callable[[], Cell]) -> Cell:
    """A cell, or the words with which it is refused."""
    try:
        return measure()
    except ValueError as error:
        return {"refused": str(error)}


def streams(samples: Any) -> list[torch.Tensor]:
    """Frames, and sound where there is any."""
    return list(samples.unbind()) if samples.is_nested else [samples]


def known_in_part(latent: dict[str, Any]) -> bool:
    """Whether a frame of a canvas is known in one place and not in another."""
    mask = latent.get("noise_mask")
    return mask is not None and bool((mask.amax(dim=(3, 4)) != mask.amin(dim=(3, 4))).any())


@contextmanager
def a_level_per_patch(model: Any) -> Iterator[None]:
    """The host's Wan 2.2 TI2V is told the level of each patch, not one for each frame."""

    def process_timestep(timestep: torch.Tensor, x: torch.Tensor, denoise_mask: Any = None, **_: Any) -> torch.Tensor:
        cells = torch.nn.functional.max_pool3d(denoise_mask[:, :1], (1, 2, 2))
        return (cells * timestep.view(-1, 1, 1, 1, 1)).flatten(1)

    with patch.object(model, "process_timestep", process_timestep):
        yield


@functools.cache
def vae(name: str) -> Any:
    """One of vae_classes."""
    return vae_classes.load(name)


@functools.cache
def audio_vae(name: str) -> Any:
    """That of a family."""
    return AUDIO_VAES[name]()


def bench(comfy: Comfy, row: str) -> Bench:
    """The family of a row."""
    if row == OURS:
        model, clip, own = comfy.run("SoraLoadModel", model="nano (demo model)")
        texts = tuple(comfy.run("SoraEncodeText", clip=clip, text=words)[0] for words in ("a red circle", ""))
        return Bench(comfy, row, model, own, texts, None)
    name = "wan_2_1" if row == EXPERTS else WITH_SOUND.get(row, row)
    model = video_classes.load(name)
    if row == EXPERTS:
        low = video_classes.load(name, seed=1)
        (model,) = comfy.run("SoraTwoExperts", high_noise=model, low_noise=low, boundary=0.875)
    texts = (video_classes.text(name, 1), video_classes.text(name, 2))
    sound = audio_vae(name) if row in WITH_SOUND else None
    return Bench(comfy, name, model, vae(VAES.get(name, "wan_2_1")), texts, sound)


def main(comfyui: str, pack: str, folder: Path, *chosen: str) -> None:
    """All families, or those that are chosen; and every class that is refused as a video MODEL."""
    host, rows = Comfy(comfyui, pack, folder), {}
    import comfy.supported_models
    import comfyui_version

    for row in chosen or (OURS, *video_classes.CLASSES, EXPERTS, *WITH_SOUND):
        one = bench(host, row)
        kind = {**video_classes.CLASSES, **video_classes.SOUNDING}.get(one.name)
        rows[row] = {
            "kind": kind and kind.name,
            "class": type(one.model.model).__name__,
            "vae": type(one.vae.first_stage_model).__name__,
            "cells": one.cells(),
        }
    said = (
        {kind.__name__: model_classes.said(host, kind) for kind in comfy.supported_models.models} if not chosen else {}
    )
    refused = {name: words for name, words in said.items() if words}
    taken = [name for name, words in said.items() if not words]
    print(json.dumps({"comfyui": comfyui_version.__version__, "rows": rows, "taken": taken, "refused": refused}))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
