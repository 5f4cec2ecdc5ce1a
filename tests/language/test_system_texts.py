"""The texts that language models are told for each family of video models."""

from __future__ import annotations

import pytest

from sora_core.language.repair import count_words
from sora_core.language.system_texts import FAMILIES, caption_instructions, family_named


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_family_says_its_length_and_its_form_in_few_words(family):
    told = family.instructions()
    assert family.title in told
    assert f"{family.least_words} to {family.most_words} words" in told
    assert 150 < count_words(told) < 350  # short enough for a small model
    assert told.isascii()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_with_a_first_frame_only_what_moves_is_told(family):
    told = family.instructions(animated=True)
    assert "do not describe it again" in told
    assert f"{family.most_words} words" not in told


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_captions_have_the_form_of_their_family(family):
    told = caption_instructions(family)
    assert family.form in told
    assert "{" not in told


def test_an_unknown_family_is_named_with_those_that_there_are():
    assert family_named("wan").title == "Wan 2.x"
    with pytest.raises(ValueError, match="got the model family 'sdxl', expected one of wan, ltx"):
        family_named("sdxl")
