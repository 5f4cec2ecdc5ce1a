"""Sources mix by weight, and a mixture is a source."""

import random
from collections.abc import Sequence

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train.clip_source import MixedSource, MixedTransitions, TrainingSources

VIDEO = VideoShape(5, 2, 2)


class Numbers:
    """A source of clips of one tone each, between two numbers; unseen ones are negative."""

    def __init__(self, low: int, min_frames: int = 1) -> None:
        self.low, self.min_frames = low, min_frames
        self.rendered: list[int] = []

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[int]:
        return [self.low + rng.randrange(10) for _ in range(count)]

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[int]:
        return [-self.low - index for index in range(count)]

    def render(self, scenes: Sequence[int], video: VideoShape) -> torch.Tensor:
        self.rendered.append(len(scenes))
        return torch.tensor(scenes).view(-1, 1, 1, 1, 1).expand(-1, 3, *video).float()

    def captions(self, scenes: Sequence[int], rng: random.Random, *, still: bool = False) -> list[str]:
        return [f"{'picture' if still else 'clip'} {scene}" for scene in scenes]

    def corpus(self, rng: random.Random) -> list[str]:
        return [f"words of {self.low}"]

    def between(self, scene: int) -> range:
        return range(1, 3)


def test_sources_have_their_shares() -> None:
    drawn = MixedSource([(Numbers(0), 3.0), (Numbers(10), 1.0)]).draw(4000, VIDEO, random.Random(0))
    assert 0.72 < sum(one.scene < 10 for one in drawn) / 4000 < 0.78
    assert all(one.scene // 10 == one.source for one in drawn)


def test_pixels_and_captions_stay_in_the_order_of_the_scenes_and_each_source_renders_once() -> None:
    parts = Numbers(0), Numbers(10)
    mixed = MixedSource([(part, 1.0) for part in parts])
    scenes = mixed.draw(20, VIDEO, random.Random(0))
    tones = mixed.render(scenes, VIDEO)
    assert tones.shape == (20, 3, *VIDEO)
    assert tones[:, 0, 0, 0, 0].tolist() == [one.scene for one in scenes]
    assert [len(part.rendered) for part in parts] == [1, 1]
    assert mixed.captions(scenes, random.Random(0)) == [f"clip {one.scene}" for one in scenes]
    assert mixed.captions(scenes[:1], random.Random(0), still=True) == [f"picture {scenes[0].scene}"]
    assert mixed.corpus(random.Random(0)) == ["words of 0", "words of 10"]


def test_unseen_clips_are_of_every_source_in_turn_also_of_mixtures_within() -> None:
    inner = MixedSource([(Numbers(10), 1.0), (Numbers(20), 9.0)])
    mixed = MixedSource([(Numbers(1), 1.0), (inner, 1.0)])
    tones = mixed.render(mixed.unseen(6, VIDEO, random.Random(0)), VIDEO)[:, 0, 0, 0, 0]
    assert tones.tolist() == [-1, -10, -2, -20, -3, -11]


def test_only_sources_with_clips_of_the_length_take_part() -> None:
    mixed = MixedSource([(Numbers(0), 1.0), (Numbers(10, min_frames=6), 9.0)])
    assert mixed.min_frames == 1
    assert {one.source for one in mixed.draw(50, VIDEO, random.Random(0))} == {0}
    assert {one.source for one in mixed.draw(50, VIDEO._replace(frames=6), random.Random(0))} == {0, 1}
    with pytest.raises(ValueError, match="got clips of 5 frames, expected at least 6"):
        MixedSource([(Numbers(10, min_frames=6), 1.0)]).draw(1, VIDEO, random.Random(0))


@pytest.mark.parametrize("weights", [[], [1.0, 0.0], [-1.0]])
def test_a_mixture_of_nothing_is_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="expected one or more, > 0"):
        MixedSource([(Numbers(0), weight) for weight in weights])


def test_a_mixture_of_transitions_knows_what_is_between() -> None:
    class Later(Numbers):
        def between(self, scene: int) -> range:
            return range(scene, scene + 2)

    mixed = MixedTransitions([(Numbers(10), 1.0), (Later(20), 1.0)])
    scenes = mixed.draw(30, VIDEO, random.Random(0))
    assert {one.source for one in scenes} == {0, 1}
    for one in scenes:
        assert mixed.between(one) == (range(one.scene, one.scene + 2) if one.source else range(1, 3))


def test_transitions_have_a_share_of_the_clips_of_their_domain() -> None:
    clips, transitions = Numbers(0), Numbers(10)
    sources = TrainingSources("numbers", clips, clips, transitions, transition_domain=0.5)
    mixed = sources.with_transitions(0.4)
    drawn = mixed.render(mixed.draw(2000, VIDEO, random.Random(0)), VIDEO)[:, 0, 0, 0, 0]
    assert 0.17 < (drawn >= 10).float().mean() < 0.23
    assert sources.with_transitions(0.0) is clips
    assert TrainingSources("numbers", clips, clips, None, transition_domain=0.0).with_transitions(0.4) is clips
