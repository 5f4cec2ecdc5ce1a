"""`python -m benchmarks.dit_step`: one step of a Wan-shaped DiT, beside diffusers' and ComfyUI's of the same weights.

Run it by ComfyUI's interpreter, in its folder's virtual environment, with COMFYUI_PATH set, to have all three; what
cannot be imported is left out, and said. A step of ours does not do the text again, which is the same in all steps.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Callable
from functools import partial

import torch

from benchmarks.peers import import_comfyui, importable
from benchmarks.random_weights import wan_dit
from benchmarks.rounds import HEADER, compare
from sora_core.dit import VideoDiT
from sora_core.dit.compiling import compile_blocks
from sora_core.dit.layouts import to_diffusers

LAYERS = 4
SIZES = {1024: (4, 32, 32), 4096: (16, 32, 32)}  # patches: latent frames, height, width
TEXT = 512  # tokens

Step = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(latents [1 C T H W], timestep [1] in 0..1000, text [1 L D]) -> velocity"""


def our_step(dit: VideoDiT, text: torch.Tensor) -> Step:
    """A step as the sampler takes it: the text is prepared beforehand."""
    prepared = dit.prepare(text)
    return lambda latents, timestep, _: dit(latents, timestep / 1000, prepared)


def diffusers_step(dit: VideoDiT) -> Step:
    """WanTransformer3DModel with the weights of ours."""
    from diffusers.models.transformers.transformer_wan import WanTransformer3DModel

    c = dit.config
    model = WanTransformer3DModel(
        patch_size=c.patch_size, num_attention_heads=c.num_heads, attention_head_dim=128, in_channels=c.in_channels,
        out_channels=c.out_channels, text_dim=c.text_dim, freq_dim=c.freq_dim, ffn_dim=c.ffn_dim,
        num_layers=c.num_layers, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
    ).eval()  # fmt: skip
    model.load_state_dict({to_diffusers(name): weight for name, weight in dit.state_dict().items()})
    return lambda latents, timestep, text: model(latents, timestep, text, return_dict=False)[0]


def comfyui_step(dit: VideoDiT) -> Step:
    """ComfyUI's WanModel with the weights of ours."""
    import_comfyui()
    import comfy.ldm.wan.model
    import comfy.ops

    c = dit.config
    model = comfy.ldm.wan.model.WanModel(
        model_type="t2v", in_dim=c.in_channels, out_dim=c.out_channels, dim=c.dim, ffn_dim=c.ffn_dim,
        freq_dim=c.freq_dim, text_dim=c.text_dim, num_heads=c.num_heads, num_layers=c.num_layers, device="cpu",
        dtype=torch.float32, operations=comfy.ops.disable_weight_init,
    ).eval()  # fmt: skip
    model.load_state_dict(dit.state_dict())
    return lambda latents, timestep, text: model(latents, timestep, text)


def compiled_steps(dit: VideoDiT, text: torch.Tensor) -> dict[str, Step]:
    """Ours through torch.compile; none where that does not work, which is logged."""
    twin = copy.deepcopy(dit)
    return {"ours, compiled": our_step(twin, text)} if compile_blocks(twin) else {}


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=1536)
    parser.add_argument("--runs", type=int, default=7, help="of each, in turns")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dit = wan_dit(args.dim, LAYERS)
    others = importable({"diffusers": diffusers_step, "ComfyUI": comfyui_step}, dit)
    print(f"torch {torch.__version__}, {args.threads} threads, dim {args.dim}, {LAYERS} layers, {args.runs} runs\n")
    print(f"| patches | model | {HEADER} |\n|---|---|---|---|---|")
    for patches, size in SIZES.items():
        generator = torch.Generator().manual_seed(1)
        latents = torch.randn(1, 16, *size, generator=generator)
        inputs = latents, torch.tensor([700.0]), torch.randn(1, TEXT, 4096, generator=generator)
        steps = {"ours": our_step(dit, inputs[2]), **compiled_steps(dit, inputs[2]), **others}
        for cells in compare({name: partial(step, *inputs) for name, step in steps.items()}, args.runs):
            print(f"| {patches} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
