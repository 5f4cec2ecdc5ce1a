"""Sora Sampler's sigmas, shift and solver: what stands in place of what, and what the user is told."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


@pytest.fixture
def sampled(nodes):
    """Runs Sora Sampler on the tiny model, which `change` may change first: latents."""
    model, clip, _ = run(nodes["SoraLoadModel"], model="tiny")
    positive, negative = (run(nodes["SoraEncodeText"], clip=clip, text=text)[0] for text in ("a red circle", ""))
    latent = {"samples": torch.zeros(1, 4, 3, 4, 4)}

    def run_sampler(change=lambda model: model, **options):
        inputs = {"seed": 1, "steps": 4, "guidance": 2.0, "shift": 3.0, **options}
        texts = {"positive": positive, "negative": negative}
        return run(nodes["SoraSampler"], model=change(model), latent=latent, **(texts | inputs))[0]["samples"]

    return run_sampler


def sigmas_of(steps: int, shift: float) -> torch.Tensor:
    return import_from_pack("sora_core.diffusion.schedule").shifted_sigmas(steps, shift)


def with_shift(shift: float):
    node = import_from_pack("headless.core_sampling").ModelSamplingSD3
    return lambda model: node.execute(model, shift).args[0]


def test_sigmas_stand_in_place_of_steps_and_shift(sampled):
    given = sampled(sigmas=sigmas_of(3, 5.0), steps=50, shift=1.0)
    assert torch.equal(given, sampled(steps=3, shift=5.0))
    assert not torch.equal(given, sampled(steps=3, shift=3.0))


def test_a_shift_of_zero_is_the_models_own(sampled, said):
    assert torch.equal(sampled(shift=0.0), sampled(shift=3.0))
    assert torch.equal(sampled(with_shift(8.0), shift=0.0), sampled(shift=8.0))
    assert said == []


def test_a_shift_that_was_set_on_the_model_and_is_overridden_is_told(sampled, said):
    assert torch.equal(sampled(with_shift(8.0), shift=5.0), sampled(shift=5.0))
    assert said == ["Shift 5 replaces the 8 of the MODEL; 0 keeps it."]


def test_an_equal_shift_and_one_beside_sigmas_need_no_word(sampled, said):
    sampled(with_shift(8.0), shift=8.0)
    sampled(with_shift(8.0), shift=5.0, sigmas=sigmas_of(3, 5.0))
    assert said == []


@pytest.mark.parametrize(("sigmas", "message"), [([1.0], "at least one step"), ([0.5, 1.0], "fall"), ([], "one step")])
def test_sigmas_that_are_no_schedule_are_refused(sampled, sigmas, message):
    with pytest.raises(ValueError, match=message):
        sampled(sigmas=torch.tensor(sigmas))


def test_every_solver_can_be_chosen_and_an_unknown_one_is_refused(sampled):
    plain = sampled()
    names = import_from_pack("sora_core.diffusion.solvers").SOLVERS
    for name in names:
        assert torch.equal(sampled(solver=name), plain) is (name == "euler")
    with pytest.raises(ValueError, match="solver must be one of euler"):
        sampled(solver="magic")


@pytest.fixture
def conditionings(nodes, loaded):
    encode = nodes["SoraEncodeText"]
    return [run(encode, clip=loaded[1], text=text)[0] for text in ("a red circle moves right", "")]


@pytest.fixture
def nine_frames(nodes, loaded, conditionings):
    """What Sora Sampler makes of an empty canvas of 32x32, a LATENT."""
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


def test_the_sampler_agrees_with_the_pipeline(nodes, nine_frames, tiny_model_folder):
    core = import_from_pack("sora_core.pipeline")
    pipe = core.Pipeline.load(tiny_model_folder)
    text = pipe.encode_text(["a red circle moves right"])
    shape = import_from_pack("sora_core.canvas.shapes").VideoShape(9, 32, 32)
    expected = pipe.sample_latents(text, shape, seed=1, sampling=core.SamplingOptions(steps=2, guidance=2.0, shift=3.0))
    torch.testing.assert_close(nine_frames["samples"], expected)


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


def test_what_the_noise_mask_pins_comes_back_exactly(nodes, loaded, conditionings, nine_frames):
    level = torch.ones(1, 1, 3, 4, 4)
    level[:, :, 0] = 0
    positive, negative = conditionings
    again = run(
        nodes["SoraSampler"],
        model=loaded[0],
        positive=positive,
        negative=negative,
        latent={**nine_frames, "noise_mask": level},
        seed=2,
        steps=2,
        guidance=2.0,
        shift=3.0,
    )[0]
    torch.testing.assert_close(again["samples"][:, :, 0], nine_frames["samples"][:, :, 0])
    assert (again["samples"][:, :, 1:] - nine_frames["samples"][:, :, 1:]).abs().max() > 0.1


def test_a_canvas_far_from_what_the_model_was_trained_on_is_told(nodes, said, taught):
    positive, negative = (run(nodes["SoraEncodeText"], clip=taught[1], text=text)[0] for text in ("a red circle", ""))
    inputs = {"positive": positive, "negative": negative, "seed": 0, "steps": 1, "guidance": 2.0, "shift": 3.0}
    usual, far = (torch.zeros(1, 4, frames, side, side) for frames, side in ((5, 4), (9, 8)))
    run(nodes["SoraSampler"], model=taught[0], latent={"samples": usual}, **inputs)
    assert said == []
    run(nodes["SoraSampler"], model=taught[0], latent={"samples": far}, **inputs)
    assert said == ["64x64 is far from 32x32, its training size.", "33 frames at once, trained on 17: use windows."]


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        ({"positive": []}, "positive"),
        ({"positive": [], "negative": None}, "positive"),
        ({"negative": []}, "negative"),
    ],
)
def test_a_conditioning_without_entries_is_refused(sampled, texts, name):
    with pytest.raises(ValueError, match=f"got a {name} conditioning without entries"):
        sampled(**texts)
