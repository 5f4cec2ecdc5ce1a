"""`python -m benchmarks.step_cache` compares step caching with fewer steps: time and error.

The error is the relative distance of the latents from those of all steps, over clips of held-out combinations. With
--wan a Wan-shaped DiT with random weights is timed; its error says nothing about trained models, because its velocities
hardly change from step to step.
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
from sora_core.world.flat import Style, caption, held_out

TOLERANCES = (0.05, 0.1, 0.15, 0.2, 0.3)
FEWER = (20, 15, 12, 10, 8)
SAMPLING = SamplingOptions()


@dataclass(frozen=True)
class Run:
    """Latents [B C T H W] of one way, its model calls and seconds."""

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
    """Sample the canvas in so many steps, with a step cache of this tolerance.

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
    """Load a trained model; returns its guider with prompts, and a canvas of `clips` clips."""
    pipe, rng = Pipeline.load(model), random.Random(0)
    text = pipe.encode_text([caption(scene, Style.DESCRIPTIVE, rng) for scene in held_out()[:clips]])
    canvas = text_to_video(pipe.latent_shape(pipe.video_shape(128, 128, seconds=2, fps=pipe.fps)), len(text))
    return pipe.guider(text, SAMPLING), canvas


def of_wan_shape(patches: int) -> tuple[Guider, LatentCanvas]:
    """Build a DiT of Wan's shape with random weights and four blocks, and a canvas of so many patches."""
    dit = wan_dit(1536, layers=4)
    latents, _, text = inputs_of(dit, patches)
    return ConditionalGuider(dit, dit.prepare(text)), text_to_video(LatentShape(*latents.shape[1:]), batch=1)


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--wan", type=int, metavar="PATCHES", help="use a Wan-shaped DiT; a multiple of 256 patches")
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
