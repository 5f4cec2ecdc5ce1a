"""Names and texts of strangers do not drive the terminal."""

import pytest

from sora_core.system.printable import has_control, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("bell\x07 back\x08", "bell\\x07 back\\x08"),
        ("c1\x9b2J", "c1\\x9b2J"),
        ("over\rwritten", "over\\rwritten"),
        ("right\u202eto left", "right\\u202eto left"),
        ("lone \udcff byte", "lone \\udcff byte"),
    ],
)
def test_control_characters_are_written_out(text, shown):
    assert printable(text) == shown
    assert has_control(text)


@pytest.mark.parametrize(
    "text", ["plain", "Gr\u00fc\u00dfe, \u4e16\u754c", "2026-11-26T12:30:00", "family \U0001f468\u200d\U0001f469"]
)
def test_all_other_text_stays(text):
    assert printable(text) == text
    assert not has_control(text)


def test_line_ends_and_tabs_are_shown_but_are_no_part_of_a_name():
    assert printable("a\n\tb") == "a\n\tb"
    assert has_control("a\nb")
