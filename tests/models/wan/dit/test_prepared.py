"""Prompts of stretches in the DiT: a frame sees its own text, shares add up, and a window equals its part."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sora_core.diffusion.guidance import TimedGuider, guide
from sora_core.diffusion.timed_text import TimedText
from sora_core.models.wan.dit import VideoDiT
from sora_core.models.wan.dit.layers import FrameShares, KeyValue, TimedKeyValues, attend, attend_over_time
from sora_core.models.wan.dit.prepared import PreparedText, shares_on_grid
from tests.models.wan.dit.test_model import CONFIG, inputs, random_model

LEVEL = torch.tensor([0.3, 0.9], dtype=torch.float64)
PLAIN = replace(CONFIG, pooled_text=False)
HARD = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])


def close(one: torch.Tensor, two: torch.Tensor) -> bool:
    return torch.allclose(one, two, rtol=0, atol=1e-10)


@pytest.mark.parametrize("config", [CONFIG, PLAIN], ids=["pooled", "not pooled"])
@pytest.mark.parametrize("groups", [1, 3, 18], ids=["one", "frames", "patches"])
def test_texts_that_are_equal_are_one_text(config, groups):
    model, (latents, text) = random_model(config), inputs()
    level, expected = LEVEL[:, None].expand(2, groups), model(latents, LEVEL, text)
    assert close(model(latents, level, TimedText((text, text), HARD)), expected)
    soft = torch.tensor([[1.0, 0.25, 0.0], [0.0, 0.75, 1.0]])
    assert close(model(latents, level, TimedText((text, text), soft)), expected)
    assert close(
        model(latents, level, TimedText((text, 2 * text), torch.tensor([[1.0], [0.0]]).expand(2, 3))), expected
    )


def test_a_frame_attends_to_its_own_texts_by_their_shares():
    torch.manual_seed(2)
    q = torch.randn(2, 6, 2, 8)  # 3 frames of 2 patches
    texts = tuple(KeyValue(*torch.randn(2, 2, length, 2, 8)) for length in (4, 7))
    shares = torch.tensor([[1.0, 0.25, 0.0], [0.0, 0.75, 1.0]])
    first, second = (attend(q, *text).unflatten(1, (3, 2)) for text in texts)
    result = attend_over_time(attend, q, TimedKeyValues(texts, FrameShares.of(shares, q.device))).unflatten(1, (3, 2))
    torch.testing.assert_close(result[:, 0], first[:, 0])
    torch.testing.assert_close(result[:, 1], 0.25 * first[:, 1] + 0.75 * second[:, 1])
    torch.testing.assert_close(result[:, 2], second[:, 2])


@pytest.mark.parametrize("config", [CONFIG, PLAIN], ids=["pooled", "not pooled"])
def test_prepared_texts_give_the_same_and_split_along_the_batch(config):
    model, (latents, text) = random_model(config), inputs()
    timed = TimedText((text, text.flip(1)[:, :4]), HARD)
    expected, prepared = model(latents, LEVEL, timed), model.prepare(timed)
    assert isinstance(prepared, PreparedText)
    assert (prepared.batch, prepared.frames) == (2, 3)
    assert not close(expected, model(latents, LEVEL, text))
    assert close(model(latents, LEVEL, prepared), expected)
    parts = [model(latents[i : i + 1], LEVEL[i : i + 1], part) for i, part in enumerate(prepared.chunk(2))]
    assert close(torch.cat(parts), expected)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_guider_of_a_window_is_that_of_its_frames(scale):
    model, (latents, text) = random_model(), inputs()
    other, negative = 2 * text, 0 * text
    guider = guide(model, TimedText((text, other), HARD), negative, scale)
    assert isinstance(guider, TimedGuider)
    assert not close(guider(latents, LEVEL), guide(model, text, negative, scale)(latents, LEVEL))
    window = guider.within(range(1, 3))
    assert close(window(latents[:, :, 1:], LEVEL), guide(model, other, negative, scale)(latents[:, :, 1:], LEVEL))


def test_shares_name_the_frames_of_each_text_once_for_all_blocks():
    shares = FrameShares.of(torch.tensor([[1.0, 0.25, 0.0], [0.0, 0.75, 1.0], [0.0, 0.0, 0.0]]), torch.device("cpu"))
    assert shares.frames == 3
    assert [places.tolist() for places, _ in shares.seen] == [[0, 1], [1, 2], []]
    assert [share.tolist() for _, share in shares.seen] == [[1, 0.25], [0.75, 1], []]


def test_frames_of_one_patch_have_the_mean_of_their_shares():
    shares = torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0]])
    assert shares_on_grid(shares, 2).tolist() == [[1, 0.5, 0], [0, 0.5, 1]]
    assert torch.equal(shares_on_grid(shares, 1), shares)
    model = random_model(replace(CONFIG, patch_size=(2, 2, 2)))
    latents, text = inputs((5, 4, 6))
    assert close(model(latents, LEVEL, TimedText((text, text), shares)), model(latents, LEVEL, text))


def refused(model: VideoDiT, text: object) -> str:
    with pytest.raises(ValueError, match="expected") as error:
        model(inputs()[0], LEVEL, text)
    return str(error.value)


def test_texts_of_another_length_or_width_are_refused():
    model, (_, text) = random_model(), inputs()
    short = TimedText((text, text), HARD[:, :2])
    assert refused(model, short) == "expected texts of 3 latent frames, got texts of 2"
    assert refused(model, model.prepare(short)) == "expected text prepared for 3 frames of patches, got text for 2"
    assert "expected text [2 L 20]" in refused(model, TimedText((text, text[..., :7]), HARD))
    assert "text for 1" in refused(model, model.prepare(TimedText((text[:1], text[:1]), HARD)))
