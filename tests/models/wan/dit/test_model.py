"""What the DiT promises beyond parity: levels of three granularities, any grid, training, precision, clear errors."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sora_core.canvas.patches import positions
from sora_core.diffusion.guidance import CFGGuider
from sora_core.models.wan.dit import DiTConfig, VideoDiT

CONFIG = DiTConfig(
    in_channels=4,
    out_channels=4,
    dim=48,
    ffn_dim=80,
    num_heads=2,
    num_layers=2,
    text_dim=20,
    freq_dim=16,
    pooled_text=True,
)


def random_model(config: DiTConfig = CONFIG, dtype: torch.dtype = torch.float64) -> VideoDiT:
    """Weights with nothing at zero, unlike at the start of training."""
    torch.manual_seed(0)
    model = VideoDiT(config, dtype=dtype)
    for weight in model.parameters():
        nn.init.normal_(weight, mean=0.05, std=0.2)
    return model


def inputs(size: tuple[int, int, int] = (3, 4, 6), batch: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    text = torch.randn(batch, 5, 20, dtype=torch.float64)
    text[0, 3:] = 0
    return torch.randn(batch, 4, *size, dtype=torch.float64), text


@pytest.mark.parametrize("groups", [1, 3, 3 * 2 * 3], ids=["one", "frames", "patches"])
def test_equal_levels_at_any_granularity_give_the_velocity_of_one_level(groups: int) -> None:
    model, (latents, text) = random_model(), inputs()
    level = torch.tensor([0.3, 0.9], dtype=torch.float64)
    expected = model(latents, level, text)
    result = model(latents, level[:, None].expand(2, groups), text)
    assert torch.allclose(result, expected, rtol=0, atol=1e-12)


def test_only_distinct_timesteps_of_many_patches_are_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    model, (latents, text) = random_model(DiTConfig(**{**vars(CONFIG), "pooled_text": False})), inputs()
    level = torch.tensor([0.0, 0.4, 0.9], dtype=torch.float64)[torch.arange(36).view(2, 18) % 5 % 3]
    expected, embedded = model(latents, level, text), []
    model.time_embedding.register_forward_hook(lambda _, given, made: embedded.append(tuple(made.shape)))
    monkeypatch.setattr("sora_core.models.wan.dit.model.MANY_GROUPS", 17)
    assert torch.allclose(model(latents, level, text), expected, rtol=0, atol=1e-12)
    assert embedded == [(3, 48)]


def test_a_level_per_frame_equals_the_same_levels_per_patch_on_an_odd_grid() -> None:
    model, (latents, text) = random_model(), inputs((3, 3, 5))
    level = torch.rand(2, 3, dtype=torch.float64)
    per_patch = level.repeat_interleave(2 * 3, dim=1)
    assert torch.allclose(model(latents, level, text), model(latents, per_patch, text), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1, 1), (1, 4, 4), (2, 1, 3), (9, 3, 2)])
def test_any_grid_is_taken_and_returned(size: tuple[int, int, int]) -> None:
    latents, text = inputs(size)
    assert random_model()(latents, torch.tensor([0.2, 0.7]), text).shape == latents.shape


def test_a_sample_does_not_depend_on_the_rest_of_the_batch() -> None:
    model, (latents, text) = random_model(), inputs()
    level = torch.rand(2, 3, dtype=torch.float64)
    together = model(latents, level, text)
    alone = torch.cat([model(latents[i : i + 1], level[i : i + 1], text[i : i + 1]) for i in range(2)])
    assert torch.allclose(together, alone, rtol=0, atol=1e-12)


def test_only_distances_between_patches_matter() -> None:
    model, (latents, text) = random_model(), inputs()
    steps, places = torch.tensor([200.0, 700.0]), positions((3, 2, 3))
    here = model.velocity(latents, steps, text, places)
    there = model.velocity(latents, steps, text, places + torch.tensor([7.0, 3.0, 5.0]))
    stretched = model.velocity(latents, steps, text, places * 2)
    assert torch.allclose(here, there, rtol=0, atol=1e-12)
    assert not torch.allclose(here, stretched, rtol=0, atol=1e-3)


def test_pooled_text_ignores_positions_without_a_token() -> None:
    model, (_, text) = random_model(), inputs()
    padded = torch.cat((text, torch.zeros(2, 4, 20, dtype=text.dtype)), dim=1)
    short, long = model.prepare(text).pooled, model.prepare(padded).pooled
    assert short is not None
    assert long is not None
    assert torch.allclose(short, long, rtol=0, atol=1e-12)
    assert not torch.allclose(short, model.prepare(text * 2).pooled, rtol=0, atol=1e-3)


def test_pooled_text_of_an_empty_prompt_is_zero() -> None:
    model, (latents, text) = random_model(), inputs()
    plain = random_model(DiTConfig(**{**vars(CONFIG), "pooled_text": False}))
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("text_pool.")})
    assert model.text_pool is not None
    nn.init.zeros_(model.text_pool.bias)
    level, empty = torch.tensor([0.5, 0.5], dtype=text.dtype), torch.zeros_like(text)
    assert torch.equal(model(latents, level, empty), plain(latents, level, empty))
    assert not torch.equal(model(latents, level, text), plain(latents, level, text))


@pytest.mark.parametrize("pooled", [True, False])
def test_text_prepared_once_gives_the_same_bits_in_every_step(pooled: bool) -> None:
    model, (latents, text) = random_model(DiTConfig(**{**vars(CONFIG), "pooled_text": pooled})), inputs()
    prepared = model.prepare(text)
    for level in (torch.tensor([1.0, 0.2], dtype=text.dtype), torch.rand(2, 3, dtype=text.dtype)):
        assert torch.equal(model(latents, level, prepared), model(latents, level, text))


@pytest.mark.parametrize("pooled", [True, False])
def test_prepared_text_splits_into_that_of_each_sample(pooled: bool) -> None:
    model, (latents, text) = random_model(DiTConfig(**{**vars(CONFIG), "pooled_text": pooled})), inputs()
    level = torch.tensor([1.0, 0.2], dtype=text.dtype)
    for index, part in enumerate(model.prepare(text).chunk(2)):
        own = slice(index, index + 1)
        expected = model(latents[own], level[own], text[own])
        assert torch.allclose(model(latents[own], level[own], part), expected, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_guidance_in_two_calls_equals_that_in_one_batch() -> None:
    model, (latents, text) = random_model(), inputs(batch=4)
    level = torch.rand(2, 3, dtype=text.dtype)
    with torch.no_grad():
        one, two = (
            CFGGuider(model, model.prepare(text), 3.0, together=way)(latents[:2], level) for way in (True, False)
        )
    assert torch.allclose(one, two, rtol=0, atol=1e-11)
    assert one.std() > 0.1


def test_text_prepared_for_another_batch_is_refused() -> None:
    model, (latents, text) = random_model(), inputs()
    with pytest.raises(ValueError, match="expected text prepared for 2 samples, got text for 1"):
        model(latents, torch.ones(2, dtype=text.dtype), model.prepare(text[:1]))


@pytest.mark.parametrize("levels", [(2,), (2, 3), (2, 18)], ids=["sample", "frame", "patch"])
def test_gradients_reach_every_parameter(levels: tuple[int, ...]) -> None:
    model, (latents, text) = random_model(), inputs()
    model(latents, torch.rand(levels, dtype=torch.float64), text).square().mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().max() > 0, name


@pytest.mark.slow
def test_a_fresh_model_predicts_zero_and_learns_from_the_first_step() -> None:
    torch.manual_seed(0)
    model, (latents, text) = VideoDiT(CONFIG, dtype=torch.float64), inputs()
    level = torch.tensor([0.2, 0.7])
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(20):
        loss = (model(latents, level, text) - latents).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(latents.square().mean().item())
    assert losses[-1] < 0.5 * losses[0]


def test_bfloat16_weights_take_and_return_float32_latents() -> None:
    model, (latents, text) = random_model(dtype=torch.float32), inputs()
    level = torch.tensor([0.3, 0.9])
    exact = model(latents.float(), level, text.float())
    rounded = model.to(torch.bfloat16)(latents.float(), level, text.float())
    assert rounded.dtype == torch.float32
    assert (rounded - exact).std() < 0.05 * exact.std()


def test_autocast_keeps_close_to_float32() -> None:
    model, (latents, text) = random_model(dtype=torch.float32), inputs()
    level = torch.tensor([0.3, 0.9])
    exact = model(latents.float(), level, text.float())
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model(latents.float(), level, text.float())
    assert (rounded - exact).std() < 0.05 * exact.std()


class CastingLinear(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class CastingConv3d(nn.Conv3d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv3d(x, self.weight.to(x.dtype), self.bias.to(x.dtype), self.stride)  # type: ignore[union-attr]


class CastingLayerNorm(nn.LayerNorm):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight, bias = (p if p is None else p.to(x.dtype) for p in (self.weight, self.bias))
        return F.layer_norm(x, self.normalized_shape, weight, bias, self.eps)


class CastingRMSNorm(nn.RMSNorm):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


def test_injected_layers_compute_in_the_dtype_of_the_latents() -> None:
    casting = SimpleNamespace(
        Linear=CastingLinear, Conv3d=CastingConv3d, LayerNorm=CastingLayerNorm, RMSNorm=CastingRMSNorm
    )
    plain, (latents, text) = random_model().to(torch.bfloat16), inputs()
    hosted = VideoDiT(CONFIG, dtype=torch.bfloat16, operations=casting)
    hosted.load_state_dict(plain.state_dict())
    arguments = (torch.tensor([300.0, 900.0]), text, positions((3, 2, 3)))
    result = hosted.velocity(latents, *arguments)
    assert result.dtype == torch.float64
    assert torch.allclose(result, plain.double().velocity(latents, *arguments), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("latents", "level", "text", "message"),
    [
        ((2, 3, 3, 4, 6), (2,), (2, 5, 20), r"expected 4 latent channels, got shape \(2, 3, 3, 4, 6\)"),
        ((2, 4, 4, 6), (2,), (2, 5, 20), r"expected latents \[B C T H W\].*got shape \(2, 4, 4, 6\)"),
        ((2, 4, 3, 4, 6), (2,), (2, 5, 21), r"expected text \[2 L 20\].*got shape \(2, 5, 21\)"),
        ((2, 4, 3, 4, 6), (2,), (1, 5, 20), r"expected text \[2 L 20\].*got shape \(1, 5, 20\)"),
        ((2, 4, 3, 4, 6), (2,), (2, 0, 20), r"expected text \[2 L 20\] with L >= 1"),
        ((2, 4, 3, 4, 6), (3,), (2, 5, 20), r"expected noise_level \[2\], \[2 3\].*\[2 18\].*got shape \(3,\)"),
        ((2, 4, 3, 4, 6), (2, 4), (2, 5, 20), r"expected noise_level .* got shape \(2, 4\)"),
    ],
)
def test_inputs_that_do_not_fit_are_named(
    latents: tuple[int, ...], level: tuple[int, ...], text: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        random_model()(torch.zeros(latents), torch.zeros(level), torch.zeros(text))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"dim": 50, "num_heads": 4}, "got 50 for 4 heads"),
        ({"num_layers": 0}, "all sizes must be >= 1"),
        ({"patch_size": (2, 2)}, r"patch_size must be three sizes >= 1, got \(2, 2\)"),
        ({"freq_dim": 15}, "freq_dim must be even, got 15"),
    ],
)
def test_sizes_that_make_no_model_are_rejected(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DiTConfig(**sizes)  # type: ignore[arg-type]


def test_a_config_that_went_through_json_equals_the_original():
    again = DiTConfig(**json.loads(json.dumps(asdict(CONFIG))))
    assert again == CONFIG
    assert hash(again) == hash(CONFIG)


def test_a_config_takes_one_timestep_per_clip_unless_it_says_otherwise() -> None:
    assert DiTConfig().timestep_patch is None
    assert DiTConfig(per_token_timesteps=True, patch_size=(1, 4, 2)).timestep_patch == (1, 4, 2)
