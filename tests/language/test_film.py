"""Films: frames that are read when they are asked for, and tensors in their place."""

from __future__ import annotations

import pytest
import torch

from sora_core.language.film import HeldFilm, film_of
from sora_core.language.pictures import sample_pictures


def test_a_tensor_is_a_film_of_its_frames():
    frames = torch.arange(5, dtype=torch.uint8)[:, None, None, None].expand(5, 2, 4, 3)
    film = film_of(frames)
    assert film.shape == (5, 2, 4, 3)
    assert [int(frame[0, 0, 0]) for frame in film.read([0, 3, 3])] == [0, 3, 3]
    assert film_of(film) is film


@pytest.mark.parametrize("frames", [torch.zeros(0, 4, 4, 3, dtype=torch.uint8), torch.zeros(2, 4, 4, 3)])
def test_what_is_no_clip_is_refused(frames):
    with pytest.raises(ValueError, match="expected uint8"):
        HeldFilm(frames)


def test_only_the_frames_that_are_shown_are_read():
    asked = []

    class Long(HeldFilm):
        shape = torch.Size((100_000, 4, 4, 3))

        def read(self, wanted):
            asked.extend(wanted)
            return (torch.zeros(4, 4, 3, dtype=torch.uint8) for _ in wanted)

    assert len(sample_pictures(Long.__new__(Long), 25.0, most=3).pictures) == 3
    assert asked == [0, 50_000, 99_999]
