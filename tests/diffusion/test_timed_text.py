"""TimedText: checks, parts of a batch, and the prompts that a window of frames sees."""

from __future__ import annotations

import pytest
import torch

from sora_core.diffusion.timed_text import TimedText

SHARES = torch.tensor([[1.0, 0.5, 0.0, 0.0], [0.0, 0.5, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def texts(batch: int = 2) -> tuple[torch.Tensor, ...]:
    return tuple(torch.full((batch, length, 4), float(length)) for length in (3, 5, 6))


def test_a_window_has_the_prompts_that_its_frames_see() -> None:
    window = TimedText(texts(), SHARES).within(range(1, 3))
    assert [text.shape[1] for text in window.texts] == [3, 5]
    assert window.shares.tolist() == [[0.5, 0], [0.5, 1]]
    assert window.frames == 2


def test_a_batch_splits_and_gets_a_negative_text() -> None:
    first, second = TimedText(texts(4), SHARES).chunk(2)
    assert len(first) == len(second) == 2
    assert torch.equal(first.shares, SHARES)
    both = TimedText(texts()[:1], torch.ones(1, 4)).with_negative(torch.zeros(2, 3, 4))
    assert both.texts[0][:, 0, 0].tolist() == [3, 3, 0, 0]


@pytest.mark.parametrize("span", [range(0), range(2, 2), range(3, 5), range(-1, 2)])
def test_frames_that_are_not_there_are_refused(span: range) -> None:
    with pytest.raises(ValueError, match=r"expected some within 0\.\.3"):
        TimedText(texts(), SHARES).within(span)


@pytest.mark.parametrize(
    ("given", "shares", "message"),
    [
        ((), SHARES, "expected at least one text"),
        ((torch.zeros(1, 3, 4), torch.zeros(2, 3, 4)), SHARES[:2], "all [B L D] of one B"),
        (texts(), SHARES[:2], "expected shares [3 T]"),
        (texts(), SHARES[:, :0], "T >= 1"),
        (texts(), 2 * SHARES, "sum to 1 in every latent frame"),
        (texts(), SHARES * torch.nan, "sum to 1 in every latent frame"),
        (texts(), torch.tensor([[2.0], [-1.0], [0.0]]), "shares of 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(given: tuple[torch.Tensor, ...], shares: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match="expected") as error:
        TimedText(given, shares)
    assert message in str(error.value)
