"""The poll of work that nobody interrupts."""

from sora_core.language import protocols
from sora_core.models.captioner import model
from sora_core.system.polling import never


def test_one_poll_that_never_interrupts_serves_all() -> None:
    never()
    assert protocols.never is model.never is never
