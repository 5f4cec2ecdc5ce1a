"""Tiles: what they cover, how they blend and stream, and how far they are from whole frames on a trained VAE."""

import random
import weakref
from itertools import pairwise

import pytest
import torch

from small_vaes import CONFIGS, random_latents, random_pixels, random_vae
from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import load_vae
from sora_core.models.wan.vae import Tiles, VAEConfig, VideoVAE, streaming
from sora_core.models.wan.vae.tiling import _Side
from sora_core.pipeline import ModelFolder
from sora_core.world.flat import held_out, render, sample_scenes

ALL_LAYOUTS = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
SIDE = 128  # of the clips for the trained VAE


def joined(chunks) -> torch.Tensor:
    return torch.cat(list(chunks), 2)


# where tiles lie and how they blend


@pytest.mark.parametrize("total", [1, 7, 8, 9, 13, 16, 40])
@pytest.mark.parametrize(("size", "overlap"), [(8, 0), (8, 1), (8, 4), (8, 7), (3, 2)])
def test_tiles_of_one_size_cover_a_side_with_the_overlap_and_weights_that_add_up_to_one(total, size, overlap):
    tiles = _Side(size, size - overlap, before=1, after=4).tiles(total)
    assert tiles[0].before.start == 0
    assert tiles[-1].before.stop == total
    assert {cut.before.stop - cut.before.start for cut in tiles} == {min(size, total)}
    for one, other in pairwise(tiles):
        assert one.before.start < other.before.start <= one.before.stop - overlap
    weights = torch.zeros(4 * total, dtype=torch.float64)
    for cut in tiles:
        assert cut.after == slice(4 * cut.before.start, 4 * cut.before.stop)
        assert cut.weights.min() >= 0
        weights[cut.after] += cut.weights
    torch.testing.assert_close(weights, torch.ones_like(weights))


def test_weights_are_linear_over_the_middle_half_of_what_two_tiles_share_and_one_where_a_tile_is_alone():
    first, second = _Side(6, 4, before=1, after=4).tiles(10)
    assert torch.equal(first.weights[:16], torch.ones(16, dtype=torch.float64))
    falling = torch.tensor([1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0], dtype=torch.float64)
    assert torch.equal(first.weights[16:], falling)
    assert torch.equal(second.weights[:8], falling.flip(0))


@pytest.mark.slow
@ALL_LAYOUTS
@pytest.mark.parametrize("batch", [1, 2])
def test_frames_that_fit_into_a_tile_give_the_bits_of_the_vae_s_own_stream(config, batch):
    vae = random_vae(config)
    pixels, latents = random_pixels(vae, 9, batch), random_latents(vae, 3, batch)
    with torch.no_grad():
        assert torch.equal(joined(Tiles().encode_stream(vae, pixels.split(4, 2))), vae.encode(pixels))
        assert torch.equal(joined(Tiles().decode_stream(vae, latents)), vae.decode(latents))


def without_attention(config: VAEConfig) -> VideoVAE:
    vae = random_vae(config, torch.float64)
    torch.nn.init.zeros_(vae.encoder.middle[1].proj.weight)
    torch.nn.init.zeros_(vae.decoder.middle[1].proj.weight)
    return vae


@pytest.mark.parametrize(("size", "overlap", "is_equal"), [(240, 192, True), (72, 24, False)])
def test_without_attention_tiles_equal_whole_frames_once_they_overlap_by_four_times_what_convolutions_see(
    size, overlap, is_equal
):
    """The decoder sees 12 latents of 4 pixels to a side, and a quarter of the overlap does not count."""
    vae = without_attention(VAEConfig(4, 4, 2, (1, 1), 1, (True,), patch_size=2, shortcuts=True))
    pixels = random_pixels(vae, 3, dtype=torch.float64, grid=(2, 72))
    tiles = Tiles(size, overlap)
    with torch.no_grad():
        latents = vae.encode(pixels)
        encoded = joined(tiles.encode_stream(vae, [pixels])) - latents
        decoded = joined(tiles.decode_stream(vae, latents)) - vae.decode(latents)
    assert (encoded.abs().max() < 1e-12) == is_equal
    assert (decoded.abs().max() < 1e-12) == is_equal


# streams


