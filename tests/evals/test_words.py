"""How much an attribute changes the text: nothing where all texts are one, and a row for each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sora_core.evals import words
from sora_core.evals.words import ENDS, score_words
from sora_core.pipeline import Pipeline
from sora_core.world.flat.attributes import Attributes, Direction


def test_an_encoder_that_knows_one_word_alone_is_changed_by_that_attribute_alone(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    names = [direction.name for direction in Direction]
    monkeypatch.setattr(words, "caption", lambda wanted, style, rng: wanted.direction.name)
    monkeypatch.setattr(pipe.text_encoder, "tokenize", lambda texts: [names.index(text) for text in texts])
    monkeypatch.setattr(pipe.text_encoder, "forward", lambda places: torch.eye(len(names))[places][:, None])  # [B 1 D]
    changes = score_words(pipe, count=8)
    assert list(changes) == list(Attributes._fields)
    assert changes.pop("direction") == pytest.approx(2**0.5)
    assert set(changes.values()) == {0.0}


def test_directions_that_name_both_ends_are_one_text_without_the_order_of_words(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = Pipeline.load(tiny_model_folder)

    def numbered(texts: list[str]) -> torch.Tensor:
        """A number for each word, after its letters."""
        rows = [[sum(map(ord, word)) for word in text.split()] for text in texts]
        return torch.tensor([[*row, *[0] * (64 - len(row))] for row in rows])

    def in_order(ids: torch.Tensor) -> torch.Tensor:
        return ids[..., None].float() * torch.arange(1, ids.shape[1] + 1)[None, :, None]

    monkeypatch.setattr(pipe.text_encoder, "tokenize", numbered)
    monkeypatch.setattr(pipe.text_encoder, "forward", lambda ids: ids[..., None].float())  # a bag of words
    assert score_words(pipe, count=4)[ENDS] == pytest.approx(0, abs=1e-6)
    monkeypatch.setattr(pipe.text_encoder, "forward", in_order)
    assert score_words(pipe, count=4)[ENDS] > 1e-3


def test_the_command_has_a_row_for_each_attribute(rows: Callable[..., list[dict[str, Any]]]) -> None:
    found = rows("words", 2)
    assert [row["attribute"] for row in found] == [*Attributes._fields, ENDS]
    assert any(row["change of the text"] > 0 for row in found)
