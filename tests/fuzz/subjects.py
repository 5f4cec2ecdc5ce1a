"""What is fuzzed: each subject changes a small good input of one kind, and runs a command of ours on it."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from fuzz.mutations import mutated_bytes, mutated_document
from fuzz.watch import Run, Sandbox
from headless.pack import PACK_ROOT, import_from_pack
from scripts.docs.titles import drawn
from sora_core.__main__ import main as sora
from tiny import save_tiny_model, tiny_dit

STEP = ["--steps", "1", "--seconds", "0.5", "--width", "16", "--height", "16", "--guidance", "1"]
PARTS = ("dit", "vae", "text_encoder")

VIDEO_GRAPH = {
    "1": {"class_type": "LoadVideo", "inputs": {"file": "clip"}},
    "2": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
    "3": {"class_type": "CreateVideo", "inputs": {"images": ["2", 0], "fps": ["2", 2]}},
    "4": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0], "filename_prefix": "out"}},
}
PICTURE_GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "picture"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "out"}},
}


class Subject(Protocol):
    """One kind of input. A case is a change, drawn from `rng`, and a command that runs on it."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Write the good inputs."""

    def case(self, rng: random.Random) -> Run:
        """Write a changed input; returns what runs on it."""


class Checkpoints:
    """The files of a model: bytes, and the header's metadata and tensors."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.folder = sandbox, sandbox.root / "model"
        self.folder.mkdir()
        save_tiny_model(self.folder)
        self.good = {part: (self.folder / f"{part}.safetensors").read_bytes() for part in PARTS}

    def case(self, rng: random.Random) -> Run:
        for part, data in self.good.items():
            (self.folder / f"{part}.safetensors").write_bytes(data)
        part = rng.choice(PARTS)
        (self.folder / f"{part}.safetensors").write_bytes(mutated_file(self.good[part], rng))
        target = self.sandbox.out / "clip.mp4"
        return lambda: sora(["generate", "a circle", "-o", str(target), "--model", str(self.folder), *STEP])


class Loras:
    """A LoRA file beside a good model."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.folder = sandbox, sandbox.root / "base"
        self.folder.mkdir()
        save_tiny_model(self.folder)
        dim = tiny_dit().config.dim
        layers = [f"diffusion_model.blocks.{block}.self_attn.{name}" for block in range(2) for name in "qkvo"]
        tensors = {f"{layer}.lora_A.weight": 0.1 * torch.randn(2, dim) for layer in layers}
        tensors |= {f"{layer}.lora_B.weight": 0.1 * torch.randn(dim, 2) for layer in layers}
        self.good = save(tensors | {f"{layer}.alpha": torch.tensor(2.0) for layer in layers})

    def case(self, rng: random.Random) -> Run:
        lora, target = self.sandbox.root / "lora.safetensors", self.sandbox.out / "clip.mp4"
        lora.write_bytes(mutated_file(self.good, rng))
        command = ["generate", "a circle", "-o", str(target), "--model", str(self.folder), "--lora", str(lora), *STEP]
        return lambda: sora(command)


class Videos:
    """Videos with sound in several containers, through core's nodes and through an ability's encoder."""

    KINDS = (("clip.mp4", "libx264", "aac"), ("clip.mkv", "libx264", "aac"), ("clip.webm", "libvpx-vp9", "libopus"))

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.good = {name: film(sandbox.root / name, picture, sound) for name, picture, sound in self.KINDS}

    def case(self, rng: random.Random) -> Run:
        name = rng.choice(list(self.good))
        (self.sandbox.root / name).write_bytes(mutated_bytes(self.good[name], rng))
        return headless(self.sandbox, VIDEO_GRAPH, "--set", f"1.file={name}")


