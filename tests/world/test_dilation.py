"""Dilation marks all that a square around a marked pixel reaches, and nothing across the edges of frames."""

import torch

from sora_core.world.dilation import dilated


def test_it_is_the_maximum_over_squares() -> None:
    masks = (torch.rand(3, 9, 12, generator=torch.Generator().manual_seed(0)) > 0.9).float()
    for reach in (1, 2, 4):
        expected = torch.nn.functional.max_pool2d(masks[:, None], 2 * reach + 1, 1, reach)[:, 0]
        assert torch.equal(dilated(masks, reach), expected)
