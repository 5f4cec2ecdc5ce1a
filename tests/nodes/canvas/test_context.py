"""How much of a source goes onto a canvas, from what its model was trained on."""

from types import SimpleNamespace

import pytest

from headless.pack import import_from_pack

context = import_from_pack("nodes.canvas.context")
WAN = import_from_pack("sora_core.canvas.shapes").Compression()


@pytest.fixture
def taught(nodes):
    """A VAE whose model was trained on 49 frames; `nodes` installs a host."""
    return SimpleNamespace(trained_frames=49)


def test_what_a_model_was_trained_on_is_asked_and_else_it_is_five_seconds(taught):
    assert context.trained_frames(taught, 8.0) == 49
    assert (context.trained_frames(None, 8.0), context.trained_frames(None, 16.0)) == (41, 81)
    assert context.trained_latents(taught, 8.0, WAN) == 13


@pytest.mark.parametrize(("asked", "new", "frames"), [(0.0, 16, 33), (0.0, 48, 16), (0.0, 400, 16), (2.0, 400, 16)])
def test_the_context_fills_up_what_is_new_and_is_at_least_a_third(taught, asked, new, frames):
    assert context.context_frames(asked, new, 100, taught, 8.0) == frames


def test_a_short_source_is_taken_whole(taught):
    assert context.context_frames(0.0, 16, 57, taught, 8.0) == 57  # 73 frames in all, once and a half of 49
    assert context.context_frames(0.0, 16, 58, taught, 8.0) == 33


def test_two_clips_share_a_context_and_a_short_one_leaves_its_part_to_the_other():
    assert context.shared_between(40, 100, 100) == (20, 20)
    assert context.shared_between(40, 100, 5) == (35, 20)
    assert context.shared_between(40, 5, 100) == (20, 35)
