"""Files of every published kind of Wan DiT load in every layout and give the velocities of diffusers' model.

The kinds at small sizes: two blocks, heads 128 wide as in all of Wan. In float64 the maths are compared, in float32
what a user sees: the error is at most 1e-4 of the spread of the output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from sora_core.canvas.patches import pad_to_patch
from sora_core.checkpoint import load_dit
from sora_core.models.wan.dit import DiTConfig, ImageConditioning, VideoDiT
from wan_reference import Reference, our_name

pytestmark = pytest.mark.slow

TEXT_LENGTH = 512  # diffusers tells text from image tokens by it
SIZES = [(3, 4, 6), (1, 2, 2), (2, 5, 7)]
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-4}


@dataclass(frozen=True)
class Kind:
    """A published kind: its config, how many image tokens it takes, and whether it takes a level for each patch."""

    config: DiTConfig
    tokens: int = 0
    per_patch: bool = False


def sizes(channels: int, out: int, heads: int, image_dim: int = 0, positions: int = 0) -> DiTConfig:
    return DiTConfig(
        *(channels, out, 128 * heads, 160, heads, 2, 24, 32),
        image_dim=image_dim,
        image_positions=positions,
        per_token_timesteps=channels == 48,  # Wan 2.2 TI2V alone has learnt it
    )


KINDS = {
    "2.1 T2V 1.3B": Kind(sizes(16, 16, 1)),
    "2.1 and 2.2 T2V 14B": Kind(sizes(16, 16, 2)),
    "2.1 I2V 14B": Kind(sizes(36, 16, 2, image_dim=40), tokens=257),
    "2.1 FLF2V 14B": Kind(sizes(36, 16, 2, image_dim=40, positions=514), tokens=514),
    "2.2 I2V A14B": Kind(sizes(36, 16, 2)),
    "2.2 TI2V 5B": Kind(sizes(48, 48, 1), per_patch=True),
}


class Case:
    """Reference and inputs of a kind; the error of a model of ours beside them."""

    def __init__(self, kind: Kind, dtype: torch.dtype) -> None:
        self.kind, self.dtype = kind, dtype
        self.reference = Reference(kind.config, dtype, mean=0.01, std=0.08)

    def tensors(self) -> dict[str, torch.Tensor]:
        return dict(self.reference.model.state_dict())

    def inputs(
        self, size: tuple[int, int, int]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """For a batch of two: all channels, levels, text, image tokens."""
        generator = torch.Generator().manual_seed(2)
        t, h, w = size[0], -(-size[1] // 2), -(-size[2] // 2)

        def random(*shape: int) -> torch.Tensor:
            return torch.randn(2, *shape, generator=generator, dtype=torch.float64).to(self.dtype)

        level = torch.rand(2, t * h * w, generator=generator, dtype=torch.float64).to(self.dtype)
        tokens = random(self.kind.tokens, self.kind.config.image_dim) if self.kind.tokens else None
        latents, text = random(self.kind.config.in_channels, *size), random(TEXT_LENGTH, 24)
        return latents, level if self.kind.per_patch else level[:, 0], text, tokens

    @torch.no_grad()
    def error(self, ours: VideoDiT, size: tuple[int, int, int]) -> float:
        """Largest difference of the two, in units of the output's spread."""
        channels, level, text, tokens = self.inputs(size)
        t, h, w = size
        theirs = self.reference(pad_to_patch(channels, (1, 2, 2)), level, text, tokens)[:, :, :t, :h, :w]
        out = self.kind.config.out_channels
        image = ImageConditioning(channels[:, out:], tokens) if channels.shape[1] > out else None
        difference = ours(channels[:, :out], level, text, image) - theirs
        return (difference.abs().max() / theirs.std()).item()


@pytest.fixture(scope="module", params=[torch.float64, torch.float32], ids=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest, dtype: torch.dtype) -> Case:
    return Case(KINDS[request.param], dtype)


def saved(path: Path, tensors: Mapping[str, torch.Tensor]) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def official(tensors: Mapping[str, torch.Tensor], prefix: str = "") -> dict[str, torch.Tensor]:
    return {prefix + our_name(name): tensor for name, tensor in tensors.items()}


def test_a_file_of_diffusers_is_known_and_gives_its_velocities(case: Case, tmp_path: Path) -> None:
    model = load_dit(saved(tmp_path / "a.safetensors", case.tensors()), dtype=case.dtype)
    assert model.config == case.kind.config
    for size in SIZES:
        assert case.error(model, size) <= TOLERANCE[case.dtype]


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model.", "diffusion_model."])
def test_a_file_in_the_official_layout_is_the_same_model(case: Case, prefix: str, tmp_path: Path) -> None:
    model = load_dit(saved(tmp_path / "a.safetensors", official(case.tensors(), prefix)), dtype=case.dtype)
    assert model.config == case.kind.config
    assert case.error(model, SIZES[0]) <= TOLERANCE[case.dtype]


def test_the_comparison_notices_a_change_in_any_tensor_for_images(tmp_path: Path) -> None:
    case = Case(KINDS["2.1 FLF2V 14B"], torch.float64)
    model = load_dit(saved(tmp_path / "a.safetensors", case.tensors()))
    weights = {name: weight for name, weight in model.named_parameters() if "img" in name}
    assert len(weights) == 9 + 2 * 5
    for name, weight in weights.items():
        with torch.no_grad():
            kept = weight.clone()
            weight.view(-1)[0] += 0.3
            error = case.error(model, (1, 2, 4))
            weight.copy_(kept)
        assert error > 1000 * TOLERANCE[torch.float64], name


def test_the_comparison_notices_image_tokens_in_another_order(tmp_path: Path) -> None:
    case = Case(KINDS["2.1 FLF2V 14B"], torch.float64)
    model = load_dit(saved(tmp_path / "a.safetensors", case.tensors()))
    assert model.img_emb is not None
    with torch.no_grad():
        model.img_emb.emb_pos.copy_(model.img_emb.emb_pos.flip(1))
    assert case.error(model, (1, 2, 2)) > 1000 * TOLERANCE[torch.float64]
