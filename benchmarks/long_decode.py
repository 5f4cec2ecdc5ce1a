"""`python -m benchmarks.long_decode` measures memory while a long video is decoded to a file.

A VAE of little width decodes a minute of random latents at 1920x1080, one frame at a time. The memory should not grow
with the duration. The whole clip in memory would take `--seconds` x fps x 6.2 MB, as bytes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.process_memory import resident_megabytes
from sora_core.canvas.shapes import VideoShape
from sora_core.models.wan.vae import VAEConfig, VideoVAE
from sora_core.video.video_io import write_video

CONFIG = VAEConfig(
    dim=8, decoder_dim=8, z_dim=16, dim_mult=(1, 1, 1), num_res_blocks=1,
    temporal_downsample=(True, True), patch_size=2, shortcuts=True,
)  # fmt: skip
FPS = 8.0
MARKS = 6  # lines of the table


def latents(vae: VideoVAE, video: VideoShape) -> Iterator[torch.Tensor]:
    """Yield random latents of each frame, [1 C 1 H W]."""
    shape = vae.compression.to_latent(video, vae.latent_channels)
    generator = torch.Generator().manual_seed(0)
    for _ in range(shape.frames):
        yield torch.randn(1, shape.channels, 1, shape.height, shape.width, generator=generator)


def decoded(vae: VideoVAE, video: VideoShape) -> Iterator[torch.Tensor]:
    """Yield decoded uint8 frames [H W 3], and print the memory from time to time."""
    start, done, next_mark = time.perf_counter(), 0, 0.0
    for chunk in vae.decode_stream(latents(vae, video)):
        for frame in chunk[0].unbind(1):
            yield frame.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).movedim(0, -1)
            done += 1
            if done >= next_mark or done == video.frames:
                spent = time.perf_counter() - start
                print(f"{done / FPS:>8.1f} s {resident_megabytes():>8.0f} MB {spent:>8.0f} s", flush=True)
                next_mark += video.frames / MARKS


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    torch.manual_seed(0)
    vae = VideoVAE(CONFIG).eval().requires_grad_(False)
    frames = vae.compression.frames_for(args.seconds, FPS)
    video = VideoShape(frames, args.height, args.width)
    print(f"{frames} frames of {args.width}x{args.height} at {FPS:g} fps, {torch.get_num_threads()} threads")
    print(f"{'of video':>10} {'memory':>11} {'time':>10}")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mp4"
        write_video(target, decoded(vae, video), FPS)
        print(f"the file has {target.stat().st_size / 2**20:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
