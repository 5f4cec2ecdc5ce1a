"""Each recipe marks what is known and what is to be invented."""

import pytest
import torch

from sora_core.canvas.abilities import (
    Border,
    animate_image,
    connect,
    edit,
    extend,
    inpaint,
    keyframes,
    known_frames,
    loop,
    morph,
    outpaint,
    place,
    put,
    text_to_image,
    text_to_video,
)
from sora_core.canvas.shapes import LatentShape


def test_text_to_video_invents_everything():
    canvas = text_to_video(LatentShape(16, 5, 8, 6), batch=2)
    assert canvas.shape == LatentShape(16, 5, 8, 6)
    assert canvas.batch == 2
    assert canvas.clean.dtype == torch.float32
    assert bool((canvas.noise_level == 1).all())
    assert bool((canvas.clean == 0).all())


def test_text_to_image_is_a_video_of_one_latent_frame():
    canvas = text_to_image(LatentShape(16, 5, 8, 6), dtype=torch.float64)
    assert canvas.shape == LatentShape(16, 1, 8, 6)
    assert canvas.noise_level.dtype == torch.float64


@pytest.mark.parametrize(("shape", "batch"), [((16, 5, 8, 6), 0), ((16, 0, 8, 6), 1), ((16, 5, 8, -1), 1)])
def test_sizes_below_one_are_rejected(shape, batch):
    with pytest.raises(ValueError, match=">= 1"):
        text_to_video(LatentShape(*shape), batch)


def clip(frames: int, value: float = 1.0) -> torch.Tensor:
    return torch.full((2, 3, frames, 4, 6), value)


def levels(canvas) -> list[float]:
    """Of the latent frames, where a recipe treats each frame as one."""
    level = canvas.noise_level[:, 0]
    assert bool((level == level[:1, :, :1, :1]).all())
    return level[0, :, 0, 0].tolist()


def test_an_image_is_the_first_frame_of_its_animation():
    canvas = animate_image(clip(1), frames=4)
    assert levels(canvas) == [0, 1, 1, 1]
    assert torch.equal(canvas.clean[:, :, :1], clip(1))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(0, 2, [0, 0, 0, 1, 1]), (2, 0, [1, 1, 0, 0, 0]), (1, 1, [1, 0, 0, 0, 1])],
)
def test_an_extended_clip_stays_and_what_is_around_it_is_invented(before, after, expected):
    canvas = extend(clip(3), before=before, after=after)
    assert levels(canvas) == expected
    assert torch.equal(canvas.clean[:, :, before : before + 3], clip(3))


def test_connecting_keeps_both_clips_and_invents_what_is_between():
    canvas = connect(clip(2), clip(1, 5.0), between=3)
    assert levels(canvas) == [0, 0, 1, 1, 1, 0]
    assert canvas.clean[0, 0, :, 0, 0].tolist() == [1, 1, 0, 0, 0, 5]


def test_a_loop_leads_from_the_clip_back_to_its_beginning():
    source = torch.arange(5.0).view(1, 1, 5, 1, 1)
    canvas = loop(source, source[:, :, 1:3], between=2)
    assert levels(canvas) == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert canvas.clean.flatten().tolist() == [0, 1, 2, 3, 4, 0, 0, 1, 2]


def test_a_morph_fades_and_is_freest_in_the_middle():
    canvas = morph(clip(5, 0.0), clip(5, 4.0), strength=0.8)
    assert canvas.clean[0, 0, :, 0, 0].tolist() == pytest.approx([0, 1, 2, 3, 4])
    assert levels(canvas) == pytest.approx([0, 0.8 * 0.5**0.5, 0.8, 0.8 * 0.5**0.5, 0])
    assert levels(canvas)[0] == levels(canvas)[-1] == 0  # exactly: these are kept


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_editing_starts_everywhere_from_the_source_at_one_level(strength):
    canvas = edit(clip(2), strength)
    assert levels(canvas) == pytest.approx([strength] * 2)
    assert torch.equal(canvas.clean, clip(2))


def test_inpainting_takes_a_region_of_space_of_time_or_of_both():
    still = torch.zeros(4, 6)
    still[1:3, 2:5] = 1
    assert torch.equal(inpaint(clip(3), still).noise_level, still.expand(2, 1, 3, 4, 6))
    moment = torch.tensor([0.0, 1.0, 0.0]).view(3, 1, 1)
    assert levels(inpaint(clip(3), moment)) == [0, 1, 0]
    with pytest.raises(ValueError, match=r"shape \(5, 6\), expected one that broadcasts over \(2, 1, 3, 4, 6\)"):
        inpaint(clip(3), torch.zeros(5, 6))


