"""Drift: how large an object is, and a row for each source, way and number of extensions."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch

from sora_core.evals import drift, sources
from sora_core.evals.sources import SOURCES
from sora_core.pipeline import Pipeline
from sora_core.world.flat import held_out


def test_the_area_of_an_object_is_its_share_of_the_picture_edges_in_part() -> None:
    scene = held_out()[0]
    inside, outside = (torch.tensor(colour.rgb) * 255 for colour in (scene.colour, scene.background))
    clip = outside.expand(1, 2, 10, 10, 3).clone()
    clip[:, :, 2:5, 3:7] = inside
    clip[:, :, 5, 3:7] = (inside + outside) / 2
    (area,) = drift.area_of(clip.round().to(torch.uint8), [scene])
    assert area == pytest.approx(3 * 4 + 2, abs=0.3)  # colours are rounded to bytes


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_the_command_has_a_row_for_each_source_way_and_number_of_extensions(
    rows: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (drift, sources):
        monkeypatch.setattr(module, "EXTENSIONS", 2)
    told = [(row["source"], row["way"], row["extensions"]) for row in rows("drift", 2)]
    assert told == list(
        product(SOURCES, drift.WAYS, ("after 1", "after 2", "for each", "for each, without the source"))
    )


def test_looks_are_those_of_the_source_and_of_each_extension(tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    tones = [10] * 17 + [100] * 16 + [200] * 16  # of a source of 17 frames, and two extensions of 16
    clip = torch.tensor(tones, dtype=torch.uint8).view(1, -1, 1, 1, 1).expand(1, -1, 4, 4, 3)
    lightness, chroma, contrast = drift.looks_over(pipe, clip)[0]
    assert lightness.tolist() == pytest.approx([2.74, 42.37, 80.60], abs=0.01)  # Lab's L of these grays
    assert chroma.abs().max() < 0.01
    assert contrast.abs().max() < 0.01