@pytest.mark.slow
@ALL_LAYOUTS
@pytest.mark.parametrize("per_chunk", [1, 2, 99])
def test_chunks_come_as_from_the_vae_s_own_stream_however_the_parts_arrive(config, per_chunk, monkeypatch):
    monkeypatch.setattr(streaming, "latents_per_chunk", lambda *_: per_chunk)
    vae, tiles = random_vae(config), Tiles(size=32, overlap=16)
    pixels, latents = random_pixels(vae, 13, 2, grid=(3, 5)), random_latents(vae, 4, 2, grid=(3, 5))
    with torch.no_grad():
        encoded = [list(tiles.encode_stream(vae, pixels.split(parts, 2))) for parts in ([13], [1, 4, 8], [1] * 13)]
        decoded = [list(tiles.decode_stream(vae, latents.split(parts, 2))) for parts in ([4], [1, 3])]
        own_encoded, own_decoded = list(vae.encode_stream([pixels])), list(vae.decode_stream(latents))
    for all_chunks, own in ((encoded, own_encoded), (decoded, own_decoded)):
        for chunks in all_chunks:
            assert [chunk.shape for chunk in chunks] == [chunk.shape for chunk in own]
            assert torch.equal(joined(chunks), joined(all_chunks[0]))


def test_a_stream_takes_the_frames_that_its_next_chunk_needs_and_lets_go_of_those_before(monkeypatch):
    monkeypatch.setattr(streaming, "latents_per_chunk", lambda *_: 1)
    vae, taken = random_vae(CONFIGS["nano"]), []

    def frames():
        for _ in range(17):
            frame = random_pixels(vae, 1, grid=(6, 6))
            taken.append(weakref.ref(frame))
            yield frame

    stream = Tiles(size=32, overlap=16).encode_stream(vae, frames())
    counts, alive = [len(taken)], []
    for _ in stream:
        counts.append(len(taken))
        alive.append(sum(frame() is not None for frame in taken))
    assert counts == [0, 1, 5, 9, 13, 17]
    assert max(alive) <= 2


