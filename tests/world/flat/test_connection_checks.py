"""The check of connections, on true transitions that must pass and on ways that only look like one."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.flat import (
    Attributes,
    Background,
    Colour,
    Connection,
    Direction,
    Shape,
    Speed,
    render_connections,
    sample_connections,
)
from sora_core.world.flat.connection_checks import check_connection, passage_of

FPS = 8.0
VIDEO = VideoShape(33, 64, 64)
LEAVE, ARRIVE = 8, 25
ONE = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)
BACK = ONE._replace(direction=Direction.LEFT)
OTHER = Attributes(Shape.SQUARE, Colour.YELLOW, Background.NAVY, Direction.UP, Speed.SLOW)


def transitions(first: Attributes, second: Attributes | None, *, count: int = 12, times: int = 1) -> torch.Tensor:
    """True ones of the same ends, with `times` as many frames in the same time."""
    wanted = [Connection(first, second, times * LEAVE, times * ARRIVE)] * count
    video = VIDEO._replace(frames=times * (VIDEO.frames - 1) + 1)
    return render_connections(sample_connections(wanted, random.Random(0)), video, times * FPS)


def filled(clips: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Between the ends a mix of the last frame before and the first after: share [ARRIVE-LEAVE-1] of the latter."""
    between = torch.lerp(clips[:, :, LEAVE, None], clips[:, :, ARRIVE, None], share[:, None, None])
    return torch.cat([clips[:, :, : LEAVE + 1], between, clips[:, :, ARRIVE:]], dim=2)


def passed(clips: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    seen = [check_connection(clip, true) for clip, true in zip(clips, truth, strict=True)]
    return {name: sum(one[name] for one in seen) / len(seen) for name in seen[0]}


@pytest.mark.slow
@pytest.mark.parametrize("second", [BACK, OTHER, None], ids=["same look", "other look", "loop"])
def test_true_transitions_pass_and_also_with_the_noise_of_a_codec(second: Attributes | None) -> None:
    truth = transitions(ONE, second)
    noise = 0.05 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))
    assert passed(truth + noise, truth) == {"no jump": 1.0, "one object": 1.0, "no cut": 1.0}


@pytest.mark.slow
def test_an_object_that_waits_and_then_hurries_passes() -> None:
    truth, finer = transitions(ONE, BACK), transitions(ONE, BACK, times=2)  # the same with twice as many frames
    assert torch.allclose(finer[:, :, ::2], truth, atol=1e-4)
    first, last = 2 * LEAVE, 2 * ARRIVE
    between = finer[:, :, [*[first] * 5, *range(first + 3, last, 3)]]  # half as fast again
    hurried = torch.cat([truth[:, :, : LEAVE + 1], between, truth[:, :, ARRIVE:]], dim=2)
    assert passed(hurried, truth) == {"no jump": 1.0, "one object": 1.0, "no cut": 1.0}


@pytest.mark.slow
@pytest.mark.parametrize("second", [BACK, OTHER, None], ids=["same look", "other look", "loop"])
def test_a_hard_cut_fails_unless_the_ends_lie_together(second: Attributes | None) -> None:
    truth = transitions(ONE, second)
    cut = filled(truth, torch.zeros(ARRIVE - LEAVE - 1))
    for clip, true in zip(cut, truth, strict=True):
        place = passage_of(true).position
        if (place[ARRIVE] - place[LEAVE]).norm() > 8:
            assert not all(check_connection(clip, true).values())


def test_a_background_that_changes_at_once_is_a_cut_where_the_object_goes_on() -> None:
    (truth,) = transitions(ONE, ONE._replace(background=Background.WHITE), count=1)
    ground = truth.flatten(2).median(dim=2).values[..., None, None]  # [3 F 1 1]
    at_once = torch.where(torch.arange(VIDEO.frames)[:, None, None] < 16, ground[:, :1], ground[:, -1:])
    cut = torch.where((truth - ground).abs().amax(dim=0) < 0.1, at_once, truth)
    assert check_connection(truth, truth)["no cut"]
    assert not check_connection(cut, truth)["no cut"]


@pytest.mark.slow
@pytest.mark.parametrize("second", [BACK, OTHER], ids=["same look", "other look"])
def test_a_dissolve_is_no_single_object(second: Attributes) -> None:
    truth = transitions(ONE, second)
    dissolve = filled(truth, torch.linspace(0, 1, ARRIVE - LEAVE + 1)[1:-1])
    far = [
        index
        for index, clip in enumerate(truth)
        if (passage_of(clip).position[ARRIVE] - passage_of(clip).position[LEAVE]).norm() > 12
    ]
    assert len(far) > 4
    assert passed(dissolve[far], truth[far])["one object"] == 0


def test_an_object_that_is_gone_for_a_frame_is_missed() -> None:
    (truth,) = transitions(ONE, BACK, count=1)
    gone = truth.clone()
    gone[:, 14] = truth[:, 14, :1, :1]
    assert not check_connection(gone, truth)["one object"]
    assert check_connection(truth, truth)["one object"]


def test_a_passage_is_that_of_the_state() -> None:
    wanted = [Connection(ONE, BACK, LEAVE, ARRIVE)]
    connections = sample_connections(wanted, random.Random(3))
    passage = passage_of(render_connections(connections, VIDEO, FPS)[0])
    radius = connections.radius(connections.share(VIDEO.frames), VIDEO)[0]
    assert (passage.position - connections.centres(VIDEO, FPS)[0]).norm(dim=1).max() < 0.6
    assert torch.allclose(passage.area, torch.pi * radius.square() / (64 * 64), rtol=0.1)
    assert (passage.spread - 1 / (2 * torch.pi)).abs().max() < 0.02
