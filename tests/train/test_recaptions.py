"""Recaptioned clips: the same clips with the words of a captioner, which is asked once for each."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import load_vae
from sora_core.train.__main__ import told_by
from sora_core.train.config import TrainConfig
from sora_core.train.recaptions import Recaptioned
from tiny import save_tiny_model
from tiny_captioner import save_captioner
from tiny_preset import tiny_preset
from tiny_training import tiny_sources

VIDEO = VideoShape(5, 16, 32)


class Describes:
    """Says how bright a clip is, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[torch.Tensor] = []

    def __call__(self, pixels: torch.Tensor) -> list[str]:
        self.asked += list(pixels)
        return [f"{float(clip.mean()):.4f}" for clip in pixels]


def test_captions_are_what_the_captioner_says_of_the_same_clips() -> None:
    source, describes = tiny_sources().clips, Describes()
    told = Recaptioned(source, describes, VIDEO)
    scenes = told.draw(4, VIDEO, random.Random(0))
    assert repr(scenes) == repr(source.draw(4, VIDEO, random.Random(0)))
    texts = told.captions(scenes, random.Random(1))
    assert texts == Describes()(source.render(scenes, VIDEO))
    assert told.captions([*scenes[2:], scenes[0]], random.Random(2)) == [*texts[2:], texts[0]]
    assert len(describes.asked) == 4
    assert told.facts(scenes) == source.facts(scenes)


def test_a_still_is_shown_to_the_captioner_as_a_clip_that_stays() -> None:
    source, describes = tiny_sources().clips, Describes()
    told = Recaptioned(source, describes, VIDEO)
    scenes = told.draw(1, VIDEO, random.Random(0))
    told.captions(scenes, random.Random(0), still=True)
    (clip,) = describes.asked
    assert clip.shape == (3, *VIDEO)
    assert torch.equal(clip, source.render(scenes, VIDEO._replace(frames=1))[0].expand(3, *VIDEO))


@pytest.mark.slow
def test_a_captioner_of_another_vae_is_refused(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path)
    vae, config = load_vae(folder / "vae.safetensors"), TrainConfig(tiny_preset())
    sources = told_by(save_captioner(folder), vae, tiny_sources(), config)
    scenes = sources.clips.draw(2, VIDEO, random.Random(0))
    assert len(sources.clips.captions(scenes, random.Random(0))) == 2
    with pytest.raises(ValueError, match="reads latents of 16 channels, the VAE gives 4"):
        told_by(save_captioner(folder, channels=16), vae, tiny_sources(), config)
