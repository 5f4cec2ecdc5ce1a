"""`python -m benchmarks.cpu_kernels` times forms of matrix products, attention and convolution, and steps of Muon.

The results decide how training computes in half precision (sora_core.train.precision) and how the VAE convolves
(sora_core.models.wan.vae.convolution and winograd).
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.rounds import in_turns
from sora_core.train.muon import Muon

LAST = torch.channels_last_3d
CONVOLUTIONS = ((32, 17, 32), (64, 9, 16), (96, 17, 32))  # channels, frames, height and width
USUAL, OURS = (0.0, 1.0, -1.0, 2.0, -2.0), (0.0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5))  # points of F(4, 3)


def rows(calls: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Time each call in turns after a warm-up; returns the median seconds."""
    in_turns(calls, 2)
    return {name: statistics.median(seconds) for name, seconds in in_turns(calls, runs).items()}


def products(runs: int) -> None:
    """Print GFLOP/s of a matrix product and of a convolution, in float32 and in bfloat16."""
    print("\n| product | dtype | GFLOP/s |\n|---|---|---|")
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.randn(5120, 256, dtype=dtype), torch.randn(256, 1024, dtype=dtype)
        x = torch.randn(16, 64, 64, 64, dtype=dtype).contiguous(memory_format=torch.channels_last)
        kernel = torch.randn(64, 64, 3, 3, dtype=dtype).contiguous(memory_format=torch.channels_last)
        calls = {
            "5120x256x1024": lambda left=left, right=right: left @ right,
            "3x3 convolution, 64 channels": lambda x=x, kernel=kernel: F.conv2d(x, kernel, padding=1),
        }
        work = (2 * 5120 * 256 * 1024, 2 * 16 * 64 * 64 * 64 * 64 * 9)
        for (name, seconds), operations in zip(rows(calls, runs).items(), work, strict=True):
            print(f"| {name} | {str(dtype).removeprefix('torch.')} | {operations / seconds / 1e9:.0f} |", flush=True)


def attention(runs: int) -> None:
    """Print milliseconds of one attention of nano's DiT in bfloat16, forward and backward."""
    print("\n| keys | form | ms |\n|---|---|---|")
    for length in (80, 64):
        q = torch.randn(64, 4, 80, 64, dtype=torch.bfloat16, requires_grad=True)
        k, v = (torch.randn(64, 4, length, 64, dtype=torch.bfloat16, requires_grad=True) for _ in range(2))
        calls = {
            "torch's fused kernel": lambda q=q, k=k, v=v: fused(q, k, v).sum().backward(),
            "torch's plain form": lambda q=q, k=k, v=v: plain(q, k, v).sum().backward(),
            "two products and a softmax": lambda q=q, k=k, v=v: by_products(q, k, v).sum().backward(),
        }
        for name, seconds in rows(calls, runs).items():
            print(f"| {length} | {name} | {1000 * seconds:.0f} |", flush=True)


