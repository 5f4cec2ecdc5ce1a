"""Frame rate and length of a video on their way through its LATENT, so that no node asks for them again."""

from __future__ import annotations

from typing import Any, NamedTuple

KEY = "sora_timing"  # of our LATENTs; samplers pass it on


class Timing(NamedTuple):
    """fps: of the video. frames: that its `latents` latent frames decode to."""

    fps: float
    frames: int
    latents: int


def fps_of(latent: dict[str, Any]) -> float:
    """Frames per second that a LATENT was made for; 0 where it does not say."""
    timing: Timing | None = latent.get(KEY)
    return 0.0 if timing is None else timing.fps


def frames_of(latent: dict[str, Any], latents: int) -> int:
    """Frames that a LATENT of so many latent frames decodes to; 0 where it does not say, or was cut since."""
    timing: Timing | None = latent.get(KEY)
    return timing.frames if timing is not None and timing.latents == latents else 0


def decoded_fps(latent: dict[str, Any], given: float) -> float:
    """Frames per second to decode a LATENT at: those given, or for 0 its own. Raises ValueError where it has none."""
    if 0 < given < 1:
        raise ValueError(f"fps is {given:g}, expected at least 1, or 0 for the rate that the latent was made for")
    if not (given or fps_of(latent)):
        raise ValueError("fps is 0, but this latent says no rate of its own: set fps in Sora Decode to Video")
    return given or fps_of(latent)


def canvas_fps(latent: dict[str, Any], given: float) -> tuple[float, str]:
    """Frames per second of a canvas that goes on from a LATENT: its own; and the notice where others are given."""
    own = fps_of(latent)
    if not own or own == given:
        return given, ""
    return own, f"fps {given:g} is not used: the latent has {own:g}"


def fps_notice(latent: dict[str, Any], given: float) -> str:
    """The notice that a LATENT is decoded at another rate than it was made for; "" where it is not."""
    own = fps_of(latent)
    return f"Shown at {given:g} fps; the latent was made for {own:g}" if given and own not in (0, given) else ""
