"""Two clips as one: what stays bit for bit, where the fade is, and colours that are matched."""

import subprocess
import sys

import pytest
import torch

from sora_core.video import strips
from sora_core.video.joining import close_loop, join, match_colours
from sora_core.video.lab import from_lab, to_lab


def scene(frames: int, *, seed: int = 0) -> torch.Tensor:
    """A soft picture that moves: [F 24 24 3] within 0.2..0.7."""
    low = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
    picture = torch.nn.functional.interpolate(low, (24, 24), mode="bilinear")[0].permute(1, 2, 0)
    return 0.2 + 0.5 * torch.stack([picture.roll(frame, 1) for frame in range(frames)])


def tinted(frames: torch.Tensor) -> torch.Tensor:
    """The same, as a generator that has drifted shows it: warmer and flatter."""
    return (frames * torch.tensor([0.95, 0.85, 0.8]) + torch.tensor([0.06, 0.04, 0.02])).clamp(0, 1)


def test_the_first_clip_comes_back_bit_for_bit_before_the_overlap():
    clip = scene(20)
    joined = join(clip[:12], tinted(clip[8:]), 4)
    assert len(joined) == 20
    assert torch.equal(joined[:8], clip[:8])


def test_with_keep_second_the_second_clip_comes_back_after_the_overlap():
    clip = scene(20)
    joined = join(tinted(clip[:12]), clip[8:], 4, keep_second=True)
    assert torch.equal(joined[12:], clip[12:])
    assert (joined[:8] - clip[:8]).abs().mean() < 0.01


def test_colours_are_matched_over_the_overlap_and_beyond_it():
    clip = scene(20)
    drifted = tinted(clip[8:])
    error = (drifted[4:] - clip[12:]).abs().mean()
    joined = join(clip[:12], drifted, 4)
    assert error > 0.04
    assert (joined[12:] - clip[12:]).abs().mean() < 0.2 * error


def greys(*lightness: float) -> torch.Tensor:
    """One frame [1 1 W 3] with a pixel of each lightness in 0..100."""
    lab = torch.tensor([[list(lightness), [0.0] * len(lightness), [0.0] * len(lightness)]])
    return from_lab(lab[..., None, :])


def lightness_of(frames: torch.Tensor) -> list[float]:
    return to_lab(frames)[:, 0].flatten().tolist()


def test_contrast_is_matched_by_a_factor_of_1_5_and_no_more():
    sample = greys(40, 60)
    assert lightness_of(sample) == pytest.approx([40, 60], abs=0.01)
    for reference, expected in (
        (greys(37, 63), [37, 63]),  # a factor of 1.3
        (greys(10, 90), [35, 65]),  # 4, taken as 1.5
        (greys(48, 52), [50 - 10 / 1.5, 50 + 10 / 1.5]),  # 1 / 5, taken as 1 / 1.5
    ):
        assert lightness_of(match_colours(sample, sample, reference)) == pytest.approx(expected, abs=0.02)


def test_what_is_flat_is_shifted_and_not_stretched():
    sample, reference = greys(49.5, 50.5), greys(58, 62)  # deviations of 0.7, and of 2.8
    assert lightness_of(match_colours(sample, sample, reference)) == pytest.approx([59.5, 60.5], abs=0.02)


def test_the_fade_lies_inside_the_overlap_alone():
    black, white = torch.zeros(8, 8, 8, 3), torch.ones(8, 8, 8, 3)
    joined = join(black, white, 3)  # flat: only shifted, so that the second becomes black as well
    assert joined.max() < 0.05
    one, two = scene(8), scene(8, seed=1)
    joined, second = join(one, two, 3), match_colours(two, two[:3], one[5:])
    for place, share in zip((5, 6, 7), (0.25, 0.5, 0.75), strict=True):
        assert torch.allclose(joined[place], torch.lerp(one[place], second[place - 5], share), atol=1e-6)
    assert torch.equal(joined[8:], second[3:])


def test_without_an_overlap_they_stand_end_to_end_as_they_are():
    one, two = scene(3), scene(4, seed=1)
    assert torch.equal(join(one, two, 0), torch.cat([one, two]))


def test_sizes_and_overlaps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="expected one size"):
        join(torch.zeros(2, 8, 8, 3), torch.zeros(2, 8, 9, 3), 1)
    with pytest.raises(ValueError, match="an overlap of 3 frames for clips of 2 and 5"):
        join(scene(2), scene(5), 3)


def test_a_loop_begins_with_what_is_shown_once_and_ends_with_a_fade_into_it():
    clip = torch.arange(10.0).view(10, 1, 1, 1).expand(10, 2, 2, 3).clone()
    clip[7:] += 20  # the first three again, at 27, 28, 29
    turn = [frame[0, 0, 0].item() for frame in close_loop(clip, 7, 3)]
    assert turn == pytest.approx([3, 4, 5, 6, 27 * 0.75, 28 * 0.5 + 0.5, 29 * 0.25 + 2 * 0.75])


def test_a_clip_that_does_not_show_its_beginning_again_comes_as_it_is_and_frame_by_frame():
    clip, taken = torch.rand(5, 2, 2, 3), []

    def frames():
        for frame in clip:
            taken.append(frame)
            yield frame

    stream = close_loop(frames(), 5, 0)
    assert torch.equal(next(stream), clip[0])
    assert len(taken) == 1
    assert torch.equal(torch.stack(list(stream)), clip[1:])


def test_loops_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="got an overlap of 3 frames for a loop of 2"):
        list(close_loop(torch.rand(5, 2, 2, 3), 2, 3))
    with pytest.raises(ValueError, match="expected 3: the clip is too short"):
        list(close_loop(torch.rand(6, 2, 2, 3), 4, 3))


@pytest.mark.posix
def test_memory_beside_the_clips_does_not_grow_with_them():
    """A process apart joins 200 frames of 200x320; its peak is that of the result, 0.19 GB, and little more."""
    program = (
        "import resource, torch; from sora_core.video.joining import join; a, b = torch.rand(2, 200, 200, 320, 3);"
        "join(a[:40], b[:50], 20); peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "before = peak(); join(a, b, 150); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) / 1024 < 4 * 250 * 200 * 320 * 3 / 2**20 + 60


@pytest.mark.parametrize("pixels", [1, 37, 10**9])
def test_colours_are_matched_strip_by_strip_to_what_they_are_at_once(monkeypatch, pixels):
    frames = torch.rand(3, 10, 12, 3, generator=torch.Generator().manual_seed(0))
    whole = match_colours(frames, frames, tinted(frames))
    monkeypatch.setattr(strips, "STRIP_PIXELS", pixels)
    torch.testing.assert_close(match_colours(frames, frames, tinted(frames)), whole, rtol=0, atol=1e-5)
