"""Streams of chunks equal the full call bit for bit, and their memory does not grow."""

import pytest
import torch

from small_vaes import CONFIGS, random_latents, random_pixels, random_vae
from sora_core.canvas.shapes import Compression
from sora_core.models.wan.vae import streaming
from sora_core.models.wan.vae.causal import CausalCache
from sora_core.models.wan.vae.streaming import latents_per_chunk, rechunk

ALL_LAYOUTS = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


@pytest.fixture
def per_chunk(request, monkeypatch) -> int:
    """How many latents of the small test clips go into a chunk."""
    monkeypatch.setattr(streaming, "latents_per_chunk", lambda *_: request.param)
    return request.param


@pytest.mark.slow
@ALL_LAYOUTS
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("per_chunk", [1, 2, 99], indirect=True)
@pytest.mark.usefixtures("per_chunk")
def test_streamed_decode_equals_full_decode(config, batch):
    vae = random_vae(config)
    latents = random_latents(vae, 4, batch)
    with torch.no_grad():
        chunks = list(vae.decode_stream(latents))
        assert torch.equal(torch.cat(chunks, 2), vae.decode(latents))
    assert [chunk.shape[2] for chunk in chunks] == [1, 4, 4, 4]


@pytest.mark.slow
@ALL_LAYOUTS
@pytest.mark.parametrize("lengths", [[1, 4, 4, 4], [13], [3, 0, 5, 5], [1] * 13])
@pytest.mark.parametrize("per_chunk", [1, 2, 99], indirect=True)
def test_streamed_encode_equals_full_encode_however_the_frames_arrive(config, lengths, per_chunk):
    vae = random_vae(config)
    pixels = random_pixels(vae, 13)
    with torch.no_grad():
        chunks = list(vae.encode_stream(pixels.split(lengths, dim=2)))
        assert torch.equal(torch.cat(chunks, 2), vae.encode(pixels))
    assert [chunk.shape[2] for chunk in chunks] == {1: [1, 1, 1, 1], 2: [2, 2], 99: [4]}[per_chunk]


@pytest.mark.parametrize("lengths", [[4], [1, 1, 1, 1], [3, 0, 1]])
@pytest.mark.parametrize("per_chunk", [1, 2, 99], indirect=True)
@pytest.mark.usefixtures("per_chunk")
def test_latents_in_parts_decode_as_the_whole(lengths):
    vae = random_vae(CONFIGS["nano"])
    latents = random_latents(vae, 4)
    parts = iter(latents.split(lengths, dim=2))
    with torch.no_grad():
        assert torch.equal(torch.cat(list(vae.decode_stream(parts)), 2), vae.decode(latents))


def test_parts_of_another_size_are_refused():
    vae = random_vae(CONFIGS["nano"])
    latents = random_latents(vae, 2)
    with pytest.raises(ValueError, match="expected the same batch, channels and size"):
        list(vae.decode_stream([latents, latents[..., :-2]]))


def test_streams_equal_full_calls_that_record_gradients():
    vae = random_vae(CONFIGS["nano"])
    latents = random_latents(vae, 3).requires_grad_()
    full = vae.decode(latents)
    streamed = torch.cat(list(vae.decode_stream(latents)), 2)
    assert torch.equal(full, streamed)
    assert full.requires_grad
    assert not streamed.requires_grad


@pytest.mark.slow
@ALL_LAYOUTS
@pytest.mark.parametrize("per_chunk", [1, 2], indirect=True)
@pytest.mark.usefixtures("per_chunk")
def test_the_one_pass_of_training_equals_the_chunked_calls_but_for_rounding(config):
    vae = random_vae(config, torch.float64)
    pixels = random_pixels(vae, 9, dtype=torch.float64)
    with torch.no_grad():
        raw = vae.encode_moments(pixels)[0]
        torch.testing.assert_close(vae.statistics.normalise(raw), vae.encode(pixels), rtol=0, atol=1e-12)
        torch.testing.assert_close(vae.decode_raw(raw), vae.decode(vae.statistics.normalise(raw)), rtol=0, atol=1e-12)


@ALL_LAYOUTS
def test_what_a_decoding_stream_keeps_does_not_grow(config):
    vae = random_vae(config)
    latents, cache, kept = random_latents(vae, 8), CausalCache(), []
    with torch.no_grad():
        for chunk in latents.split(1, dim=2):
            vae._decode_chunk(chunk, cache)
            kept.append(sum(frames.numel() for frames in cache._past.values()))
            assert all(frames._base is None for frames in cache._past.values()), "a view would hold its whole chunk"
    assert kept[2] > 0
    assert kept[2:] == kept[2:3] * 6


@pytest.mark.parametrize("per_chunk", [1, 2], indirect=True)
def test_a_stream_asks_for_no_more_frames_than_its_next_chunk_needs(per_chunk):
    vae = random_vae(CONFIGS["nano"])
    taken = []

    def frames():
        for index in range(13):
            taken.append(index)
            yield random_pixels(vae, 1)

    stream = vae.encode_stream(frames())
    next(stream)
    assert len(taken) == {1: 1, 2: 5}[per_chunk]
    next(stream)
    assert len(taken) == {1: 5, 2: 13}[per_chunk]


def test_large_frames_go_one_latent_at_a_time_and_small_ones_together():
    assert latents_per_chunk(1, 480, 832, Compression()) == 1
    assert latents_per_chunk(1, 64, 64, Compression()) == 8
    assert latents_per_chunk(8, 64, 64, Compression()) == 1


def test_two_streams_of_one_vae_do_not_disturb_each_other():
    vae = random_vae(CONFIGS["wan_2_1"])
    latents = random_latents(vae, 3)
    with torch.no_grad():
        pairs = list(zip(vae.decode_stream(latents), vae.decode_stream(-latents), strict=True))
        assert torch.equal(torch.cat([a for a, _ in pairs], 2), vae.decode(latents))
        assert torch.equal(torch.cat([b for _, b in pairs], 2), vae.decode(-latents))


def test_a_stream_that_ends_inside_a_latent_frame_is_refused():
    with pytest.raises(ValueError, match="got 7 frames; this VAE takes 1 \\+ a multiple of 4"):
        list(rechunk([torch.zeros(1, 3, 7, 8, 8)], Compression()))


def test_an_empty_stream_is_refused():
    with pytest.raises(ValueError, match="got 0 frames"):
        list(rechunk([], Compression()))


def test_a_stream_that_changes_size_is_refused():
    with pytest.raises(ValueError, match="expected the same batch and size"):
        list(rechunk([torch.zeros(1, 3, 1, 8, 8), torch.zeros(1, 3, 4, 8, 16)], Compression()))
