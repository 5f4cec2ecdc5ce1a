"""The pages of the documentation: how they begin, how wide they are, and that index and navigation name them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from source_tree import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
EXPERIMENTS = sorted(path for path in (DOCS / "experiments").glob("*.md") if path.name != "index.md")
WIDTH = 120
LABELS = ("Question", "Result", "Decision")
DATE = r"\d{4}-\d{2}-\d{2}(?: to \d{4}-\d{2}-\d{2})?"


def name_of(path: Path) -> str:
    """The path below docs/, as navigation has it."""
    return path.relative_to(DOCS).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """(line number, line) of all that is neither a table nor code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        fence = line.lstrip().startswith("```")
        if not (fenced or fence or line.startswith(("|", "    "))):
            yield number, line
        fenced ^= fence


def beginning(text: str) -> list[str]:
    """The first five blocks, without the title's mark and the labels, where a page begins as it should; else []."""
    blocks = text.split("\n\n")[:5]
    patterns = (r"# (.+)", f"Date: ({DATE})", *(rf"\*\*{label}\.\*\* (.+)" for label in LABELS))
    found = [re.fullmatch(pattern, block, re.S) for pattern, block in zip(patterns, blocks, strict=False)]
    return [match[1] for match in found if match] if len(found) == len(patterns) and all(found) else []


def index_rows(text: str) -> list[tuple[str, str, str, str]]:
    """(date, title, file, result) of each row of the index."""
    return re.findall(rf"^\| ({DATE}) \| \[(.+?)\]\((.+?)\) \| (.+) \|$", text, re.M)


def nav_pages(entry: object) -> Iterator[str]:
    """Every page that the navigation names."""
    if isinstance(entry, str):
        yield entry
    else:
        for child in entry.values() if isinstance(entry, dict) else entry:
            yield from nav_pages(child)


@pytest.mark.parametrize("page", EXPERIMENTS, ids=name_of)
def test_an_experiment_begins_with_title_date_question_result_and_decision(page):
    assert beginning(text_of(page))


@pytest.mark.parametrize("page", EXPERIMENTS, ids=name_of)
def test_an_experiment_names_the_command_that_makes_its_numbers(page):
    section = re.split(r"^## Commands?$", text_of(page), maxsplit=1, flags=re.M)
    assert len(section) == 2
    assert re.search(r"python -m |torchrun ", section[1])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_line_of_prose_is_wider_than_the_sources(page):
    assert [number for number, line in prose(text_of(page)) if len(line) > WIDTH] == []


def test_the_index_of_experiments_names_every_page_and_no_other():
    rows = index_rows(text_of(DOCS / "experiments" / "index.md"))
    expected = []
    for page in EXPERIMENTS:
        title, date, *_ = beginning(text_of(page))
        expected.append((date, title, page.name))
    assert sorted((date, title, file) for date, title, file, _ in rows) == sorted(expected)


def test_the_index_of_experiments_tells_each_result_in_one_sentence():
    rows = index_rows(text_of(DOCS / "experiments" / "index.md"))
    assert [result for *_, result in rows if not re.fullmatch(r"[A-Z`][^.]*(?:\.\d[^.]*)*\.", result)] == []


def test_the_navigation_names_every_page_once_and_nothing_else():
    settings = yaml.safe_load(text_of(ROOT / "mkdocs.yml"))
    assert sorted(nav_pages(settings["nav"])) == [name_of(page) for page in PAGES]


def test_a_broken_link_or_anchor_fails_the_site():
    settings = yaml.safe_load(text_of(ROOT / "mkdocs.yml"))
    assert set(settings["validation"]["links"].values()) == {"warn"}
    assert "mkdocs build --strict" in text_of(ROOT / "Makefile")


def test_pages_that_break_the_rules_are_caught():
    good = "# T\n\nDate: 2026-01-01\n\n**Question.** a?\n\n**Result.** b.\n\n**Decision.** c.\n"
    assert beginning(good)
    assert not beginning(good.replace("**Result.** b.\n\n", ""))
    assert not beginning(good.replace("2026-01-01", "yesterday"))
    wide = "x" * (WIDTH + 1)
    assert [line for _, line in prose(f"{wide}\n\n```\n{wide}\n```\n\n| {wide} |\n")] == [wide, "", ""]
    assert list(nav_pages([{"A": "a.md"}, {"B": ["b.md", {"C": "c.md"}]}])) == ["a.md", "b.md", "c.md"]