class Pictures:
    """Pictures in the formats that people have."""

    FORMATS = ("png", "jpg", "webp", "gif", "bmp", "tiff")

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.good = sandbox, {}
        picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8))
        for kind in self.FORMATS:
            path = sandbox.root / f"picture.{kind}"
            several = [picture.rotate(180)] if kind in ("gif", "webp", "tiff") else []
            picture.save(path, save_all=bool(several), append_images=several)
            self.good[path.name] = path.read_bytes()

    def case(self, rng: random.Random) -> Run:
        name = rng.choice(list(self.good))
        (self.sandbox.root / name).write_bytes(mutated_bytes(self.good[name], rng))
        return headless(self.sandbox, PICTURE_GRAPH, "--set", f"1.image={name}")


class Graphs:
    """Graphs, exported and saved: values, types, names and links of core's and our nodes, and bytes of the file."""

    SHIPPED = ("text_to_video", "keyframes")

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        (sandbox.root / "models" / "tiny").mkdir(parents=True)
        save_tiny_model(sandbox.root / "models" / "tiny")
        graphs = [json.loads((PACK_ROOT / "workflows" / "api" / f"{name}.json").read_text()) for name in self.SHIPPED]
        for graph in graphs:
            graph["1"]["inputs"]["model"] = "tiny"
            graph["4"]["inputs"].update(size=16, seconds=0.5)
            graph["5"]["inputs"]["steps"] = 1
        saved = json.loads(drawn("text_to_video").read_text())
        small = {"SoraLoadModel": ["tiny"], "SoraVideoGrid": ["1:1", 16, 0.5, 8.0], "SoraSampler": [7, "fixed", 1]}
        for node in saved["nodes"]:
            node["widgets_values"] = small.get(node["type"], node["widgets_values"])
        self.good = [*graphs, saved]

    def case(self, rng: random.Random) -> Run:
        graph, path = rng.choice(self.good), self.sandbox.root / "changed.json"
        if rng.random() < 0.8:
            path.write_text(json.dumps(mutated_document(graph, rng)))
        else:
            path.write_bytes(mutated_bytes(json.dumps(graph).encode(), rng))
        return command(self.sandbox, path, "--models", str(self.sandbox.root / "models"))


def mutated_file(data: bytes, rng: random.Random) -> bytes:
    """Change a safetensors file: its bytes, or its header as a document."""
    if rng.random() < 0.4:
        return mutated_bytes(data, rng)
    (length,) = struct.unpack("<Q", data[:8])
    header = json.dumps(mutated_document(json.loads(data[8 : 8 + length]), rng)).encode()
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


def film(path: Path, picture: str, sound: str) -> bytes:
    """Write a film of twelve frames with sound; returns its bytes."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as file:
        video, audio = file.add_stream(picture, rate=Fraction(12)), file.add_stream(sound, rate=48000)
        video.width, video.height, video.pix_fmt = 32, 24, "yuv420p"
        audio.layout = "mono"
        for _ in range(12):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8), format="rgb24")
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        samples = (0.1 * rng.standard_normal((1, 48000))).astype(np.float32)
        wave = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        wave.sample_rate, wave.pts = 48000, 0
        resampler = av.AudioResampler(audio.format, audio.layout, 48000, audio.frame_size or None)
        for part in [*resampler.resample(wave), *resampler.resample(None)]:
            file.mux(audio.encode(part))
        file.mux(audio.encode(None))
    return path.read_bytes()


def headless(sandbox: Sandbox, graph: dict[str, Any], *options: str) -> Run:
    """Run a graph that reads from the sandbox."""
    path = sandbox.root / "graph.json"
    path.write_text(json.dumps(graph))
    return command(sandbox, path, *options)


def command(sandbox: Sandbox, graph: Path, *options: str) -> Run:
    """Run a graph's file headless."""
    main: Callable[[Sequence[str]], int] = import_from_pack("headless.cli").main
    return lambda: main([str(graph), "--out", str(sandbox.out), "--input", str(sandbox.root), *options])


SUBJECTS: dict[str, type[Subject]] = {
    "checkpoints": Checkpoints,
    "loras": Loras,
    "videos": Videos,
    "pictures": Pictures,
    "graphs": Graphs,
}
