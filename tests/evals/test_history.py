"""History guidance by scale and level: how many steps it works in, and what is kept of an object's own size."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import history
from sora_core.evals.history import slope_within, steps_with_two_calls
from sora_core.world.flat.attributes import Shape, held_out


def test_history_guidance_works_in_the_steps_above_its_level() -> None:
    assert [steps_with_two_calls(way) for way in history.WAYS] == [0, 4, 7, 7, 11, 19]


def test_what_is_kept_of_sizes_is_measured_within_each_shape() -> None:
    wanted = [one for one in held_out() if one.shape is not Shape.SQUARE][:40]
    before = torch.rand(40)
    offsets = torch.tensor([10.0 if one.shape is Shape.CIRCLE else 0.0 for one in wanted])
    assert slope_within(before, offsets + 0.7 * before, wanted) == pytest.approx(0.7, abs=1e-4)


@pytest.mark.slow
def test_the_command_has_a_row_for_each_setting(
    rows: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SAMPLING", SamplingOptions(steps=2, guidance=1.0))
    assert [row["steps with two calls"] for row in rows("history", 2)] == ["0", "1", "1", "1", "1", "2"]
