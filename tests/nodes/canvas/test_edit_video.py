"""Sora Edit Video: every place starts from the source at one strength."""

from __future__ import annotations

import pytest
import torch

from node_runs import clip, encoded, levels, run


def test_an_edit_starts_at_its_strength_everywhere(nodes, vae):
    latent, _ = run(nodes["SoraEditVideo"], source=clip(15), vae=vae, strength=0.75, size=32, fps=8.0)
    assert levels(latent) == [0.75] * 5  # 15 frames, the last one repeated to 17
    torch.testing.assert_close(latent["samples"][:, :, :4], encoded(vae, clip(15)[:13]))


def test_a_strength_out_of_range_is_refused(nodes, vae):
    with pytest.raises(ValueError, match=r"strength must lie in 0\.\.1, got 1\.5"):
        run(nodes["SoraEditVideo"], source=clip(5), vae=vae, strength=1.5, size=32, fps=8.0)


def test_a_strength_of_zero_says_that_nothing_changes(nodes, vae, said):
    for strength in (0.0, 0.1):
        run(nodes["SoraEditVideo"], source=clip(5), vae=vae, strength=strength, size=32, fps=8.0)
    assert [notice for notice in said if "strength" in notice] == ["strength 0: the source comes back as it is"]
