"""The version is that of pyproject.toml: in a checkout under any name, and where the package is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sora_core
from sora_core.cli.generate import main
from source_tree import ROOT

PROGRAM = """
import importlib.util, sys
sys.path[:0] = sys.argv[2:]
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location("core", folder + "/__init__.py", submodule_search_locations=[folder])
core = sys.modules["core"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
print(core.__version__, "torch" in sys.modules)
"""


def copied(folder: Path) -> Path:
    """A copy of what the version needs of the package."""
    for name in ("__init__.py", "system/__init__.py", "system/version.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "sora_core" / name, folder / name)
    return folder


def installed(folder: Path, version: str) -> Path:
    """A folder like site-packages, with the metadata of a distribution of that version."""
    info = folder / f"sora_video-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sora-video\nVersion: {version}\n")
    return folder


def version_in(package: Path, *paths: Path) -> str:
    """What a fresh interpreter, without packages of others, says that the version is; and whether torch is there."""
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(package), *map(str, paths)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.strip()


def declared() -> str:
    """The version in pyproject.toml, by its line."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("version = ")]
    return line.split('"')[1]


def test_the_version_of_the_package_is_that_of_pyproject():
    assert sora_core.__version__ == declared()


def test_the_command_prints_it(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"sora-video {declared()}\n"


def test_a_checkout_under_another_name_says_its_own_version_without_torch(tmp_path):
    checkout = copied(tmp_path / "custom_nodes" / "some pack" / "core")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (checkout.parent / "pyproject.toml").write_text(text.replace(f'"{declared()}"', '"7.8.9"', 1))
    assert version_in(checkout) == "7.8.9 False"
    assert version_in(checkout, installed(tmp_path / "site", "1.2.3")) == "7.8.9 False"


def test_an_installed_package_says_the_version_of_its_distribution(tmp_path):
    site = installed(tmp_path / "site", "1.2.3")
    assert version_in(copied(site / "sora_core"), site) == "1.2.3 False"
    (site / "pyproject.toml").write_text('[project]\nname = "another"\nversion = "7.8.9"\n')
    assert version_in(site / "sora_core", site) == "1.2.3 False"


def test_a_copy_that_is_neither_has_no_version(tmp_path):
    assert version_in(copied(tmp_path / "sora_core")) == "unknown False"
