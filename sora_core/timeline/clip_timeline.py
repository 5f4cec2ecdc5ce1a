"""ClipTimeline: which clip stands where on a canvas, how much of it is kept, and which prompt holds from when on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .frame_times import converted, written


@dataclass(frozen=True)
class TimelineClip:
    """A source on a timeline, in frames at its rate.

    source: the name of the input. at: the first frame on the timeline. length: 0 shows the source up to its end, 1 is a
    picture, held for a latent frame. begin: the frame of the source that comes first. level: 0 keep .. 1 invent.
    ramp_in, ramp_out: frames over which the level comes from 1 at the edge, and goes back to it.
    """

    source: str
    at: int = 0
    length: int = 0
    begin: int = 0
    level: float = 0.0
    ramp_in: int = 0
    ramp_out: int = 0

    @property
    def stop(self) -> int:
        """The frame after its last one."""
        return self.at + self.length

    def levels(self) -> list[float]:
        """Return the noise level of each of its frames, taken at their middles."""
        return [self._level(frame + 0.5) for frame in range(self.length)]

    def _level(self, middle: float) -> float:
        edges = ((middle, self.ramp_in), (self.length - middle, self.ramp_out))
        shares = [max(0.0, 1 - inside / ramp) for inside, ramp in edges if ramp]
        return self.level + (1 - self.level) * max(shares, default=0.0)

    def at_rate(self, fps: float, new_fps: float) -> TimelineClip:
        """Return the same clip in frames of another rate; one that is shown stays so."""
        at, stop, begin, ramp_in, ramp_out = (
            converted(frames, fps, new_fps) for frames in (self.at, self.stop, self.begin, self.ramp_in, self.ramp_out)
        )
        length = self.length if self.length < 2 else max(1, stop - at)
        return replace(self, at=at, length=length, begin=begin, ramp_in=ramp_in, ramp_out=ramp_out)


@dataclass(frozen=True)
class TimelinePrompt:
    """A prompt and the frame from which it holds, up to the next one."""

    at: int
    text: str


@dataclass(frozen=True)
class ClipTimeline:
    """Clips and prompts in frames at `fps`. frames: of the whole; 0 ends with the last clip."""

    fps: float
    frames: int = 0
    clips: tuple[TimelineClip, ...] = ()
    prompts: tuple[TimelinePrompt, ...] = ()

    def at_rate(self, fps: float) -> ClipTimeline:
        """Return the same times in frames of another rate."""
        if fps == self.fps:
            return self
        clips = tuple(clip.at_rate(self.fps, fps) for clip in self.clips)
        prompts = tuple(replace(prompt, at=converted(prompt.at, self.fps, fps)) for prompt in self.prompts)
        return ClipTimeline(fps, converted(self.frames, self.fps, fps), clips, prompts)

    def resolved(self, lengths: Mapping[str, int]) -> ClipTimeline:
        """Return it with the lengths that sources of so many frames give to clips, and that clips give to the whole.

        Raises ValueError for a clip that goes on after its source; a picture is held as long as one likes.
        """
        clips = tuple(self._of_length(clip, lengths[clip.source]) for clip in self.clips)
        frames = self.frames or max((clip.stop for clip in clips), default=0)
        return replace(self, frames=frames, clips=clips)

    def _of_length(self, clip: TimelineClip, frames: int) -> TimelineClip:
        length = clip.length or max(1, frames - clip.begin)
        needed = clip.begin + length
        if needed > frames > 1 or clip.begin >= frames:
            raise ValueError(
                f"{self.named(clip)} shows its source up to {written(needed, self.fps)} s, which lasts "
                f"{written(frames, self.fps)} s: shorten the clip or let it begin earlier in the source"
            )
        return replace(clip, length=length)

    def named(self, clip: TimelineClip) -> str:
        """Return the name of a clip with its seconds, for messages."""
        at = written(clip.at, self.fps)
        return f"{clip.source} ({at} to {written(clip.stop, self.fps)} s)" if clip.length else f"{clip.source} ({at} s)"
