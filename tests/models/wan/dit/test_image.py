"""Known frames of an image-to-video model: channels, tokens, one image for several texts, clear errors."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from sora_core.diffusion.guidance import guide
from sora_core.diffusion.timed_text import TimedText
from sora_core.models.wan.dit import DiTConfig, ImageConditioning, VideoDiT
from sora_core.models.wan.dit.layers import ImageTextAttention, KeyValue

TOKENS = DiTConfig(6, 2, 48, 80, 2, 2, 20, 16, image_dim=12)
PLAIN = DiTConfig(6, 2, 48, 80, 2, 2, 20, 16)


def random_model(config: DiTConfig) -> VideoDiT:
    torch.manual_seed(0)
    model = VideoDiT(config, dtype=torch.float64)
    for weight in model.parameters():
        nn.init.normal_(weight, mean=0.05, std=0.2)
    return model.eval()


def inputs(batch: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    shapes = (batch, 2, 3, 3, 5), (batch,), (batch, 7, 20)
    latents, level, text = (torch.rand(shape, dtype=torch.float64) for shape in shapes)
    return latents, level, text


def image(config: DiTConfig, batch: int = 2) -> ImageConditioning:
    torch.manual_seed(2)
    tokens = torch.randn(batch, 9, config.image_dim, dtype=torch.float64) if config.image_dim else None
    return ImageConditioning(torch.randn(batch, 4, 3, 3, 5, dtype=torch.float64), tokens)


def test_channels_of_an_image_are_appended_to_the_noisy_ones() -> None:
    model, (latents, level, text), known = random_model(PLAIN), inputs(), image(PLAIN)
    expected = model(torch.cat((latents, known.latents), dim=1), level, text)
    assert expected.shape == latents.shape
    assert torch.equal(model(latents, level, text, known), expected)


@pytest.mark.parametrize("config", [TOKENS, PLAIN], ids=["tokens", "plain"])
def test_everything_of_an_image_changes_the_velocity(config: DiTConfig) -> None:
    model, arguments, known = random_model(config), inputs(), image(config)
    velocity = model(*arguments, known)
    others = [ImageConditioning(known.latents + 0.1, known.tokens)]
    if known.tokens is not None:
        others.append(ImageConditioning(known.latents, known.tokens.flip(2)))
    for other in others:
        assert (model(*arguments, other) - velocity).abs().max() > 1e-3


def test_one_image_serves_the_two_texts_of_guidance() -> None:
    model, (latents, level, text), known = random_model(TOKENS), inputs(), image(TOKENS)
    guider = guide(partial(model, image=known), text, text * 0.5, 3.0)
    towards, away = model(latents, level, text, known), model(latents, level, text * 0.5, known)
    assert torch.allclose(guider(latents, level), away + 3 * (towards - away), rtol=0, atol=1e-11)


def test_image_tokens_are_prepared_with_the_text() -> None:
    model, (latents, level, text), known = random_model(TOKENS), inputs(), image(TOKENS)
    prepared = model.prepare(text, known)
    assert torch.equal(model(latents, level, prepared, known), model(latents, level, text, known))


def test_one_image_serves_a_whole_batch() -> None:
    model, arguments, known = random_model(TOKENS), inputs(3), image(TOKENS, 1)
    assert known.tokens is not None
    repeated = ImageConditioning(known.latents.expand(3, -1, -1, -1, -1), known.tokens.expand(3, -1, -1))
    assert torch.equal(model(*arguments, known), model(*arguments, repeated))


def test_gradients_reach_every_parameter_of_an_image_to_video_model() -> None:
    model = random_model(DiTConfig(6, 2, 48, 80, 2, 2, 20, 16, image_dim=12, image_positions=9))
    model(*inputs(), image(TOKENS)).square().mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().max() > 0, name


def test_bfloat16_weights_take_a_float32_image() -> None:
    model = random_model(TOKENS)
    latents, level, text = (tensor.float() for tensor in inputs())
    known = ImageConditioning(image(TOKENS).latents.float(), torch.randn(2, 9, 12))
    exact = model.float()(latents, level, text, known)
    rounded = model.bfloat16()(latents, level, text, known)
    assert rounded.dtype == torch.float32
    assert (rounded - exact).std() < 0.05 * exact.std()


def test_known_frames_are_flagged_before_their_latents() -> None:
    latents = torch.randn(2, 3, 3, 2, 2)
    level = torch.tensor([0.0, 0.4, 1.0]).view(1, 1, 3, 1, 1).expand(1, 1, 3, 2, 2)
    known = ImageConditioning.of_known(latents, level)
    assert torch.equal(known.latents[:, 4:], latents)
    assert known.latents[:, :4].unique(dim=1).shape[1] == 1
    assert known.latents[:, 0, :, 0, 0].tolist() == [[1, 0, 0]] * 2  # a level between is not known, only a start


@pytest.mark.parametrize("shape", [(1, 1, 2, 2, 2), (3, 1, 3, 2, 2), (1, 3, 3, 2, 2), (3, 2, 2)])
def test_levels_that_do_not_fit_the_known_frames_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"noise_level must be \[B 1 T H W\] for latents \(2, 3, 3, 2, 2\), got"):
        ImageConditioning.of_known(torch.zeros(2, 3, 3, 2, 2), torch.zeros(shape))


@pytest.mark.parametrize(
    ("config", "channels", "tokens", "message"),
    [
        (TOKENS, (2, 4, 3, 3, 5), None, r"this model takes image tokens \[B M 12\], got none"),
        (PLAIN, (2, 4, 3, 3, 5), (2, 9, 12), r"this model takes no image tokens, got \(2, 9, 12\)"),
        (TOKENS, (2, 4, 3, 3, 5), (2, 9, 13), r"expected image tokens \[2 M 12\], got shape \(2, 9, 13\)"),
        (TOKENS, (2, 4, 3, 3, 5), (2, 0, 12), r"expected image tokens \[2 M 12\], got shape \(2, 0, 12\)"),
        (TOKENS, (2, 4, 3, 3, 5), (1, 9, 12), r"expected image tokens \[2 M 12\], got shape \(1, 9, 12\)"),
        (PLAIN, (2, 3, 3, 3, 5), None, r"expected 6 latent channels \(4 of them from .*got shape \(2, 5, 3, 3, 5\)"),
        (
            PLAIN,
            (2, 4, 2, 3, 5),
            None,
            r"got image-conditioning latents \(2, 4, 2, 3, 5\), expected .* \(2, 2, 3, 3, 5\)",
        ),
        (PLAIN, (3, 4, 3, 3, 5), None, "got an image conditioning of batch 3 for a batch of 2; expected a divisor"),
    ],
)
def test_an_image_that_does_not_fit_is_named(
    config: DiTConfig, channels: tuple[int, ...], tokens: tuple[int, ...] | None, message: str
) -> None:
    known = ImageConditioning(torch.zeros(channels), None if tokens is None else torch.zeros(tokens))
    with pytest.raises(ValueError, match=message):
        random_model(config)(*inputs(), known)


def test_an_image_to_video_model_without_an_image_says_so() -> None:
    with pytest.raises(ValueError, match=r"expected 6 latent channels \(4 of them from ImageConditioning\), got shape"):
        random_model(PLAIN)(*inputs())


def test_more_tokens_than_positions_are_refused() -> None:
    model = random_model(DiTConfig(6, 2, 48, 80, 2, 2, 20, 16, image_dim=12, image_positions=8))
    with pytest.raises(ValueError, match=r"expected image tokens \[2 1..8 12\], got shape \(2, 9, 12\)"):
        model(*inputs(), image(TOKENS))


@pytest.mark.parametrize(("dim", "count"), [(-1, 0), (0, 3), (4, -1)])
def test_positions_are_for_tokens_of_some_width(dim: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"got {dim} and {count}"):
        DiTConfig(image_dim=dim, image_positions=count)


def test_the_image_of_several_texts_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, (latents, level, text), known = random_model(TOKENS), inputs(), image(TOKENS)
    calls, key_value = [], ImageTextAttention.image_key_value

    def counted(self: ImageTextAttention, tokens: torch.Tensor) -> KeyValue:
        calls.append(tokens)
        return key_value(self, tokens)

    monkeypatch.setattr(ImageTextAttention, "image_key_value", counted)
    one = model(latents, level, text, known)
    assert len(calls) == len(model.blocks)
    frames = latents.shape[2]
    shares = torch.stack([torch.arange(frames) < 1, torch.arange(frames) >= 1]).float()
    assert torch.allclose(model(latents, level, TimedText((text, text), shares), known), one, rtol=0, atol=1e-10)
    assert len(calls) == 2 * len(model.blocks)
