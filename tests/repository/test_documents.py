"""Links in the documents lead somewhere, and the commands and files that they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from source_tree import ROOT, python_files, relative

GENERATED = "docs/tree.md"  # of docstrings, all of it set as code
DOCUMENTS = sorted(
    {relative(path) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "web").rglob("*.md"))}
    - {GENERATED}
)
# What these say was so when it was written; files may have moved since.
HISTORY = ("CHANGELOG.md", "docs/decisions.md", "docs/experiments")
HELP = "web/docs"  # from which ComfyUI resolves links, also those of translations, which lie in folders of it
FOLDERS = r"\.github|benchmarks|docs|headless|nodes|scripts|sora_core|tests|web|workflows"


def code(text: str) -> list[str]:
    """What is set as code: fenced, indented, or between backticks."""
    return re.findall(r"```.*?```|`[^`\n]+`|^    .+$", text, re.S | re.M)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """("make", target) and ("-m", module) as the text mentions them, in code only."""
    for block in code(text):
        yield from (("make", target) for target in re.findall(r"\bmake ([a-z][a-z-]*)", block))
        yield from (("-m", module) for module in re.findall(r"python -m ([a-z0-9_.]+)", block))


def files(text: str) -> Iterator[str]:
    """Files of the repository as the text mentions them, in code only; NAME stands for any name."""
    for block in code(text):
        if titled := re.fullmatch(r"`(workflows/[^`/]* [^`/]*\.json)`", block):
            yield titled[1]
        for path in re.findall(rf"(?<![\w/.])(?:{FOLDERS})/[\w./-]*\.(?:py|json|md|mp4|webp|png)\b", block):
            if not re.search(r"NAME|NODE_ID", path):
                yield path


def links(text: str) -> list[str]:
    """Where links and pictures lead inside the repository."""
    found = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|href)="([^"#]+)"', text)
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def test_the_documents_are_found():
    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md", "web/docs/SoraSampler.md"} <= set(DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_mention_only_commands_that_exist(document):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    modules = {relative(p).removesuffix(".py").removesuffix("/__main__").replace("/", ".") for p in python_files()}
    known = {"make": targets, "-m": modules | {"pip", "pytest", "venv"}}
    assert [found for found in commands(read(document)) if found[1] not in known[found[0]]] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_inside_the_repository_lead_somewhere(document):
    base = ROOT / HELP if document.startswith(HELP) else (ROOT / document).parent
    assert [link for link in links(read(document)) if not (base / link).exists()] == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if not name.startswith(HISTORY)])
def test_documents_name_only_files_that_exist(document):
    assert [path for path in files(read(document)) if not (ROOT / path).exists()] == []


def test_a_wrong_command_is_caught():
    text = "Run `make nothing-at-all` and\n\n    python -m nowhere.at_all\n"
    assert list(commands(text)) == [("make", "nothing-at-all"), ("-m", "nowhere.at_all")]


def test_a_wrong_link_is_caught():
    text = '[a](gone.md#part) ![b](https://example.org/b.png) <img src="docs/c.png">'
    assert links(text) == ["gone.md", "docs/c.png"]


def test_a_wrong_file_is_caught():
    text = "Open `workflows/gone.json`, `workflows/Gone Video (X 2).json`, `tests/test_NAME.py`, out/x.mp4 and"
    text += "\n\n    python scripts/gone.py\n"
    assert list(files(text)) == ["workflows/gone.json", "workflows/Gone Video (X 2).json", "scripts/gone.py"]