def test_outpainting_invents_the_border_alone():
    canvas = outpaint(clip(2), Border(top=1, right=2))
    assert canvas.shape == LatentShape(3, 2, 5, 8)
    expected = torch.ones(5, 8)
    expected[1:, :6] = 0
    assert torch.equal(canvas.noise_level, expected.expand(2, 1, 2, 5, 8))
    assert torch.equal(canvas.clean[:, :, :, 1:, :6], clip(2))


def test_keyframes_stand_where_they_are_put():
    canvas = keyframes({0: clip(1), 3: clip(1, 2.0)}, frames=5)
    assert levels(canvas) == [0, 1, 1, 0, 1]
    assert canvas.clean[0, 0, :, 0, 0].tolist() == [1, 0, 0, 2, 0]


def test_what_is_placed_is_known_and_all_else_stays():
    source = edit(clip(4, 7.0), 0.5)
    canvas = place(source, clip(2)[:1], at=1)  # one for both clips of the batch
    assert levels(canvas) == [0.5, 0, 0, 0.5]
    assert canvas.clean[1, 0, :, 0, 0].tolist() == [7, 1, 1, 7]
    assert levels(source) == [0.5] * 4  # a canvas is never changed
    assert bool((source.clean == 7).all())


def test_keyframes_are_what_is_placed_on_an_empty_canvas():
    keys = {0: clip(1), 3: clip(2, 2.0)}
    one = keyframes(keys, frames=6)
    two = place(place(text_to_video(LatentShape(3, 6, 4, 6), 2), keys[3], 3), keys[0], 0)
    assert torch.equal(one.clean, two.clean)
    assert torch.equal(one.noise_level, two.noise_level)


def test_a_latent_frame_of_which_a_part_is_known_is_known():
    canvas = text_to_video(LatentShape(3, 4, 4, 6), 2)
    assert known_frames(canvas) == []
    canvas.noise_level[1, 0, 2, 3, 5] = 0
    assert known_frames(canvas) == [2]


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (lambda: place(edit(clip(4), 1.0), clip(2), 3), r"3..4, expected them within 0..3"),
        (lambda: place(edit(clip(4), 1.0), clip(1), -1), "within 0..3"),
        (
            lambda: place(animate_image(clip(1), 4), clip(2), 0),
            r"0..1, expected frames not known yet: \[0\] are known",
        ),
        (lambda: place(edit(clip(4), 1.0), clip(1)[:, :2], 0), r"\(2, 2, 1, 4, 6\), expected \(2, 3, 1, 4, 6\)"),
        (lambda: keyframes({0: clip(2), 1: clip(1)}, 3), "not known yet"),
        (lambda: keyframes({}, 3), "no keyframes"),
        (lambda: keyframes({3: clip(2)}, 4), r"3..4, expected them within 0..3"),
        (lambda: animate_image(clip(1), 0), "every size >= 1"),
        (lambda: extend(clip(2)), "one of them > 0"),
        (lambda: extend(clip(2), before=-1, after=2), "got -1"),
        (lambda: connect(clip(1), clip(1), 0), "at least 1"),
        (lambda: morph(clip(2), clip(3), 0.5), "one shape"),
        (lambda: edit(clip(2), 1.5), "0..1, got 1.5"),
        (lambda: edit(clip(2), float("nan")), "got nan"),
        (lambda: outpaint(clip(2), Border(top=-1, left=1)), "top=-1"),
        (lambda: outpaint(clip(2), Border()), "one of them > 0"),
    ],
)
def test_what_makes_no_canvas_is_refused_with_got_and_expected(recipe, message):
    with pytest.raises(ValueError, match=message):
        recipe()


def test_a_canvas_is_put_on_another_with_its_noise_levels() -> None:
    canvas = text_to_video(LatentShape(2, 5, 2, 2), batch=2)
    part = edit(torch.rand(1, 2, 2, 2, 2), 0.5)
    made = put(canvas, part, 3)
    assert torch.equal(made.clean[:, :, 3:], part.clean.expand(2, -1, -1, -1, -1))
    assert made.noise_level[1, 0, :, 0, 0].tolist() == [1, 1, 1, 0.5, 0.5]
    assert not canvas.clean.any()
    with pytest.raises(ValueError, match=r"got latent frames 4..5, expected them within 0..4"):
        put(canvas, part, 4)
    with pytest.raises(ValueError, match=r"got a canvas of 1 .* to put on one of 2"):
        put(canvas, edit(torch.rand(1, 3, 2, 2, 2), 0.5), 0)
