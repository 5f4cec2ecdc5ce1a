"""The size of a window on its way through a LATENT that is longer than what its model was trained on."""

from __future__ import annotations

from typing import Any

from ...sora_core.diffusion.outward_windows import OutwardWindow

KEY = "sora_window"  # of our LATENTs: latent frames that the model should see at once
FAR = 1.5  # times what it was trained on; up to there it is sampled at once


def hint(latents: int, trained: int) -> dict[str, int]:
    """What to add to a LATENT of so many latent frames, for a model that was trained on `trained` of them."""
    return {KEY: trained} if latents > FAR * trained else {}


def hinted_windows(latent: dict[str, Any]) -> OutwardWindow | None:
    """The windows for a LATENT with a hint; a third of each is context."""
    size = latent.get(KEY)
    if size is None:
        return None
    context = max(1, size // 3)
    return OutwardWindow(context, max(1, size - context))
