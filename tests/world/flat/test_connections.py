"""True transitions: exact at both ends, smooth between them, and closed where they lead back."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.flat import Connection, held_out, render, render_connections, sample_connections
from sora_core.world.flat.checks import object_track

FPS = 8.0
VIDEO = VideoShape(33, 64, 64)
LEAVE, ARRIVE = 8, 25


def wanted(count: int, *, returning: bool) -> list[Connection]:
    chosen = held_out()
    return [
        Connection(chosen[index], None if returning else chosen[index + count], LEAVE, ARRIVE) for index in range(count)
    ]


def test_both_ends_are_the_plain_clips_to_the_bit() -> None:
    connections = sample_connections(wanted(12, returning=False), random.Random(0))
    clips = render_connections(connections, VIDEO, FPS)
    before, after = (render(scenes, VIDEO, FPS) for scenes in (connections.before, connections.after))
    assert torch.allclose(clips[:, :, : LEAVE + 1], before[:, :, : LEAVE + 1], atol=1e-6)
    assert torch.allclose(clips[:, :, ARRIVE:], after[:, :, : VIDEO.frames - ARRIVE], atol=1e-6)
    assert not torch.allclose(clips[:, :, LEAVE + 8], before[:, :, LEAVE + 8], atol=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("returning", [False, True])
def test_what_lies_between_moves_and_changes_evenly(returning: bool) -> None:
    connections = sample_connections(wanted(40, returning=returning), random.Random(1))
    clips = render_connections(connections, VIDEO, FPS)
    centres = connections.centres(VIDEO, FPS)
    steps = centres.diff(dim=1).norm(dim=2)  # [B F-1]
    assert steps.max() < 9  # pixels; 64 from edge to edge
    assert (centres.diff(n=2, dim=1).norm(dim=2)[:, LEAVE:ARRIVE].amax(dim=1) < 4).all()
    colour = clips.mean(dim=(3, 4)).diff(dim=2).abs().amax(dim=(1, 2))
    assert colour.max() < 2 * 2 / (ARRIVE - LEAVE)  # the mean colour takes no larger step than evenly from end to end
    size = torch.tensor(VIDEO[1:])
    margin = connections.radius(connections.share(VIDEO.frames), VIDEO)[..., None]
    assert ((centres >= margin - 1e-3) & (centres <= size - margin + 1e-3)).all()


def test_a_returning_clip_begins_again() -> None:
    connections = sample_connections(wanted(6, returning=True), random.Random(2))
    clips = render_connections(connections, VIDEO, FPS)
    assert torch.allclose(clips[:, :, ARRIVE:], clips[:, :, : VIDEO.frames - ARRIVE], atol=1e-6)
    track = object_track((clips[0] / 2 + 0.5).clamp(0, 1))
    assert (track - connections.centres(VIDEO, FPS)[0]).norm(dim=1).max() < 1.5


@pytest.mark.parametrize(("leave", "arrive"), [(8, 9), (8, 33), (20, 10)])
def test_a_transition_off_the_clip_is_refused(leave: int, arrive: int) -> None:
    connections = sample_connections([Connection(held_out()[0], None, leave, arrive)], random.Random(0))
    with pytest.raises(ValueError, match="33 frames, expected leave"):
        render_connections(connections, VIDEO, FPS)
