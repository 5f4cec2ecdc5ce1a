"""Masks put on each other, by hand."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack


@pytest.fixture
def put():
    """put(destination, source, x, y, operation) -> mask, of lists and as a tensor [1 H W]."""
    composite = import_from_pack("headless.core_masks").MaskComposite

    def run(destination, source, x, y, operation):
        below, above = torch.tensor(destination), torch.tensor(source)
        (mask,) = composite.execute(destination=below, source=above, x=x, y=y, operation=operation).args
        return mask

    return run


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("multiply", [0, 0.25, 0, 0.5]),
        ("add", [0, 1, 1, 1]),
        ("subtract", [0, 0, 0, 0.5]),
        ("and", [0, 0, 0, 0]),  # a half is rounded to 0
        ("or", [0, 0, 1, 1]),
        ("xor", [0, 0, 1, 1]),
    ],
)
def test_each_operation_is_that_of_its_name_and_stays_in_0_to_1(put, operation, expected):
    mask = put([[[0, 0.5, 0.0, 1.0]]], [[[0, 0.5, 1.0, 0.5]]], 0, 0, operation)
    assert mask.tolist() == [[expected]]


def test_a_mask_lies_at_its_place_and_is_cut_at_the_edges(put):
    mask = put([[[0.0] * 4] * 3], [[[1.0] * 3] * 2], 2, 2, "add")
    assert mask.tolist() == [[[0] * 4, [0] * 4, [0, 0, 1, 1]]]
    assert put([[[0.0] * 4] * 3], [[[1.0]]], 4, 0, "add").sum() == 0


def test_what_is_put_on_a_mask_leaves_the_given_one_alone():
    composite = import_from_pack("headless.core_masks").MaskComposite
    below = torch.zeros(2, 3)  # as core's older mask nodes give it
    (mask,) = composite.execute(destination=below, source=torch.ones(2, 3), x=0, y=0, operation="or").args
    assert mask.tolist() == [[[1] * 3] * 2]
    assert below.sum() == 0


def test_a_solid_mask_is_of_one_value_and_as_high_as_it_is_asked_for():
    (mask,) = import_from_pack("headless.core_masks").SolidMask.execute(value=0.25, width=3, height=2).args
    assert mask.tolist() == [[[0.25] * 3] * 2]
