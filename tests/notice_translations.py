"""Whether a notice has a translation in each language of web/, by the patterns that web/translating.js reads."""

from __future__ import annotations

import json
import re
from functools import cache

from scripts.docs.languages import CODES
from source_tree import ROOT


def untranslated(notice: str) -> list[str]:
    """The languages in which no pattern fits a notice."""
    return [code for code in CODES if not any(pattern.fullmatch(notice) for pattern in _patterns(code))]


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], ...]:
    translations = json.loads((ROOT / f"web/notices.{code}.json").read_text(encoding="utf-8"))
    return tuple(re.compile(".+?".join(map(re.escape, pattern.split("{}")))) for pattern in translations)
