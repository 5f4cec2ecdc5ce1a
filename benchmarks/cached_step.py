"""`python -m benchmarks.cached_step`: what a step costs that step caching skips, beside one of a Wan-shaped DiT.

The rest of it is saved. How far the result strays is not asked here: that depends on how velocities change from step
to step, which random weights say nothing about; step_cache.py has it for a trained model.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

import torch

from benchmarks.dit_step import inputs_of, our_step
from benchmarks.random_weights import wan_dit
from benchmarks.rounds import in_turns, ratios, spread
from sora_core.diffusion.caching import Cached

REPEATS = 50  # of a decision, which is too short for the clock
TOLERANCES = {"decides, and asks": 0.0, "decides, and skips": 0.999}
STEPS, ASKED = 25, 12  # as step_cache.py finds at a tolerance of 0.2


def deciding(latents: torch.Tensor, tolerance: float) -> Callable[[], None]:
    """REPEATS steps of caching alone, around a model that costs nothing; none of them is among the first ones."""
    velocity, level = torch.ones_like(latents), torch.ones(1)
    cached = Cached(lambda latents, level: velocity, tolerance, warm_up=2)
    places = [latents, latents + 0.01]

    def steps() -> None:
        for step in range(REPEATS):
            cached(places[step % 2], level)

    steps()
    asked, calls = cached.asked, cached.calls
    steps()
    assert cached.asked - asked == (cached.calls - calls if tolerance == 0 else 0), cached
    return steps


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=1536, help="a multiple of 128")
    parser.add_argument("--layers", type=int, default=4, help="Wan 1.3B has 30")
    parser.add_argument("--patches", type=int, nargs="+", default=[1024, 4096], help="multiples of 256")
    parser.add_argument("--runs", type=int, default=5, help="of each, in turns")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dit = wan_dit(args.dim, args.layers)
    print(f"torch {torch.__version__}, {args.threads} threads, dim {args.dim}, {args.layers} layers, {args.runs} runs")
    print("\n| patches | step | milliseconds, median (range) | share of a full step |\n|---|---|---|---|")
    for patches in args.patches:
        inputs = inputs_of(dit, patches)
        full = partial(our_step(dit, inputs[-1]), *inputs)
        full()  # warms up
        calls: dict[str, Callable[[], object]] = {"full": full}
        calls |= {name: deciding(inputs[0], tolerance) for name, tolerance in TOLERANCES.items()}
        seconds = in_turns(calls, args.runs)
        print(f"| {patches} | asks the model | {spread([1000 * value for value in seconds['full']])} | 1 |", flush=True)
        shares = {}
        for name in TOLERANCES:
            one = [value / REPEATS for value in seconds[name]]
            shares[name] = ratios(one, seconds["full"])
            print(f"| {patches} | {name} | {spread([1000 * value for value in one])} | {spread(shares[name])} |")
        asks, skips = shares.values()
        whole = [(ASKED * (1 + ask) + (STEPS - ASKED) * skip) / STEPS for ask, skip in zip(asks, skips, strict=True)]
        print(f"| {patches} | mean of {STEPS} steps, {ASKED} asked | | {spread(whole)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
