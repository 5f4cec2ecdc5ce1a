"""What killed runs leave is removed by the next run; what others are writing is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dead_process import of_a_dead_process
from sora_core.system import leftovers
from sora_core.system.atomic_file import atomic_path
from sora_core.system.leftovers import remove_leftovers, unfinished
from source_tree import ROOT


def test_a_name_tells_the_process_and_is_another_one_each_time():
    names = {unfinished("clip.mp4") for _ in range(10)}
    assert len(names) == 10
    assert all(name.startswith(".clip.mp4.") and f"-{os.getpid()}-" in name for name in names)


@pytest.mark.posix
def test_files_and_folders_of_dead_processes_go_and_all_else_stays(tmp_path, monkeypatch):
    (tmp_path / of_a_dead_process("a.mp4")).write_bytes(b"half")
    folder = tmp_path / of_a_dead_process("b")
    folder.mkdir()
    (folder / "inside").write_bytes(b"half")
    here, kept = unfinished("c.mp4"), ["notes.part", "clip.mp4", ".hidden"]
    monkeypatch.setattr(leftovers.platform, "node", lambda: "another machine")
    elsewhere = of_a_dead_process("d.mp4")
    monkeypatch.undo()
    for name in (here, elsewhere, *kept):
        (tmp_path / name).write_bytes(b"whole")
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([here, elsewhere, *kept])


@pytest.mark.posix
def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "clip.mp4").write_bytes(b"whole")
    (tmp_path / of_a_dead_process("a")).symlink_to(tmp_path / "mine", target_is_directory=True)
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == ["mine"]
    assert os.listdir(tmp_path / "mine") == ["clip.mp4"]


def test_a_folder_that_cannot_be_listed_is_left_alone(tmp_path):
    remove_leftovers(tmp_path / "nowhere")


@pytest.mark.posix
@pytest.mark.slow
def test_what_a_kill_leaves_while_a_checkpoint_is_written_is_removed_by_the_next_write(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from sora_core.system.atomic_file import atomic_path\n"
        "with atomic_path(Path(sys.argv[1]) / 'vae.safetensors') as path:\n"
        "    path.with_name('.tmp123').write_bytes(b'half')\n"  # as safetensors does beside the file
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert len(os.listdir(tmp_path)) == 1
    with atomic_path(tmp_path / "other.mp4") as path:
        path.write_bytes(b"whole")
    assert os.listdir(tmp_path) == ["other.mp4"]
