"""`python -m benchmarks.wan_vae_memory` measures peak memory of Wan 2.1's VAE over the clip's length.

Ours, diffusers' and ComfyUI's; see wan_vae.py for how to run it. Each number is the growth of a new process after the
weights are loaded. It includes the clip: all of it, or for our stream the current frames.
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
# Returns freed memory to the system at once. Otherwise the allocator changes the number by half from run to run. This
# helps the peers, not us.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "131072"}
Job = Callable[[int, int], object]
"""(frames, size in pixels) -> any result"""


def streamed(call: str, vae: VideoVAE) -> Job:
    """Make a job that streams through our VAE frame by frame and discards the result."""

    def decode(frames: int, size: int) -> None:
        latents = (random_latents(vae, 1, size) for _ in range(vae.compression.latent_frames(frames)))
        deque(vae.decode_stream(latents), maxlen=0)

    def encode(frames: int, size: int) -> None:
        pixels = (random_pixels(1, size) for _ in range(frames))
        deque(vae.encode_stream(pixels), maxlen=0)

    return decode if call == "decode" else encode


def whole(call: str, vae: VideoVAE, coder: Coder) -> Job:
    """Make a job that passes the whole clip in one call."""
    if call == "decode":
        return lambda frames, size: coder.decode(random_latents(vae, frames, size))
    return lambda frames, size: coder.encode(random_pixels(frames, size))


def job_of(name: str, call: str, dim: int) -> Job | None:
    """Load the weights and make the job; None if the VAE cannot be imported."""
    vae = wan_vae(dim)
    if name == STREAMED:
        return streamed(call, vae)
    coder = importable({name: BUILDERS[name]}, vae).get(name)
    if coder is None:
        return None
    if name != "ours":
        vae = vae.to("meta")  # only its shapes are needed
    return whole(call, vae, coder)


@torch.inference_mode()
def measure(name: str, call: str, args: argparse.Namespace) -> None:
    """Print the peak in MB, or nothing if the VAE cannot be imported; one process's part."""
    job = job_of(name, call, args.dim)
    if job is None:
        return
    before = forget_peak()
    job(args.frames[0], args.size)
    print(peak_megabytes() - before)


def peaks(name: str, call: str, args: argparse.Namespace) -> Iterator[float]:
    """Yield the peak in MB for each length, each from a new process; nothing if the VAE cannot be imported."""
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
    parser.add_argument("--only", nargs=2, metavar=("VAE", "CALL"), help="measure one number in this process")
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
