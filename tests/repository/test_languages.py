"""Translations of the nodes' texts: complete, none left over, and of the English text as it is now."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from scripts.docs import help_pages, readme
from scripts.docs.declared import DocsError, Node, Socket
from scripts.docs.languages import CODES, FOLDER, Language, check_prose, prose_mark
from scripts.docs.marked import block
from source_tree import ROOT

WORDS = json.loads((FOLDER / "zh" / "tables.json").read_text(encoding="utf-8"))
TEXTS = {"Sora X": "Sora Eks", "Does x.": "Macht x.", "a": "ein A", "An a.": "Das A."}
NODE = Node("SoraX", "Sora X", "Does x.", (Socket("a", "a", "INT or FLOAT", "An a.", "1 (0 to 2)"),), ())


def language(**more: str) -> Language:
    return Language("zh", {**TEXTS, **more}, WORDS)


def test_every_text_of_a_node_is_translated():
    (node,) = language().translated([NODE])
    assert (node.title, node.description) == ("Sora Eks", "Macht x.")
    assert node.inputs == (Socket("a", "ein A", f"INT{WORDS['or']}FLOAT", "Das A.", f"1 (0 {WORDS['to']} 2)"),)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("required", WORDS["required"]),
        ("false", WORDS["false"]),
        ("x (one of x, y)", f"x ({WORDS['one of']} x, y)"),
        ("-1 (-1 to 99)", f"-1 (-1 {WORDS['to']} 99)"),
        ("a text", "a text"),
    ],
)
def test_defaults_and_ranges_are_translated(values, expected):
    changed = replace(NODE, inputs=(replace(NODE.inputs[0], values=values),))
    assert language().translated([changed])[0].inputs[0].values == expected


def test_a_place_may_have_a_translation_of_its_own():
    both = replace(NODE, outputs=NODE.inputs)
    (node,) = language(**{"SoraX/inputs/a/name": "anderes A"}).translated([both])
    assert (node.inputs[0].label, node.outputs[0].label) == ("anderes A", "ein A")


def test_texts_without_a_translation_are_listed():
    with pytest.raises(DocsError, match=r"zh/nodes.json has no translation of:\nNew\.\nAlso new\.$"):
        language().translated([replace(NODE, description="New."), replace(NODE, description="Also new.")])


def test_translations_that_no_node_needs_are_listed():
    with pytest.raises(DocsError, match=r"translates what no node says:\nFormer\.$"):
        language(**{"Former.": "Alt."}).translated([NODE])


def test_a_page_of_an_older_english_text_is_refused_and_told_what_to_end_with():
    english = f"# X\n\n{block('inputs', 'one')}\n\nProse.\n"
    mark = prose_mark(english)
    check_prose(english, f"...\n{mark}\n", "zh.md")
    check_prose(english.replace("one", "another"), f"...\n{mark}\n", "zh.md")  # what is generated is not translated
    with pytest.raises(DocsError, match=r"zh\.md is of another English text: .* <!-- translates [0-9a-f]{8} -->"):
        check_prose(english.replace("Prose", "New prose"), f"...\n{mark}\n", "zh.md")


def test_a_node_without_a_translated_page_is_an_error(tmp_path):
    with pytest.raises(DocsError, match=r"no page web/docs/SoraX/zh\.md; translate web/docs/SoraX\.md"):
        help_pages.translated([NODE], language(), tmp_path)


def test_the_translated_readme_has_the_nodes_with_their_translated_pages(tmp_path):
    text = block("nodes", "old")
    (tmp_path / "README.md").write_text(text)
    (tmp_path / "README.zh.md").write_text(f"{text}\n{prose_mark(text)}\n")
    (node,) = language().translated([NODE])
    made = readme.translated([node], language(), tmp_path)["README.zh.md"]
    assert "| [Sora Eks](web/docs/SoraX/zh.md) | Macht x. |" in made
    assert "old" not in made


def test_every_language_has_its_files():
    for code in CODES:
        assert Language.load(code).translations
        assert (ROOT / f"web/notices.{code}.json").exists()


@pytest.mark.parametrize("code", CODES)
def test_translated_help_pages_show_the_pictures_of_the_english_ones(code):
    shown = re.compile(r"\]\((images/[^)]+)\)")
    for page in sorted((ROOT / "web" / "docs").glob("*.md")):
        translated = (page.with_suffix("") / f"{code}.md").read_text(encoding="utf-8")
        assert shown.findall(translated) == shown.findall(page.read_text(encoding="utf-8")), page.stem
