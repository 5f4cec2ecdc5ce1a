"""`python -m benchmarks.dit_step` times one step of a Wan-shaped DiT: ours, diffusers' and ComfyUI's.

For all three use ComfyUI's interpreter with diffusers, PYTHONPATH set to this checkout and COMFYUI_PATH to ComfyUI. A
peer that cannot be imported is skipped with a message. With a compiler ours is also timed compiled; --compile compiles
the peers too. Our step reuses keys and values of the text, which are the same in all steps.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from functools import partial

import torch

from benchmarks.peers import import_comfyui, importable
from benchmarks.random_weights import wan_dit
from benchmarks.rounds import HEADER, compare
from sora_core.models.wan.dit import VideoDiT
from sora_core.models.wan.dit.compiling import compile_blocks
from sora_core.models.wan.dit.state_dict import to_diffusers

FRAME = (32, 32)  # latents; 256 patches
TEXT = 512  # tokens

Step = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(latents [1 C T H W], timestep [1] in 0..1000, text [1 L D]) -> velocity"""


def our_step(dit: VideoDiT, text: torch.Tensor) -> Step:
    """Build a step as in sampling: the text is prepared beforehand."""
    prepared = dit.prepare(text)
    return lambda latents, timestep, _: dit(latents, timestep / 1000, prepared)


def compiled_twin(dit: VideoDiT) -> VideoDiT | None:
    """Build a compiled model on the same weights; None, with a logged warning, if there is no compiler."""
    twin = VideoDiT(dit.config, device="meta").eval()
    twin.load_state_dict(dit.state_dict(), assign=True)
    return twin if compile_blocks(twin) else None


def diffusers_step(dit: VideoDiT, compiled: bool = False) -> Step:
    """Build diffusers' WanTransformer3DModel on our weights."""
    from diffusers.models.transformers.transformer_wan import WanTransformer3DModel

    c = dit.config
    model = WanTransformer3DModel(
        patch_size=c.patch_size, num_attention_heads=c.num_heads, attention_head_dim=128, in_channels=c.in_channels,
        out_channels=c.out_channels, text_dim=c.text_dim, freq_dim=c.freq_dim, ffn_dim=c.ffn_dim,
        num_layers=c.num_layers, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
    ).eval()  # fmt: skip
    model.load_state_dict({to_diffusers(name): weight for name, weight in dit.state_dict().items()}, assign=True)
    if compiled:
        model.compile_repeated_blocks(fullgraph=False)
    return lambda latents, timestep, text: model(latents, timestep, text, return_dict=False)[0]


def comfyui_step(dit: VideoDiT, compiled: bool = False) -> Step:
    """Build ComfyUI's WanModel on our weights."""
    import_comfyui()
    import comfy.ldm.wan.model
    import comfy.ops

    c = dit.config
    model = comfy.ldm.wan.model.WanModel(
        model_type="t2v", in_dim=c.in_channels, out_dim=c.out_channels, dim=c.dim, ffn_dim=c.ffn_dim,
        freq_dim=c.freq_dim, text_dim=c.text_dim, num_heads=c.num_heads, num_layers=c.num_layers, device="cpu",
        dtype=torch.float32, operations=comfy.ops.disable_weight_init,
    ).eval()  # fmt: skip
    model.load_state_dict(dit.state_dict(), assign=True)
    if compiled:
        for block in model.blocks:
            block.compile()
    return lambda latents, timestep, text: model(latents, timestep, text)


PEERS: dict[str, Callable[[VideoDiT], Step]] = {"diffusers": diffusers_step, "ComfyUI": comfyui_step}
COMPILED_PEERS: dict[str, Callable[[VideoDiT], Step]] = {
    "diffusers, compiled": partial(diffusers_step, compiled=True),
    "ComfyUI, compiled": partial(comfyui_step, compiled=True),
}


def inputs_of(dit: VideoDiT, patches: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Make latents [1 C T H W] of so many patches, timestep [1] and text [1 L D]."""
    generator = torch.Generator().manual_seed(1)
    per_frame = math.prod(FRAME) // math.prod(dit.config.patch_size)
    if patches < 1 or patches % per_frame:
        raise ValueError(f"got {patches} patches, expected a multiple of {per_frame}")
    latents = torch.randn(1, dit.config.in_channels, patches // per_frame, *FRAME, generator=generator)
    return latents, torch.tensor([700.0]), torch.randn(1, TEXT, dit.config.text_dim, generator=generator)


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=1536, help="a multiple of 128")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--patches", type=int, nargs="+", default=[1024, 4096], help="multiples of 256")
    parser.add_argument("--compile", action="store_true", help="also time compiled peers")
    parser.add_argument("--runs", type=int, default=7, help="runs of each, in turns")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dit = wan_dit(args.dim, args.layers)
    twin = compiled_twin(dit)
    others = importable(PEERS | (COMPILED_PEERS if args.compile and twin else {}), dit)
    print(f"torch {torch.__version__}, {args.threads} threads, dim {args.dim}, {args.layers} layers, {args.runs} runs")
    print(f"\n| patches | model | {HEADER} |\n|---|---|---|---|---|")
    for patches in args.patches:
        inputs = inputs_of(dit, patches)
        steps = {"ours": our_step(dit, inputs[-1])}
        if twin:
            steps["ours, compiled"] = our_step(twin, inputs[-1])
        calls = {name: partial(step, *inputs) for name, step in (steps | others).items()}
        for cells in compare(calls, args.runs):
            print(f"| {patches} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