def test_a_past_that_is_parked_changes_nothing():
    vae = random_vae(CONFIGS["nano"])
    latents = random_latents(vae, 3, grid=(5, 5))
    parked = Tiles(32, 16, offload=torch.device("cpu"))
    assert torch.equal(joined(parked.decode_stream(vae, latents)), joined(Tiles(32, 16).decode_stream(vae, latents)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_past_parked_on_the_cpu_leaves_the_gpu():
    vae = random_vae(CONFIGS["wan_2_1"]).cuda()
    latents = random_latents(vae, 3, grid=(16, 16)).cuda()
    peaks, results = [], []
    for offload in (None, torch.device("cpu")):
        torch.cuda.reset_peak_memory_stats()
        results.append(joined(chunk.cpu() for chunk in Tiles(64, 32, offload).decode_stream(vae, latents)))
        peaks.append(torch.cuda.max_memory_allocated())
    assert torch.equal(*results)
    assert peaks[1] < peaks[0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_tiles_keep_the_dtype(dtype):
    vae = random_vae(CONFIGS["nano"]).to(dtype)
    latents = random_latents(vae, 1, dtype=dtype, grid=(5, 5))
    (frame,) = Tiles(32, 16).decode_stream(vae, latents)
    assert frame.dtype == dtype
    assert frame.isfinite().all()


# how far from whole frames


@pytest.fixture(scope="module")
def nano() -> VideoVAE:
    return load_vae(ModelFolder.bundled("nano").path / "vae.safetensors")


@pytest.fixture(scope="module")
def clips() -> torch.Tensor:
    """Clips that the VAE never saw, at twice the size that it was trained on. [4 3 5 128 128]"""
    return render(sample_scenes(held_out()[:4], random.Random(0)), VideoShape(5, SIDE, SIDE), 8.0)


def steps_between_columns(difference: torch.Tensor) -> torch.Tensor:
    """Mean size of the jump from each column to the next. [W-1]"""
    return difference.diff(dim=-1).abs().mean((0, 1, 2, 3))


@pytest.mark.slow
@torch.no_grad()
def test_on_a_trained_vae_tiles_are_close_to_whole_frames_and_their_edges_cannot_be_seen(nano, clips):
    """Measured: decoding differs by 0.0009 on average, a tenth of a level of 8 bits, in the root of the mean square by
    0.08 of what whole frames lose, and by 0.26 at most, at an edge where whole frames are off by 0.90 and tiles by
    0.64; latents differ by 0.038 at most and 0.009 in the root of the mean square, of values of 0.8. The jumps of the
    difference at edges of tiles are 0.0002 and 0.0006; of all columns one in twenty has more than 0.0008."""
    tiles = Tiles(size=96, overlap=64)
    latents = nano.encode(clips)
    whole = nano.decode(latents)
    decoded = joined(tiles.decode_stream(nano, latents)) - whole
    encoded = joined(tiles.encode_stream(nano, [clips])) - latents
    lost = whole - clips
    assert decoded.abs().mean() < 0.0015
    assert decoded.square().mean() < 0.15**2 * lost.square().mean()
    assert decoded.abs().max() < 0.35
    assert encoded.abs().max() < 0.1
    assert encoded.square().mean().sqrt() < 0.02
    steps = steps_between_columns(decoded)
    edges = [31, 95]  # between the columns before and after an edge of a tile
    assert steps[edges].max() < steps.quantile(0.95)
    for place in (slice(32, 96), slice(0, SIDE)):
        errors = [(frames[..., place] - clips[..., place]).square().mean() for frames in (whole + decoded, whole)]
        assert errors[0] < 1.02 * errors[1], "what was filmed is met as well as by whole frames"


@pytest.mark.slow
@torch.no_grad()
def test_tiles_without_overlap_are_seen_by_the_same_measures(nano, clips):
    latents = nano.encode(clips)
    decoded = joined(Tiles(size=64, overlap=0).decode_stream(nano, latents)) - nano.decode(latents)
    steps = steps_between_columns(decoded)
    assert decoded.abs().max() > 1
    assert steps[63] > 4 * steps.quantile(0.95)


@pytest.mark.slow
@torch.no_grad()
def test_the_more_tiles_overlap_the_closer_they_are_to_whole_frames(nano, clips):
    errors = []
    for overlap in (0, 16, 32, 48):
        latents = nano.encode(clips[..., : 128 - overlap])
        decoded = joined(Tiles(size=64, overlap=overlap).decode_stream(nano, latents[..., :8, :]))
        errors.append((decoded - nano.decode(latents[..., :8, :])).square().mean().sqrt().item())
    assert errors == sorted(errors, reverse=True)
    assert errors[3] < 0.5 * errors[1] < 0.1 * errors[0]


# what is refused


@pytest.mark.parametrize(("size", "overlap"), [(64, 64), (64, 72), (64, -8), (0, 0), (-8, -16)])
def test_tiles_no_larger_than_their_overlap_are_refused(size, overlap):
    with pytest.raises(ValueError, match=f"got tiles of {size} pixels with overlap {overlap}; expected"):
        Tiles(size, overlap)


@pytest.mark.parametrize(("size", "overlap"), [(60, 8), (64, 12), (60, 12)])
def test_tiles_that_are_not_made_of_whole_latents_are_refused_at_once(size, overlap):
    vae = random_vae(CONFIGS["nano"])
    for call in (Tiles(size, overlap).decode_stream, Tiles(size, overlap).encode_stream):
        with pytest.raises(ValueError, match=f"got tiles of {size} .* overlap {overlap}; expected multiples of 8x8"):
            call(vae, [])


def test_frames_that_do_not_divide_are_refused():
    vae = random_vae(CONFIGS["nano"])
    with pytest.raises(ValueError, match="got frames with a side of 44 pixels; expected a multiple of 8"):
        list(Tiles(32, 16).encode_stream(vae, [torch.zeros(1, 3, 1, 48, 44)]))


def test_parts_of_another_size_are_refused():
    vae = random_vae(CONFIGS["nano"])
    latents = random_latents(vae, 2, grid=(5, 5))
    with pytest.raises(ValueError, match="in a stream of 5x5; expected the same height and width"):
        list(Tiles(32, 16).decode_stream(vae, [latents, torch.zeros(1, 4, 1, 5, 6)]))


def test_streams_that_are_empty_or_end_inside_a_latent_are_refused_as_by_the_vae():
    vae = random_vae(CONFIGS["nano"])
    for parts, message in (([], "got 0 frames"), ([random_pixels(vae, 3, grid=(5, 5))], "got 3 frames")):
        with pytest.raises(ValueError, match=message):
            list(Tiles(32, 16).encode_stream(vae, parts))


def test_latents_of_a_wrong_shape_are_refused_as_by_the_vae():
    vae = random_vae(CONFIGS["nano"])
    with pytest.raises(ValueError, match="expected \\[B 4 T H W\\]"):
        list(Tiles(32, 16).decode_stream(vae, torch.zeros(1, 5, 2, 8, 8)))
