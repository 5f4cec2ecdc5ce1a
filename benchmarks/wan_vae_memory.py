"""`python -m benchmarks.wan_vae_memory`: peak memory of a VAE of Wan 2.1's shape against the length of the clip.

Beside diffusers' and ComfyUI's; run it as wan_vae.py says. Each figure is that of a process of its own beyond what
it held with the weights loaded, so the clip is in it: the whole of it, or of ours as a stream the frames at hand.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator

import torch

from benchmarks.peers import importable
from benchmarks.process_memory import forget_peak, peak_megabytes
from benchmarks.random_weights import wan_vae
from benchmarks.wan_vae import BUILDERS, Coder, random_latents, random_pixels
from sora_core.models.wan.vae import VideoVAE

STREAMED = "ours, streamed"
NAMES = (STREAMED, *BUILDERS)
# What is freed is given back at once, so that the figure is the model's own and not a habit of the allocator, which
# otherwise moves it by a half from run to run; the peers gain by it, not we.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "131072"}
Job = Callable[[int, int], object]
"""(frames, size in pixels) -> whatever it gives"""


def streamed(call: str, vae: VideoVAE) -> Job:
    """Ours, frame by frame to nowhere; the latents of an encoded clip are hundreds of times smaller than it."""

    def decode(frames: int, size: int) -> None:
        latents = (random_latents(vae, 1, size) for _ in range(vae.compression.latent_frames(frames)))
        deque(vae.decode_stream(latents), maxlen=0)

    def encode(frames: int, size: int) -> None:
        pixels = (random_pixels(1, size) for _ in range(frames))
        deque(vae.encode_stream(pixels), maxlen=0)

    return decode if call == "decode" else encode


def whole(call: str, vae: VideoVAE, coder: Coder) -> Job:
    """One call with all of the clip."""
    if call == "decode":
        return lambda frames, size: coder.decode(random_latents(vae, frames, size))
    return lambda frames, size: coder.encode(random_pixels(frames, size))


def job_of(name: str, call: str, dim: int) -> Job | None:
    """With the weights loaded; None where the VAE cannot be imported."""
    vae = wan_vae(dim)
    if name == STREAMED:
        return streamed(call, vae)
    coder = importable({name: BUILDERS[name]}, vae).get(name)
    if coder is None:
        return None
    if name != "ours":
        vae = vae.to("meta")  # what is asked of it is its shape
    return whole(call, vae, coder)


@torch.inference_mode()
def measure(name: str, call: str, args: argparse.Namespace) -> None:
    """A process's part: print the peak in MB, or nothing where the VAE cannot be imported."""
    job = job_of(name, call, args.dim)
    if job is None:
        return
    before = forget_peak()
    job(args.frames[0], args.size)
    print(peak_megabytes() - before)


def peaks(name: str, call: str, args: argparse.Namespace) -> Iterator[float]:
    """MB for each length, each in a process of its own; none where the VAE cannot be imported."""
    shape = ["--dim", str(args.dim), "--size", str(args.size), "--threads", str(args.threads)]
    for frames in args.frames:
        command = [sys.executable, "-m", "benchmarks.wan_vae_memory", *shape, "--frames", str(frames)]
        done = subprocess.run(
            [*command, "--only", name, call],
            env={**os.environ, **ALLOCATOR},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        if not done.stdout:
            return
        yield float(done.stdout)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=96, help="width; 96 is the published one")
    parser.add_argument("--size", type=int, default=256, help="height and width in pixels")
    parser.add_argument("--frames", type=int, nargs="+", default=[9, 33, 65])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs=2, metavar=("VAE", "CALL"), help="one figure, in this process")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.only:
        name, call = args.only
        measure(name, call, args)
        return 0
    print(f"torch {torch.__version__}, {args.threads} threads, width {args.dim}, {args.size}x{args.size}: peak in MB\n")
    print("| call | VAE | " + " | ".join(f"{frames} frames" for frames in args.frames) + " | for each further frame |")
    print("|---|---|" + "---|" * (len(args.frames) + 1))
    for call in ("decode", "encode"):
        clip = [frames * args.size**2 * 12 / 2**20 for frames in args.frames]
        for name, megabytes in (("the clip itself", clip), *((name, list(peaks(name, call, args))) for name in NAMES)):
            if megabytes:
                growth = (megabytes[-1] - megabytes[0]) / max(1, args.frames[-1] - args.frames[0])
                figures = " | ".join(f"{value:.0f}" for value in megabytes)
                print(f"| {call} | {name} | {figures} | {growth:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
