"""The bundled captioner: a small transformer that writes a caption of a clip's latents."""

from .model import Captioner, CaptionerConfig

__all__ = ["Captioner", "CaptionerConfig"]
