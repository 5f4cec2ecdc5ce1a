"""Messages stay readable, whatever a file has in the place of a name."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from sora_core.checkpoint import CheckpointError, load_dit
from sora_core.tensors.foreign_text import MOST_LINES, MOST_MESSAGE, bounded, first_lines, shown


def test_a_long_value_is_cut_off():
    assert shown(["a\x1b"]) == "['a\\x1b']"
    assert len(shown("a" * 5_000_000)) < 100


def test_a_long_message_keeps_its_beginning_and_its_end():
    message = bounded("file has " + "a" * 5_000_000 + "; download it again")
    assert message.startswith("file has aaa")
    assert message.endswith("aaa; download it again")
    assert "5,000,028 letters" in message
    assert len(message) < MOST_MESSAGE + 50
    assert bounded("short") == "short"


def test_of_many_lines_the_first_ones_and_their_number_are_left():
    lines = first_lines(["line"] * 10_000)
    assert lines == ["line"] * MOST_LINES + [f"and {10_000 - MOST_LINES:,} more of them"]
    assert first_lines(lines) == lines


def test_a_tensor_with_a_name_of_millions_of_letters_is_refused_in_a_message_of_a_usual_length(tmp_path):
    save_file({"a" * 5_000_000: torch.ones(2)}, tmp_path / "dit.safetensors")
    with pytest.raises(CheckpointError) as caught:
        load_dit(tmp_path / "dit.safetensors")
    assert len(str(caught.value)) < MOST_MESSAGE + 50
