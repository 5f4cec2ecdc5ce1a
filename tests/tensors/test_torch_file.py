"""torch's own files are read as tensors alone, stay mapped, and say what is wrong with them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from sora_core.tensors.safetensors_file import CheckpointError, MappedTensors
from sora_core.tensors.torch_file import read_pickled, read_weights_file

TENSORS = {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.ones(3, dtype=torch.bfloat16), "c": torch.tensor([1])}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.save(TENSORS, tmp_path / "model.pth")
    return tmp_path / "model.pth"


def test_tensors_come_back_by_name(file: Path) -> None:
    header = read_weights_file(file)
    assert header.shapes == {"a.weight": (2, 3), "b": (3,), "c": (1,)}
    assert header.dtypes == {"a.weight": torch.float32, "b": torch.bfloat16}
    mapped = MappedTensors(header)
    assert all(torch.equal(mapped[name], tensor) for name, tensor in TENSORS.items())


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
def test_tensors_are_mapped_from_the_file(file: Path) -> None:
    tensor = MappedTensors(read_pickled(file))["a.weight"]
    ends = [
        line.split()[0].split("-") for line in Path("/proc/self/maps").read_text().splitlines() if str(file) in line
    ]
    assert any(int(first, 16) <= tensor.data_ptr() < int(last, 16) for first, last in ends)


def message_of(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_weights_file(path)
    return str(caught.value)


def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path: Path) -> None:
    class Spy:
        def __reduce__(self) -> tuple:
            return (Path(tmp_path / "was run").touch, ())

    torch.save({"a": torch.zeros(1), "b": Spy()}, tmp_path / "bad.pth")
    assert "holds more than tensors, and may run code; use the safetensors file" in message_of(tmp_path / "bad.pth")
    assert not (tmp_path / "was run").exists()


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "bad.pth")
    assert "holds more than tensors" in message_of(tmp_path / "bad.pth")


@pytest.mark.parametrize("content", [[torch.zeros(1)], {"model": {"a": torch.zeros(1)}}, {"step": 3}])
def test_what_is_not_tensors_by_name_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "bad.pth")
    assert "something other than a dict of tensors" in message_of(tmp_path / "bad.pth")


def test_a_file_of_an_old_torch_says_so(tmp_path: Path) -> None:
    torch.save(TENSORS, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert "was saved by torch before 1.6" in message_of(tmp_path / "old.pth")


@pytest.mark.parametrize("kept", [30, -100])
def test_a_truncated_file_says_so(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    assert "copy or download it again" in message_of(file)


def test_what_is_no_such_file_is_left_to_the_reader_of_safetensors(tmp_path: Path) -> None:
    assert "does not exist" in message_of(tmp_path / "no.pth")
    (tmp_path / "text.pth").write_text("just some text")
    assert "not a safetensors file" in message_of(tmp_path / "text.pth")


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (torch.zeros(1).expand(10**10), "without numbers of its own"),
        (torch.zeros(3).to_sparse(), "_rebuild_sparse_tensor"),
        (torch.zeros(3, device="meta"), "_rebuild_meta_tensor_no_storage"),
        (torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8), "_rebuild_qtensor"),
    ],
)
def test_a_tensor_that_is_not_in_the_file_is_refused(tmp_path: Path, tensor: torch.Tensor, message: str) -> None:
    torch.save({"a": tensor}, tmp_path / "bad.pth")
    assert message in message_of(tmp_path / "bad.pth")


def test_tensors_that_share_their_numbers_are_refused(tmp_path: Path) -> None:
    shared = torch.zeros(1000, 10)
    torch.save({str(number): shared for number in range(100)}, tmp_path / "bad.pth")
    assert "they share their numbers" in message_of(tmp_path / "bad.pth")


def test_a_compressed_archive_is_refused(file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "b.pth", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert "is compressed" in message_of(tmp_path / "b.pth")
