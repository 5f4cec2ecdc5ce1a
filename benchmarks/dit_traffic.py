"""`python -m benchmarks.dit_traffic` counts launches and bytes of a Wan-shaped DiT in bfloat16: ours and the peers'.

Nothing is computed and no GPU is needed (kernel_traffic.py). For all three use ComfyUI's interpreter with diffusers,
PYTHONPATH set to this checkout and COMFYUI_PATH to ComfyUI. A peer that cannot be imported is skipped with a message.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks.kernel_traffic import Traffic, traffic_of
from benchmarks.peers import import_comfyui, importable
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.dit.layers import Attention

BLOCKS = 4  # whose bytes are shown together
FRAME = (32, 32)  # latents; 256 patches
TEXT = 512  # tokens
SIZES = {"Wan 2.1 1.3B": (1536, 8960), "Wan 2.2 A14B": (5120, 13824)}  # width, and width of the feed-forward

Step = Callable[[], object]
Build = Callable[[DiTConfig, int], Step]
"""(config, patches) -> a step on meta tensors"""


class Counts(NamedTuple):
    """What blocks launch, as the difference of two models. outside: launches of a step that are in no block."""

    launches: int
    casts: int
    gigabytes: float
    outside: int
    peak: float

    @classmethod
    def of(cls, build: Build, config: Callable[[int], DiTConfig], patches: int, *, fused_norms: bool = True) -> Counts:
        """Count one block, the bytes of BLOCKS of them, and megabytes that live at once beside weights and inputs."""

        def run(layers: int) -> Traffic:
            return traffic_of(build(config(layers), patches), fused_norms=fused_norms)

        one, more = run(1), run(1 + BLOCKS)
        launches = (more.launches - one.launches) // BLOCKS
        return cls(
            launches,
            (more.casts - one.casts) // BLOCKS,
            (more.bytes - one.bytes) / 1e9,
            one.launches - launches,
            more.peak / 1e6,
        )


def sized(dim: int, ffn_dim: int) -> Callable[[int], DiTConfig]:
    """Return the config of Wan's shape for a number of layers."""
    return lambda layers: DiTConfig(dim=dim, ffn_dim=ffn_dim, num_heads=dim // 128, num_layers=layers)


def inputs_of(config: DiTConfig, patches: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Make latents [1 C T H W] of so many patches, timestep [1] and text [1 L D] on the meta device."""
    frames, rest = divmod(patches, FRAME[0] * FRAME[1] // 4)
    if rest or frames < 1:
        raise ValueError(f"got {patches} patches, expected a multiple of {FRAME[0] * FRAME[1] // 4}")
    meta: dict[str, Any] = {"device": "meta", "dtype": torch.bfloat16}
    latents = torch.empty(1, config.in_channels, frames, *FRAME, **meta)
    return latents, torch.empty(1, device="meta"), torch.empty(1, TEXT, config.text_dim, **meta)


def ours(config: DiTConfig) -> VideoDiT:
    """Build our DiT."""
    return VideoDiT(config, device="meta", dtype=torch.bfloat16).requires_grad_(False)


def our_step(config: DiTConfig, patches: int) -> Step:
    """Build a step of our sampling: the text is prepared beforehand."""
    dit, (latents, timestep, text) = ours(config), inputs_of(config, patches)
    prepared = dit.prepare(text)
    return lambda: dit(latents, timestep, prepared)


def our_whole_step(config: DiTConfig, patches: int) -> Step:
    """Build a step that takes the text as it is."""
    dit, inputs = ours(config), inputs_of(config, patches)
    return lambda: dit(*inputs)


def our_step_in_comfyui(config: DiTConfig, patches: int) -> Step:
    """Build a step with ComfyUI's rotation, as nodes/comfy/attention.py sets it on a GPU; text as it is."""
    import_comfyui()
    kitchen = importlib.import_module("comfy_kitchen")
    dit, inputs = ours(config), inputs_of(config, patches)
    for module in dit.modules():
        if isinstance(module, Attention):
            module.rotate = lambda x, rope: kitchen.apply_rope1(x, rope[None])
    return lambda: dit(*inputs)


def diffusers_step(config: DiTConfig, patches: int) -> Step:
    """Build a step of diffusers' WanTransformer3DModel; what it keeps in float32 stays there."""
    from diffusers.models.transformers.transformer_wan import WanTransformer3DModel

    with torch.device("meta"):
        model: nn.Module = WanTransformer3DModel(
            patch_size=config.patch_size, num_attention_heads=config.num_heads, attention_head_dim=128,
            in_channels=config.in_channels, out_channels=config.out_channels, text_dim=config.text_dim,
            freq_dim=config.freq_dim, ffn_dim=config.ffn_dim, num_layers=config.num_layers, cross_attn_norm=True,
            qk_norm="rms_norm_across_heads",
        )  # fmt: skip
    wide = WanTransformer3DModel._keep_in_fp32_modules
    for name, weight in model.named_parameters():
        if not any(part in name.split(".") for part in wide):
            weight.data = weight.data.to(torch.bfloat16)
    latents, timestep, text = inputs_of(config, patches)
    return lambda: model(latents, timestep, text, return_dict=False)


def comfyui_step(config: DiTConfig, patches: int, *, kernels: bool = True) -> Step:
    """Build a step of ComfyUI's WanModel with the attention that it takes on a GPU.

    kernels: whether comfy_kitchen's compiled rotation is there; it needs an NVIDIA card and CUDA 13.
    """
    import_comfyui()
    wan: Any = importlib.import_module("comfy.ldm.wan.model")
    ops = importlib.import_module("comfy.ops")
    wan.optimized_attention = importlib.import_module("comfy.ldm.modules.attention").attention_pytorch
    rotations = "comfy.ldm.flux.math" if kernels else "comfy_kitchen.backends.eager.rope"
    model = wan.WanModel(
        model_type="t2v", in_dim=config.in_channels, out_dim=config.out_channels, dim=config.dim,
        ffn_dim=config.ffn_dim, freq_dim=config.freq_dim, text_dim=config.text_dim, num_heads=config.num_heads,
        num_layers=config.num_layers, device="meta", dtype=torch.bfloat16, operations=ops.disable_weight_init,
    )  # fmt: skip
    inputs = inputs_of(config, patches)

    def step() -> object:
        wan.apply_rope1 = importlib.import_module(rotations).apply_rope1
        return model(*inputs)

    return step


def comfyui_step_without_kernels(config: DiTConfig, patches: int) -> Step:
    """Build a step of ComfyUI as on other cards."""
    return comfyui_step(config, patches, kernels=False)


OURS: dict[str, Build] = {"ours": our_step, "ours, text not prepared": our_whole_step}
PEERS: dict[str, Build] = {
    "ours in ComfyUI": our_step_in_comfyui,
    "ComfyUI": comfyui_step,
    "ComfyUI without comfy_kitchen's kernels": comfyui_step_without_kernels,
    "diffusers": diffusers_step,
}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patches", type=int, nargs="+", default=[1024, 4096, 32768], help="multiples of 256")
    args = parser.parse_args()
    smallest = sized(*SIZES["Wan 2.1 1.3B"])(1)
    present = importable({name: _tried(build) for name, build in PEERS.items()}, smallest)
    print(f"torch {torch.__version__}, bfloat16, one clip, {TEXT} tokens of text; GB of {BLOCKS} blocks")
    columns = "launches | casts | GB | outside | peak MB | launches, norms in parts | GB, norms in parts"
    print(f"\n| model | patches | implementation | {columns} |\n{'|---' * 10}|")
    for size, widths in SIZES.items():
        for patches in args.patches:
            for name, build in (OURS | present).items():
                fused = Counts.of(build, sized(*widths), patches)
                parts = Counts.of(build, sized(*widths), patches, fused_norms=False)
                cells = (
                    f"{fused.launches} | {fused.casts} | {fused.gigabytes:.2f} | {fused.outside} | {fused.peak:.0f} | "
                    f"{parts.launches} | {parts.gigabytes:.2f}"
                )
                print(f"| {size} | {patches} | {name} | {cells} |", flush=True)
    return 0


def _tried(build: Build) -> Callable[[DiTConfig], Build]:
    """Build once, so that an import that fails is found, and return the builder."""

    def tried(config: DiTConfig) -> Build:
        build(config, 256)
        return build

    return tried


if __name__ == "__main__":
    sys.exit(main())
