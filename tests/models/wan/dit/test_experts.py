"""Two experts answer, each for its noise levels, as the one model would."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sora_core.models.wan.dit import DiTConfig, Experts, ImageConditioning, VideoDiT

CONFIG = DiTConfig(6, 2, 48, 80, 2, 1, 20, 16, image_dim=12)


def expert(seed: int, config: DiTConfig = CONFIG) -> VideoDiT:
    torch.manual_seed(seed)
    model = VideoDiT(config, dtype=torch.float64)
    for weight in model.parameters():
        nn.init.normal_(weight, mean=0.05, std=0.2)
    return model.eval()


@pytest.fixture(scope="module")
def experts() -> Experts:
    return Experts(expert(0), expert(1), 0.875)


def inputs(batch: int = 4) -> tuple[torch.Tensor, torch.Tensor, ImageConditioning]:
    torch.manual_seed(2)
    latents, known = (torch.randn(batch, channels, 2, 2, 4, dtype=torch.float64) for channels in (2, 4))
    text, tokens = (torch.randn(batch, length, dim, dtype=torch.float64) for length, dim in ((5, 20), (9, 12)))
    return latents, text, ImageConditioning(known, tokens)


@pytest.mark.parametrize(("level", "answers"), [(1.0, "high"), (0.875, "high"), (0.8749, "low"), (0.0, "low")])
@pytest.mark.parametrize("groups", [None, 2, 4], ids=["sample", "frame", "patch"])
def test_the_noise_level_decides_who_answers(experts: Experts, level: float, answers: str, groups: int | None) -> None:
    latents, text, known = inputs()
    levels = torch.full((4,) if groups is None else (4, groups), level, dtype=torch.float64)
    if groups is not None:
        levels[:, 0] = 0  # a known part does not make the rest less noisy
    expected = getattr(experts, answers)(latents, levels, text, known)
    assert torch.equal(experts(latents, levels, text, known), expected)


def test_samples_on_both_sides_of_the_boundary_each_get_their_expert(experts: Experts) -> None:
    latents, text, known = inputs()
    level = torch.tensor([0.2, 0.9, 0.5, 1.0], dtype=torch.float64)
    velocity = experts(latents, level, text, known)
    for row, model in enumerate((experts.low, experts.high, experts.low, experts.high)):
        alone = model(*(tensor[row : row + 1] for tensor in (latents, level, text)), known.rows(torch.arange(4) == row))
        assert torch.allclose(velocity[row], alone[0], rtol=0, atol=1e-12)


def test_the_boundary_of_image_to_video_is_met_in_float32(experts: Experts) -> None:
    latents, text, known = inputs()
    pair = Experts(experts.high, experts.low, 0.9)
    level = torch.full((4,), 0.9, dtype=torch.float32)
    assert torch.equal(pair(latents, level, text, known), experts.high(latents, level, text, known))


def test_gradients_reach_both_experts_of_a_mixed_batch() -> None:
    latents, text, known = inputs()
    pair = Experts(expert(0), expert(1), 0.5)
    pair(latents, torch.tensor([0.2, 0.9, 0.4, 1.0]), text, known).square().mean().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in pair.parameters())


def test_experts_look_like_one_model(experts: Experts) -> None:
    assert experts.config == CONFIG
    assert experts.dtype == torch.float64
    assert len(list(experts.parameters())) == 2 * len(list(experts.high.parameters()))


@pytest.mark.parametrize("boundary", [0.0, 1.0, 875.0, float("nan")])
def test_a_boundary_that_is_no_level_is_refused(experts: Experts, boundary: float) -> None:
    with pytest.raises(ValueError, match="boundary must be a noise level between 0 and 1"):
        Experts(experts.high, experts.low, boundary)


def test_experts_of_two_sizes_are_refused() -> None:
    other = expert(1, DiTConfig(6, 2, 48, 64, 2, 1, 20, 16, image_dim=12))
    with pytest.raises(
        ValueError, match=r"the two experts must have the same config, got .*ffn_dim=80.* and .*ffn_dim=64"
    ):
        Experts(expert(0), other, 0.875)
