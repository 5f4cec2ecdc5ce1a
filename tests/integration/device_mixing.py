"""The core on a pretended graphics card, beside the CPU: no tensor of the one may meet those of the other.

Run by ComfyUI's interpreter, whose torch may be built for CUDA: `device_mixing.py COMFYUI PACK FOLDER`. Prints how far
each result is from that of the CPU, in units of its spread, as JSON; "none" where torch is built for CPUs alone.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

sys.path[:0] = [sys.argv[2], f"{sys.argv[2]}/tests"]
torch.set_num_threads(1)

from pretended_device import CARD, OnCard, PretendedCard, to_card  # noqa: E402

from sora_core.canvas.abilities import animate_image, extend  # noqa: E402
from sora_core.canvas.latent_canvas import LatentCanvas  # noqa: E402
from sora_core.canvas.shapes import VideoShape  # noqa: E402
from sora_core.diffusion.history import HistoryGuidance  # noqa: E402
from sora_core.diffusion.solvers import SOLVERS  # noqa: E402
from sora_core.diffusion.windows import RollingWindow, SlidingWindow, Windows  # noqa: E402
from sora_core.long_video import long_latents  # noqa: E402
from sora_core.models.wan.dit import DiTConfig, Experts, ImageConditioning, VideoDiT  # noqa: E402
from sora_core.models.wan.text_encoder.umt5 import UMT5  # noqa: E402
from sora_core.models.wan.vae import Tiles  # noqa: E402
from sora_core.pipeline import Pipeline, SamplingOptions  # noqa: E402
from tiny import PROMPT, tiny_dit, tiny_text_encoder, tiny_vae  # noqa: E402

SHAPE = VideoShape(25, 16, 32)
CPU = torch.device("cpu")
IMAGE = DiTConfig(8, 4, 32, 64, 2, 2, 16, 32, image_dim=12)

Work = Callable[[Pipeline, torch.device], torch.Tensor]


def drawn(*size: int) -> torch.Tensor:
    """The same in every call."""
    return torch.randn(*size, generator=torch.Generator().manual_seed(len(size) + sum(size)))


def randomised(module: torch.nn.Module) -> torch.nn.Module:
    """With weights none of which is neutral."""
    for index, weight in enumerate(module.parameters()):
        weight.data = 0.2 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(index))
    return module.eval()


def canvases(known: torch.Tensor) -> dict[str, LatentCanvas]:
    """Of seven latent frames, two of them given."""
    return {"animate": animate_image(known[:, :, :1], 7), "extend": extend(known, before=2, after=3)}


def sampled(ability: str, sampling: SamplingOptions) -> Work:
    def work(pipe: Pipeline, device: torch.device) -> torch.Tensor:
        shape = pipe.latent_shape(SHAPE)
        known = drawn(1, shape.channels, 2, shape.height, shape.width).to(device)
        return pipe.sample_canvas(pipe.encode_text([PROMPT]), canvases(known)[ability], sampling=sampling)

    return work


def in_windows(windows: Windows) -> Work:
    def work(pipe: Pipeline, device: torch.device) -> torch.Tensor:
        text = pipe.encode_text([PROMPT])
        return torch.cat(
            list(long_latents(pipe, text, SHAPE, sampling=SamplingOptions(steps=3, windows=windows))), dim=2
        )

    return work


def coded(tiles: Tiles | None) -> Work:
    def work(pipe: Pipeline, device: torch.device) -> torch.Tensor:
        latents, vae = drawn(1, 4, 4, 8, 8).to(device), pipe.vae
        pixels = torch.cat(list(tiles.decode_stream(vae, [latents]) if tiles else vae.decode_stream([latents])), dim=2)
        again = tiles.encode_stream(vae, [pixels]) if tiles else vae.encode_stream([pixels])
        return torch.cat(list(again), dim=2)

    return work


def frames(pipe: Pipeline, _: torch.device) -> torch.Tensor:
    """Prompt to bytes; latents from the CPU are welcome."""
    made = pipe.generate(PROMPT, width=32, height=16, seconds=1, sampling=SamplingOptions(steps=3))
    decoded = torch.stack(list(pipe.decode_frames(drawn(1, 4, 3, 2, 4))))
    return torch.cat([made.frames, decoded]).float()


def alone(module: torch.nn.Module, *inputs: torch.Tensor, **named: Any) -> Work:
    """A part by itself; inputs lie where it is."""

    def work(pipe: Pipeline, device: torch.device) -> torch.Tensor:
        part = to_card(copy.deepcopy(module)) if device == CARD else module
        image = named.get("image")
        if image is not None:
            named["image"] = ImageConditioning(image.latents.to(device), image.tokens.to(device))
        return part(*(x.to(device) for x in inputs), **named)

    return work


def works() -> dict[str, Work]:
    """All, by name."""
    latents, text = drawn(2, 4, 3, 4, 4), drawn(2, 5, 16)
    mixed = torch.tensor([0.9, 0.2])
    image = ImageConditioning(drawn(2, 4, 3, 4, 4), drawn(2, 9, 12))
    experts = Experts(randomised(VideoDiT(IMAGE)), randomised(VideoDiT(IMAGE)), 0.5)  # type: ignore[arg-type]
    large = DiTConfig(4, 4, 32, 64, 2, 1, 16, 32)
    by_patch = (drawn(1, 300).abs() * 3).round() / 10
    found = {
        "umt5": alone(randomised(UMT5(40, 16, 8, 24, 2, 2)), torch.arange(1, 8)[None], torch.ones(1, 7) > 0),
        "experts": alone(experts, latents, mixed, text, image=image),
        "patches": alone(randomised(VideoDiT(large)), drawn(1, 4, 3, 20, 20), by_patch, text[:1]),
        "frames": frames,
        "chained": in_windows(SlidingWindow(2, 3)),
        "rolling": in_windows(RollingWindow(2, 3)),
        "coded": coded(None),
        "tiles": coded(Tiles(32, 8)),
        "parked tiles": coded(Tiles(32, 8, CPU)),
        "cached": sampled("animate", SamplingOptions(steps=8, step_cache=0.3)),
        "followed": sampled("extend", SamplingOptions(steps=8, history=HistoryGuidance(1.5))),
    }
    for ability in ("animate", "extend"):
        found |= {
            f"{ability}, {name}": sampled(ability, SamplingOptions(steps=3, solver=one))
            for name, one in SOLVERS.items()
        }
    return found


def waits(pipe: Pipeline, steps: int) -> int:
    """How often sampling in so many steps waits for the card."""
    with PretendedCard() as card:
        sampled("extend", SamplingOptions(steps=steps))(pipe, CARD)
    return card.waits


def main() -> None:
    """Each twice: with levels per patch, and, where that makes a difference, by replacing."""
    if not torch.version.cuda:
        print(json.dumps("none"))
        return
    pipe = Pipeline(tiny_dit(), tiny_vae(), tiny_text_encoder(), 8.0)
    there, report = copy.deepcopy(pipe), {}
    for part in (there.dit, there.vae, there.text_encoder):
        to_card(part)
    for per_patch in (True, False):
        for one in (pipe, there):
            one.dit.config = replace(one.dit.config, per_token_timesteps=per_patch)  # type: ignore[misc, arg-type]
        for name, work in works().items():
            if not per_patch and not name.startswith(("animate", "extend", "chained")):
                continue
            expected = work(pipe, CPU)
            with PretendedCard():
                made = work(there, CARD)
            got = made.inner if isinstance(made, OnCard) else made
            key = name if per_patch else f"{name}, replacing"
            report[key] = ((got - expected).abs().max() / expected.std()).item()
    report["waits"] = [waits(there, steps) for steps in (4, 12)]
    with PretendedCard():
        try:
            drawn(3).to(CARD) + drawn(3)
        except RuntimeError as error:
            report["control"] = str(error)
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.no_grad():
        main()
