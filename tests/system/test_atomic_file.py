"""Files are whole or not there, however the writing ends."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sora_core.system.atomic_file import atomic_path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_atomic_path_is_the_file_only_at_the_end(tmp_path):
    target = tmp_path / "state.pt"
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert names_in(tmp_path) == ["state.pt"]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "state.pt"
    target.write_text("old")

    def write_half():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(type(error)):
        write_half()
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["state.pt"]


def test_a_folder_that_is_missing_is_named_with_what_to_check(tmp_path):
    path = atomic_path(tmp_path / "nowhere" / "state.pt")
    with pytest.raises(OSError, match=r"cannot write .*nowhere.*check that the folder exists"):
        path.__enter__()


def test_the_file_has_the_permissions_of_any_new_file(tmp_path):
    with atomic_path(tmp_path / "state.pt") as temporary:
        temporary.write_text("new")
        temporary.chmod(stat.S_IRUSR)  # as some libraries leave it
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "state.pt").stat().st_mode == plain.stat().st_mode


def test_a_very_long_name_still_has_a_temporary_one(tmp_path):
    target = tmp_path / ("x" * 250)
    with atomic_path(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"
