"""Prompts are cleaned as diffusers cleans them for Wan where it has no ftfy, and alike on every machine."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from sora_core.models.wan.text_encoder.cleaning import clean_prompt

TEXTS = [
    "  a red\tcircle \n moves\u3000right ",
    "Tom &amp; Jerry, Tom &amp;amp; Jerry, &lt;b&gt; 1 &#60; 2",
    "",
    " \n",
    "\u201cquoted\u201d caf\u00e9 \u8d64\u3044\u5186 \ufb01ne",
    "broken \u00e2\u20ac\u201d dash, l\u00c3\u00a9ger",
]


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
def test_a_prompt_is_cleaned_as_in_diffusers_without_ftfy(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = pytest.importorskip("diffusers.pipelines.wan.pipeline_wan")
    monkeypatch.setattr(theirs, "is_ftfy_available", lambda: False)
    assert clean_prompt(text) == theirs.prompt_clean(text)


@pytest.mark.parametrize("text", TEXTS)
def test_a_prompt_is_cleaned_alike_where_ftfy_is_installed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = ModuleType("ftfy")
    installed.fix_text = lambda text: "mended"  # type: ignore[attr-defined]
    installed.__spec__ = ModuleSpec("ftfy", None)
    before = clean_prompt(text)
    monkeypatch.setitem(sys.modules, "ftfy", installed)
    assert clean_prompt(text) == before


def test_cleaning_twice_changes_nothing_more() -> None:
    assert clean_prompt(TEXTS[0]) == clean_prompt(clean_prompt(TEXTS[0])) == "a red circle moves right"
