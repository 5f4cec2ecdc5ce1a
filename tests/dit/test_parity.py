"""Same weights, same inputs, same outputs as diffusers' WanTransformer3DModel.

diffusers keeps islands of float32 inside a float64 model. To compare maths and not rounding, the reference is lifted to
float64 throughout: `Tensor.float` becomes `Tensor.double` while it is built and run, and its sinusoid of the timestep,
which names float32 outright, is replaced by the formula of Wan's paper, written out here once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

from sora_core.dit import DiTConfig, VideoDiT
from sora_core.patches import positions

diffusers = pytest.importorskip("diffusers.models.transformers.transformer_wan")

CONFIG = DiTConfig(
    in_channels=4, out_channels=6, dim=48, ffn_dim=80, num_heads=2, num_layers=2, text_dim=20, freq_dim=16
)
NAMES = (  # ours, theirs
    ("time_embedding.0.", "condition_embedder.time_embedder.linear_1."),
    ("time_embedding.2.", "condition_embedder.time_embedder.linear_2."),
    ("time_projection.1.", "condition_embedder.time_proj."),
    ("text_embedding.0.", "condition_embedder.text_embedder.linear_1."),
    ("text_embedding.2.", "condition_embedder.text_embedder.linear_2."),
    ("head.head.", "proj_out."),
    ("self_attn.o.", "attn1.to_out.0."),
    ("cross_attn.o.", "attn2.to_out.0."),
    ("self_attn.norm", "attn1.norm"),
    ("cross_attn.norm", "attn2.norm"),
    ("self_attn.", "attn1.to_"),
    ("cross_attn.", "attn2.to_"),
    ("norm3.", "norm2."),
    ("ffn.0.", "ffn.net.0.proj."),
    ("ffn.2.", "ffn.net.2."),
)


def our_name(theirs: str) -> str:
    if theirs == "scale_shift_table":
        return "head.modulation"
    name = theirs.replace("scale_shift_table", "modulation")
    for ours, part in NAMES:
        if part in name:
            return name.replace(part, ours)
    return name


def reference_for(config: DiTConfig) -> Any:
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
    )


class ExactSinusoid(nn.Module):
    def forward(self, timestep: torch.Tensor) -> torch.Tensor:
        half = CONFIG.freq_dim // 2
        rates = torch.tensor([10000.0 ** (-i / half) for i in range(half)], dtype=torch.float64)
        angles = torch.outer(timestep.double(), rates)
        return torch.cat((torch.cos(angles), torch.sin(angles)), dim=1)


@contextmanager
def float_means_double(active: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if active:
            patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        yield


class Pair:
    """Ours and theirs with the same random weights."""

    def __init__(self, dtype: torch.dtype, config: DiTConfig = CONFIG) -> None:
        torch.manual_seed(0)
        self.dtype = dtype
        with float_means_double(dtype == torch.float64):
            self.theirs: Any = reference_for(config).to(dtype).eval()
        if dtype == torch.float64:
            self.theirs.condition_embedder.timesteps_proj = ExactSinusoid()
        for weight in self.theirs.parameters():  # norms, biases and gates too: nothing is neutral
            nn.init.normal_(weight, mean=0.1, std=0.2)
        self.ours = VideoDiT(config, dtype=dtype).eval()
        self.ours.load_state_dict({our_name(key): value for key, value in self.theirs.state_dict().items()})

    @torch.no_grad()
    def outputs(self, latents: torch.Tensor, level: torch.Tensor, text: torch.Tensor) -> tuple[torch.Tensor, Any]:
        latents, level, text = latents.to(self.dtype), level.to(self.dtype), text.to(self.dtype)
        with float_means_double(self.dtype == torch.float64):
            theirs = self.theirs(latents, 1000 * level, text, return_dict=False)[0]
        return self.ours(latents, level, text), theirs

    def error(self, *inputs: torch.Tensor) -> float:
        ours, theirs = self.outputs(*inputs)
        assert theirs.std() > 0.3  # not a comparison of zeros
        return (ours - theirs).abs().max().item()


TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-4}


@pytest.fixture(scope="module", params=[torch.float64, torch.float32], ids=["float64", "float32"])
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


def inputs(size: tuple[int, int, int] = (3, 4, 6), levels: int | None = None) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn(3, 4, *size, generator=generator, dtype=torch.float64)
    level = torch.rand((3,) if levels is None else (3, levels), generator=generator, dtype=torch.float64)
    text = torch.randn(3, 7, 20, generator=generator, dtype=torch.float64)
    text[1, 4:] = 0
    return latents, level, text


@pytest.mark.parametrize("size", [(3, 4, 6), (1, 2, 2), (5, 8, 2)])
def test_velocity_equals_that_of_diffusers(pair: Pair, size: tuple[int, int, int]) -> None:
    assert pair.error(*inputs(size)) <= TOLERANCE[pair.dtype]


def test_velocity_with_a_level_per_patch_equals_that_of_diffusers(pair: Pair) -> None:
    assert pair.error(*inputs(levels=3 * 2 * 3)) <= TOLERANCE[pair.dtype]


def test_levels_per_frame_equal_the_same_levels_per_patch_in_diffusers(pair: Pair) -> None:
    latents, level, text = inputs(levels=3)
    ours, _ = pair.outputs(latents, level.repeat_interleave(2 * 3, dim=1), text)
    _, theirs = pair.outputs(latents, level.repeat_interleave(2 * 3, dim=1), text)
    per_frame = pair.ours(latents.to(pair.dtype), level.to(pair.dtype), text.to(pair.dtype))
    assert (per_frame - theirs).abs().max() <= TOLERANCE[pair.dtype]
    assert (per_frame - ours).abs().max() <= TOLERANCE[pair.dtype]


def test_odd_grid_equals_diffusers_on_the_grid_padded_by_hand(pair: Pair) -> None:
    latents, level, text = inputs((3, 5, 7))
    wrapped = torch.cat((latents, latents[..., :1, :]), dim=-2)
    wrapped = torch.cat((wrapped, wrapped[..., :1]), dim=-1)
    _, theirs = pair.outputs(wrapped, level, text)
    with torch.no_grad():
        ours = pair.ours(latents.to(pair.dtype), level.to(pair.dtype), text.to(pair.dtype))
    assert (ours - theirs[..., :5, :7]).abs().max() <= TOLERANCE[pair.dtype]


def test_a_model_without_the_cross_attention_norm_equals_that_of_diffusers() -> None:
    config = DiTConfig(4, 6, 48, 80, 2, 1, 20, 16, cross_attn_norm=False)
    assert Pair(torch.float64, config).error(*inputs()) <= TOLERANCE[torch.float64]


def test_the_comparison_notices_a_change_in_any_tensor() -> None:
    pair = Pair(torch.float64)
    _, theirs = pair.outputs(*inputs())
    for name, weight in pair.ours.named_parameters():
        with torch.no_grad():
            kept = weight.clone()
            weight.view(-1)[0] += 0.1
            changed = pair.ours(*inputs())
            weight.copy_(kept)
        assert (changed - theirs).abs().max() > 1000 * TOLERANCE[torch.float64], name


def test_the_comparison_notices_swapped_position_axes() -> None:
    pair = Pair(torch.float64)
    latents, level, text = inputs()
    _, theirs = pair.outputs(latents, level, text)
    swapped = positions((3, 2, 3))[:, [0, 2, 1]]
    with torch.no_grad():
        ours = pair.ours.velocity(latents, 1000 * level, text, swapped)
    assert (ours - theirs).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (DiTConfig(dim=1536, ffn_dim=8960, num_heads=12, num_layers=30), 1_418_996_800),  # Wan 2.1 T2V 1.3B
        (DiTConfig(48, 48, dim=3072, ffn_dim=14336, num_heads=24, num_layers=30), 4_999_787_712),  # Wan 2.2 TI2V 5B
        (DiTConfig(dim=5120, ffn_dim=13824, num_heads=40, num_layers=40), 14_288_491_584),  # Wan 2.1 and 2.2 14B
    ],
    ids=["1.3B", "5B", "14B"],
)
def test_published_sizes_have_the_published_tensors(config: DiTConfig, parameters: int) -> None:
    ours = VideoDiT(config, device="meta").state_dict()
    with torch.device("meta"):
        theirs = reference_for(config).state_dict()
    assert {name: t.shape for name, t in ours.items()} == {our_name(name): t.shape for name, t in theirs.items()}
    assert sum(tensor.numel() for tensor in ours.values()) == parameters
