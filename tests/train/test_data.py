"""Clips for training: never a held-out combination, and transitions between whole latents."""

from dataclasses import replace

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train.vae_task import VAETask
from sora_core.world.flat import RICHER, Attributes, held_out, objects


@pytest.mark.slow
def test_training_never_draws_a_held_out_combination(vae_task: VAETask) -> None:
    wanted, _ = vae_task.clips.draw(2000, VideoShape(1, 4, 4), vae_task.clips.rng(0))
    assert not {one for scene in wanted for one in objects(scene)} & set(held_out())
    assert {type(scene) for scene in wanted} == {Attributes, *RICHER}


@pytest.mark.slow
def test_transitions_in_training_are_whole_latents_of_training_combinations(vae_task: VAETask) -> None:
    wanted, pixels = vae_task.clips.connections(200, VideoShape(17, 4, 4), vae_task.clips.rng(0), step=4)
    assert pixels.shape == (200, 3, 17, 4, 4)
    assert {(one.leave, one.arrive) for one in wanted} == {(0, 9), (0, 13), (4, 13)}
    assert not {side for one in wanted for side in (one.first, one.second)} & set(held_out())
    assert 0.3 < sum(one.second is None for one in wanted) / 200 < 0.5


def test_a_step_and_a_seed_give_the_same_clips_again_and_others_give_others(vae_task: VAETask) -> None:
    clips, video = vae_task.clips, VideoShape(2, 8, 8)
    _, pixels = clips.draw(3, video, clips.rng(5))
    assert torch.equal(clips.draw(3, video, clips.rng(5))[1], pixels)
    assert not torch.equal(clips.draw(3, video, clips.rng(6))[1], pixels)
    assert not torch.equal(replace(clips, seed=1).draw(3, video, replace(clips, seed=1).rng(5))[1], pixels)
    assert clips.rng(5).random() != clips.shared_rng(5).random()
