"""Sora Two Experts where there is no ComfyUI: two models as one in Sora Sampler."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from wan_folders import wan_pipeline

pytestmark = pytest.mark.slow

LEVELS = (1.0, 0.9, 0.75, 0.5)  # of four steps at shift 3


def run(node, **inputs):
    return node.execute(**inputs).args


@pytest.fixture
def pair(nodes):
    """Two models of one config with different weights."""
    high, low = (run(nodes["SoraLoadModel"], model="tiny")[0] for _ in range(2))
    with torch.no_grad():
        low.dit.head.head.weight.mul_(-1)
    return high, low


@pytest.fixture
def join(nodes):
    """join(high, low, boundary=0.875) -> MODEL."""

    def two_experts(high, low, boundary=0.875):
        return run(nodes["SoraTwoExperts"], high_noise=high, low_noise=low, boundary=boundary)[0]

    return two_experts


@pytest.fixture
def sample(nodes):
    """Runs Sora Sampler on a canvas whose first latent frame is known, or on an empty one."""
    clip = run(nodes["SoraLoadModel"], model="tiny")[1]
    positive, negative = (run(nodes["SoraEncodeText"], clip=clip, text=text)[0] for text in ("a red circle", ""))
    clean = torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))

    def run_sampler(model, first=0.0):
        level = torch.tensor((first, 1.0, 1.0)).view(1, 1, 3, 1, 1).expand(1, 1, 3, 4, 4)
        how = {"seed": 1, "steps": 4, "guidance": 2.0, "shift": 3.0, "positive": positive, "negative": negative}
        return run(nodes["SoraSampler"], model=model, latent={"samples": clean, "noise_mask": level}, **how)[0][
            "samples"
        ]

    return run_sampler


@pytest.mark.parametrize("first", [0.0, 1.0], ids=["known", "empty"])
def test_a_model_joined_with_itself_is_that_model(pair, join, sample, first):
    assert torch.equal(sample(join(pair[0], pair[0]), first), sample(pair[0], first))


@pytest.mark.parametrize(("boundary", "high_steps"), [(0.95, 1), (0.875, 2), (0.6, 3)])
def test_the_boundary_decides_who_draws_which_steps(pair, join, sample, boundary, high_steps):
    asked = []
    for name, model in zip(("high", "low"), pair, strict=True):
        model.dit.register_forward_pre_hook(lambda *_, name=name: asked.append(name))
    sample(join(*pair, boundary))
    assert asked == ["high"] * high_steps + ["low"] * (len(LEVELS) - high_steps)


def test_what_is_known_is_held_and_the_two_given_models_stay_what_they_are(pair, join, sample):
    alone = [sample(model) for model in pair]
    made = sample(join(*pair))
    assert torch.equal(made[:, :, 0], alone[0][:, :, 0])
    assert all((made - other)[:, :, 1:].abs().max() > 0.01 for other in alone)
    assert all(torch.equal(sample(model), other) for model, other in zip(pair, alone, strict=True))


def test_the_wishes_of_the_first_stay_and_others_of_the_second_are_refused(nodes, pair, join):
    host = import_from_pack("nodes.host").current()
    high, low = (run(nodes["SoraResample"], model=model, jumps=2)[0] for model in pair)
    assert (
        host.sampling_options(join(high, low)).resampling == host.sampling_options(join(high, pair[1])).resampling == 2
    )
    with pytest.raises(
        ValueError, match="from Sora Resample, Sora History Guidance, Sora Windows or Sora Rolling Window: connect"
    ):
        join(pair[0], low)


def test_an_expert_that_is_two_already_is_refused(pair, join):
    one = join(*pair)
    with pytest.raises(ValueError, match="got two experts as high_noise, expected one MODEL that is a single expert"):
        join(one, pair[1])
    with pytest.raises(ValueError, match="got two experts as low_noise, expected one MODEL that is a single expert"):
        join(pair[0], one)


def test_two_of_different_configs_are_refused_with_both(nodes, pair, join):
    (other, *_) = run(nodes["SoraLoadModel"], model="nano (demo model)")
    with pytest.raises(ValueError, match=r"the two experts must have the same config, got .*dim=32.* and .*dim="):
        join(pair[0], other)


@pytest.mark.parametrize("boundary", [0.0, 1.0, 1.5])
def test_a_boundary_that_is_no_level_is_refused(pair, join, boundary):
    with pytest.raises(ValueError, match=f"boundary must be a noise level between 0 and 1, got {boundary}"):
        join(*pair, boundary)


def test_a_folder_of_two_experts_makes_a_video(nodes, tmp_path):
    headless_host = import_from_pack("headless.host").HeadlessHost
    wan_pipeline(experts=True).save_pretrained(tmp_path / "roots" / "a14b")
    terminal = import_from_pack("headless.terminal").Terminal()
    host = headless_host(model_roots=[tmp_path / "roots"], temp=tmp_path / "temp", device="cpu", terminal=terminal)
    import_from_pack("nodes.host").install(host)
    model, clip, vae = run(nodes["SoraLoadModel"], model="a14b")
    assert (model.dit.boundary, model.dit.config.dim) == (0.6, 128)
    latent, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=0.5, fps=8.0, vae=vae)
    (text,) = run(nodes["SoraEncodeText"], clip=clip, text="a red circle")
    how = {"seed": 1, "steps": 2, "guidance": 1.0, "shift": 3.0, "positive": text, "negative": text}
    made = run(nodes["SoraSampler"], model=model, latent=latent, **how)[0]["samples"]
    assert made.shape == (1, 16, 2, 4, 4)
    assert made.isfinite().all()