def fused(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Compute attention by torch's fused kernel; q, k and v are [B H L D]."""
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        return F.scaled_dot_product_attention(q, k, v)


def plain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Compute attention by torch's reference implementation."""
    with sdpa_kernel(SDPBackend.MATH):
        return F.scaled_dot_product_attention(q, k, v)


def by_products(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Compute attention as two products and a softmax, without torch's checks."""
    return ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1) @ v


def muon(runs: int) -> None:
    """Print milliseconds of a step of Muon for the matrices of a block of nano's DiT."""
    sizes = [(256, 256)] * 8 + [(256, 1024), (1024, 256)]
    ours, theirs = ([torch.nn.Parameter(torch.randn(size)) for size in sizes] for _ in range(2))
    for matrix in (*ours, *theirs):
        matrix.grad = torch.randn(matrix.shape)
    calls = {
        "torch.optim.Muon": torch.optim.Muon(theirs, lr=1e-3, weight_decay=0.01).step,
        "ours": Muon(ours, lr=1e-3, weight_decay=0.01).step,
    }
    print("\n| a step of Muon, one block | ms |\n|---|---|")
    for name, seconds in rows(calls, runs).items():
        print(f"| {name} | {1000 * seconds:.0f} |", flush=True)


def convolutions(runs: int) -> None:
    """Print milliseconds of a 3x3x3 convolution over a clip in float32, forward, in three forms."""
    print("\n| channels, frames, size | conv3d | three conv2d | oneDNN, channels_last_3d |\n|---|---|---|---|")
    for channels, frames, size in CONVOLUTIONS:
        clip, kernel = torch.randn(1, channels, frames + 2, size, size), torch.randn(channels, channels, 3, 3, 3)
        last, last_kernel = (one.contiguous(memory_format=LAST) for one in (clip, kernel))
        calls = {
            "conv3d": lambda x=clip, w=kernel: F.conv3d(x, w, padding=(0, 1, 1)),
            "three": lambda x=last, w=kernel: by_taps(x, w),
            "onednn": lambda x=last, w=last_kernel: torch.ops.aten.mkldnn_convolution(
                x, w, None, [0, 1, 1], [1, 1, 1], [1, 1, 1], 1
            ),
        }
        with torch.no_grad():
            times = " | ".join(f"{1000 * seconds:.1f}" for seconds in rows(calls, runs).values())
        print(f"| {channels}, {frames}, {size}x{size} | {times} |", flush=True)


def by_taps(clip: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Convolve a clip [1 C F+2 H W] as the sum of a 2-D convolution for each temporal tap -> [F C H W]."""
    frames = clip[0].movedim(0, 1)  # [F+2 C H W], channels innermost
    count = len(frames) - 2
    taps = [kernel[:, :, tap].contiguous(memory_format=torch.channels_last) for tap in range(3)]
    first, *others = (F.conv2d(frames[tap : tap + count], taps[tap], padding=1) for tap in range(3))
    for other in others:
        first += other
    return first


def rounding() -> None:
    """Print the rounding error of F(4, 3) in float32 for each set of points, relative to the direct sum."""
    generator = torch.Generator().manual_seed(0)
    frames = torch.randn(6, 32, 64, 64, generator=generator)  # six frames give four
    kernel = torch.randn(32, 32, 3, 3, 3, generator=generator)
    exact = direct_sum(frames.double(), kernel.double())
    direct = rms(direct_sum(frames, kernel) - exact)
    print("\n| points of F(4, 3) | rounding error, to that of the direct sum |\n|---|---|")
    for name, points in (("0, +-1, +-2", USUAL), ("0, +-sqrt(1/2), +-sqrt(2)", OURS)):
        print(f"| {name} | {rms(filtered(frames, kernel, points) - exact) / direct:.1f} |")


def direct_sum(frames: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Convolve frames [6 C H W] with a kernel [C' C 3 3 3] directly -> [4 C' H W]."""
    return F.conv3d(frames.movedim(0, 1)[None], kernel, padding=(0, 1, 1))[0].movedim(1, 0)


def filtered(frames: torch.Tensor, kernel: torch.Tensor, points: tuple[float, ...]) -> torch.Tensor:
    """Convolve by minimal filtering (Lavin and Gray, https://arxiv.org/abs/1509.09308) on five points and infinity."""
    powers = torch.tensor([[p**n for n in range(6)] for p in points], dtype=torch.float64)
    infinity = torch.eye(6, dtype=torch.float64)
    outputs = torch.cat([powers[:, :4], infinity[3:4, :4]]).to(frames)  # [6 4]
    taps = torch.cat([powers[:, :3], infinity[2:3, :3]]).to(frames)  # [6 3]
    inputs = torch.linalg.inv(torch.cat([powers, infinity[5:]])).T.to(frames)  # [6 6]
    seen = torch.einsum("pf,fchw->pchw", inputs, frames)
    kernels = torch.einsum("pt,octyx->pocyx", taps, kernel)
    parts = torch.cat([F.conv2d(one[None], weight, padding=1) for one, weight in zip(seen, kernels, strict=True)])
    return torch.einsum("pn,pohw->nohw", outputs, parts)


def rms(values: torch.Tensor) -> float:
    """Compute the root mean square."""
    return float(values.square().mean().sqrt())


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"torch {torch.__version__}, {args.threads} threads, median of {args.runs} runs in turns")
    products(args.runs)
    attention(args.runs)
    muon(args.runs)
    convolutions(args.runs)
    rounding()
    return 0


if __name__ == "__main__":
    sys.exit(main())
