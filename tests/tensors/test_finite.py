"""Values that are not finite are found and told, with what gave them and what to do."""

from __future__ import annotations

import math

import pytest
import torch

from sora_core.tensors.finite import check_finite, check_vae, is_finite


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_single_value_that_is_not_finite_is_found(value):
    values = torch.zeros(2, 3)
    assert is_finite(values)
    values[1, 2] = value
    assert not is_finite(values)


def test_an_empty_tensor_is_finite():
    assert is_finite(torch.zeros(0, 3))


def test_the_error_names_the_source_and_what_to_do():
    given = torch.ones(2)
    assert check_finite(given, "the model", "try less") is given
    with pytest.raises(FloatingPointError, match=r"^the model gave values that are not finite; try less$"):
        check_finite(given * math.nan, "the model", "try less")


def test_a_vae_that_overflows_is_told_how_to_run_it():
    with pytest.raises(FloatingPointError, match=r"the VAE gave values that are not finite.*--fp32-vae"):
        check_vae(torch.full((1, 3, 1, 2, 2), math.inf))
