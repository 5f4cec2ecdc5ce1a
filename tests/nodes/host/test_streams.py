"""A stream of a job: its noise, and how the host reads its levels."""

from __future__ import annotations

import torch

from headless.pack import import_from_pack

streams = import_from_pack("nodes.host.streams")
sampler = import_from_pack("sora_core.diffusion.sampler")
SHAPE = (2, 8, 5, 16)


def stream(level: float = 1.0):
    return streams.Stream(torch.zeros(SHAPE), torch.full((2, 1, 5, 16), level))


def test_noise_is_drawn_in_turn_from_one_source():
    source, again = sampler.NoiseSource(3), sampler.NoiseSource(3)
    first, second = stream().noise(source, None), stream().noise(source, None)
    assert torch.equal(first, again.draw(SHAPE))
    assert torch.equal(second, again.draw(SHAPE))


def test_with_places_each_clip_gets_the_noise_of_its_place():
    drawn = [sampler.NoiseSource(3) for _ in range(2)]
    whole = [drawn[0].draw((1, *SHAPE[1:])) for _ in range(3)]
    assert torch.equal(stream().noise(drawn[1], (2, 0)), torch.cat([whole[2], whole[0]]))


def test_the_host_reads_known_sampled_and_blended_places():
    assert stream().host_levels() is None
    assert stream(0.5).host_levels() is None  # SDEdit: all is sampled
    assert torch.equal(stream(0.0).host_levels(), torch.zeros(2, 1, 5, 16))
    share = torch.full((2, 1, 5, 16), 0.3)
    share[:, :, 0] = -1.0
    blended = stream(0.3).blended(share)
    assert torch.equal(blended.noise_level, torch.ones(2, 1, 5, 16))
    assert torch.equal(blended.host_levels(), share)
    plain = stream()
    assert plain.blended(None) is plain
