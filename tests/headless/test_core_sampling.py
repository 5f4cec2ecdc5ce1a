"""Core nodes about noise schedules: numbers read as the host reads them, and a shift of a MODEL's own."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack

core = import_from_pack("headless.core_sampling")


@pytest.mark.parametrize(
    ("text", "sigmas"),
    [
        ("1, 0.5", [1, 0.5]),
        ("1.0 .75\n0", [1, 0.75, 0]),
        ("[1, 0.25, -0.5]", [1, 0.25, -0.5]),
        ("from 0.9 down to 0", [0.9, 0]),
        ("none at all", []),
    ],
)
def test_every_number_of_a_text_is_a_sigma_whatever_stands_between(text, sigmas):
    (made,) = core.ManualSigmas.execute(sigmas=text).args
    assert made.dtype is torch.float32
    assert made.tolist() == pytest.approx(sigmas)


def test_a_shift_is_that_of_the_new_model_and_says_that_a_node_has_set_it(host):
    model, *_ = host.load_model("tiny")
    (shifted,) = core.ModelSamplingSD3.execute(model=model, shift=8.0).args
    assert host.shift(shifted) == (8.0, True)
    assert host.shift(model) == (3.0, False)
    assert shifted.dit is model.dit
