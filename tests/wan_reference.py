"""diffusers' WanTransformer3DModel as the reference for our DiT: the same weights, the same inputs.

diffusers keeps islands of float32 inside a float64 model. To compare maths and not rounding, the reference is lifted to
float64 throughout: `Tensor.float` becomes `Tensor.double` while it is built and run, and its embedding of the timestep,
which names float32 outright, is replaced by the formula of Wan's paper, written out here once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

from sora_core.models.wan.dit import DiTConfig

NAMES = (  # ours, theirs; by hand and apart from the map of sora_core, so that the two check each other
    ("time_embedding.0.", "condition_embedder.time_embedder.linear_1."),
    ("time_embedding.2.", "condition_embedder.time_embedder.linear_2."),
    ("time_projection.1.", "condition_embedder.time_proj."),
    ("text_embedding.0.", "condition_embedder.text_embedder.linear_1."),
    ("text_embedding.2.", "condition_embedder.text_embedder.linear_2."),
    ("img_emb.proj.0.", "condition_embedder.image_embedder.norm1."),
    ("img_emb.proj.1.", "condition_embedder.image_embedder.ff.net.0.proj."),
    ("img_emb.proj.3.", "condition_embedder.image_embedder.ff.net.2."),
    ("img_emb.proj.4.", "condition_embedder.image_embedder.norm2."),
    ("img_emb.emb_pos", "condition_embedder.image_embedder.pos_embed"),
    ("head.head.", "proj_out."),
    ("self_attn.o.", "attn1.to_out.0."),
    ("cross_attn.o.", "attn2.to_out.0."),
    ("cross_attn.k_img.", "attn2.add_k_proj."),
    ("cross_attn.v_img.", "attn2.add_v_proj."),
    ("cross_attn.norm_k_img.", "attn2.norm_added_k."),
    ("self_attn.norm", "attn1.norm"),
    ("cross_attn.norm", "attn2.norm"),
    ("self_attn.", "attn1.to_"),
    ("cross_attn.", "attn2.to_"),
    ("norm3.", "norm2."),
    ("ffn.0.", "ffn.net.0.proj."),
    ("ffn.2.", "ffn.net.2."),
)


def our_name(theirs: str) -> str:
    """The name of one of the reference's tensors in our DiT."""
    if theirs == "scale_shift_table":
        return "head.modulation"
    name = theirs.replace("scale_shift_table", "modulation")
    for ours, part in NAMES:
        if part in name:
            return name.replace(part, ours)
    return name


def reference_for(config: DiTConfig) -> Any:
    """Their model of these sizes, with the weights of their initialisation."""
    diffusers = pytest.importorskip("diffusers.models.transformers.transformer_wan")
    return diffusers.WanTransformer3DModel(
        patch_size=config.patch_size,
        num_attention_heads=config.num_heads,
        attention_head_dim=config.dim // config.num_heads,
        in_channels=config.in_channels,
        out_channels=config.out_channels,
        text_dim=config.text_dim,
        freq_dim=config.freq_dim,
        ffn_dim=config.ffn_dim,
        num_layers=config.num_layers,
        cross_attn_norm=config.cross_attn_norm,
        eps=config.eps,
        image_dim=config.image_dim or None,
        added_kv_proj_dim=config.dim if config.image_dim else None,
        pos_embed_seq_len=config.image_positions or None,
    )


class ExactSinusoid(nn.Module):
    """Of the timestep, in float64."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.rates = torch.tensor([10000.0 ** (-2 * i / dim) for i in range(dim // 2)], dtype=torch.float64)

    def forward(self, timestep: torch.Tensor) -> torch.Tensor:
        angles = torch.outer(timestep.double(), self.rates)
        return torch.cat((torch.cos(angles), torch.sin(angles)), dim=1)


@contextmanager
def float_means_double(active: bool) -> Iterator[None]:
    """While active, what asks for float32 gets float64."""
    with pytest.MonkeyPatch.context() as patch:
        if active:
            patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        yield


class Reference:
    """Their model with random weights of a mean and a spread: norms, biases and gates too, nothing is neutral."""

    def __init__(self, config: DiTConfig, dtype: torch.dtype, mean: float = 0.1, std: float = 0.2) -> None:
        torch.manual_seed(0)
        self.dtype = dtype
        with float_means_double(dtype == torch.float64):
            self.model: Any = reference_for(config).to(dtype).eval()
        if dtype == torch.float64:
            self.model.condition_embedder.timesteps_proj = ExactSinusoid(config.freq_dim)
        for weight in self.model.parameters():
            nn.init.normal_(weight, mean=mean, std=std)

    @torch.no_grad()
    def __call__(
        self, latents: torch.Tensor, level: torch.Tensor, text: torch.Tensor, tokens: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Velocity at latents with all channels, on a grid of whole patches; level [B] or [B N]."""
        if tokens is not None and self.model.config.pos_embed_seq_len:  # first and last frame: a batch of pairs
            tokens = tokens.unflatten(1, (2, -1)).flatten(0, 1)
        with float_means_double(self.dtype == torch.float64):
            return self.model(latents, 1000 * level, text, tokens, return_dict=False)[0]
