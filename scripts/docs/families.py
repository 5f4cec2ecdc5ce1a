"""The families of weights that have templates: each described once, with its files, core's loaders and settings.

Files, sizes, rates, steps, guidance and shifts are those of ComfyUI's own templates for the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Link = tuple[str, int]  # a node and one of its outputs
CANVAS_FPS: Link = ("fps of the canvas", 0)  # stands for the output of the node that makes the canvas
HUB = "https://huggingface.co"
WAN_2_1 = f"{HUB}/Comfy-Org/Wan_2.1_ComfyUI_repackaged/resolve/main/split_files"
WAN_2_2 = f"{HUB}/Comfy-Org/Wan_2.2_ComfyUI_Repackaged/resolve/main/split_files"
LTX_2_REPOSITORY = f"{HUB}/Lightricks/LTX-2/resolve/main"
MINIMAX_H3_REPOSITORY = f"{HUB}/Comfy-Org/MiniMax-H3/resolve/main"


@dataclass(frozen=True)
class ModelFile:
    """A file of weights. url: where it can be had. directory: where it goes, in ComfyUI's folder of models."""

    url: str
    directory: str

    @property
    def name(self) -> str:
        """What a loader's widget shows."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Part:
    """A node of a graph. inputs: those that differ from the defaults, each a value, a Link or a ModelFile."""

    id: str
    class_type: str
    inputs: Mapping[str, Any]
    title: str = ""

    def files(self) -> list[ModelFile]:
        """The files that it loads."""
        return [value for value in self.inputs.values() if isinstance(value, ModelFile)]


@dataclass(frozen=True)
class Family:
    """A model as people run it. Nodes 2 and 3 encode its prompts, node 4 gives the canvas.

    stem: begins the names of its templates. about: what the note says of it. size: side of a square with its area.
    avoid: the negative prompt. model, clip, vae, audio_vae: where they come from. sigmas: a schedule of its own.
    """

    stem: str
    title: str
    about: str
    aspect_ratio: str
    size: int
    fps: float
    steps: int
    guidance: float
    shift: float
    solver: str
    avoid: str
    parts: tuple[Part, ...]
    model: Link
    clip: Link
    vae: Link
    audio_vae: Link | None = None
    positive: Link = ("3", 0)
    negative: Link = ("2", 0)
    sigmas: Link | None = None
    seconds: float = 5.0

    def files(self) -> list[ModelFile]:
        """Every file once."""
        return list(dict.fromkeys(file for part in self.parts for file in part.files()))


BAD_PICTURE = (
    "blurred, overexposed, still picture, subtitles, watermark, distorted hands and faces, cluttered background"
)
WAN_TEXT = ModelFile(f"{WAN_2_1}/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors", "text_encoders")
LOADS_WAN_TEXT = Part("18", "CLIPLoader", {"clip_name": WAN_TEXT, "type": "wan"})


def _diffusion(name: str, repository: str) -> ModelFile:
    return ModelFile(f"{repository}/diffusion_models/{name}.safetensors", "diffusion_models")


def _vae(name: str, repository: str) -> ModelFile:
    return ModelFile(f"{repository}/vae/{name}.safetensors", "vae")


def _lora(expert: str) -> ModelFile:
    return ModelFile(f"{WAN_2_2}/loras/wan2.2_t2v_lightx2v_4steps_lora_v1.1_{expert}_noise.safetensors", "loras")


WAN_2_2_5B = Family(
    stem="wan2_2_5b",
    title="Wan 2.2 5B",
    about="Wan 2.2 TI2V 5B makes 24 frames per second, at 1280x704. It takes a timestep per token, so it sees known "
    "frames as they are.",
    aspect_ratio="16:9",
    size=952,
    fps=24.0,
    steps=20,
    guidance=5.0,
    shift=8.0,
    solver="unipc",
    avoid=BAD_PICTURE,
    parts=(
        Part("10", "UNETLoader", {"unet_name": _diffusion("wan2.2_ti2v_5B_fp16", WAN_2_2)}),
        LOADS_WAN_TEXT,
        Part("19", "VAELoader", {"vae_name": _vae("wan2.2_vae", WAN_2_2)}),
    ),
    model=("10", 0),
    clip=("18", 0),
    vae=("19", 0),
)
WAN_2_1_1_3B = Family(
    stem="wan2_1_1_3b",
    title="Wan 2.1 1.3B",
    about="Wan 2.1 T2V 1.3B is the smallest Wan: 16 frames per second, at 848x480. It takes one timestep for the whole "
    "clip. If new frames do not agree with known ones, put **Sora Resample** between the model and **Sora Sampler**.",
    aspect_ratio="16:9",
    size=640,
    fps=16.0,
    steps=30,
    guidance=6.0,
    shift=8.0,
    solver="unipc",
    avoid=BAD_PICTURE,
    parts=(
        Part("10", "UNETLoader", {"unet_name": _diffusion("wan2.1_t2v_1.3B_fp16", WAN_2_1)}),
        LOADS_WAN_TEXT,
        Part("19", "VAELoader", {"vae_name": _vae("wan_2.1_vae", WAN_2_1)}),
    ),
    model=("10", 0),
    clip=("18", 0),
    vae=("19", 0),
)
WAN_2_2_A14B = Family(
    stem="wan2_2_a14b",
    title="Wan 2.2 A14B",
    about="Wan 2.2 A14B has two experts, which **Sora Two Experts** joins. A LoRA on each makes 4 steps enough, "
    "without guidance. For more motion and detail bypass both LoRAs, and set steps to 20 and guidance to 3.5.",
    aspect_ratio="1:1",
    size=640,
    fps=16.0,
    steps=4,
    guidance=1.0,
    shift=5.0,
    solver="euler",
    avoid=BAD_PICTURE,
    parts=(
        Part(
            "10",
            "UNETLoader",
            {"unet_name": _diffusion("wan2.2_t2v_high_noise_14B_fp8_scaled", WAN_2_2)},
            "High noise expert",
        ),
        Part(
            "11",
            "UNETLoader",
            {"unet_name": _diffusion("wan2.2_t2v_low_noise_14B_fp8_scaled", WAN_2_2)},
            "Low noise expert",
        ),
        LOADS_WAN_TEXT,
        Part("19", "VAELoader", {"vae_name": _vae("wan_2.1_vae", WAN_2_2)}),
        Part("12", "LoraLoaderModelOnly", {"model": ("10", 0), "lora_name": _lora("high")}, "4 steps, high noise"),
        Part("13", "LoraLoaderModelOnly", {"model": ("11", 0), "lora_name": _lora("low")}, "4 steps, low noise"),
        Part("14", "SoraTwoExperts", {"high_noise": ("12", 0), "low_noise": ("13", 0)}),
    ),
    model=("14", 0),
    clip=("18", 0),
    vae=("19", 0),
)
LTX_2_CHECKPOINT = ModelFile(f"{LTX_2_REPOSITORY}/ltx-2-19b-dev-fp8.safetensors", "checkpoints")
LTX_2_TEXT = ModelFile(
    f"{HUB}/Comfy-Org/ltx-2/resolve/main/split_files/text_encoders/gemma_3_12B_it_fp4_mixed.safetensors",
    "text_encoders",
)
LTX_2 = Family(
    stem="ltx_2",
    title="LTX-2",
    about="LTX-2 makes sound together with its frames: say in the prompt what is heard. The sound of a source is "
    "kept where its frames are. **LTXVScheduler** sets the number of steps, and noise "
    "levels that suit the size of the canvas.",
    aspect_ratio="16:9",
    size=720,
    fps=24.0,
    steps=20,
    guidance=4.0,
    shift=0.0,
    solver="euler_ancestral",
    avoid="blurred, low quality, still picture, subtitles, watermark, distorted sound",
    parts=(
        Part("10", "CheckpointLoaderSimple", {"ckpt_name": LTX_2_CHECKPOINT}),
        Part("18", "LTXAVTextEncoderLoader", {"text_encoder": LTX_2_TEXT, "ckpt_name": LTX_2_CHECKPOINT}),
        Part("19", "LTXVAudioVAELoader", {"ckpt_name": LTX_2_CHECKPOINT}),
        Part("8", "LTXVConditioning", {"positive": ("3", 0), "negative": ("2", 0), "frame_rate": CANVAS_FPS}),
        Part("9", "LTXVScheduler", {"steps": 20, "latent": ("4", 0)}),
    ),
    model=("10", 0),
    clip=("18", 0),
    vae=("10", 2),
    audio_vae=("19", 0),
    positive=("8", 0),
    negative=("8", 1),
    sigmas=("9", 0),
)
MINIMAX_H3 = Family(
    stem="minimax_h3",
    title="MiniMax-H3",
    about="MiniMax-H3 makes sound together with its frames, 24 of them per second: say in the prompt what is heard. "
    "The sound of a source is kept where its frames are. It needs no guidance.",
    aspect_ratio="16:9",
    size=640,
    fps=24.0,
    steps=20,
    guidance=1.0,
    shift=12.0,
    solver="res_multistep",
    avoid="",
    parts=(
        Part(
            "10",
            "UNETLoader",
            {"unet_name": _diffusion("minimax_h3_fl2va_pruned_int8_convrot", MINIMAX_H3_REPOSITORY)},
        ),
        Part(
            "18",
            "CLIPLoader",
            {
                "clip_name": ModelFile(
                    f"{MINIMAX_H3_REPOSITORY}/text_encoders/qwen3vl_32b_minimax_h3_nvfp4_awq.safetensors",
                    "text_encoders",
                ),
                "type": "minimax",
            },
        ),
        Part("19", "VAELoader", {"vae_name": _vae("minimax_h3_video_vae_fp16", MINIMAX_H3_REPOSITORY)}, "VAE"),
        Part("20", "VAELoader", {"vae_name": _vae("minimax_h3_audio_vae_fp32", MINIMAX_H3_REPOSITORY)}, "Audio VAE"),
    ),
    model=("10", 0),
    clip=("18", 0),
    vae=("19", 0),
    audio_vae=("20", 0),
)
FAMILIES = (WAN_2_1_1_3B, WAN_2_2_5B, WAN_2_2_A14B, LTX_2, MINIMAX_H3)
