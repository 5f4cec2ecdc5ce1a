"""Answers of language models as prompts: what surrounds the text is cut, and what is no prompt is refused."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from .chinese import HAN, is_chinese

THOUGHT = re.compile("<(/?)(?:think|thinking|thought|reasoning|analysis)>", re.I)
FENCE = "```"
PREAMBLE = re.compile(
    r"^(?:(?:sure|certainly|of course|okay|ok)\b[^\n:]{0,80}[!.,:]?\s*)?"
    r"(?:here(?:'s| is| are)[^\n:]{0,80}:|(?:expanded |enhanced |rewritten |detailed |final |new )?"
    r"(?:video )?(?:prompt|caption|description|output|answer)\s*:)\s*",
    re.I,
)
MARKS = re.compile(r"\*\*|__|^#+\s*|^[-*]\s+", re.M)
SENTENCE = re.compile(r".+?(?:[.!?\u3002](?=\s|$)|$)\s*", re.S)
WRAPS = (('"', '"'), ("\u201c", "\u201d"), ("'", "'"), ("`", "`"))
REFUSAL = re.compile(
    r"^\W*(?:i'?m sorry|sorry,|i apologi[sz]e|i (?:can(?:not|'t)|won'?t|am (?:not able|unable))|"
    r"i'?m (?:not able|unable)|as an ai\b|unfortunately, i\b|"
    "\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u6211(?:\u65e0\u6cd5|\u4e0d\u80fd)|"  # sorry; excuse me; I cannot
    "\u4f5c\u4e3a\u4e00\u4e2a(?:\u4eba\u5de5\u667a\u80fd|AI))",  # as an AI
    re.I,
)
PLACEHOLDER = re.compile(
    r"\[(?:insert|your|describe|subject|object|action|setting|camera|style|scene|color|colour|name|\.\.\.)[^\]]{0,100}\]|"
    r"<(?:insert|your|describe|subject|action|setting|scene|prompt)[^>]{0,100}>|"
    r"\{\{?[a-z_ ]{1,60}\}?\}|_{3,}|lorem ipsum",
    re.I,
)
LONGEST_ANSWER = 100_000  # characters that are read
LONGEST_PREAMBLE = 500  # characters in which one is looked for
COPIED = 8  # words in a row that an answer may not share with its instructions
LONGEST_WORD = 45  # letters
REPEATED = 5  # times that the same four words may follow one another


class AnswerError(ValueError):
    """An answer that is no prompt. The message says why, to follow "the answer"."""


def count_words(text: str) -> int:
    """Count the words of a text; two Chinese characters count as one."""
    return len(re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*", HAN.sub(" ", text))) + (len(HAN.findall(text)) + 1) // 2


def repaired(answer: str, *, most_words: int, instructions: str = "", prompt: str = "") -> str:
    """Cut thoughts, fences, preambles and too many words off an answer.

    instructions: which an answer must not copy, except for what the prompt has too. Raises AnswerError.
    """
    text = shortened(_unwrapped(_without_thoughts(answer[:LONGEST_ANSWER])), most_words)
    if not text:
        raise AnswerError("is empty" if not answer.strip() else "has thoughts and no text")
    if len(text) > (LONGEST_WORD + 1) * most_words:
        raise AnswerError(f"is no text: {len(text):,} letters of hardly any words")
    if REFUSAL.match(text):
        raise AnswerError("is a refusal")
    if found := PLACEHOLDER.search(text):
        raise AnswerError(f"has the placeholder {found.group()[:40]!r}")
    if copied := _copied(text, instructions, prompt):
        raise AnswerError(f"copies its instructions: {copied!r}")
    if is_chinese(text) and len(HAN.findall(text)) > len(re.findall("[a-z]", text, re.I)):
        raise AnswerError("is in Chinese, expected English")
    if why := _gibberish(text):
        raise AnswerError(f"is no text: {why}")
    return text


def shortened(text: str, most_words: int) -> str:
    """Cut a text after the last sentence that fits into so many words, or after as many words."""
    if count_words(text) <= most_words:
        return text
    words = end = 0
    for sentence in SENTENCE.finditer(text):
        words += count_words(sentence.group())
        if words > most_words:
            break
        end = sentence.end()
    return text[:end].strip() or " ".join(text.split()[:most_words])


def _without_thoughts(text: str) -> str:
    """Cut blocks of thought, also one that has no end, and all before an end that has no beginning."""
    kept: list[str] = []
    inside, at = False, 0
    for mark in THOUGHT.finditer(text):
        if not inside:
            kept.append(text[at : mark.start()])
        if mark.group(1) and not inside:
            kept.clear()
        inside, at = not mark.group(1), mark.end()
    return "".join(kept if inside else [*kept, text[at:]]).strip()


def _unwrapped(text: str) -> str:
    text = "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))
    text = MARKS.sub("", _unfenced(text)).strip()
    if preamble := PREAMBLE.match(text[:LONGEST_PREAMBLE]):
        text = text[preamble.end() :].strip()
    for begin, end in WRAPS:
        if len(text) > 1 and text[0] == begin and text[-1] == end and begin not in text[1:-1]:
            text = text[1:-1].strip()
    return re.sub(r"[ \t]+", " ", text)


def _unfenced(text: str) -> str:
    """Return what stands in the first fence, without the name of its language; the text itself if it has none."""
    _, _, rest = text.partition(FENCE)
    inside, end, _ = rest.partition(FENCE)
    first, line, more = inside.partition("\n")
    if not end:
        return text
    return more if line and (not first.strip() or first.strip().isalpha()) else inside


def _plain_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _runs(words: list[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]


def _copied(text: str, instructions: str, prompt: str) -> str:
    """Return the first run of COPIED words that a text has from its instructions, and not from the prompt."""
    theirs = set(_runs(_plain_words(instructions), COPIED)) - set(_runs(_plain_words(prompt), COPIED))
    return next((" ".join(run) for run in _runs(_plain_words(text), COPIED) if run in theirs), "")


def _gibberish(text: str) -> str:
    """Say why a text is none; "" where it may be one."""
    letters = sum(each.isalpha() or each.isspace() for each in text)
    if "\ufffd" in text or letters < 0.6 * len(text):
        return "hardly any letters"
    words = _plain_words(HAN.sub(" ", text))
    if any(len(word) > LONGEST_WORD for word in words):
        return f"a word of more than {LONGEST_WORD} letters"
    units = words if len(words) > len(HAN.findall(text)) else HAN.findall(text)
    runs = _runs(units, 4)
    if runs and max(Counter(runs).values()) > REPEATED:
        return "the same words again and again"
    vowels = sum(bool(re.search("[aeiouy\u00e0-\u00ff]", word)) for word in words)
    if len(words) > 3 and vowels < 0.6 * len(words):
        return "words without vowels"
    return ""
