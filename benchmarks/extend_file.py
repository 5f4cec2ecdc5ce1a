"""`python -m benchmarks.extend_file` measures memory while a long video file is extended and written again.

Ours, in headless and in ComfyUI: Sora Extend Video, Sora Decode to Video, Sora Join Videos, Save Video. ComfyUI's own:
Get Video Components, VAE Encode and Decode of the end, Image Batch, Create Video, Save Video. Nothing is sampled: what
a model needs comes on top. Each run is its own process; for ComfyUI use its interpreter as for latents_to_mp4.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import av
import numpy as np
import torch

from benchmarks.process_memory import forget_peak, peak_megabytes

WAYS = ("ours, headless", "ours, ComfyUI", "core, ComfyUI")
MODEL_FPS, SIDE, AFTER = 8.0, 256, 4.0  # what the canvas has
RATE, BLOCK = 48000, 1024  # of the sound
HEADER = "| minutes | size, fps | nodes | seconds | memory before, MB | peak above it, MB | frames |"


class Run(NamedTuple):
    """Report of one process."""

    seconds: float
    before: float
    peak: float
    frames: int


def write_source(path: Path, minutes: float, width: int, height: int, fps: int) -> None:
    """Write a film with sound: one second is encoded, and its packets come again and again."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "bf": "0", "g": str(fps)})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = container.add_stream("aac", rate=RATE, layout="stereo")
        packets = [*_second(video, width, height, fps)]
        for second in range(round(minutes * 60)):
            for index, data in enumerate(packets):
                packet = av.Packet(data)
                packet.stream, packet.time_base = video, Fraction(1, fps)
                packet.pts = packet.dts = second * fps + index
                packet.is_keyframe = index == 0
                container.mux(packet)
            _write_tone(container, audio, second)
        container.mux(audio.encode(None))


def _second(video: Any, width: int, height: int, fps: int) -> list[bytes]:
    column = np.linspace(0, 255, width, dtype=np.uint8)
    made: list[bytes] = []
    for index in range(fps):
        picture = np.broadcast_to(np.roll(column, index * 8)[None, :, None], (height, width, 3))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        made += [bytes(packet) for packet in video.encode(frame)]
    return made + [bytes(packet) for packet in video.encode(None)]


def _write_tone(container: Any, audio: Any, second: int) -> None:
    for first in range(second * RATE, (second + 1) * RATE, BLOCK):
        count = min(BLOCK, (second + 1) * RATE - first)
        wave = 0.2 * np.sin(2 * np.pi * 220 * (first + np.arange(count)) / RATE).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, first
        container.mux(audio.encode(frame))


def ours_headless(source: Path, folder: Path) -> Path:
    """Run our nodes without ComfyUI; returns the file."""
    from headless.pack import import_from_pack

    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": source.name}},
        "2": {"class_type": "SoraLoadModel", "inputs": {"model": "nano (demo model)"}},
        "3": {"class_type": "SoraExtendVideo", "inputs": {"source": ["1", 0], "vae": ["2", 2], **_extension()}},
        "4": {"class_type": "SoraDecodeToVideo", "inputs": {"samples": ["3", 0], "vae": ["2", 2], "fps": ["3", 1]}},
        "5": {"class_type": "SoraJoinVideos", "inputs": {"first": ["1", 0], "second": ["4", 0], "overlap": ["3", 2]}},
        "6": {"class_type": "SaveVideo", "inputs": {"video": ["5", 0], "filename_prefix": "made", "format": "auto"}},
    }
    (folder / "graph.json").write_text(json.dumps(graph))
    arguments = [str(folder / "graph.json"), "--input", str(source.parent), "--out", str(folder / "output")]
    if import_from_pack("headless.cli").main(arguments):
        raise RuntimeError("headless failed")
    return next((folder / "output").glob("made_*.mp4"))


def _extension() -> dict[str, float]:
    return {"before": 0.0, "after": AFTER, "size": SIDE, "fps": MODEL_FPS}


