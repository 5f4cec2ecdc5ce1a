"""The borders of the package."""

from __future__ import annotations

from sora_core.language.protocols import Message
from sora_core.system.polling import never


def test_nothing_interrupts_by_default_and_a_message_has_no_pictures():
    assert never() is None
    assert Message("user", "a dog").pictures == ()
