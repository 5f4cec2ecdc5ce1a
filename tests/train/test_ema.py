"""The moving average of weights: a copy at first, then a little nearer to the model with each update."""

import pytest
import torch
from torch import nn

from sora_core.train.ema import EMA


def model_of(value: float) -> nn.Linear:
    model = nn.Linear(2, 1)
    for weight in model.parameters():
        nn.init.constant_(weight, value)
    return model


def test_the_first_update_copies_and_each_later_one_goes_a_tenth_of_the_way_at_a_decay_of_nine_tenths() -> None:
    average, values = EMA(model_of(5.0), decay=0.9), []
    for value in (2.0, 3.0, 3.0):
        average.update(model_of(value))
        values.append(average.module.bias.item())
    assert values == pytest.approx([2.0, 2.1, 2.19])


def test_the_average_is_a_copy_that_training_does_not_touch() -> None:
    model = model_of(1.0)
    average = EMA(model, decay=0.9)
    average.update(model)
    nn.init.zeros_(model.weight)
    assert torch.equal(average.module.weight, torch.ones(1, 2))


def test_a_loaded_average_goes_on_and_does_not_copy_again() -> None:
    saved = EMA(model_of(0.0), decay=0.9)
    saved.update(model_of(1.0))
    loaded = EMA(model_of(0.0), decay=0.9)
    loaded.load_state_dict(saved.state_dict())
    loaded.update(model_of(2.0))
    assert loaded.module.bias.item() == pytest.approx(1.1)
