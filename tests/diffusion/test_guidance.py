"""Classifier-free guidance: the formula, one batch or two calls by the memory, and no second pass at scale 1."""

import math

import pytest
import torch

from sora_core.diffusion import guidance
from sora_core.diffusion.guidance import CFGGuider, guide


class Recorder:
    """A model whose velocity is the mean of its text, and which keeps the shapes it was called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, latents, noise_level, text):
        self.calls.append((tuple(latents.shape), tuple(noise_level.shape), tuple(text.shape)))
        return text.mean((1, 2)).reshape(-1, 1, 1, 1, 1).expand_as(latents)


def run(scale: float):
    model = Recorder()
    guider = guide(model, torch.full((2, 3, 4), 5.0), torch.full((2, 3, 4), 1.0), scale)
    return guider(torch.zeros(2, 16, 1, 2, 2), torch.ones(2)), model.calls


@pytest.mark.parametrize(("scale", "expected"), [(0.0, 1.0), (0.5, 3.0), (1.0, 5.0), (2.5, 11.0)])
def test_velocity_goes_from_negative_through_text_by_the_scale(scale, expected):
    velocity, _ = run(scale)
    assert velocity.shape == (2, 16, 1, 2, 2)
    assert velocity.unique().tolist() == [expected]


def test_text_and_negative_share_one_batch():
    _, calls = run(2.5)
    assert calls == [((4, 16, 1, 2, 2), (4,), (4, 3, 4))]


def test_scale_one_costs_a_single_pass():
    _, calls = run(1.0)
    assert calls == [((2, 16, 1, 2, 2), (2,), (2, 3, 4))]


@pytest.mark.parametrize("scale", [-1.0, math.inf, math.nan])
def test_a_scale_that_is_not_finite_and_positive_is_rejected(scale):
    with pytest.raises(ValueError, match="guidance"):
        run(scale)


def test_texts_of_different_shape_are_rejected():
    with pytest.raises(ValueError, match=r"\(1, 3, 4\) and \(1, 2, 4\)"):
        guide(Recorder(), torch.zeros(1, 3, 4), torch.zeros(1, 2, 4), 2.0)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_model_that_prepares_texts_does_so_once(scale):
    class Preparing(Recorder):
        prepared = 0

        def prepare(self, text):
            self.prepared += 1
            return text * 2

    model = Preparing()
    guider = guide(model, torch.full((2, 3, 4), 5.0), torch.full((2, 3, 4), 1.0), scale)
    velocities = [guider(torch.zeros(2, 16, 1, 2, 2), torch.ones(2)) for _ in range(3)]
    assert model.prepared == 1
    assert velocities[-1].unique().tolist() == [2 * run(scale)[0].unique().item()]


class Measured(Recorder):
    """A Recorder that says that each number of its latents needs 100 bytes."""

    def step_bytes(self, latents):
        return 100 * latents.numel()


ALONE = ((2, 16, 1, 2, 2), (2,), (2, 3, 4))
TOGETHER = ((4, 16, 1, 2, 2), (4,), (4, 3, 4))
ENOUGH = round(2 * guidance.SPARE * 100 * 2 * 16 * 4)


def guided(model, scale: float = 2.5, **options) -> torch.Tensor:
    guider = CFGGuider(model, torch.cat([torch.full((2, 3, 4), 5.0), torch.full((2, 3, 4), 1.0)]), scale, **options)
    return guider(torch.zeros(2, 16, 1, 2, 2), torch.ones(2))


@pytest.mark.parametrize(
    ("free", "expected"),
    [(ENOUGH, [TOGETHER]), (ENOUGH - 1, [ALONE, ALONE]), (None, [TOGETHER])],
    ids=["enough", "short", "unknown"],
)
def test_where_memory_is_short_the_texts_run_one_after_the_other(monkeypatch, free, expected):
    monkeypatch.setattr(guidance, "free_memory", lambda device: free)
    model = Measured()
    assert guided(model).unique().tolist() == [11.0]
    assert model.calls == expected


def test_a_model_that_does_not_know_its_memory_takes_one_batch(monkeypatch):
    monkeypatch.setattr(guidance, "free_memory", lambda device: 0)
    model = Recorder()
    guided(model)
    assert model.calls == [TOGETHER]


@pytest.mark.parametrize(("together", "expected"), [(True, [TOGETHER]), (False, [ALONE, ALONE])])
def test_the_choice_can_be_taken_out_of_its_hands(monkeypatch, together, expected):
    monkeypatch.setattr(guidance, "free_memory", lambda device: pytest.fail("asked for the free memory"))
    model = Measured()
    guided(model, together=together)
    assert model.calls == expected


def test_two_calls_for_want_of_memory_are_logged(monkeypatch, caplog):
    monkeypatch.setattr(guidance, "free_memory", lambda device: 0)
    with caplog.at_level("INFO"):
        guided(Measured())
    assert "one after the other: 0.0 GB needed, 0.0 free" in caplog.text
