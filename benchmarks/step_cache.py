"""`python -m benchmarks.step_cache`: what step caching saves and costs, beside simply taking fewer steps.

Error: distance of the latents from those of all steps, relative to them, over clips of held-out combinations. With
--wan a Wan-shaped DiT takes the steps: its seconds are those of such a model, but the error of random weights, whose
velocities hardly turn from step to step, says nothing about trained ones.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass

import torch

from benchmarks.dit_step import inputs_of
from benchmarks.random_weights import wan_dit
from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.caching import StepCache
from sora_core.diffusion.guidance import ConditionalGuider, Guider
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.sampler import NoiseStream, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.pipeline import Pipeline
from sora_core.world import Style, caption, held_out

TOLERANCES = (0.05, 0.1, 0.15, 0.2, 0.3)
FEWER = (20, 15, 12, 10, 8)
SAMPLING = SamplingOptions()


@dataclass(frozen=True)
class Run:
    """Latents [B C T H W] of one way, and what they took."""

    way: str
    latents: torch.Tensor
    asked: int
    seconds: float


def run(
    way: str,
    guider: Guider,
    canvas: LatentCanvas,
    *,
    steps: int,
    tolerance: float = 0.0,
    keeps_difference: bool = False,
) -> Run:
    """Sample the canvas in so many steps, the guider asked as a tolerance allows.

    keeps_difference: between two calls, keep the velocity's difference to the latents (EasyCache) and not itself.
    """
    cached = StepCache((lambda x, level: guider(x, level) - x) if keeps_difference else guider, tolerance)
    asked = (lambda x, level: cached(x, level) + x) if keeps_difference else cached
    schedule = noise_schedule(shifted_sigmas(steps, SAMPLING.shift), canvas.noise_level)
    noises = NoiseStream.of(canvas.clean.shape, 0)
    start = time.perf_counter()
    latents = sample(asked, canvas, schedule, noises.current, fresh=noises)
    return Run(way, latents, cached.asked, time.perf_counter() - start)


def trained(model: str, clips: int) -> tuple[Guider, LatentCanvas]:
    """A model that follows prompts, and that many clips for it."""
    pipe, rng = Pipeline.load(model), random.Random(0)
    text = pipe.encode_text([caption(scene, Style.DESCRIPTIVE, rng) for scene in held_out()[:clips]])
    canvas = text_to_video(pipe.latent_shape(pipe.video_shape(64, 64, seconds=2, fps=pipe.fps)), len(text))
    return pipe.guider(text, SAMPLING), canvas


def of_wan_shape(patches: int) -> tuple[Guider, LatentCanvas]:
    """Random weights of Wan's shape, four blocks, and one clip of so many patches."""
    dit = wan_dit(1536, layers=4)
    latents, _, text = inputs_of(dit, patches)
    return ConditionalGuider(dit, dit.prepare(text)), text_to_video(LatentShape(*latents.shape[1:]), batch=1)


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--wan", type=int, metavar="PATCHES", help="a clip of so many patches, a multiple of 256")
    parser.add_argument("--difference", action="store_true", help="also keep the difference, as EasyCache does")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    guider, canvas = of_wan_shape(args.wan) if args.wan else trained(args.model, args.clips)
    steps = SAMPLING.steps
    run("warm up", guider, canvas, steps=2)
    exact = run(f"all {steps} steps", guider, canvas, steps=steps)
    runs = [exact]
    runs += [run(f"cached, tolerance {value:g}", guider, canvas, steps=steps, tolerance=value) for value in TOLERANCES]
    if args.difference:
        runs += [
            run(f"difference, tolerance {value:g}", guider, canvas, steps=steps, tolerance=value, keeps_difference=True)
            for value in TOLERANCES
        ]
    runs += [run(f"{fewer} steps", guider, canvas, steps=fewer) for fewer in FEWER]
    print("| way | model asked | seconds, to all steps | error |\n|---|---|---|---|")
    for one in runs:
        error = float((one.latents - exact.latents).norm() / exact.latents.norm())
        print(f"| {one.way} | {one.asked} | {one.seconds / exact.seconds:.2f} | {error:.3f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
