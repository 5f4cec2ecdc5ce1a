"""Long canvases through Sora Sampler: window after window, or one window that rolls on, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from headless.pack import import_from_pack

FRAMES = 9  # latent


def run(node, **inputs):
    return node.execute(**inputs).args


@pytest.fixture
def loaded(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")


@pytest.fixture
def sample(nodes, loaded):
    """Runs Sora Sampler on an empty canvas: sample(model) -> latents."""
    text = run(nodes["SoraEncodeText"], clip=loaded[1], text="a red circle")[0]

    def run_sampler(model, *, conditioning=text, known=0, frames=FRAMES):
        clean = torch.randn(1, 4, frames, 4, 4, generator=torch.Generator().manual_seed(0))
        level = torch.ones(1, 1, frames, 4, 4)
        level[:, :, :known] = 0
        options = {"seed": 1, "steps": 6, "guidance": 1.0, "shift": 3.0}
        latent = {"samples": clean, "noise_mask": level}
        made = run(
            nodes["SoraSampler"], model=model, latent=latent, positive=conditioning, negative=conditioning, **options
        )[0]["samples"]
        assert torch.equal(made[:, :, :known], clean[:, :, :known]) or known == 0
        return made

    return run_sampler


def chained(nodes, model, context=2, new=3, noise=0.0):
    return run(nodes["SoraWindows"], model=model, context=context, new=new, noise=noise)[0]


def rolling(nodes, model, context=2, active=3, noise=0.0):
    return run(nodes["SoraRollingWindow"], model=model, context=context, active=active, noise=noise)[0]


@pytest.fixture
def seen(loaded, monkeypatch):
    """How many latent frames the model was shown, each time."""
    lengths = []
    forward = loaded[0].dit.forward

    def noting(latents, *rest):
        lengths.append(latents.shape[2])
        return forward(latents, *rest)

    monkeypatch.setattr(loaded[0].dit, "forward", noting)
    return lengths


@pytest.mark.parametrize(("windowed", "turns"), [(chained, 3), (rolling, 11)])
def test_the_model_sees_a_window_and_the_user_is_told(nodes, loaded, sample, seen, said, windowed, turns):
    made = sample(windowed(nodes, loaded[0]))
    assert made.shape[2] == FRAMES
    assert made.isfinite().all()
    assert max(seen) == 5
    assert said[-1] == f"Sampled in {turns} windows."


def test_a_canvas_of_one_window_is_sampled_as_without(nodes, loaded, sample, said):
    assert torch.equal(sample(chained(nodes, loaded[0], 4, 5)), sample(loaded[0]))
    assert "windows" not in "".join(said)


@pytest.mark.parametrize("windowed", [chained, rolling])
def test_known_frames_stay_and_a_seed_gives_one_video(nodes, loaded, sample, windowed):
    made = sample(windowed(nodes, loaded[0]), known=3)
    assert torch.equal(sample(windowed(nodes, loaded[0]), known=3), made)
    assert not torch.equal(sample(windowed(nodes, loaded[0], noise=0.2), known=3), made)


@pytest.mark.slow
def test_jumps_and_windows_go_together_in_either_order(nodes, loaded, sample):
    def jumping(model):
        return run(nodes["SoraResample"], model=model, jumps=1)[0]

    both = sample(chained(nodes, jumping(loaded[0])))
    assert torch.equal(sample(jumping(chained(nodes, loaded[0]))), both)
    assert not torch.equal(sample(chained(nodes, loaded[0])), both)


def test_a_model_of_one_level_goes_through_windows_by_replacing(nodes, loaded, sample, said):
    loaded[0].dit.config = replace(loaded[0].dit.config, per_token_timesteps=False)
    assert sample(chained(nodes, loaded[0])).isfinite().all()
    for model in (chained(nodes, loaded[0], noise=0.1), rolling(nodes, loaded[0])):
        with pytest.raises(ValueError, match="takes one timestep for the clip: use Sora Windows with noise 0"):
            sample(model)


def test_the_bar_fills_once_over_all_windows(nodes, loaded, sample, monkeypatch):
    shown = []
    monkeypatch.setattr(
        import_from_pack("headless.host").HeadlessProgress, "update", lambda self, done, _: shown.append(done)
    )
    sample(chained(nodes, loaded[0]))
    assert shown == sorted(shown)
    assert shown[-1] == len(shown) == 18  # six steps in each of three windows


@pytest.mark.slow
@pytest.mark.parametrize("value", [torch.zeros(1, 4, 9, 4, 4), [torch.zeros(1, 4, 9, 4, 4)]])
def test_a_conditioning_that_holds_a_video_is_refused(nodes, loaded, sample, value):
    text = run(nodes["SoraEncodeText"], clip=loaded[1], text="a red circle")[0]
    conditioning = [[text[0][0], {**text[0][1], "concat_latent_image": value}]]
    with pytest.raises(ValueError, match="a conditioning that holds a video, which does not fit a window"):
        sample(chained(nodes, loaded[0]), conditioning=conditioning)


@pytest.mark.parametrize("inputs", [{"context": 0}, {"new": 0}, {"noise": 1.0}])
def test_windows_out_of_range_are_refused(nodes, loaded, inputs):
    with pytest.raises(ValueError, match=r"got a (window|context_level)"):
        chained(nodes, loaded[0], **inputs)


def test_the_model_that_was_given_has_no_wishes(nodes, loaded):
    chained(nodes, loaded[0])
    assert replace(loaded[0]).options == import_from_pack("sora_core.diffusion.options").SamplingOptions()
