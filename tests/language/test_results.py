"""What expanders return."""

from __future__ import annotations

from sora_core.language import BackEnd, Check, Expansion, Fact, Kind


def test_an_expansion_says_whether_the_text_is_another_one():
    backend = BackEnd("grammar", "1")
    assert str(backend) == "grammar, 1"
    assert not Expansion("a dog", "a dog", backend).expanded
    assert Expansion("a brown dog", "a dog", backend).expanded


def test_the_facts_that_were_found_are_those_of_the_prompt():
    dog, cat, red, sky = (Fact(Kind.WORD, value) for value in ("dog", "cat", "red", "sky"))
    check = Check(kept=(dog,), lost=(cat,), contradicted=(red,), added=(sky,))
    assert check.found == (dog, cat, red)
