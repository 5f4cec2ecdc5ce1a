"""Defaults for each published model: clip size, duration, fps and sampling options.

Source: https://github.com/Wan-Video/Wan2.1 (generate.py; the README for 1.3B) and https://github.com/Wan-Video/Wan2.2
(wan/configs). Two things differ: the solver (theirs is UniPC) and the negative prompt (theirs is a list of defects).
"""

from __future__ import annotations

from dataclasses import dataclass

from ...diffusion.options import SamplingOptions
from .dit import DiTConfig
from .dit.state_dict import LATENTS_OF_5B


@dataclass(frozen=True)
class Family:
    """Defaults for one model family: clip size in pixels, duration, fps and sampling options."""

    name: str
    width: int
    height: int
    seconds: float
    fps: float
    sampling: SamplingOptions


OWN = Family("a model of ours", 64, 64, seconds=2.0, fps=8.0, sampling=SamplingOptions())
WAN_1_3B = Family(
    "Wan 2.1 1.3B", 832, 480, seconds=5.0, fps=16.0, sampling=SamplingOptions(50, guidance=6.0, shift=8.0)
)
WAN_14B = Family("Wan 2.1 14B", 1280, 720, seconds=5.0, fps=16.0, sampling=SamplingOptions(50, guidance=5.0, shift=5.0))
WAN_A14B = Family(
    "Wan 2.2 A14B", 1280, 720, seconds=5.0, fps=16.0, sampling=SamplingOptions(40, guidance=3.5, shift=12.0)
)
"""The authors use guidance 4 for the high-noise expert and 3 for the low-noise one; here both use one number."""
WAN_5B = Family(
    "Wan 2.2 TI2V 5B", 1280, 704, seconds=5.0, fps=24.0, sampling=SamplingOptions(50, guidance=5.0, shift=5.0)
)

WIDTH_OF_14B = 5120


def wan_family(config: DiTConfig, *, experts: bool) -> Family:
    """Return the family of a published DiT, or of two experts.

    A single expert of A14B has the config of Wan 2.1 14B and gets that family.
    """
    if experts:
        return WAN_A14B
    if config.out_channels == LATENTS_OF_5B:
        return WAN_5B
    return WAN_14B if config.dim >= WIDTH_OF_14B else WAN_1_3B
