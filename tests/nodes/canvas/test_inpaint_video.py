"""Sora Inpaint Video: open where the masks are, in space and in time."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, levels, run


def test_a_region_is_open_where_the_mask_is(nodes, vae):
    region = torch.zeros(1, 64, 64)
    region[:, :, 40:] = 1
    latent, _ = run(nodes["SoraInpaintVideo"], source=clip(9), region=region, vae=vae, size=32, fps=8.0)
    assert latent["noise_mask"].shape == (1, 1, 3, 4, 4)
    assert (latent["noise_mask"][..., 2:] == 1).all()
    assert (latent["noise_mask"][..., :2] == 0).all()


def test_a_batch_of_masks_is_spread_over_the_duration(nodes, vae):
    region = torch.zeros(2, 32, 32)
    region[1] = 1
    latent, _ = run(nodes["SoraInpaintVideo"], source=clip(17), region=region, vae=vae, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 1, 1]  # frames 9 to 16


def test_a_batch_of_masks_goes_where_the_frames_go_that_it_was_made_for(nodes, vae):
    """Twice as many frames as are used: of two the later one is shown, and its mask counts."""
    for opened in (8, 9):
        region = torch.zeros(34, 32, 32)
        region[opened] = 1
        source = import_from_pack("headless.video").VideoFromComponents(clip(34), 16.0)
        inpaint = {"source": source, "region": region, "vae": vae, "size": 32, "fps": 8.0}
        if opened == 8:
            with pytest.raises(ValueError, match="a region that is 0 everywhere"):
                run(nodes["SoraInpaintVideo"], **inpaint)
        else:  # the fifth frame, the last of its latent
            assert levels(run(nodes["SoraInpaintVideo"], **inpaint)[0]) == [0, 1, 0, 0, 0]


def test_masks_keep_to_their_frames_where_the_last_frame_is_repeated(nodes, vae):
    region = torch.zeros(14, 32, 32)
    region[9] = 1  # the first frame of its latent; spread over 17 frames it would lie in the next one
    latent, _ = run(nodes["SoraInpaintVideo"], source=clip(14), region=region, vae=vae, size=32, fps=8.0)
    assert levels(latent) == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"source": clip(5), "region": torch.zeros(1, 32, 32)}, "a region that is 0 everywhere"),
        ({"source": clip(5), "region": torch.ones(1, 32, 64)}, "expected the same aspect ratio"),
        ({"source": clip(5), "region": torch.ones(0, 32, 32)}, "expected a MASK"),
    ],
)
def test_a_region_that_does_not_fit_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraInpaintVideo"], **inputs, vae=vae, size=32, fps=8.0)
