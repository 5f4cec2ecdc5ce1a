"""TimedPrompts in a CONDITIONING: what a window has of them, which prompt is the main one, and what does not fit."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack

SHARES = torch.tensor([[1.0, 1.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 1.0, 1.0]])
timed = import_from_pack("nodes.host.timed_prompts")


def prompts():
    entries = tuple((torch.full((1, 3, 4), float(index)), {"pooled_output": index}) for index in (1, 2))
    return timed.TimedPrompts(entries, SHARES)


def test_a_conditioning_holds_them_and_shows_the_first_to_others():
    ((embeddings, more),) = prompts().conditioning()
    assert embeddings.unique().tolist() == [1.0]
    assert more["pooled_output"] == 1
    assert timed.timed_prompts([[embeddings, more]], 5) is more[timed.KEY]
    assert timed.timed_prompts([[embeddings, {}]], 5) is None


def test_the_main_prompt_is_that_of_most_sampled_frames():
    whole, window = prompts(), prompts().within(range(1, 4))
    assert window.frames == 3
    assert window.main(torch.tensor([False, True, True]))[1] == {"pooled_output": 2}
    assert window.main(torch.tensor([True, False, False]))[1] == {"pooled_output": 1}
    assert whole.main(torch.tensor([True, True, True, False, False]))[1] == {"pooled_output": 1}
    assert window.main(torch.zeros(3, dtype=torch.bool))[1] == {"pooled_output": 1}  # all known: all count


def test_texts_have_the_batch_and_type_of_the_latents():
    text = prompts().text(2, torch.zeros(1, dtype=torch.float64))
    assert [one.shape for one in text.texts] == [(2, 3, 4)] * 2
    assert text.texts[0].dtype == torch.float64


def test_those_of_another_length_or_beside_others_are_refused():
    conditioning = prompts().conditioning()
    with pytest.raises(ValueError, match="for 5 latent frames, the canvas has 4: connect the same latent"):
        timed.timed_prompts(conditioning, 4)
    with pytest.raises(ValueError, match="combined with others"):
        timed.timed_prompts([*conditioning, [torch.zeros(1, 3, 4), {}]], 5)
    with pytest.raises(ValueError, match=r"expected shares \[2 T\]"):
        timed.TimedPrompts(prompts().entries, SHARES[:1])
