"""Lists of facts: what a scene states is 1 in its row, and readings are counted."""

from __future__ import annotations

import pytest
import torch

from sora_core.train.fact_list import FactList, accuracy


def test_each_scene_has_a_row_of_what_it_states() -> None:
    facts = FactList.of([["shape=cube", "colour=red"], ["colour=red", "colour=blue"]])
    assert facts.names == ["colour=blue", "colour=red", "shape=cube"]
    assert facts.stated([["colour=red"], ["shape=cube", "of no scene before"]]).tolist() == [[0, 1, 0], [0, 0, 1]]


def test_precision_and_recall_by_hand() -> None:
    logits, facts = torch.tensor([[1.0, 1.0, -1.0, -1.0]]), torch.tensor([[1.0, 0.0, 1.0, 1.0]])
    assert accuracy(logits, facts) == {"precision": 0.5, "recall": pytest.approx(1 / 3)}
