"""Our VAE in ComfyUI where whole frames do not fit into memory: tiles, and smaller ones (tiled_vae.py).

Tests nodes/comfy/vae.py: the ways in which a clip is coded, by the memory that there is.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

WHOLE, LARGER, SMALLER = [20, 32], [20, 20], [16, 16]  # latents of the clip, and of its tiles of 160 and 128 pixels
AGAIN = "Sora: out of memory; starting again with {}, without the first {} frames, which are done"
PARKED = "whole frames with the cache offloaded to the CPU"


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "tiled_vae", tmp_path_factory.mktemp("tiles"))


def test_with_enough_memory_frames_are_whole_and_give_the_bits_of_the_vae_alone(report):
    found = report["plenty"]
    assert found["grids"] == [WHOLE]
    assert found["decoded"] == found["encoded"] == 0


def test_a_small_frame_is_never_cut(report):
    found = report["plenty"]
    assert found["grids of small"] == [[12, 16]]
    assert found["small"] == 0


def test_the_first_way_that_fits_is_taken_and_gives_what_tiles_give(report):
    sizes = [[None, WHOLE], [256, WHOLE], [160, LARGER], [128, SMALLER]]
    assert [[one["size"], one["grids"]] for one in report["short"]] == [[size, [[x], [x]]] for size, x in sizes]
    assert all(one["own"] == [0, 0] for one in report["short"])


def test_tiles_are_close_to_whole_frames_and_what_is_parked_changes_nothing(report):
    """Frames are in -1..1 and the latents' spread is near 1. Measured for the smaller tiles: 0.16 and 0.11 at most."""
    whole, parked, *cut = report["short"]
    assert whole["largest"] == parked["largest"] == [0, 0]
    for one in cut:
        assert 0 < one["largest"][0] < 0.3
        assert 0 < one["largest"][1] < 0.2
        assert one["mean"][0] < 0.003
        assert one["mean"][1] < 0.025


def test_tiles_get_smaller_with_the_memory_down_to_a_floor(report):
    """1920x1080 by Wan 2.1 in half precision: plenty, 16 GB, 10, 6, 3 and none."""
    own = [[1920, 0, True], [1120, 280, True], [768, 192, True], [480, 120, True], [256, 64, True]]
    assert report["ladder"]["own"] == [None, *own]


def test_on_the_cpu_tiles_keep_their_past_and_are_taken_only_where_they_need_less(report):
    assert report["ladder"]["shared"] == [None] + 5 * [[480, 120, False]]
    assert report["no_room"]["shared"] == [LARGER]
    assert report["no_room"]["error"] == 0


def test_nothing_is_parked_where_there_is_no_room_for_it(report):
    assert report["no_room"]["own"] == [WHOLE]


def test_clips_of_a_batch_need_memory_for_each(report):
    assert report["batch"] == [2, 0]


def test_every_node_works_with_memory_for_tiles_alone(report):
    clip, latent = [9, 160, 256, 3], [1, 16, 3, 20, 32]
    for name, (shape, mean) in report["nodes"].items():
        assert shape == (latent if "Encode" in name else clip), name
        if name.endswith("Tiled"):
            assert mean == 0, "the host's own tiles are whole frames to us"
        else:
            assert 0 < mean < 0.025, name


def test_out_of_memory_at_the_first_chunk_leads_to_smaller_tiles(report):
    found = report["out_of_memory"]["first"]
    assert found["grids"] == [SMALLER]
    assert found["lengths"] == [1, 4, 4]
    assert found["decoded"] == 0
    ways = [PARKED, "tiles of 160 pixels", "tiles of 128 pixels"]
    assert found["said"] == [AGAIN.format(way, 0) for way in ways]


def test_out_of_memory_in_the_middle_leads_to_smaller_tiles_and_gives_every_frame_once(report):
    found = report["out_of_memory"]["middle"]
    assert found["grids"] == [WHOLE, SMALLER]
    assert found["lengths"] == [1, 4, 4]
    assert found["decoded"] == 0
    ways = [PARKED, "tiles of 160 pixels", "tiles of 128 pixels"]
    assert found["said"] == [AGAIN.format(way, 5) for way in ways]


def test_whole_frames_go_on_with_their_past_parked_bit_by_bit(report):
    found = report["out_of_memory"]["once"]
    assert found["grids"] == [WHOLE]
    assert found["lengths"] == [1, 4, 4]
    assert found["decoded"] == found["encoded"] == 0
    assert found["said"] == [AGAIN.format(PARKED, 1)]


def test_an_encoder_out_of_memory_goes_on_in_smaller_tiles(report):
    for name in ("first", "middle"):
        assert 0 < report["out_of_memory"][name]["encoded"] < 0.025


def test_where_no_tiles_fit_the_host_decodes_and_else_the_error_is_the_host_s_own(report):
    found = report["out_of_memory"]
    assert found["host"]["lengths"] == [9]
    assert found["host"]["decoded"] < 1e-6
    assert found["never"] == "out of memory"


def test_what_is_reckoned_with_covers_what_a_stream_takes(report):
    """All tensors of 1920x1088 in half precision; none takes less than 0.4 of it."""
    assert len(report["estimates"]) == 12
    for name, share in report["estimates"].items():
        assert 0.4 < share <= 1, name
