"""Every template for the weights that people have, from its loaders to a video file, on small random weights.

Run by ComfyUI's interpreter: `template_runs.py COMFYUI PACK FOLDER`. Prints a report on each graph as JSON. Sizes,
times and steps are made smaller; all else is as shipped. Files of Wan and LoRAs lie under the names that the templates
ask for; for what cannot be had as a small file (text encoders, LTX-2, MiniMax-H3) a loader gives a small object.
"""

from __future__ import annotations

import json
import shutil
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import audio_vaes
import host_files
import torch
import video_classes
from in_process import Comfy
from safetensors.torch import save_file

SIDE, STEPS, SHORTER = 64, 2, 0.6
TIMES = ("seconds", "after", "start_time", "duration")
LOADERS = {
    "CheckpointLoaderSimple",
    "CLIPLoader",
    "LTXAVTextEncoderLoader",
    "LTXVAudioVAELoader",
    "UNETLoader",
    "VAELoader",
}
Outputs = tuple[Any, ...]


@dataclass(frozen=True)
class Words:
    """A CLIP whose embeddings are random, of a seed that is the text."""

    text: Callable[[int], list[list[Any]]]

    def tokenize(self, text: str) -> int:
        return zlib.crc32(text.encode()) % 1000

    def encode_from_tokens_scheduled(self, tokens: int) -> list[list[Any]]:
        return self.text(tokens)


@dataclass
class Run:
    """One graph. instead: what loaders give, by class and the first file that they are asked for."""

    comfy: Comfy
    graph: dict[str, Any]
    instead: dict[tuple[str, str], Outputs]
    done: dict[str, Outputs]

    def of(self, node_id: str) -> Outputs:
        """Outputs of a node."""
        if node_id not in self.done:
            node = self.graph[node_id]
            inputs = {name: self._value(name, value) for name, value in node["inputs"].items()}
            self.done[node_id] = self._outputs(node["class_type"], inputs)
        return self.done[node_id]

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            return self.of(value[0])[value[1]]
        if name in TIMES:
            return value * SHORTER
        return {"size": SIDE, "steps": STEPS}.get(name, value)

    def _outputs(self, class_type: str, inputs: dict[str, Any]) -> Outputs:
        if class_type == "SaveVideo":
            return (inputs["video"],)
        if class_type in LOADERS and (class_type, first := next(iter(inputs.values()))) in self.instead:
            return self.instead[class_type, first]
        return self.comfy.run(class_type.replace(" ", ""), **inputs)


def small_files(comfy: Comfy, folder: Path) -> dict[tuple[str, str], Outputs]:
    """Write the files that are files, and make what else loaders give."""
    models = folder / "models"
    names = {
        "wan_2_1_0": ["wan2.1_t2v_1.3B_fp16", "wan2.2_t2v_high_noise_14B_fp8_scaled", "wan_2.1_vae"],
        "wan_2_1_1": ["wan2.2_t2v_low_noise_14B_fp8_scaled"],
        "wan_2_2_0": ["wan2.2_ti2v_5B_fp16", "wan2.2_vae"],
    }
    wan = host_files.load(comfy, folder, "wan_2_1")
    host_files.load(comfy, folder, "wan_2_1", 1)
    host_files.load(comfy, folder, "wan_2_2")
    for source, copies in names.items():
        for name in copies:
            kind = "vae" if name.endswith("vae") else "diffusion_models"
            shutil.copy(models / kind / f"{source}.safetensors", models / kind / f"{name}.safetensors")
    for seed, noise in enumerate(("high", "low")):
        small_lora(models / "loras" / f"wan2.2_t2v_lightx2v_4steps_lora_v1.1_{noise}_noise.safetensors", seed)
    umt5, checkpoint = "umt5_xxl_fp8_e4m3fn_scaled.safetensors", "ltx-2-19b-dev-fp8.safetensors"
    ltx_2, minimax = (Words(lambda seed, name=name: video_classes.text(name, seed)) for name in ("ltx_2", "minimax_h3"))
    vae = host_files.load(comfy, folder, "ltxv").vae
    return {
        ("CLIPLoader", umt5): (Words(wan.text),),
        ("CheckpointLoaderSimple", checkpoint): (video_classes.load("ltx_2"), None, vae),
        ("LTXAVTextEncoderLoader", "gemma_3_12B_it_fp4_mixed.safetensors"): (ltx_2,),
        ("LTXVAudioVAELoader", checkpoint): (audio_vaes.ltx_2(),),
        ("UNETLoader", "minimax_h3_fl2va_pruned_int8_convrot.safetensors"): (video_classes.load("minimax_h3"),),
        ("CLIPLoader", "qwen3vl_32b_minimax_h3_nvfp4_awq.safetensors"): (minimax,),
        ("VAELoader", "minimax_h3_video_vae_fp16.safetensors"): (audio_vaes.minimax_h3_frames(),),
        ("VAELoader", "minimax_h3_audio_vae_fp32.safetensors"): (audio_vaes.minimax_h3(),),
    }


def small_lora(path: Path, seed: int) -> None:
    """Write a LoRA of rank 2 on one projection of a small Wan."""
    path.parent.mkdir(parents=True, exist_ok=True)
    generator, layer = torch.Generator().manual_seed(seed), "diffusion_model.blocks.0.self_attn.q"
    down, up = (torch.randn(*shape, generator=generator) / 8 for shape in ((2, 128), (128, 2)))
    save_file({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}, path)


def looked_at(comfy: Comfy, graph: dict[str, Any], instead: dict[tuple[str, str], Outputs], file: Path) -> Any:
    """Run a graph and look at the file of its video, and at what was said."""
    from comfy_api.latest import InputImpl

    comfy.said.clear()
    run = Run(comfy, graph, instead, {})
    (video,) = run.of("7")
    video.save_to(str(file))
    saved = InputImpl.VideoFromFile(str(file)).get_components()
    audio = saved.audio
    found = {
        "frames": len(saved.images),
        "size": [saved.images.shape[2], saved.images.shape[1]],
        "fps": float(saved.frame_rate),
        "sound": None if audio is None else audio["waveform"].shape[-1] / audio["sample_rate"],
        "spread": saved.images.std().item(),
        "said": list(comfy.said),
        "known": known_share(run.of("4")[0]),
    }
    if graph["4"]["class_type"] == "SoraExtendVideo":
        read = comfy.part("sora_core.video.video_io").read_float_frames  # nearer to the file than the host reads it
        source = torch.stack(list(read(Path(run.of("30")[0].get_stream_source()))))
        joined = video.get_components().images
        found["kept"] = int((joined[: len(source)] == source).flatten(1).all(dim=1).sum())
    return found


def known_share(latent: dict[str, Any]) -> list[float]:
    """Share of each stream of a canvas that is known."""
    mask = latent.get("noise_mask")
    if mask is None:
        return [0.0]
    return [(stream == 0).float().mean().item() for stream in (mask.unbind() if mask.is_nested else [mask])]


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All templates."""
    comfy = Comfy(comfyui, pack, folder)
    (folder / "input").mkdir(exist_ok=True)
    shutil.copy(Path(comfyui, "input", "example.png"), folder / "input")
    instead, report = small_files(comfy, folder), {}
    by_hand = {path.stem for path in Path(pack, "workflows", "notes").glob("*.md")}
    for path in sorted(Path(pack, "workflows", "api").glob("*.json")):
        if path.stem not in by_hand:
            report[path.stem] = looked_at(comfy, json.loads(path.read_text()), instead, folder / f"{path.stem}.mp4")
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
