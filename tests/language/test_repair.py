"""Answers of language models: what is cut, and what is refused with a reason."""

from __future__ import annotations

import contextlib
import time

import pytest

from sora_core.language.free_text import FreeTextReader
from sora_core.language.repair import AnswerError, count_words, repaired, shortened

TEXT = "A red ball rolls to the left over a wooden floor in soft morning light."


def fixed(answer: str, **more) -> str:
    return repaired(answer, **{"most_words": 100, **more})


@pytest.mark.parametrize(
    "answer",
    [
        TEXT,
        f"  {TEXT}\n",
        f"<think>The user wants a ball.</think>\n{TEXT}",
        f"The user wants a ball. Let me think.</think>{TEXT}",
        f"Here is the expanded prompt:\n\n{TEXT}",
        f"Sure! Here's your prompt: {TEXT}",
        f"**Prompt:** {TEXT}",
        f'"{TEXT}"',
        f"```text\n{TEXT}\n```",
        f"{TEXT}\x1b\x00",
        f"{TEXT}\n<think>Now I should check",
        f"<think>a <think>b</think>{TEXT}<think>c</think>",
    ],
)
def test_what_surrounds_the_text_is_cut(answer):
    assert fixed(answer) == TEXT


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("<think>endless thought", "thoughts and no text"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("As an AI language model I cannot see videos.", "refusal"),
        ("\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u5b8c\u6210", "refusal"),
        ("A [insert colour] ball rolls over the floor.", "placeholder"),
        ("A {subject} walks through a {place}.", "placeholder"),
        ("%%%% $$$$ #### 1234 @@@@ ^^^^", "hardly any letters"),
        ("xkcd qwrtz bnmk plkj sdfg hjkl", "without vowels"),
        ("the ball rolls on " * 20, "again and again"),
        ("a" * 60, "letters"),
        ("\u4e00\u4e2a\u7ea2\u8272\u7684\u7403\u5728\u5730\u4e0a\u6eda\u52a8", "Chinese"),
    ],
)
def test_what_is_no_prompt_is_refused_with_a_reason(answer, why):
    with pytest.raises(AnswerError, match=why):
        fixed(answer)


def test_copied_instructions_are_refused_unless_the_prompt_has_the_words_too():
    told = "Begin with the main subject, then its movement, then the place and the light."
    answer = f"{TEXT} Begin with the main subject then its movement then the place."
    with pytest.raises(AnswerError, match="copies its instructions: 'begin with the main subject"):
        fixed(answer, instructions=told)
    assert fixed(answer, instructions=told, prompt=told) == answer


def test_a_long_answer_is_cut_after_a_sentence_that_fits():
    assert fixed(f"{TEXT} It {'slowly ' * 3}stops. {'More words follow here. ' * 4}", most_words=20) == (
        f"{TEXT} It slowly slowly slowly stops."
    )
    assert shortened("one two three four five", 3) == "one two three"


def test_six_thousand_words_become_the_few_that_were_asked_for():
    verbs, things = ("sees", "lifts", "drops", "turns"), ("a cup", "the lamp", "old paper", "her hat", "some fruit")
    sentences = [f"Person {each} {verbs[each % 4]} {things[each % 5]} near window {each}." for each in range(1000)]
    answer = " ".join(sentences)
    assert count_words(answer) > 6000
    assert 80 < count_words(fixed(answer)) <= 100


@pytest.mark.parametrize("piece", ["<think>", "</think>", "[your ", "<subject ", "{a", "```", "a. ", "\u201c", "x"])
def test_an_answer_of_megabytes_takes_no_time(piece):
    begin = time.process_time()
    with contextlib.suppress(AnswerError):
        fixed(piece * (4_000_000 // len(piece)))
    assert time.process_time() - begin < 5


@pytest.mark.parametrize(
    "answer",
    [
        "<think>" * 20_000,
        "```" + "a" * 100_000,
        "```a" * 30_000,
        "! " * 100_000 + "word " * 500,
        "sure" + "\u2003" * 100_000 + "x",
        "word " * 20 + ("a" * 60_000 + "\u0301\u0327" * 19_000),
        "-".join(f"a{each}" for each in range(20_000)),
    ],
)
def test_no_answer_takes_longer_than_its_length(answer):
    begin = time.process_time()
    with contextlib.suppress(AnswerError):
        FreeTextReader().facts(fixed(answer))
    assert time.process_time() - begin < 1


def test_a_chain_of_words_without_spaces_is_no_text():
    with pytest.raises(AnswerError, match="letters of hardly any words"):
        fixed("-".join(f"a{each}" for each in range(5_000)))


@pytest.mark.parametrize("fence", ["```text\n{}\n```", "```\n{}\n```", "```{}```", "```{}\n```"])
def test_a_fence_takes_no_word_of_the_text_away(fence):
    assert fixed(fence.format("a red ball rolls to the left.")) == "a red ball rolls to the left."


def test_quotation_marks_inside_stay():
    answer = '"Open" glows above a door, and below it "Closed".'
    assert fixed(answer) == answer


def test_words_are_counted_in_both_languages():
    assert count_words("a ball's well-worn path, 2 m") == 6
    assert count_words("\u7ea2\u8272\u7684\u7403") == 2
