"""A head that gives clean latents: the velocity is exact where the head is, at every granularity of levels."""

from __future__ import annotations

import pytest
import torch

from sora_core.canvas.patches import grid_shape
from sora_core.diffusion.flow import add_noise
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.dit.prediction import CLEAN_FROM, velocity_from_clean

PATCH = (1, 2, 2)


def drawn(seed: int) -> torch.Tensor:
    return torch.randn(2, 4, 3, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def per_cell(level: torch.Tensor) -> torch.Tensor:
    """Levels [B G] of groups of 3 x 2 x 3 patches -> [B 1 T H W]."""
    patches = level.repeat_interleave(18 // level.shape[1], dim=1).view(2, 1, 3, 2, 3)
    return patches.repeat_interleave(2, dim=3).repeat_interleave(2, dim=4)


@pytest.mark.parametrize("groups", [1, 3, 18], ids=["one", "frames", "patches"])
@pytest.mark.parametrize("lowest", [CLEAN_FROM, 0.0], ids=["above", "below"])
def test_what_a_perfect_head_gives_becomes_the_velocity(groups: int, lowest: float) -> None:
    clean, noise = drawn(0), drawn(1)
    spread = torch.rand(2, groups, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    level = lowest + 0.5 * spread
    cells = per_cell(level)
    noisy, velocity = add_noise(clean, noise, cells), noise - clean
    given = clean if lowest else noisy - CLEAN_FROM * velocity
    found = velocity_from_clean(noisy, given, level, grid_shape(noisy, PATCH), PATCH)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, velocity, rtol=0, atol=1e-12)


def test_a_model_of_this_kind_differs_by_this_alone() -> None:
    sizes = {"in_channels": 4, "out_channels": 4, "dim": 48, "ffn_dim": 80, "num_heads": 2, "num_layers": 1}
    kinds = [DiTConfig(**sizes, text_dim=20, freq_dim=16, clean_prediction=kind) for kind in (False, True)]
    plain, clean = (VideoDiT(config, dtype=torch.float64) for config in kinds)
    for weight in plain.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    clean.load_state_dict(plain.state_dict())
    latents, level, text = drawn(3)[..., :5], torch.tensor([0.3, 0.9]), drawn(4).flatten(1)[:, :60].view(2, 3, 20)
    expected = (latents - plain(latents, level, text)) / level.clamp(min=CLEAN_FROM).view(2, 1, 1, 1, 1)
    torch.testing.assert_close(clean(latents, level, text), expected, rtol=0, atol=1e-7)


def test_channels_of_an_image_are_refused() -> None:
    with pytest.raises(ValueError, match="as many channels in as out, got 36 and 16"):
        DiTConfig(in_channels=36, out_channels=16, clean_prediction=True)
