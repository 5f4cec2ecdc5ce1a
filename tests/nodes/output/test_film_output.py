"""Films as VIDEO and IMAGE: small ones are held, and what goes to a lossless file comes back to the bit."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip


@pytest.mark.parametrize("lossless", [False, True])
def test_a_film_is_held_or_becomes_a_file_whose_images_are_not_made(nodes, monkeypatch, lossless):
    output, joining, source = (
        import_from_pack(name)
        for name in ("nodes.output.film_output", "sora_core.video.film_joining", "sora_core.video.source_clip")
    )
    pixels = (clip(8) * 255).round() / 255
    film = joining.JoinedFilm.of(*(joining.Take(source.SourceClip(part, 8.0)) for part in pixels.split(4)), 0)
    video, images = output.written(film, False, lossless=lossless)
    assert torch.equal(images, pixels)
    monkeypatch.setattr(output, "HELD", 0)
    video, none = output.written(film, False, lossless=lossless)
    assert none is None
    assert torch.equal(video.images(), pixels) == lossless
