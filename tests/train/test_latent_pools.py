"""Pools of latents: what they keep is what the VAE gives, and they are told apart by its weights."""

from __future__ import annotations

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.models.wan.vae import VideoVAE
from sora_core.train.clip_pool import Refresh
from sora_core.train.latent_pools import LatentPools, fingerprint
from tiny import tiny_vae
from tiny_training import tiny_run

SHAPES = ((VideoShape(5, 16, 32), 3.0), (VideoShape(9, 32, 16), 1.0))


@pytest.mark.slow
def test_a_pool_keeps_the_latents_of_its_scenes() -> None:
    run, vae = tiny_run(), tiny_vae()
    pools = LatentPools(run, vae, lambda latent: 4).make("clips", run.sources.clips, SHAPES, Refresh(8, 1, 40))
    assert [(pool.video, weight) for pool, weight in pools] == list(SHAPES)
    assert [pool.refresh.capacity for pool, _ in pools] == [30, 10]  # as their clips are drawn
    scenes, kept = pools[0][0].draw(3, 0, random.Random(0))
    with torch.no_grad():
        expected = vae.encode(run.sources.clips.render(scenes, SHAPES[0][0]))
    assert (torch.stack(kept) - expected).abs().max() < 0.05 * expected.abs().max()  # half precision


def test_a_fingerprint_tells_weights_apart() -> None:
    one, same, other = tiny_vae(), tiny_vae(), VideoVAE(tiny_vae().config)
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    with torch.no_grad():
        same.conv1.bias[0] += 1e-3
    assert fingerprint(one) != fingerprint(same)
