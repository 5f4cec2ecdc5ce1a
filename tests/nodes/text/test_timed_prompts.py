"""Sora Timed Prompts: times become latent frames, one prompt is as from Sora Encode Text, bad times are named."""

from __future__ import annotations

import pytest
import torch

from node_runs import run

CIRCLE, SQUARE = "a red circle moves right", "a blue square moves up"


@pytest.fixture
def canvas(nodes, vae):
    return run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=2.0, fps=8.0, vae=vae)[0]


@pytest.fixture
def timed(nodes, loaded, canvas):
    def timed(text, crossfade=0.0, latent=None):
        given = {"latent": latent or canvas, "vae": loaded[2], "fps": 8.0, "crossfade": crossfade}
        return run(nodes["SoraTimedPrompts"], clip=loaded[1], text=text, **given)[0]

    return timed


def sampled(nodes, loaded, canvas, positive, negative=None):
    negative = negative or run(nodes["SoraEncodeText"], clip=loaded[1], text="")[0]
    how = {"seed": 3, "steps": 2, "guidance": 2.5, "shift": 3.0}
    texts = {"positive": positive, "negative": negative}
    return run(nodes["SoraSampler"], model=loaded[0], latent=canvas, **texts, **how)[0]["samples"]


def shares(conditioning):
    ((_, more),) = conditioning
    return more["sora_timed_prompts"].shares


def test_each_latent_frame_has_the_prompt_of_its_moment(timed):
    assert shares(timed(f"{CIRCLE}\n1.125: {SQUARE}")).tolist() == [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
    soft = shares(timed(f"0: {CIRCLE}\n1.125 s: {SQUARE}", crossfade=1.0))
    assert torch.equal(soft[:, 0], torch.tensor([1.0, 0.0]))
    assert 0 < soft[1, 2] < soft[1, 3] < 1


def test_one_prompt_is_that_of_encode_text_and_two_are_more(nodes, loaded, canvas, timed):
    (plain,) = run(nodes["SoraEncodeText"], clip=loaded[1], text=CIRCLE)
    expected = sampled(nodes, loaded, canvas, plain)
    torch.testing.assert_close(sampled(nodes, loaded, canvas, timed(f"0: {CIRCLE}")), expected)
    two = sampled(nodes, loaded, canvas, timed(f"{CIRCLE}\n1.125: {SQUARE}"))
    assert (two - expected).abs().max() > 0.01


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got no prompt, expected lines such as"),
        ("0: a\n5: b", "got a prompt from 5 s on, expected times within the canvas, which lasts 2.125 s at 8 fps"),
        ("1: a", "got prompts from 1 s on, expected at most 1000 with times that rise from 0"),
        ("0: a\n1: b\n1: c", "times that rise from 0"),
        ("0: a\n1:\n", "got no prompt from 1 s on"),
        ("0: a\n0.01: b", "got stretches from frames"),
    ],
)
def test_times_and_prompts_that_are_none_are_named(timed, text, message):
    with pytest.raises(ValueError, match="got") as error:
        timed(text)
    assert message in str(error.value)


def test_a_canvas_of_another_length_is_refused_by_the_sampler(nodes, loaded, canvas, timed):
    short = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=8.0, vae=loaded[2])[0]
    with pytest.raises(ValueError, match="prompts of stretches for 5 latent frames, the canvas has 3"):
        sampled(nodes, loaded, short, timed(f"{CIRCLE}\n1: {SQUARE}"))


def test_prompts_combined_with_others_are_refused(nodes, loaded, canvas, timed):
    with pytest.raises(ValueError, match=r"conditioning of 2 parts|combined with others"):
        sampled(nodes, loaded, canvas, [*timed(CIRCLE), *timed(SQUARE)])


def test_prompts_of_stretches_as_negative_are_refused_and_one_prompt_is_not(nodes, loaded, canvas, timed):
    with pytest.raises(ValueError, match="prompts of stretches as negative, expected one prompt for the clip"):
        sampled(nodes, loaded, canvas, timed(CIRCLE), negative=timed(f"{SQUARE}\n1: {CIRCLE}"))
    sampled(nodes, loaded, canvas, timed(CIRCLE), negative=timed(SQUARE))


def test_stretches_of_which_the_first_is_the_negative_are_not_called_equal(nodes, loaded, canvas, timed, said):
    sampled(nodes, loaded, canvas, timed(f"{SQUARE}\n1: {CIRCLE}"), negative=timed(SQUARE))
    assert not any("equal" in text for text in said)
    sampled(nodes, loaded, canvas, timed(SQUARE), negative=timed(SQUARE))
    assert any("equal" in text for text in said)


def test_without_guidance_prompts_of_stretches_need_no_negative(nodes, loaded, canvas, timed):
    given = {"model": loaded[0], "latent": canvas, "positive": timed(f"{SQUARE}\n1: {CIRCLE}")}
    for guidance in (1.0, 2.5):
        how = {"seed": 3, "steps": 1, "guidance": guidance, "shift": 3.0}
        assert run(nodes["SoraSampler"], **given, **how)[0]["samples"].isfinite().all()
