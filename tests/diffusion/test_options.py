"""SamplingOptions: what stands in place of what, and how sigmas are read."""

from __future__ import annotations

import pytest
import torch

from sora_core.diffusion.options import SamplingOptions, parse_sigmas
from sora_core.diffusion.schedule import shifted_sigmas


def test_sigmas_stand_in_place_of_steps_and_shift():
    options = SamplingOptions(steps=50, shift=8.0, sigmas=(1.0, 0.75, 0.0))
    assert options.total_steps == 2
    assert options.levels().tolist() == [1.0, 0.75, 0.0]


def test_without_sigmas_the_levels_are_those_of_steps_and_shift():
    options = SamplingOptions(steps=4, shift=5.0)
    assert options.total_steps == 4
    assert torch.equal(options.levels(), shifted_sigmas(4, 5.0))


@pytest.mark.parametrize("text", ["1,0.9,0", "1, 0.9, 0", " 1 0.9  0 ", "1.0,9e-1,0.0"])
def test_sigmas_are_read_with_commas_or_spaces(text):
    assert parse_sigmas(text) == (1.0, 0.9, 0.0)


@pytest.mark.parametrize("text", ["", "1", "1;0", "0,1", "1.5,0", "1,-0.1", "1,nan", "inf,0"])
def test_other_sigmas_are_refused(text):
    with pytest.raises(ValueError, match="sigmas must"):
        parse_sigmas(text)


def test_a_list_of_sigmas_is_taken_as_a_tuple_so_that_options_can_be_compared():
    assert SamplingOptions(sigmas=[1.0, 0.0]) == SamplingOptions(sigmas=(1.0, 0.0))
