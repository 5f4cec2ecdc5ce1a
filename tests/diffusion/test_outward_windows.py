"""Windows outward from known frames: each sees its neighbours that are known, in both directions."""

import pytest
import torch

from sora_core.canvas.abilities import extend
from sora_core.diffusion.outward_windows import OutwardWindow
from sora_core.diffusion.sampler import sample
from sora_core.diffusion.schedule import shifted_sigmas
from sora_core.diffusion.windows import WindowSampling, single_frames

LEVELS = shifted_sigmas(4, 3.0)


class Recorder:
    """Samples towards one point; notes the canvases that it was given."""

    def __init__(self):
        self.canvases, self.spans = [], []

    def fill(self, canvas, schedule, noises, span):
        self.canvases.append(canvas)
        self.spans.append(span)

        def guider(x, level):
            spread = level.view(x.shape[0], 1, -1, 1, 1)
            return torch.where(spread > 0, (x - 3.0) / spread.clamp(min=1e-6), torch.zeros_like(x))

        return sample(guider, canvas, schedule, noises.current)


def run(before, after, known=3):
    canvas, recorder = extend(torch.full((1, 2, known, 3, 4), 3.0), before=before, after=after), Recorder()
    windows = OutwardWindow(3, 4)
    made = torch.cat(list(windows.latents(single_frames(canvas), WindowSampling(recorder.fill, LEVELS), 5)), dim=2)
    torch.testing.assert_close(made, torch.full_like(canvas.clean, 3.0), rtol=0, atol=1e-4)
    return recorder, windows.fills(canvas.shape.frames, 4)


def levels(canvas):
    return canvas.noise_level[0, 0, :, 0, 0].tolist()


def test_after_known_frames_windows_go_on_and_are_of_equal_size():
    recorder, told = run(0, 9)
    canvases = recorder.canvases
    assert [levels(canvas) for canvas in canvases] == [[0, 0, 0, 1, 1, 1]] * 3
    assert told == 3


def test_before_known_frames_windows_go_back_and_see_what_follows_them():
    canvases = run(8, 0)[0].canvases
    assert [levels(canvas) for canvas in canvases if max(levels(canvas))] == [[1, 1, 1, 1, 0, 0, 0]] * 2
    torch.testing.assert_close(canvases[-1].clean[:, :, 4:], torch.full((1, 2, 3, 3, 4), 3.0))


def test_between_both_they_go_both_ways():
    recorder, _ = run(5, 5)
    seen = [levels(canvas) for canvas in recorder.canvases]
    assert seen == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0]]
    assert recorder.spans == [range(5, 11), range(8, 13), range(2, 8), range(5)]


@pytest.mark.parametrize("sizes", [(0, 4), (3, 0)])
def test_sizes_that_are_none_are_refused(sizes):
    with pytest.raises(ValueError, match="expected 1 or more of each"):
        OutwardWindow(*sizes)
