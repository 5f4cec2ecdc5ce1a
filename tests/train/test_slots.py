"""Slots hold tensors under numbers, in memory or in a file that outlives the process."""

import json
import os
from pathlib import Path

import pytest
import torch

from sora_core.train.slots import PoolFolder, Slots


def slots_in(folder: Path | None, *, made_from: str = "seed 0", capacity: int = 3, frames: int = 2) -> Slots:
    place = PoolFolder(folder, made_from) if folder else None
    return Slots(capacity, (frames, 2), torch.float16, folder=place, name="clips")


def value(number: int) -> torch.Tensor:
    return torch.full((2, 2), number + 0.5, dtype=torch.float16)


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_number_keeps_its_tensor_until_a_later_one_takes_its_slot(on_disk: bool, tmp_path: Path) -> None:
    slots = slots_in(tmp_path / "pool" if on_disk else None)
    assert not any(slots.has(number) for number in range(6))
    for number in range(4):
        slots.put(number, value(number))
    assert [number for number in range(6) if slots.has(number)] == [1, 2, 3]
    assert all(torch.equal(slots.get(number), value(number)) for number in (1, 2, 3))


def test_a_later_run_finds_what_an_earlier_one_has_put(tmp_path: Path) -> None:
    slots_in(tmp_path).put(4, value(4))
    again = slots_in(tmp_path)
    assert again.has(4)
    assert torch.equal(again.get(4), value(4))


def test_bytes_of_a_memory_pool_are_those_that_were_put() -> None:
    slots = Slots(2, (3,), torch.uint8, folder=None, name="clips")
    slots.put(0, torch.tensor([0, 128, 255], dtype=torch.uint8))
    assert slots.get(0).tolist() == [0, 128, 255]


def test_a_slot_that_a_kill_left_half_written_is_void(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = slots_in(tmp_path)
    slots.put(0, value(0))
    monkeypatch.setattr("sora_core.train.slots.zlib.crc32", lambda data: 1 / 0)  # between the data and the index
    with pytest.raises(ZeroDivisionError):
        slots.put(3, value(3))
    monkeypatch.undo()
    again = slots_in(tmp_path)
    assert not again.has(0)
    assert not again.has(3)


def test_a_pool_of_another_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    slots_in(tmp_path)
    with pytest.raises(ValueError, match=r"another run: got .*seed 0.*, expected .*seed 1.*--pool"):
        slots_in(tmp_path, made_from="seed 1")
    with pytest.raises(ValueError, match=r"got \{'clips': 3\}, expected \{'clips': 4\}"):
        slots_in(tmp_path, capacity=4)
    with pytest.raises(ValueError, match="another run"):
        slots_in(tmp_path, frames=5)


def test_a_broken_pool_is_one_clear_error(tmp_path: Path) -> None:
    slots_in(tmp_path).put(1, value(1))
    file, about = (next(tmp_path.glob(f"*.{suffix}")) for suffix in ("pool", "json"))
    good, description = file.read_bytes(), about.read_text()
    file.write_bytes(good[:-1] + b"\1" if good[-1] == 0 else good[:-1] + b"\0")
    slots_in(tmp_path)  # slot 2, which is void
    broken = bytearray(good)
    broken[3 * 16 + 8] ^= 1  # the first byte of slot 1
    file.write_bytes(broken)
    with pytest.raises(ValueError, match="is broken at clip 1"):
        slots_in(tmp_path).get(1)
    file.write_bytes(good[:-1])
    with pytest.raises(ValueError, match="bytes, expected"):
        slots_in(tmp_path)
    file.write_bytes(good)
    for text in ("{", json.dumps([1])):
        about.write_text(text)
        with pytest.raises(ValueError, match=r"is broken|another run"):
            slots_in(tmp_path)
    about.write_text(description)
    file.unlink()
    with pytest.raises(ValueError, match="is broken"):
        slots_in(tmp_path)


def test_a_kill_while_the_file_was_made_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    slots_in(tmp_path)
    next(tmp_path.glob("*.json")).unlink()
    assert not slots_in(tmp_path).has(0)


def test_a_disk_without_room_is_told_before_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match=r"no room for the pool .* of 0\.0 GB.*No space left"):
        slots_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_cannot_reserve_room_the_file_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots_in(tmp_path / "reserved")
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    slots_in(tmp_path / "written").put(2, value(2))
    sizes = {next((tmp_path / name).glob("*.pool")).stat().st_size for name in ("reserved", "written")}
    assert sizes == {3 * 16 + 3 * 8}
    assert slots_in(tmp_path / "written").has(2)


@pytest.mark.parametrize(("capacity", "dtype"), [(0, torch.uint8), (1, torch.float32)])
def test_slots_of_no_use_are_refused(capacity: int, dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match="expected at least one"):
        Slots(capacity, (2,), dtype, folder=None, name="clips")