def in_comfyui(way: str, source: Path, folder: Path) -> Path:
    """Run our nodes or core's in ComfyUI; returns the file."""
    from benchmarks.latents_to_mp4 import start_comfyui

    ours = start_comfyui(folder)
    importlib.import_module("server").PromptServer.instance = SimpleNamespace(client_id=None)  # for notices
    latest = importlib.import_module("comfy_api.latest")
    video_nodes = importlib.import_module("comfy_extras.nodes_video")
    film = latest.InputImpl.VideoFromFile(str(source))
    vae = _run(ours["SoraLoadModel"], model="nano (demo model)")[2]
    made = _with_ours(ours, film, vae) if way.startswith("ours") else _with_core(video_nodes, film, vae)
    node = video_nodes.SaveVideo.PREPARE_CLASS_CLONE(None)
    node.execute(video=made, filename_prefix="made", format="mp4")
    return next(Path(importlib.import_module("folder_paths").get_output_directory()).glob("made_*.mp4"))


def _run(node: Any, **inputs: Any) -> Any:
    """Outputs of a node of which only the first is connected."""
    hidden = importlib.import_module("comfy_api.latest").io.Hidden
    graph = {"1": {"inputs": {}}, "2": {"inputs": {"video": ["1", 0]}}}
    data = {"hidden_inputs": {hidden.unique_id: "1", hidden.prompt: graph}}
    return node.PREPARE_CLASS_CLONE(data).execute(**inputs).args


def _with_ours(ours: dict[str, Any], film: Any, vae: Any) -> Any:
    latent, fps, overlap, *_ = _run(ours["SoraExtendVideo"], source=film, vae=vae, **_extension())
    ((made,),) = _run(ours["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps)
    return _run(ours["SoraJoinVideos"], first=film, second=made, overlap=overlap)[0]


def _with_core(video_nodes: Any, film: Any, vae: Any) -> Any:
    core = importlib.import_module("nodes").NODE_CLASS_MAPPINGS
    images, audio, fps, *_ = video_nodes.GetVideoComponents.execute(video=film).args
    (end,) = core["ImageScale"]().upscale(images[-33:], "bilinear", SIDE, SIDE, "center")
    (latent,) = core["VAEEncode"]().encode(vae=vae, pixels=end)
    (new,) = core["VAEDecode"]().decode(samples=latent, vae=vae)
    (whole,) = core["ImageBatch"]().batch(image1=images, image2=new)
    (made,) = video_nodes.CreateVideo.execute(images=whole, fps=float(fps), audio=audio).args
    return made


@torch.inference_mode()
def run_here(way: str, source: Path, folder: Path) -> Run:
    """Do one run in this process."""
    before, start = forget_peak(), time.perf_counter()
    made = ours_headless(source, folder) if way == WAYS[0] else in_comfyui(way, source, folder)
    seconds, peak = time.perf_counter() - start, peak_megabytes()
    with av.open(str(made)) as container:
        return Run(seconds, before, peak, container.streams.video[0].frames)


def main() -> int:
    """Print the table; a way that fails, or is killed for its memory, has a row that says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--ways", choices=WAYS, nargs="+", default=list(WAYS))
    parser.add_argument("--apart", nargs=3, metavar=("WAY", "SOURCE", "FOLDER"), help="do one run in this process")
    args = parser.parse_args()
    if args.apart:
        way, source, folder = args.apart
        print(json.dumps(run_here(way, Path(source), Path(folder))))
        return 0
    print(f"torch {torch.__version__}\n\n{HEADER}\n{'|---' * 7}|")
    for minutes in args.minutes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "film.mp4"
            write_source(source, minutes, args.width, args.height, args.fps)
            for way in args.ways:
                size = f"{args.width}x{args.height}, {args.fps}"
                print(f"| {minutes:g} | {size} | {way} | {_row(way, source, Path(folder))} |", flush=True)
    return 0


def _row(way: str, source: Path, folder: Path) -> str:
    place = folder / way.replace(", ", "_")
    place.mkdir()
    command = [sys.executable, "-m", "benchmarks.extend_file", "--apart", way, str(source), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return f"failed: code {done.returncode} | - | - | -"
    run = Run(*json.loads(done.stdout.splitlines()[-1]))
    return f"{run.seconds:.0f} | {run.before:.0f} | {run.peak - run.before:.0f} | {run.frames}"


if __name__ == "__main__":
    sys.exit(main())
