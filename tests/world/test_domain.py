"""Styles of captions, which every domain writes."""

from sora_core.world import Style


def test_styles_rise_in_detail() -> None:
    assert [style.name for style in Style] == ["TERSE", "DESCRIPTIVE", "RICH"]
    assert [style.value for style in Style] == sorted(style.value for style in Style)
