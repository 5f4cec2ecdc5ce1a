"""Long videos from windows: against the one sampler on the whole canvas, and against what a window may see."""

import pytest
import torch

from sora_core.canvas.abilities import extend, text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.sampler import initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.diffusion.windows import RollingWindow, SlidingWindow, WindowSampling, single_frames

SHAPE = LatentShape(2, 9, 3, 4)
LEVELS = shifted_sigmas(6, 3.0)


class Recorder:
    """Samples towards one point; notes the canvases and schedules that it was given, and the latents of each step."""

    def __init__(self, target: float = 3.0):
        self.canvases, self.schedules, self.spans, self.shown, self.target = [], [], [], [], target

    def guider(self, x, level):
        self.shown.append(x)
        spread = level.view(x.shape[0], 1, -1, 1, 1)
        return torch.where(spread > 0, (x - self.target) / spread.clamp(min=1e-6), torch.zeros_like(x))

    def fill(self, canvas, schedule, noises, span):
        self.canvases.append(canvas)
        self.spans.append(span)
        self.schedules.append(schedule)
        return sample(self.guider, canvas, schedule, noises.current)


def run(windows, canvas, fill, seed=5):
    return torch.cat(list(windows.latents(single_frames(canvas), WindowSampling(fill, LEVELS), seed)), dim=2)


def test_a_canvas_of_one_window_is_sampled_as_the_sampler_does():
    canvas, recorder = text_to_video(SHAPE, 2), Recorder()
    ours = run(SlidingWindow(5, 4), canvas, recorder.fill)
    schedule = noise_schedule(LEVELS, canvas.noise_level)
    assert torch.equal(ours, sample(recorder.guider, canvas, schedule, initial_noise(canvas.clean.shape, 5)))


@pytest.mark.parametrize(
    "windows", [SlidingWindow(2, 3), SlidingWindow(1, 1), RollingWindow(2, 3), RollingWindow(1, 6), RollingWindow(3, 4)]
)
@pytest.mark.parametrize("frames", [1, 2, 9])
def test_every_frame_is_made_once_and_finished(windows, frames):
    latents = run(windows, text_to_video(SHAPE._replace(frames=frames), 2), Recorder().fill)
    assert latents.shape == (2, 2, frames, 3, 4)
    torch.testing.assert_close(latents, torch.full_like(latents, 3.0), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "windows",
    [
        SlidingWindow(2, 3),
        SlidingWindow(1, 1),
        SlidingWindow(3, 9),
        RollingWindow(2, 3),
        RollingWindow(1, 4),
        RollingWindow(3, 9),
    ],
)
@pytest.mark.parametrize("frames", [1, 2, 9])
def test_how_often_a_window_is_filled_is_known_beforehand(windows, frames):
    recorder = Recorder()
    run(windows, text_to_video(SHAPE._replace(frames=frames)), recorder.fill)
    assert len(recorder.canvases) == windows.fills(frames, len(LEVELS) - 1)


