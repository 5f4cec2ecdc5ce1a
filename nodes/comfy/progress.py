"""ComfyUI's progress bar of the running node, with previews, a line of text at the node and a bar in the console."""

from __future__ import annotations

import time

import comfy.model_management
import comfy.utils
from comfy_execution.utils import get_executing_context
from server import PromptServer  # type: ignore[import-not-found]
from tqdm.auto import tqdm

from ..host.protocol import Preview
from ..host.time_left import TimeLeft, Work

PREVIEW_SIDE = 256
PREVIEW_SECONDS = 0.1  # at least, from image to image: ten a second look smooth
PREVIEW_SHARE = 1 / 6  # at most, of the time: to decode an image may take longer than a step
TEXT_SECONDS = 0.5  # at least, from text to text


class ComfyProgress:
    """See host.Progress. Raises ComfyUI's exception when the user interrupts."""

    def __init__(self, total: int, work: Work) -> None:
        self._bar = comfy.utils.ProgressBar(total)
        self._console = tqdm(total=total, desc=work.doing, unit=work.unit, delay=work.bar_after)
        self._left = TimeLeft(work, total)
        self._total = total
        self._shown = 0
        self._next_shown = self._next_text = 0.0  # on the clock of time.monotonic

    def update(self, done: int, preview: Preview | None = None) -> None:
        try:
            comfy.model_management.throw_exception_if_processing_interrupted()
        except BaseException:
            self._console.close()
            raise
        picture, start = None, time.monotonic()
        if preview is not None and start >= self._next_shown:
            picture = ("JPEG", preview(self._shown), PREVIEW_SIDE)
            took = time.monotonic() - start
            self._shown, self._next_shown = self._shown + 1, start + max(PREVIEW_SECONDS, took / PREVIEW_SHARE)
        self._bar.update_absolute(done, self._total, picture)
        self._tell(done)

    def _tell(self, done: int) -> None:
        """Show the time that is left, at the node and in the console."""
        self._left.update(done)
        self._console.update(done - self._console.n)
        ended, now = done >= self._total, time.monotonic()
        if ended:
            self._console.close()
        if ended or now >= self._next_text:
            self._next_text = now + TEXT_SECONDS
            _show(self._left.text())


def _show(text: str) -> None:
    """Show a text at the running node."""
    running = get_executing_context()
    if running is not None and PromptServer.instance.client_id is not None:
        PromptServer.instance.send_progress_text(text, running.node_id)
