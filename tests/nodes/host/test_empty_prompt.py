"""Without a negative, guidance leads away from the empty prompt of the positive's CLIP, or is off."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


@pytest.fixture
def sampled(nodes, loaded):
    """Samples with or without a negative: latents."""
    positive, empty = (run(nodes["SoraEncodeText"], clip=loaded[1], text=text)[0] for text in ("a red circle", ""))
    latent = {"samples": torch.zeros(1, 4, 3, 4, 4)}

    def sample(guidance, *, given=False, positive=positive):
        negative = {"negative": empty} if given else {}
        texts = {"positive": positive, **negative}
        settings = {"seed": 1, "steps": 2, "guidance": guidance, "shift": 3.0}
        return run(nodes["SoraSampler"], model=loaded[0], latent=latent, **texts, **settings)[0]["samples"]

    sample.positive = positive
    return sample


def test_no_negative_is_the_empty_prompt(sampled, said):
    assert torch.equal(sampled(2.5), sampled(2.5, given=True))
    assert not torch.equal(sampled(2.5), sampled(1.0))
    assert said == []


def test_beside_a_positive_of_another_node_guidance_is_off_and_it_is_told(sampled, said):
    key = import_from_pack("nodes.host.empty_prompt").KEY
    plain = [[text, {name: value for name, value in more.items() if name != key}] for text, more in sampled.positive]
    assert torch.equal(sampled(2.5, positive=plain), sampled(1.0))
    assert said == ["Guidance is off: connect an empty prompt to negative."]
