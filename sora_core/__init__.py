"""Text to video on one spacetime canvas: `from sora_core import Pipeline`.

The pipeline is imported on first use, so that `sora_core.canvas.shapes` and its like do not need PyAV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pipeline import Pipeline, SamplingOptions, Video

    __version__: str

__all__ = ["Pipeline", "SamplingOptions", "Video"]


def __getattr__(name: str) -> object:
    """Names of the pipeline module, imported when they are first asked for, and `__version__`."""
    if name == "__version__":
        from .system.version import version

        return version()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import pipeline

    return getattr(pipeline, name)
