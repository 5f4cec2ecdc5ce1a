"""Sora Timeline's widget in a real browser: by mouse and by keys, saved and undone, in both renderings."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver import ActionChains, Keys

from integration.browser import ComfyPage

pytestmark = [pytest.mark.live, pytest.mark.slow]

TEXT = "length 4\n0-1.5 = clip1\n2.5-4 = clip2 level 0.5 ramp in 0.5\n0: a red circle moves right\n2: a blue square"
