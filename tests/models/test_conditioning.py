"""Encoded prompts are one tensor [B L D], and anything else is refused."""

import pytest
import torch

from sora_core.models.conditioning import TextConditioning


def test_there_are_as_many_prompts_as_rows() -> None:
    assert len(TextConditioning(torch.zeros(3, 5, 8))) == 3


@pytest.mark.parametrize("shape", [(5, 8), (1, 3, 5, 8)])
def test_embeddings_of_another_shape_are_refused_with_it(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"text embeddings must be \[B L D\], got shape \(" + str(shape[0])):
        TextConditioning(torch.zeros(shape))
