"""The world's domains, and the styles of captions, which every domain writes."""

from sora_core.world import DOMAINS, Style


def test_styles_rise_in_detail() -> None:
    assert [style.name for style in Style] == ["TERSE", "DESCRIPTIVE", "RICH"]
    assert [style.value for style in Style] == sorted(style.value for style in Style)


def test_every_domain_is_found_by_its_own_name() -> None:
    assert "flat" in DOMAINS
    assert all(domain.name == name for name, domain in DOMAINS.items())
