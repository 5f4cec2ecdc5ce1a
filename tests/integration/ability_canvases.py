"""A canvas of every ability node, for the programs here that sample them in both samplers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from in_process import Comfy


@dataclass(frozen=True)
class Clips:
    """Two clips of `length` seconds, IMAGEs or VIDEOs, and what their canvases are made with.

    size: side in pixels. added: seconds that an ability adds, and at which a keyframe lies.
    """

    comfy: Comfy
    vae: Any
    size: int
    fps: float
    one: Any
    two: Any
    length: float
    added: float
    audio_vae: Any | None = None

    def given(self) -> dict[str, dict[str, Any]]:
        """What each node is given beside what all are given, by its name and a word where it has two canvases."""
        region = torch.zeros(1, self.size, self.size)
        region[:, :, self.size // 2 :] = 1
        span = {"start": self.length / 2, "end": self.length, "fps": self.fps}
        (moments,) = self.comfy.run("SoraTimeRange", source=self.one, **span)
        wide = {"aspect_ratio": "16:9", "position": 0.5, "size": 2 * self.size}
        pair = {"first": self.one, "second": self.two}
        return {
            "SoraAnimateImage": {"image": self.picture(), "seconds": self.length},
            "SoraExtendVideo": {"source": self.one, "before": self.added, "after": self.added},
            "SoraConnectVideos": {**pair, "seconds": self.added},
            "SoraLoopVideo": {"source": self.one, "seconds": self.added},
            "SoraKeyframe": {"latent": self.grid()[0], "source": self.picture(), "seconds": self.added, "size": None},
            "SoraInpaintVideo": {"source": self.one, "region": region},
            "SoraInpaintVideo in time": {"source": self.one, "region": moments},
            "SoraOutpaintVideo": {"source": self.one, **wide},
            "SoraEditVideo": {"source": self.one, "strength": 0.5},
            "SoraMorphVideos": {**pair, "strength": 0.7},
        }

    def canvases(self) -> dict[str, dict[str, Any]]:
        """All of them."""
        return {name: self.canvas(name, inputs) for name, inputs in self.given().items()}

    def canvas(self, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """The canvas of one node. An input that is None is left out."""
        common = {"vae": self.vae, "fps": self.fps, "size": self.size, **self._sound()}
        given = {key: value for key, value in {**common, **inputs}.items() if value is not None}
        return self.comfy.run(name.split()[0], **given)[0]

    def grid(self) -> tuple[Any, ...]:
        """What Sora Video Grid gives."""
        size = {"aspect_ratio": "1:1", "size": self.size, "seconds": self.length, "fps": self.fps}
        return self.comfy.run("SoraVideoGrid", vae=self.vae, **size, **self._sound())

    def picture(self) -> torch.Tensor:
        """An IMAGE."""
        images = self.one if isinstance(self.one, torch.Tensor) else self.one.get_components().images
        return images[:1]

    def _sound(self) -> dict[str, Any]:
        return {} if self.audio_vae is None else {"audio_vae": self.audio_vae}
