"""Watch: whom a reader of files asks whether to go on, and tells what is wrong with a file."""

from __future__ import annotations

import logging
from typing import Protocol

log = logging.getLogger(__name__)


class Watch(Protocol):
    """What the caller of a reader may want to know while it reads."""

    def check(self) -> None:
        """Called for each packet; raises what ends the reading, such as an interrupt."""

    def tell(self, text: str) -> None:
        """Called once for each fault of a file that does not end the reading: one sentence that names the file."""


class LogWatch:
    """Never ends the reading, and logs what is wrong as warnings."""

    def check(self) -> None:
        """Go on."""

    def tell(self, text: str) -> None:
        """Log it."""
        log.warning("%s", text)


class Unheard:
    """Asks another watch whether to go on, and tells it nothing: the file will be read again."""

    def __init__(self, watch: Watch) -> None:
        self.check = watch.check

    def tell(self, text: str) -> None:
        """Say nothing."""


class Once:
    """Asks another watch whether to go on, and tells it each thing once: the file is read more than once."""

    def __init__(self, watch: Watch) -> None:
        self.check = watch.check
        self._watch, self._told = watch, set[str]()

    def tell(self, text: str) -> None:
        """Tell what was not told yet."""
        if text not in self._told:
            self._told.add(text)
            self._watch.tell(text)


LOG = LogWatch()
