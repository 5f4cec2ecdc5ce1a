"""Prompts are cleaned as diffusers cleans them for Wan."""

from __future__ import annotations

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


@pytest.mark.parametrize("text", TEXTS)
def test_a_prompt_is_cleaned_as_in_diffusers(text: str) -> None:
    theirs = pytest.importorskip("diffusers.pipelines.wan.pipeline_wan")
    assert clean_prompt(text) == theirs.prompt_clean(text)


def test_cleaning_twice_changes_nothing_more() -> None:
    assert clean_prompt(TEXTS[0]) == clean_prompt(clean_prompt(TEXTS[0])) == "a red circle moves right"
