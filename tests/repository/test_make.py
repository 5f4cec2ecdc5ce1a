"""`make` hands a prompt on untouched, and installs once: these need neither a network nor a model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import install
from source_tree import ROOT

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def demo_prompt(folder: Path, *arguments: str, **environment: str) -> str:
    """What the demo program would see in SORA_PROMPT; `unset` where there is nothing."""
    python = folder / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf %s "${SORA_PROMPT-unset}"\n')
    python.chmod(0o755)
    (folder / ".installed-demo").touch()
    command = ["make", "--no-print-directory", "demo", f"VENV={folder}", *arguments]
    kept = {name: value for name, value in os.environ.items() if name not in ("PROMPT", "MAKEFLAGS", "SORA_PROMPT")}
    done = subprocess.run(
        command, cwd=ROOT, env={**kept, **environment}, stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    return done.stdout


@needs_make
@pytest.mark.parametrize(
    "prompt",
    [
        "a red circle moves right",
        'it\'s "quoted" and `ticked` \\ too',
        "it costs $5, ${HOME}, $(shell touch pwned) and $$; # & | > %s",
        "an open bracket $( and $(error no)",
        "two\nlines",
        "",
    ],
)
def test_every_character_of_a_prompt_reaches_the_demo(prompt, tmp_path):
    assert demo_prompt(tmp_path, f"PROMPT={prompt}") == prompt


@needs_make
def test_without_a_prompt_the_graph_keeps_its_own_even_where_the_shell_has_a_prompt(tmp_path):
    assert demo_prompt(tmp_path, PROMPT="user@host $ ") == "unset"


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A fake .venv whose interpreter is this one, with every program that install would start recorded."""
    if os.name == "nt":
        pytest.skip("an interpreter cannot be a link")
    started = []
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(install.subprocess, "call", lambda command, **_: started.append(command) or 0)
    monkeypatch.chdir(ROOT)
    return venv, started


def run_install(monkeypatch, venv: Path, *extra: str) -> int:
    monkeypatch.setattr(sys, "argv", ["install.py", str(venv), *extra])
    return install.main()


def pip_calls(started: list[list[str]]) -> list[list[str]]:
    return [command for command in started if "pip" in command]


def test_what_is_installed_once_is_not_installed_again(environment, monkeypatch):
    venv, started = environment
    assert run_install(monkeypatch, venv, "test") == 0
    assert pip_calls(started)[0][-1] == ".[test]"
    assert "constraints.txt" in pip_calls(started)[0]
    started.clear()
    assert run_install(monkeypatch, venv, "test") == run_install(monkeypatch, venv) == 0
    assert pip_calls(started) == []


def test_a_failed_installation_is_tried_again(environment, monkeypatch):
    venv, _ = environment
    monkeypatch.setattr(install.subprocess, "call", lambda command, **_: int("pip" in command))
    assert run_install(monkeypatch, venv) == 1
    assert not (venv / ".installed-demo").exists()


def test_an_interpreter_that_is_too_old_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "usable", lambda python: False)
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit, match=r"3\.10 or newer"):
        run_install(monkeypatch, tmp_path / "venv")
