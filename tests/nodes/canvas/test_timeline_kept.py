"""Sora Paste Back of Sora Timeline's latent: what is kept comes back as it was, and the rest is told or refused."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run

HEIGHT, WIDTH = 100, 178
AS_SHIPPED = {"start": 0.0, "feather": 4, "match_colours": True, "fps": 8.0}
LINKED = {"9": {"class_type": "SoraPasteBack", "inputs": {"source": ["1", 0], "made": ["8", 0]}}}


def film_of(frames: int, fps: float, seed: int = 0, height: int = HEIGHT, width: int = WIDTH):
    """A film of the user's with a tone of its own."""
    wave = torch.sin(torch.arange(round(frames / fps * 8000)) / (10 + seed)).view(1, 1, -1) / 2
    held = import_from_pack("headless.video").VideoFromComponents
    return held(clip(frames, height, width), fps, {"waveform": wave, "sample_rate": 8000})


@pytest.fixture
def timeline(nodes, vae):
    """Runs the node at 8 fps, in a graph: its LATENT."""

    def go(text, *clips, masks=(), graph=LINKED, **more):
        hidden = import_from_pack("headless.comfy_api_standin").HiddenValues
        whole = {"1": {"class_type": "SoraTimeline", "inputs": {}}, **graph}
        node = type("Linked", (nodes["SoraTimeline"],), {"hidden": hidden(unique_id="1", prompt=whole)})
        sockets = {
            "clips": {f"clip{place}": value for place, value in enumerate(clips, 1)},
            "masks": {f"mask{place}": value for place, value in enumerate(masks, 1)},
        }
        given = {"aspect_ratio": "first clip", "size": 64, "fps": 8.0, "loop": False, **more}
        return run(node, vae=vae, **sockets, timeline=text, **given)[0]

    return go


@pytest.fixture
def back(nodes, vae):
    """The latent as if sampled, decoded, and put back: VIDEO and IMAGE."""

    def go(latent, loop_frames=0, samples=None):
        made = run(nodes["SoraDecodeToVideo"], samples=samples or latent, vae=vae, fps=0.0, loop_frames=loop_frames)[0]
        return run(nodes["SoraPasteBack"], source=latent, made=made, **AS_SHIPPED)

    return go


def spans(latent):
    """First and last frame, and what is skipped, of what is kept."""
    return [(one.first, one.stop, one.skipped) for one in latent.get("sora_keyframes", ())]


def test_a_film_that_is_extended_both_ways_stands_as_it_was_with_its_sound(timeline, back):
    film = film_of(24, 24.0)
    video, images = back(timeline("length 3\n1.125-2.125 = clip1", film))
    assert (images.shape, video.get_frame_rate()) == ((75, HEIGHT, WIDTH, 3), 24.0)
    assert torch.equal(images[27:51], film.images())
    sound = video.recording().sound["waveform"][0, 0]
    assert torch.equal(sound[9000:17000], film.recording().sound["waveform"][0, 0])
    assert sound[:9000].abs().max() == sound[17000:].abs().max() == 0


def test_clips_that_touch_within_a_latent_frame_and_a_part_of_one_all_come_back(timeline, back, said):
    first, second = film_of(24, 24.0), film_of(48, 24.0, seed=3)
    latent = timeline("0-1 = clip1\n1-1.5 = clip2 from 0.5\n1.5-2.125 = clip1 from 0.25", first, second)
    assert spans(latent) == [(0, 8, 0), (8, 12, 4), (12, 17, 2)]
    _, images = back(latent)
    assert torch.equal(images[:24], first.images())
    assert torch.equal(images[24:36], second.images()[12:24])
    assert torch.equal(images[36:51], first.images()[6:21])
    assert not any("Paste Back" in one for one in said)


def test_the_end_of_a_clip_that_ends_the_canvas_is_held_and_not_played_on(timeline, back):
    film = film_of(72, 24.0)
    latent = timeline("length 2\n0-2 = clip1 from 0.5", film)
    _, images = back(latent)
    assert torch.equal(images[:48], film.images()[12:60])
    assert torch.equal(images[48:51], film.images()[59:60].expand(3, -1, -1, -1))


def test_only_whole_latent_frames_at_level_0_come_back(timeline, said):
    film = film_of(72, 24.0)
    assert spans(timeline("length 3\n0-2 = clip1", film)) == [(0, 13, 0)]  # frames 13 to 15 are generated anew
    ramped = timeline("0-3.125 = clip1 ramp in 0.25 ramp out 1", film_of(75, 24.0))
    assert spans(ramped) == [(5, 17, 5)]
    cut = timeline("0-1.125 = clip1\n1.125-2.125 = clip1 from 1.125 level 0.5\n2.125-3.125 = clip1 from 2", film)
    assert spans(cut) == [(0, 9, 0), (17, 25, 16)]
    assert not any("shows as made" in one for one in said)


