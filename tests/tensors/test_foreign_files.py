"""What files of strangers ask for is bounded: a pipe is not waited for, and JSON that is too deep is refused."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from sora_core.tensors.foreign_files import open_file, parse_json, read_file


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"some text")
    assert read_file(tmp_path / "a") == b"some text"
    with open_file(tmp_path / "a") as file:
        assert file.read(4) == b"some"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="expected a file"):
        open_file(tmp_path / "pipe")


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(11))
    with pytest.raises(OSError, match="it has 11 bytes, expected at most 10"):
        read_file(tmp_path / "a", most=10)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" + "[]," * 2_000_000 + "0]", "[" + "0," * 3_000_000 + "0]", "{"])
def test_json_that_is_too_much_is_one_error(text: str) -> None:
    for form in (text, text.encode()):
        with pytest.raises(ValueError, match=r"\S"):
            parse_json(form)


def test_json_is_parsed() -> None:
    assert parse_json('{"a": [1, 2]}') == parse_json(b'{"a": [1, 2]}') == {"a": [1, 2]}


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_whole_number_beyond_the_range_of_a_float_is_infinite_as_1e400_is(digits: int) -> None:
    number = "1" + "0" * digits
    assert parse_json(f"[{number}, -{number}, 1e400]") == [math.inf, -math.inf, math.inf]
    assert parse_json(f"[{2**64}]") == [2**64]
