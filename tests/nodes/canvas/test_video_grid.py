"""Sora Video Grid: rounded to what VAE and patches take, and the user is told."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack
from node_runs import run


@pytest.mark.parametrize(
    ("aspect_ratio", "size", "seconds", "fps", "expected", "notice"),
    [
        ("1:1", 64, 2.0, 8.0, (64, 64, 17), "64x64, 17 frames at 8 fps|16 frames are rounded to 17"),
        ("5:3", 64, 2.0, 8.0, (80, 48, 17), "83x50 is rounded to what the model takes|16 frames are rounded to 17"),
        ("3:5", 64, 4.0, 8.0, (48, 80, 33), "48x80, 33 frames"),
        ("16:9", 480, 5.0, 16.0, (640, 368, 81), "640x368, 81 frames at 16 fps"),
        ("1:1", 16, 0.0, 8.0, (16, 16, 1), "16x16, 1 frame at 8 fps"),
        ("21:9", 16, 0.125, 8.0, (32, 16, 1), "24x10 is rounded"),
    ],
)
def test_the_grid_rounds_to_what_the_model_takes_and_says_so(
    nodes, said, aspect_ratio, size, seconds, fps, expected, notice
):
    latent, *got = run(nodes["SoraVideoGrid"], aspect_ratio=aspect_ratio, size=size, seconds=seconds, fps=fps)
    width, height, frames = expected
    assert got == [width, height, frames, fps]
    assert latent["samples"].shape == (1, 16, 1 + (frames - 1) // 4, height // 8, width // 8)
    assert "noise_mask" not in latent
    assert notice in "|".join(said)


def test_the_grid_takes_channels_and_compression_from_the_vae(nodes, vae):
    latent, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=64, seconds=2.0, fps=8.0, vae=vae)
    assert latent["samples"].shape == (1, 4, 5, 8, 8)


@pytest.mark.parametrize(("aspect_ratio", "wanted"), [("1:1", (60, 60)), ("16:9", (80, 45)), ("9:16", (45, 80))])
def test_every_aspect_ratio_has_the_area_of_the_square(nodes, aspect_ratio, wanted):
    grid = import_from_pack("nodes.canvas.video_grid").Grid(aspect_ratio, 60, seconds=1.0, fps=8.0)
    assert grid.wanted() == pytest.approx(wanted)


def test_a_batch_is_as_many_canvases_and_without_it_there_is_one(nodes, vae):
    settings = {"aspect_ratio": "1:1", "size": 32, "seconds": 1.0, "fps": 8.0, "vae": vae}
    three, *rest = run(nodes["SoraVideoGrid"], **settings, batch_size=3)
    one, *same = run(nodes["SoraVideoGrid"], **settings)
    assert three["samples"].shape == (3, 4, 3, 4, 4)
    assert (one["samples"].shape, same) == ((1, 4, 3, 4, 4), rest)