@pytest.mark.parametrize("windows", [SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_no_window_sees_more_than_it_may_and_context_is_known(windows):
    recorder = Recorder()
    run(windows, text_to_video(SHAPE), recorder.fill)
    assert max(canvas.clean.shape[2] for canvas in recorder.canvases) == 5
    later = recorder.canvases[-1]
    assert torch.equal(later.noise_level[0, 0, :2], torch.zeros(2, 3, 4))
    torch.testing.assert_close(later.clean[:, :, :2], torch.full((1, 2, 2, 3, 4), 3.0), rtol=0, atol=1e-4)


def test_rolling_walks_one_staggered_plan():
    """With a guider that sees each frame alone, a rolling window equals the whole canvas on the staggered schedule."""
    canvas = text_to_video(SHAPE._replace(frames=5))

    def curved(x, level):
        return torch.tanh(x) * level.view(x.shape[0], 1, -1, 1, 1) + x

    rolled = run(
        RollingWindow(1, 3),
        canvas,
        lambda canvas, schedule, noises, _: sample(curved, canvas, schedule, noises.current),
    )
    generator = torch.Generator().manual_seed(5)
    noise = torch.cat([torch.randn(1, 2, 1, 3, 4, generator=generator) for _ in range(5)], dim=2)
    rows = torch.arange(2 * 4 + 7)[:, None] - 2 * torch.arange(5)  # each frame two steps behind the one before it
    schedule = noise_schedule(LEVELS[rows.clamp(0, 6)], canvas.noise_level)
    torch.testing.assert_close(rolled, sample(curved, canvas, schedule, noise), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("windows", [SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_known_frames_come_back_bit_for_bit_and_are_context(windows):
    clip = torch.randn(1, 2, 4, 3, 4)
    latents = run(windows, extend(clip, after=4), Recorder().fill)
    assert torch.equal(latents[:, :, :4], clip)
    torch.testing.assert_close(latents[:, :, 4:], torch.full_like(latents[:, :, 4:], 3.0), rtol=0, atol=1e-4)


@pytest.mark.parametrize("windows", [SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_a_place_known_in_part_starts_from_its_source(windows):
    """At a level of 0.4 something of the source stays, wherever the frame lies."""
    source = torch.full((1, 2, 9, 3, 4), 10.0)
    canvas = LatentCanvas(source, torch.full((1, 1, 9, 3, 4), 0.4))

    def fill(canvas, schedule, noises, span):
        return sample(lambda x, _: 0 * x, canvas, schedule, noises.current)

    latents = run(windows, canvas, fill)
    assert ((latents > 3) & (latents < 9)).all()  # 0.6 of 10, with 0.4 of noise


@pytest.mark.parametrize("windows", [SlidingWindow(2, 3, 0.2), RollingWindow(2, 3, 0.2)])
def test_context_is_shown_with_a_little_noise_and_given_back_without(windows):
    recorder = Recorder()
    latents = run(windows, text_to_video(SHAPE), recorder.fill)
    context = recorder.schedules[-1][:, 0, 0, :2, 0, 0]
    torch.testing.assert_close(context, torch.full_like(context, 0.2))
    torch.testing.assert_close(latents, torch.full_like(latents, 3.0), rtol=0, atol=1e-4)
    noise = (recorder.shown[-1][:, :, :2] - 0.8 * 3.0) / 0.2
    assert 0.5 < noise.std() < 1.5
    assert abs(noise.mean()) < 0.5


@pytest.mark.parametrize("windows", [SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_the_same_seed_gives_the_same_video_and_another_another(windows):
    def fill(canvas, schedule, noises, span):
        return sample(lambda x, _: 0.3 * x, canvas, schedule, noises.current)

    one, again, other = (run(windows, text_to_video(SHAPE), fill, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (SlidingWindow(2, 3), [range(5), range(3, 8), range(6, 9)]),
        (RollingWindow(2, 3), [range(max(0, last - 4), min(last + 1, 9)) for last in range(11)]),
    ],
)
def test_windows_say_which_frames_they_have(windows, expected):
    recorder = Recorder()
    run(windows, text_to_video(SHAPE._replace(frames=9)), recorder.fill)
    assert [len(span) for span in recorder.spans] == [canvas.shape.frames for canvas in recorder.canvases]
    assert recorder.spans == expected


@pytest.mark.parametrize("windows", [SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_frames_are_asked_for_one_window_at_a_time(windows):
    asked = 0

    def endless():
        nonlocal asked
        while True:
            asked += 1
            yield text_to_video(SHAPE._replace(frames=1))

    stream = windows.latents(endless(), WindowSampling(Recorder().fill, LEVELS), 0)
    for _ in range(4):
        next(stream)
    assert asked < 20


@pytest.mark.parametrize(
    "make", [lambda: SlidingWindow(0, 4), lambda: RollingWindow(3, 0), lambda: SlidingWindow(3, 4, 1.0)]
)
def test_windows_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5])
def test_a_seed_that_torch_does_not_take_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        run(SlidingWindow(), text_to_video(SHAPE), Recorder().fill, seed)
