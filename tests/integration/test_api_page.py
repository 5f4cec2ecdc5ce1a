"""docs/api.md in a real ComfyUI: each of its code blocks runs and prints what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from integration.comfy_server import PACK, RUN_SECONDS
from integration.skipping import skip_loudly

PAGE = PACK / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:8188"
ID = r"[0-9a-f-]{36}"
SHELL = [rf"submitted {ID}", "success", rf"extends {ID}", "", "Value 0 smaller than min of 1: steps"]
PYTHON = [
    rf"submitted {ID}",
    r"success \['text_to_video_\d+_.mp4'\]",
    r"\['extend_video_\d+_.mp4'\]",
    r"(?s)(?=.*node 5: Sampling: )(?=.*node 6: Decoding: 17 frames in 0:\d\d)runs .*runs SoraSampler.*10 of 10.*"
    r"execution_success \['text_to_video_\d+_.mp4'\]",
    "cancelled execution_interrupted",
    "refused: node 5: Value 0 smaller than min of 1: steps",
    "execution_error SoraSampler ValueError overlap is 500 in Sora Join Videos",
]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def shell_blocks() -> list[str]:
    return [block for block in blocks("bash") if not block.startswith("comfy ")]


def comfy_blocks() -> list[str]:
    return [block for block in blocks("bash") if block.startswith("comfy ")]


def printed(command: list[str], parts: list[str], say: str, url: str, folder: Path) -> list[str]:
    """What each part of a program prints. say: the statement that prints a mark between them."""
    program = "".join(f"{say}\n{part}" for part in parts).replace(ADDRESS, url)
    file = folder / "program"
    file.write_text(program)
    done = subprocess.run(
        [*command, str(file)], cwd=folder, capture_output=True, text=True, check=False, timeout=2 * RUN_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("=====\n")[1:]


@pytest.fixture
def folder(tmp_path):
    """The folder of the pack as the page uses it; what the programs write does not land in the checkout."""
    for name in ("workflows", "web"):
        (tmp_path / name).symlink_to(PACK / name, target_is_directory=True)
    return tmp_path


def test_every_block_of_the_page_is_of_a_program_that_is_run_here():
    assert len(re.findall(r"^```\w*$", PAGE.read_text(encoding="utf-8"), re.M)) == 2 * len(blocks(r"\w+"))
    assert len(blocks(r"\w+")) == len(shell_blocks()) + len(comfy_blocks()) + len(blocks("python"))
    assert (len(shell_blocks()), len(comfy_blocks()), len(blocks("python"))) == (len(SHELL), 1, len(PYTHON))


@pytest.mark.live
@pytest.mark.slow
def test_the_commands_of_the_page_run_and_print_what_it_says(comfy, folder):
    if missing := [name for name in ("curl", "jq") if shutil.which(name) is None]:
        skip_loudly(f"{' and '.join(missing)} are not installed")
    said = printed(["bash", "-euo", "pipefail"], shell_blocks(), "echo =====", comfy.url, folder)
    for text, pattern in zip(said, SHELL, strict=True):
        assert re.fullmatch(pattern, text.strip()), text
    assert [path.stat().st_size > 0 for path in folder.glob("*.mp4")] == [True]
    deadline = time.monotonic() + RUN_SECONDS
    while any(comfy.get("/queue").values()):  # the job of 1000 steps was cancelled, or this would take long
        assert time.monotonic() < deadline
        time.sleep(0.2)
    jobs = [
        job
        for job in comfy.get("/history").values()
        if job["prompt"][2].get("5", {}).get("inputs", {}).get("steps") == 1000
    ]
    assert all(job["status"]["messages"][-1][0] == "execution_interrupted" for job in jobs)


@pytest.mark.live
@pytest.mark.slow
def test_the_python_program_of_the_page_runs_and_prints_what_it_says(comfy, folder, installation):
    command = [str(installation.python), "-u"]
    said = printed(command, blocks("python"), 'print("=====")', comfy.url, folder)
    for text, pattern in zip(said, PYTHON, strict=True):
        assert re.search(pattern, text.strip()), text
    assert (folder / "preview.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert re.search(r"Sampling: 100%.* 10/10 \[\d\d:\d\d<00:00, .*step", comfy.log)  # as ComfyUI's samplers print it


@pytest.mark.live
@pytest.mark.slow
def test_comfy_run_runs_a_workflow_as_the_page_says(comfy, folder):
    program = os.environ.get("COMFY_CLI") or shutil.which("comfy")
    if program is None:
        skip_loudly("comfy-cli is not installed (set COMFY_CLI to its program `comfy`)")
    before = set((comfy.base / "output").glob("text_to_video*"))
    (block,) = comfy_blocks()
    command = block.replace("8188", str(comfy.port)).replace("comfy ", f"{program} --skip-prompt ", 1)
    environment = {**os.environ, "HOME": str(folder), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set((comfy.base / "output").glob("text_to_video*")) - before
