"""The scripts of web/: their own tests run, and ComfyUI can load every one of them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from integration.skipping import skip_loudly
from source_tree import ROOT

LEAST = 20  # of node, which reads JSON as modules and has a test runner
WIDEST, LONGEST = 120, 400
SCRIPTS = sorted((ROOT / "web").rglob("*.js"))
OWN_TESTS = sorted((ROOT / "tests" / "web").rglob("*.test.js"))


@pytest.fixture(scope="module")
def node() -> str:
    """The interpreter of the scripts' tests."""
    path = shutil.which("node")
    if path is None:
        skip_loudly("node is not installed: the scripts of web/ are not tested")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < LEAST:
        skip_loudly(f"node is older than {LEAST}: the scripts of web/ are not tested")
    return path


@pytest.mark.parametrize("path", OWN_TESTS, ids=lambda path: path.name.removesuffix(".test.js"))
def test_the_tests_of_the_scripts_pass(node, path):
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_imports_what_is_there(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST
    assert max(map(len, lines)) <= WIDEST
    ours = [name for name in re.findall(r'from "(\.[^"]*)"', "\n".join(lines)) if "/scripts/" not in name]
    assert [name for name in ours if not (path.parent / name).exists()] == []
