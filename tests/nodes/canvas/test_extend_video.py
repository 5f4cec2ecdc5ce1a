"""Sora Extend Video: what is known lies at the end, at the beginning or between, and is that clip."""

from __future__ import annotations

import pytest
import torch

from node_runs import clip, encoded, levels, run

SOURCES = (17, 18, 20, 5)  # frames


@pytest.mark.parametrize("frames", SOURCES)
def test_forward_the_end_of_the_source_is_kept(nodes, vae, frames):
    source = clip(frames)
    latent, _, overlap = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=0.0, after=1.0, size=32, fps=8.0)
    assert overlap == 1 + (frames - 1) // 4 * 4
    assert levels(latent) == [0] * (1 + (overlap - 1) // 4) + [1, 1]
    torch.testing.assert_close(latent["samples"][:, :, :-2], encoded(vae, source[frames - overlap :]))


@pytest.mark.parametrize("frames", SOURCES)
def test_backward_the_beginning_of_the_source_is_kept_at_the_end(nodes, vae, frames):
    latent, _, overlap = run(
        nodes["SoraExtendVideo"], source=clip(frames), vae=vae, before=1.0, after=0.0, size=32, fps=8.0
    )
    assert overlap == frames // 4 * 4
    assert levels(latent) == [1, 1, 1] + [0] * (overlap // 4)  # 9 frames before it, the least for a whole second


def test_both_ways_the_source_lies_between(nodes, vae):
    latent, _, overlap = run(
        nodes["SoraExtendVideo"], source=clip(17), vae=vae, before=1.0, after=1.0, size=32, fps=8.0
    )
    assert overlap == 17
    assert levels(latent) == [1, 1, 1, 0, 0, 0, 0, 1, 1, 1]


def test_a_latent_is_carried_on_without_a_change(nodes, vae):
    samples = torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    latent, _, overlap = run(
        nodes["SoraExtendVideo"], source={"samples": samples}, vae=vae, before=0.0, after=1.0, size=64, fps=8.0
    )
    assert torch.equal(latent["samples"][:, :, :3], samples)
    assert levels(latent) == [0, 0, 0, 1, 1]
    assert overlap == 9


@pytest.mark.slow
def test_what_is_known_decodes_to_the_source(nodes):
    """At the end of a canvas that begins with a plausible past, within twice what the VAE does at the beginning."""
    vae = run(nodes["SoraLoadModel"], model="nano (demo model)")[2]
    source = run(nodes["SoraSampleClip"], clip="circle_right")[0].images()
    latent, _, overlap = run(nodes["SoraExtendVideo"], source=source, vae=vae, before=1.0, after=0.0, size=64, fps=8.0)
    known = latent["noise_mask"][0, 0, :, 0, 0] == 0
    canvas = encoded(vae, torch.cat([source[:1].expand(9, -1, -1, -1), source[:overlap]]))
    canvas[:, :, known] = latent["samples"][:, :, known]
    decode = nodes["SoraVAEDecode"]
    whole, alone = (run(decode, samples={"samples": x}, vae=vae)[0] for x in (canvas, encoded(vae, source)))
    error = (whole[-overlap:] - source[:overlap]).square().mean()
    assert error < 2 * (alone - source).square().mean()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"source": clip(5), "before": 0.0, "after": 0.0}, "expected more than 0 of one of them"),
        ({"source": torch.zeros(0, 8, 8, 3), "before": 0.0, "after": 1.0}, "not empty"),
        ({"source": torch.zeros(5, 8, 8, 7), "before": 0.0, "after": 1.0}, "expected \\[F H W 3\\]"),
        ({"source": clip(3), "before": 1.0, "after": 0.0}, "which fills no latent frame"),
        (
            {"source": {"samples": torch.zeros(1, 4, 2, 4, 4)}, "before": 1.0, "after": 0.0},
            "seconds before a LATENT, expected 0",
        ),
    ],
)
def test_what_cannot_be_extended_is_refused_with_a_reason(nodes, vae, inputs, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraExtendVideo"], **inputs, vae=vae, size=32, fps=8.0)
