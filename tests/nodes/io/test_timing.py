"""Frame rate and length of a video travel in its LATENT: what a sampler passes on is read, what was cut is not."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack

timing = import_from_pack("nodes.io.timing")
LATENT = {"samples": None, timing.KEY: timing.Timing(16.0, 9, 3)}


def test_a_latent_says_its_rate_and_its_frames_unless_it_was_cut():
    assert (timing.fps_of(LATENT), timing.frames_of(LATENT, 3)) == (16, 9)
    assert (timing.frames_of(LATENT, 2), timing.fps_of({}), timing.frames_of({}, 3)) == (0, 0, 0)


def test_a_rate_that_is_given_is_used_and_0_is_the_latent_s():
    assert (timing.decoded_fps(LATENT, 0.0), timing.decoded_fps(LATENT, 8.0), timing.decoded_fps({}, 8.0)) == (16, 8, 8)
    for latent, given in (({}, 0.0), (LATENT, 0.5)):
        with pytest.raises(ValueError, match=r"^fps is"):
            timing.decoded_fps(latent, given)


def test_a_canvas_keeps_the_rate_of_its_latent_and_another_one_is_told():
    assert timing.canvas_fps(LATENT, 16.0) == (16.0, "")
    assert timing.canvas_fps({}, 8.0) == (8.0, "")
    assert timing.canvas_fps(LATENT, 8.0) == (16.0, "fps 8 is not used: the latent has 16")
    assert timing.fps_notice(LATENT, 8.0) == "Shown at 8 fps; the latent was made for 16"
    assert timing.fps_notice(LATENT, 0.0) == timing.fps_notice(LATENT, 16.0) == timing.fps_notice({}, 8.0) == ""
