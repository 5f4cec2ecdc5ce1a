"""`python -m benchmarks.latents_to_mp4` compares our nodes and ComfyUI's from latents to mp4.

Ours: Sora Decode to Video; ComfyUI's: VAE Decode and Create Video; then Save Video. Both use the VAE that ComfyUI
loaded, of Wan 2.1's shape with little width and random weights. Use ComfyUI's interpreter with PYTHONPATH set to this
checkout and COMFYUI_PATH to ComfyUI. Each run is its own process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import importlib.util
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file

from benchmarks.peers import import_comfyui
from benchmarks.process_memory import forget_peak, peak_megabytes, resident_megabytes
from benchmarks.random_weights import wan_vae
from benchmarks.rounds import ratios, spread
from sora_core.canvas.shapes import Compression, VideoShape
from sora_core.video.video_io import read_frames

PACK, PACK_NAME = Path(__file__).resolve().parent.parent, "sora_pack"
VAE_FILE = "benchmark.safetensors"
WAYS = ("ours", "ComfyUI")
MARKS = 4  # points in time, equally spaced, at which the memory is reported
SECONDS_BETWEEN_LOOKS = 0.05
HEADER = (
    "| s of video | nodes | seconds, median (range) | ours to it | memory before | at 1/4, 2/4, 3/4, 4/4 of the time "
    "| peak | file, MB | frames | colours off by, of 255 |"
)


class Run(NamedTuple):
    """Report of one process: its time, memory in MB at the start, at MARKS and at the peak, and its file."""

    seconds: float
    before: float
    marks: list[float]
    peak: float
    file: str


def start_comfyui(base: Path) -> dict[str, Any]:
    """Start ComfyUI without a server, with models and outputs below base; returns the pack's nodes by their ids."""
    import_comfyui(base)
    importlib.import_module("nodes")
    spec = importlib.util.spec_from_file_location(
        PACK_NAME, PACK / "__init__.py", submodule_search_locations=[str(PACK)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[PACK_NAME] = pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    nodes = asyncio.run(asyncio.run(pack.comfy_entrypoint()).get_node_list())
    return {node.GET_SCHEMA().node_id: node for node in nodes}


def smooth_latents(video: VideoShape) -> torch.Tensor:
    """Make latents [1 16 T H W] that change slowly in space and time; a video encoder finds pure noise too hard."""
    shape = Compression().to_latent(video, 16)
    coarse = torch.randn(1, 16, *(2 + size // 8 for size in shape[1:]), generator=torch.Generator().manual_seed(0))
    return 0.4 * torch.nn.functional.interpolate(coarse, size=shape[1:], mode="trilinear")


def write_as(way: str, ours: dict[str, Any], latents: torch.Tensor, vae: Any, fps: float) -> Path:
    """Run the nodes of a way; returns the file that Save Video wrote."""
    core = importlib.import_module("nodes").NODE_CLASS_MAPPINGS
    video_nodes = importlib.import_module("comfy_extras.nodes_video")
    samples = {"samples": latents}
    if way == "ours":
        node = ours["SoraDecodeToVideo"].PREPARE_CLASS_CLONE(None)
        ((video,),) = node.execute(samples=samples, vae=vae, fps=fps).args
    else:
        (images,) = core["VAEDecode"]().decode(samples=samples, vae=vae)
        (video,) = video_nodes.CreateVideo.execute(images=images, fps=fps).args
    video_nodes.SaveVideo.execute(video=video, filename_prefix=way, format="mp4")
    (file,) = Path(importlib.import_module("folder_paths").get_output_directory()).glob(f"{way}_*.mp4")
    return file


@contextlib.contextmanager
def looking_at_memory() -> Iterator[list[float]]:
    """Sample the memory of the process into a list while the block runs."""
    looks, done = [resident_megabytes()], threading.Event()

    def look() -> None:
        while not done.wait(SECONDS_BETWEEN_LOOKS):
            looks.append(resident_megabytes())

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield looks
    finally:
        done.set()
        thread.join()


@torch.inference_mode()
def run_here(way: str, args: argparse.Namespace) -> Run:
    """Do one run in this process."""
    base, video = Path(args.base), video_shape(args.seconds[0], args)
    ours = start_comfyui(base)
    (vae,) = importlib.import_module("nodes").NODE_CLASS_MAPPINGS["VAELoader"]().load_vae(vae_name=VAE_FILE)
    latents = smooth_latents(video)
    before, start = forget_peak(), time.perf_counter()
    with looking_at_memory() as looks:
        file = write_as(way, ours, latents, vae, args.fps)
    seconds = time.perf_counter() - start
    marks = [looks[(len(looks) - 1) * mark // MARKS] for mark in range(1, MARKS + 1)]
    return Run(seconds, before, marks, peak_megabytes(), str(file))


def run_apart(way: str, seconds: float, args: argparse.Namespace, base: Path) -> Run | None:
    """Do one run in a new process, with outputs in base / way; None if it was killed or failed."""
    folder = base / way
    (folder / "models" / "vae").mkdir(parents=True, exist_ok=True)
    for old in (folder / "output").glob("*.mp4"):
        old.unlink()
    (folder / "models" / "vae" / VAE_FILE).unlink(missing_ok=True)
    (folder / "models" / "vae" / VAE_FILE).hardlink_to(base / VAE_FILE)
    sizes = {"width": args.width, "height": args.height, "fps": args.fps, "threads": args.threads}
    flags = [word for name, value in sizes.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "benchmarks.latents_to_mp4", *flags, "--seconds", str(seconds)]
    done = subprocess.run([*command, "--way", way, "--base", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        killed = done.returncode == -signal.SIGKILL  # Linux kills processes that take too much memory
        why = "killed: out of memory?" if killed else done.stderr[-2000:]
        print(f"{way}, {seconds:g} s: {why}", file=sys.stderr)
        return None
    return Run(*json.loads(done.stdout.splitlines()[-1]))


def video_shape(seconds: float, args: argparse.Namespace) -> VideoShape:
    """Return the shape of the clip nearest to a duration."""
    return VideoShape(Compression().frames_for(seconds, args.fps), args.height, args.width)


def film_of(run: Run) -> torch.Tensor:
    """Compute the mean colour in 0..255 of each frame of the written file, [F 3]."""
    return torch.stack([frame.float().mean(dim=(0, 1)) for frame in read_frames(run.file)])


def row(way: str, runs: list[Run], ours: list[Run]) -> str:
    """Format the cells of a row; memory as medians."""
    ratio = "1" if runs is ours else "-"
    if ours and runs is not ours:
        ratio = spread(ratios([run.seconds for run in ours], [run.seconds for run in runs]))
    marks = ", ".join(f"{statistics.median(marks):.0f}" for marks in zip(*(run.marks for run in runs), strict=True))
    before = statistics.median(run.before for run in runs)
    peak = statistics.median(run.peak for run in runs)
    size = Path(runs[-1].file).stat().st_size / 2**20
    seconds = spread([run.seconds for run in runs])
    return f"{way} | {seconds} | {ratio} | {before:.0f} | {marks} | {peak:.0f} | {size:.1f}"


def report(seconds: float, args: argparse.Namespace, base: Path) -> bool:
    """Print the rows of one duration; returns whether both ways wrote the expected number of frames."""
    rounds = [{way: run_apart(way, seconds, args, base) for way in WAYS} for _ in range(args.runs)]
    runs = {way: [run for one in rounds if (run := one[way])] for way in WAYS}
    runs = {way: found for way, found in runs.items() if len(found) == args.runs}
    films = {way: film_of(found[-1]) for way, found in runs.items()}
    for way in WAYS:
        if way not in runs:
            print(f"| {seconds:g} | {way} | failed |", flush=True)
            continue
        comparable = "ours" in films and films[way].shape == films["ours"].shape
        off = f"{(films[way] - films['ours']).abs().max():.1f}" if comparable else "-"
        print(f"| {seconds:g} | {row(way, runs[way], runs.get('ours', []))} | {len(films[way])} | {off} |", flush=True)
    return {len(film) for film in films.values()} == {video_shape(seconds, args).frames} and len(films) == len(WAYS)


def main() -> int:
    """Print the table; returns 1 if a way failed or wrote another number of frames."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=float, default=16.0)
    parser.add_argument("--seconds", type=float, nargs="+", default=[5.0, 10.0, 20.0], help="durations of video")
    parser.add_argument("--dim", type=int, default=4, help="width of the VAE; the published one has 96")
    parser.add_argument("--runs", type=int, default=5, help="runs of each, in turns")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help="do one run in this process, with the VAE below --base")
    parser.add_argument("--base", help="folder of models and outputs for --way")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.way:
        print(json.dumps(run_here(args.way, args)))
        return 0
    print(f"torch {torch.__version__}, {args.threads} threads, {args.width}x{args.height} at {args.fps:g} fps")
    print(f"VAE of width {args.dim}, {args.runs} runs; memory in MB\n\n{HEADER}\n{'|---' * HEADER.count(' | ')}|---|")
    with tempfile.TemporaryDirectory() as folder:
        weights = {name: weight.contiguous() for name, weight in wan_vae(args.dim).state_dict().items()}
        save_file(weights, Path(folder) / VAE_FILE)
        same = [report(seconds, args, Path(folder)) for seconds in args.seconds]
    return int(not all(same))


if __name__ == "__main__":
    sys.exit(main())
