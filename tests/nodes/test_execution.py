"""Sora Sampler on the tiny model, and the levels of its job."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


@pytest.fixture
def conditionings(nodes, loaded):
    encode = nodes["SoraEncodeText"]
    return [run(encode, clip=loaded[1], text=text)[0] for text in ("a red circle moves right", "")]


@pytest.fixture
def sampled(nodes, loaded, conditionings):
    latent = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=8.0, vae=loaded[2])[0]
    positive, negative = conditionings
    return run(
        nodes["SoraSampler"],
        model=loaded[0],
        positive=positive,
        negative=negative,
        latent=latent,
        seed=1,
        steps=2,
        guidance=2.0,
        shift=3.0,
    )[0]


def test_the_sampler_agrees_with_the_pipeline(nodes, sampled, tiny_model_folder):
    core = import_from_pack("sora_core.pipeline")
    pipe = core.Pipeline.load(tiny_model_folder)
    text = pipe.encode_text(["a red circle moves right"])
    shape = import_from_pack("sora_core.canvas.shapes").VideoShape(9, 32, 32)
    expected = pipe.sample_latents(text, shape, seed=1, sampling=core.SamplingOptions(steps=2, guidance=2.0, shift=3.0))
    torch.testing.assert_close(sampled["samples"], expected)


def test_a_latent_of_another_model_is_explained(nodes, loaded, conditionings):
    latent = {"samples": torch.zeros(1, 16, 1, 4, 4)}
    positive, negative = conditionings
    with pytest.raises(ValueError, match="got latents of 16 channels, this model takes 4: connect its VAE"):
        run(
            nodes["SoraSampler"],
            model=loaded[0],
            positive=positive,
            negative=negative,
            latent=latent,
            seed=0,
            steps=1,
            guidance=1.0,
            shift=1.0,
        )


def test_what_the_noise_mask_pins_comes_back_exactly(nodes, loaded, conditionings, sampled):
    level = torch.ones(1, 1, 3, 4, 4)
    level[:, :, 0] = 0
    positive, negative = conditionings
    again = run(
        nodes["SoraSampler"],
        model=loaded[0],
        positive=positive,
        negative=negative,
        latent={**sampled, "noise_mask": level},
        seed=2,
        steps=2,
        guidance=2.0,
        shift=3.0,
    )[0]
    torch.testing.assert_close(again["samples"][:, :, 0], sampled["samples"][:, :, 0])
    assert (again["samples"][:, :, 1:] - sampled["samples"][:, :, 1:]).abs().max() > 0.1


def test_noise_levels_keep_their_precision_beside_half_precision_latents(nodes):
    clean = torch.zeros(1, 4, 1, 2, 2, dtype=torch.bfloat16)
    level = torch.full((1, 1, 1, 2, 2), 0.7)
    jobs = import_from_pack("nodes.host.job")
    options = import_from_pack("sora_core.diffusion.options").SamplingOptions(steps=4, guidance=1.0)
    job = jobs.SamplingJob([], [], clean, level, 0, options)
    seen = []

    def guider(latents, noise_level):
        seen.append(noise_level)
        return torch.zeros_like(latents)

    job.run(guider, clean, (1, 2, 2))
    assert torch.equal(seen[0], torch.tensor([0.7]))  # in bfloat16 it would be 0.69921875
