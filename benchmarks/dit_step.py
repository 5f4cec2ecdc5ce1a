"""`python -m benchmarks.dit_step`: one step of a Wan-shaped DiT, beside diffusers' and ComfyUI's of the same weights.

Run it by ComfyUI's interpreter, in its folder's virtual environment, with COMFYUI_PATH set, to have all three; what
cannot be imported is left out, and said. A step of ours does not do the text again, which is the same in all steps.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from sora_core.dit import DiTConfig, VideoDiT
from sora_core.dit.layouts import to_diffusers

LAYERS = 4
SIZES = {1024: (4, 32, 32), 4096: (16, 32, 32)}  # patches: latent frames, height, width
TEXT = 512  # tokens

Step = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(latents [1 C T H W], timestep [1] in 0..1000, text [1 L D]) -> velocity"""


def random_dit(dim: int) -> VideoDiT:
    """Random weights everywhere: a fresh one has branches that start at zero and would compare nothing."""
    torch.manual_seed(0)
    dit = VideoDiT(DiTConfig(dim=dim, ffn_dim=dim * 35 // 6, num_heads=dim // 128, num_layers=LAYERS)).eval()
    for weight in dit.parameters():
        torch.nn.init.normal_(weight.data, std=0.02)
    return dit.requires_grad_(False)


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
    sys.path.insert(0, os.environ["COMFYUI_PATH"])
    sys.argv = [sys.argv[0], "--cpu"] if not torch.cuda.is_available() else sys.argv[:1]
    import comfy.options

    comfy.options.enable_args_parsing()
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


class Inputs(NamedTuple):
    """latents [1 C T H W], timestep [1], text [1 L D]."""

    latents: torch.Tensor
    timestep: torch.Tensor
    text: torch.Tensor


def seconds_of(step: Step, inputs: Inputs) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    step(*inputs)
    return time.perf_counter() - start


def peers(dit: VideoDiT) -> dict[str, Step]:
    """Those that can be imported."""
    found: dict[str, Step] = {}
    for name, build in (("diffusers", diffusers_step), ("ComfyUI", comfyui_step)):
        try:
            found[name] = build(dit)
        except (ImportError, KeyError) as error:
            print(f"without {name}: {error!r}", file=sys.stderr)
    return found


def compare(patches: int, steps: dict[str, Step], inputs: Inputs, runs: int) -> None:
    """Lines of the table: all models in turns."""
    outputs = {name: step(*inputs) for name, step in steps.items()}  # warms up too
    rounds = [{name: seconds_of(step, inputs) for name, step in steps.items()} for _ in range(runs)]
    for name, output in outputs.items():
        seconds = [one[name] for one in rounds]
        ratio = statistics.median(one["ours"] / one[name] for one in rounds)
        off = float((output - outputs["ours"]).abs().max() / outputs["ours"].std())
        spread = f"{statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f})"
        print(f"| {patches} | {name} | {spread} | {ratio:.3f} | {off:.1e} |", flush=True)


@torch.inference_mode()
def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=1536)
    parser.add_argument("--runs", type=int, default=7, help="of each, in turns")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dit = random_dit(args.dim)
    others = peers(dit)
    print(f"torch {torch.__version__}, {args.threads} threads, dim {args.dim}, {LAYERS} layers, {args.runs} runs\n")
    print("| patches | model | seconds, median (range) | ours to it | largest difference |\n|---|---|---|---|---|")
    for patches, size in SIZES.items():
        generator = torch.Generator().manual_seed(1)
        latents = torch.randn(1, 16, *size, generator=generator)
        inputs = Inputs(latents, torch.tensor([700.0]), torch.randn(1, TEXT, 4096, generator=generator))
        compare(patches, {"ours": our_step(dit, inputs.text), **others}, inputs, args.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
