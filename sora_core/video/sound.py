"""Sound: the waveform that belongs to a clip; cut, resampled, and closed into a loop as its frames are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import torch

ZEROS = 6  # crossings of zero of the resampling filter on each side
ROLL_OFF = 0.99  # of the lower Nyquist frequency


@dataclass(frozen=True)
class Sound:
    """waveform: [1 C N] around -1..1. rate: samples per second. Raises ValueError for an empty one."""

    waveform: torch.Tensor
    rate: int

    def __post_init__(self) -> None:
        if self.waveform.ndim != 3 or len(self.waveform) != 1 or 0 in self.waveform.shape:
            raise ValueError(f"got sound of shape {tuple(self.waveform.shape)}, expected [1 C N] and not empty")
        if self.rate < 1:
            raise ValueError(f"got sound of {self.rate} samples per second, expected at least 1")

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.waveform.shape[-1]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.waveform.shape[1]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / self.rate

    def at(self, rate: int) -> Sound:
        """Resample to another rate by a sinc filter under a Hann window; the same object at its own rate.

        The filter is that of torchaudio.functional.resample, which ComfyUI's audio nodes call.
        """
        if rate == self.rate:
            return self
        shared = math.gcd(rate, self.rate)
        new, old = rate // shared, self.rate // shared
        kernel, width = _kernel(old, new)
        channels = self.waveform.float().movedim(1, 0)  # [C 1 N]
        padded = torch.nn.functional.pad(channels, (width, width + old))
        made = torch.nn.functional.conv1d(padded, kernel.to(padded), stride=old)  # [C new N/old]
        samples = math.ceil(new * self.samples / old)
        return Sound(made.transpose(1, 2).flatten(1)[None, :, :samples], rate)

    def part(self, begin: int, end: int) -> torch.Tensor:
        """Return samples begin .. end - 1, [1 C n]; before its start and after its end it is silent."""
        inside = self.waveform[..., min(max(begin, 0), self.samples) : min(max(end, 0), self.samples)]
        before = min(max(0, -begin), end - begin)
        return torch.nn.functional.pad(inside, (before, end - begin - before - inside.shape[-1]))

    def between(self, begin: float, samples: int) -> Sound:
        """Return `samples` from second `begin` on; before its start and after its end the sound is mirrored.

        So an encoder sees a plausible sound there, without a click.
        """
        places = torch.arange(samples) + round(begin * self.rate)
        turn = 2 * max(1, self.samples - 1)
        folded = places.remainder(turn)
        index = torch.minimum(folded, turn - folded).clamp(max=self.samples - 1)
        return Sound(self.waveform[..., index.to(self.waveform.device)], self.rate)

    def lasting(self, seconds: float) -> Sound:
        """Cut the end, or add silence, so that it lasts `seconds`."""
        missing = max(1, round(seconds * self.rate)) - self.samples
        return Sound(torch.nn.functional.pad(self.waveform, (0, missing)), self.rate)  # a negative pad cuts

    def moved(self, seconds: float | Fraction) -> Sound | None:
        """Return the sound after so much silence, or without so much of its beginning; None where nothing is left."""
        samples = round(seconds * self.rate)
        if self.samples + samples < 1:
            return None
        return self if not samples else Sound(torch.nn.functional.pad(self.waveform, (samples, 0)), self.rate)

    def looped(self, turn: float, overlap: float) -> Sound:
        """Return the `turn` seconds of a seamless loop, from sound that ends with its own start for `overlap` seconds.

        As joining.close_loop does it with the frames. Raises ValueError if the overlap is longer than a turn.
        """
        if not 0 <= overlap <= turn:
            raise ValueError(f"got an overlap of {overlap:g} s for a loop of {turn:g} s, expected at most that")
        whole = self.lasting(turn + overlap).waveform
        shared = round(overlap * self.rate)
        kept, later = whole[..., shared : whole.shape[-1] - shared], whole[..., whole.shape[-1] - shared :]
        share = torch.arange(1, shared + 1).to(whole) / (shared + 1)
        return Sound(torch.cat([kept, torch.lerp(later, whole[..., :shared], share)], dim=-1), self.rate)


def _kernel(old: int, new: int) -> tuple[torch.Tensor, int]:
    """Return the filters [new 1 taps], one for each phase of the new rate, and how far they reach."""
    cutoff = min(old, new) * ROLL_OFF
    width = math.ceil(ZEROS * old / cutoff)
    taps = torch.arange(-width, width + old, dtype=torch.float64) / old
    time = taps[None] - torch.arange(new, dtype=torch.float64)[:, None] / new
    time = (time * cutoff).clamp(-ZEROS, ZEROS)
    window = torch.cos(time * math.pi / ZEROS / 2) ** 2
    return (torch.sinc(time) * window * cutoff / old)[:, None].float(), width
