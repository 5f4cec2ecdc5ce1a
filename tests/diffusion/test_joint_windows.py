"""A sliding window over frames and sound: what each window is given, and what stays."""

from __future__ import annotations

import pytest
import torch

from sora_core.canvas.joint_canvas import JointCanvas, SoundCanvas
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.sound_grid import SoundCuts, SoundGrid
from sora_core.canvas.time_grid import CausalGrid
from sora_core.diffusion.denoise import denoise_joint
from sora_core.diffusion.joint_windows import sample_joint
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.sampler import sample
from sora_core.diffusion.schedule import shifted_sigmas
from sora_core.diffusion.windows import RollingWindow, SlidingWindow, WindowSampling

LEVELS = shifted_sigmas(4, 3.0)
FRAMES, LENGTH = 7, 13  # a latent of sound for each of 13 pixel frames
CUTS = {
    axis: SoundCuts(SoundGrid(3, 2, axis == 3, 25.0), CausalGrid(2), FRAMES, LENGTH)
    for axis in (2, 3)  # of time in the sound
}


class Recorder:
    """Samples towards one point; notes the canvases and schedules that it was given."""

    def __init__(self, target: float = 3.0) -> None:
        self.canvases, self.schedules, self.spans, self.target = [], [], [], target

    def fill(self, canvas, schedule, noises, span):
        self.canvases.append(canvas)
        self.spans.append(span)
        self.schedules.append(schedule)

        def guider(x, level):
            spread = level.view(x.shape[0], 1, 1, 1, -1)
            return torch.where(spread > 0, (x - self.target) / spread.clamp(min=1e-6), torch.zeros_like(x))

        return sample(guider, canvas, schedule, noises.current)


def joint(axis: int, known: int = 0) -> JointCanvas:
    generator = torch.Generator().manual_seed(1)
    picture, level = torch.randn(1, 2, FRAMES, 2, 2, generator=generator), torch.ones(1, 1, FRAMES, 2, 2)
    shape = (3, LENGTH, 2) if axis == 2 else (3, 2, LENGTH)
    sound, heard = torch.randn(1, *shape, generator=generator), torch.ones(1, 1, *shape[1:])
    level[:, :, :known] = 0
    heard.narrow(axis, 0, 2 * known).zero_()
    return JointCanvas(LatentCanvas(picture, level), SoundCanvas(sound, heard))


@pytest.mark.parametrize("axis", [2, 3])
def test_every_place_is_made_once_and_known_ones_stay(axis):
    canvas, recorder = joint(axis, known=1), Recorder()
    sampling = WindowSampling(recorder.fill, LEVELS)
    picture, sound = sample_joint(canvas, SlidingWindow(2, 3), CUTS[axis], sampling, 5)
    assert torch.equal(picture[:, :, :1], canvas.picture.clean[:, :, :1])
    assert torch.equal(sound.narrow(axis, 0, 2), canvas.sound.clean.narrow(axis, 0, 2))
    torch.testing.assert_close(picture[:, :, 1:], torch.full((1, 2, 6, 2, 2), 3.0), rtol=0, atol=1e-4)
    made = sound.narrow(axis, 2, LENGTH - 2)
    torch.testing.assert_close(made, torch.full_like(made, 3.0), rtol=0, atol=1e-4)
    assert torch.equal(canvas.picture.clean, joint(axis).picture.clean)  # the canvas is left as it was


@pytest.mark.parametrize("axis", [2, 3])
def test_a_window_goes_on_from_the_frames_and_the_sound_before_it(axis):
    recorder = Recorder()
    sample_joint(joint(axis), SlidingWindow(2, 3), CUTS[axis], WindowSampling(recorder.fill, LEVELS), 5)
    assert recorder.spans == [range(5), range(3, 7)]
    first, second = recorder.canvases
    for canvas, frames, latents, known, heard in ((first, 5, 9, 0, 0), (second, 4, 7, 2, 3)):
        picture, sound = canvas.packing.unpack(canvas.noise_level)
        assert picture[0, 0, :, 0, 0].tolist() == [0.0] * known + [1.0] * (frames - known)
        along = sound.select(5 - axis, 0)[0, 0].tolist()
        assert along == [0.0] * heard + [1.0] * (latents - heard)
    clean = second.packing.unpack(second.clean)
    torch.testing.assert_close(clean[0][:, :, :2], torch.full((1, 2, 2, 2, 2), 3.0), rtol=0, atol=1e-4)
    torch.testing.assert_close(clean[1].narrow(axis, 0, 3), torch.full_like(clean[1].narrow(axis, 0, 3), 3.0))


def test_context_is_seen_at_its_level():
    recorder = Recorder()
    windows = SlidingWindow(2, 3, context_level=0.25)
    picture, _ = sample_joint(joint(2), windows, CUTS[2], WindowSampling(recorder.fill, LEVELS), 5)
    first, second = recorder.schedules
    assert first[-1].max() == 0
    levels = recorder.canvases[1].packing.unpack(second[-1].expand_as(recorder.canvases[1].clean))
    assert levels[0][0, 0, :, 0, 0].tolist() == [0.25, 0.25, 0.0, 0.0]
    assert levels[1][0, 0, :, 0].tolist() == [0.25] * 3 + [0.0] * 4
    torch.testing.assert_close(picture, torch.full_like(picture, 3.0), rtol=0, atol=1e-4)


def test_other_windows_are_refused():
    options = SamplingOptions(windows=RollingWindow(1, 1))
    with pytest.raises(ValueError, match="windows of RollingWindow, expected a SlidingWindow"):
        denoise_joint(lambda x, level: x, joint(2), CUTS[2], options, patch=(1, 1, 1))
