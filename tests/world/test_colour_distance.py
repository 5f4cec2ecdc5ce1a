"""The distance of colours is that of their red, green and blue, over whole clips."""

import torch

from sora_core.world.colour_distance import colour_distance


def test_it_is_the_length_of_the_difference_at_every_pixel() -> None:
    clip, colour = torch.rand(3, 2, 4, 5, generator=torch.Generator().manual_seed(0)), torch.tensor([0.2, 0.4, 0.9])
    away = colour_distance(clip, colour.view(3, 1, 1, 1))
    assert away.shape == (2, 4, 5)
    torch.testing.assert_close(away, (clip - colour.view(3, 1, 1, 1)).norm(dim=0))
    assert torch.equal(colour_distance(clip, (0.2, 0.4, 0.9)), away)
    assert torch.equal(colour_distance(clip, colour[:, None].expand(3, 2)), away)  # one for each frame
    assert colour_distance(colour, colour) == 0