def test_a_region_is_not_kept_and_is_told(timeline, said):
    masks = [torch.ones(1, HEIGHT, WIDTH)]
    latent = timeline("0-1 = clip1 level 1\n1-2.125 = clip2", film_of(24, 24.0), film_of(36, 24.0), masks=masks)
    assert spans(latent) == [(9, 17, 1)]
    assert said[-1] == "Paste Back shows as made: clip1"


def test_a_picture_and_a_frame_of_a_film_stand_for_as_long_as_the_canvas_shows_them(timeline, back):
    picture, film = clip(1, HEIGHT, WIDTH), film_of(24, 24.0)
    latent = timeline("length 2\n0 = clip1\n1.125-1.25 = clip2 from 0.5", picture, film, aspect_ratio="16:9")
    video, images = back(latent)
    assert spans(latent) == [(0, 1, 0), (9, 13, 0)]
    assert video.get_frame_rate() == 8.0  # of pictures alone
    still = film.images()[13]  # which is shown at the middle of the canvas's frame 4
    form = images.shape[2] / images.shape[1]
    assert form == pytest.approx(16 / 9, abs=0.2)
    top, left = (HEIGHT - images.shape[1]) // 2, (WIDTH - images.shape[2]) // 2
    inside = slice(top, top + images.shape[1]), slice(left, left + images.shape[2])
    assert torch.equal(images[0], picture[0][inside])
    assert torch.equal(images[9:13], still[inside].expand(4, -1, -1, -1))


def test_a_loop_begins_with_what_was_kept_and_has_it_once(timeline, back, said):
    film = film_of(27, 24.0)
    latent = timeline("length 3\n0-1.125 = clip1", film, loop=True)
    assert spans(latent) == [(0, 9, 0)]
    _, images = back(latent, loop_frames=25)
    assert torch.equal(images[:27], film.images())
    assert (len(images), said) == (75, [one for one in said if "ends before" not in one])


def test_clips_of_several_sizes_and_rates_are_fitted_to_the_largest_and_fastest_which_is_told(timeline, back, said):
    large, small = film_of(9, 8.0), film_of(24, 24.0, height=50, width=89)
    video, images = back(timeline("0-1.125 = clip1\n1.125-2.125 = clip2", large, small))
    assert said[-1] == f"Paste Back fits all clips to {WIDTH}x{HEIGHT} at 24 fps"
    assert (images.shape, video.get_frame_rate()) == ((51, HEIGHT, WIDTH, 3), 24.0)
    assert torch.equal(images[:27:3], large.images())


def test_a_clip_has_its_own_size_beside_larger_pictures_and_on_a_larger_canvas(timeline, back):
    film = film_of(27, 24.0, height=24, width=40)
    _, images = back(timeline("length 3\n0-1.125 = clip1\n2.125 = clip2", film, clip(1, 300, 500)))
    assert torch.equal(images[:27], film.images())


def test_a_form_that_the_grid_cannot_have_comes_back_whole(timeline, back):
    film = film_of(9, 8.0, height=40, width=150)
    _, images = back(timeline("length 2\n0-1.125 = clip1", film, size=32))
    assert torch.equal(images[:9], film.images())


def test_what_a_latent_kept_is_still_kept_where_it_begins_another_timeline(timeline):
    first = timeline("length 2\n0-1.125 = clip1", clip(9, HEIGHT, WIDTH))
    assert spans(timeline("length 3\n0 = clip1", first)) == [(0, 9, 0)]
    assert spans(timeline("length 3\n0-0.625 = clip1", first, graph={})) == []


def test_a_timeline_that_keeps_nothing_is_refused_before_it_is_sampled(nodes, timeline):
    with pytest.raises(ValueError, match="goes to Sora Paste Back, but no clip on the timeline is kept"):
        timeline("0-1.125 = clip1 level 0.5", film_of(27, 24.0))
    with pytest.raises(ValueError, match="goes to Sora Paste Back, but no clip on the timeline is kept"):
        timeline("length 2", graph=LINKED)
    latent = timeline("length 2", graph={})  # nothing is asked of it
    with pytest.raises(ValueError, match="or of a Sora Timeline which keeps a clip"):
        run(nodes["SoraPasteBack"], source=latent, made=clip(17), **AS_SHIPPED)


def test_nothing_is_told_where_paste_back_does_not_get_the_latent(timeline, said):
    other = {"9": {"class_type": "SoraPasteBack", "inputs": {"source": ["2", 0], "made": ["1", 0]}}}
    timeline(
        "0-1.125 = clip1\n1.125-2.125 = clip2", film_of(9, 8.0), film_of(24, 24.0, height=50, width=89), graph=other
    )
    assert not any("Paste Back" in one for one in said)
