"""The README's tree names every file there is and none that is not; commands in the documents exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from source_tree import ROOT, python_files, relative

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(relative(page) for page in (ROOT / "docs").rglob("*.md")),
)
FULLY_LISTED = ("sora_core", "nodes", "headless", "scripts", "benchmarks")
NAMED_ONCE = {
    "assets",
    "web",
    "locales",
    "images",
    "tests",
    "guides",
    "experiments",
}  # folders whose files need no line each


def tree_entries(text: str) -> dict[str, str]:
    """path -> remark of the fenced tree under "Where things are"; two spaces of indentation are one level."""
    block = text.split("## Where things are", 1)[1].split("```")[1]
    parents: list[str] = []
    entries = {}
    for line in block.splitlines():
        if not line.strip():
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        name, _, remark = line.strip().partition(" ")
        parents[depth:] = [name.rstrip("/")]
        entries["/".join(parents) + ("/" if name.endswith("/") else "")] = remark.strip()
    return entries


def tracked() -> list[str]:
    """Files that git knows in this checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).exists()]


def needs_line(name: str) -> bool:
    """Root files, and every file of the code, but for the marker of a package and what a folder's line covers."""
    folders = name.split("/")[:-1]
    if name.endswith("/__init__.py") or name.startswith("."):
        return False
    return not NAMED_ONCE & set(folders) and (not folders or folders[0] in (*FULLY_LISTED, "docs"))


def commands(text: str) -> Iterator[tuple[str, str]]:
    """("make", target) and ("-m", module) as the text mentions them, in code only."""
    for block in re.findall(r"```.*?```|`[^`\n]+`|^    .+$", text, re.S | re.M):
        yield from (("make", target) for target in re.findall(r"\bmake ([a-z]+)\b", block))
        yield from (("-m", module) for module in re.findall(r"python -m ([a-z0-9_.]+)", block))


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tree_names_every_file_that_needs_a_line():
    missing = {name for name in tracked() if needs_line(name)} - set(tree_entries(readme()))
    assert not missing


def test_the_tree_names_nothing_that_is_not_there():
    entries = tree_entries(readme())
    assert [name for name in entries if not (ROOT / name).exists()] == []
    assert [name for name, remark in entries.items() if not remark] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_mention_only_commands_that_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    modules = {relative(p).removesuffix(".py").removesuffix("/__main__").replace("/", ".") for p in python_files()}
    known = {"make": targets, "-m": modules | {"pip", "pytest", "venv"}}
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [found for found in commands(text) if found[1] not in known[found[0]]] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_inside_the_repository_lead_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


def test_a_wrong_tree_is_caught():
    text = "## Where things are\n```\nnodes/  the nodes\n  gone.py  is not there\nREADME.md\n```\n"
    assert tree_entries(text) == {"nodes/": "the nodes", "nodes/gone.py": "is not there", "README.md": ""}


def test_a_wrong_command_is_caught():
    text = "Run `make nothing` and\n\n    python -m nowhere.at_all\n"
    assert list(commands(text)) == [("make", "nothing"), ("-m", "nowhere.at_all")]
