"""Same weights, same inputs, same outputs as diffusers' WanTransformer3DModel (wan_reference.py says how)."""

from __future__ import annotations

import pytest
import torch

from sora_core.canvas.patches import positions
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from wan_reference import Reference, our_name, reference_for

pytestmark = pytest.mark.slow

CONFIG = DiTConfig(
    in_channels=4, out_channels=6, dim=48, ffn_dim=80, num_heads=2, num_layers=2, text_dim=20, freq_dim=16
)


class Pair:
    """Ours and theirs with the same random weights."""

    def __init__(self, dtype: torch.dtype, config: DiTConfig = CONFIG) -> None:
        self.dtype, self.theirs = dtype, Reference(config, dtype)
        self.ours = VideoDiT(config, dtype=dtype).eval()
        self.ours.load_state_dict({our_name(key): value for key, value in self.theirs.model.state_dict().items()})

    @torch.no_grad()
    def outputs(
        self, latents: torch.Tensor, level: torch.Tensor, text: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        latents, level, text = latents.to(self.dtype), level.to(self.dtype), text.to(self.dtype)
        return self.ours(latents, level, text), self.theirs(latents, level, text)

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
