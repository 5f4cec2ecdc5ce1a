"""What every domain of the world keeps to, and the styles of captions, which every domain writes."""

import random
from typing import Any

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import DOMAINS, Domain, Style

SHAPES = (VideoShape(17, 128, 128), VideoShape(5, 96, 160), VideoShape(1, 160, 96))
EVERY_DOMAIN = pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)


def scenes_of(domain: Domain[Any, Any], count: int = 3, seed: int = 0, *, unseen: bool = False) -> list[Any]:
    rng = random.Random(seed)
    return [domain.sample(rng, unseen=unseen) for _ in range(count)]


def test_styles_rise_in_detail() -> None:
    assert [style.name for style in Style] == ["TERSE", "DESCRIPTIVE", "RICH"]
    assert [style.value for style in Style] == sorted(style.value for style in Style)


def test_every_domain_is_found_by_its_own_name() -> None:
    assert set(DOMAINS) == {"solids", "flat", "game", "painter", "shots"}
    assert all(domain.name == name for name, domain in DOMAINS.items())


@pytest.mark.slow
@EVERY_DOMAIN
def test_any_shape_is_rendered_and_a_scene_always_looks_the_same(domain: Domain[Any, Any]) -> None:
    scenes = scenes_of(domain)
    for video in SHAPES:
        clips = domain.render(scenes, video, 8.0)
        assert clips.shape == (3, 3, *video)
        assert clips.dtype == torch.float32
        assert -1 <= float(clips.min()) < float(clips.max()) <= 1
        assert torch.allclose(clips[1:2], domain.render(scenes[1:2], video, 8.0), atol=1e-5)


@pytest.mark.slow
@EVERY_DOMAIN
def test_twice_the_frame_rate_shows_the_same_moments(domain: Domain[Any, Any]) -> None:
    (scene,) = scenes_of(domain, 1, seed=4)
    slow, fast = domain.render([scene], VideoShape(5, 64, 64), 8.0), domain.render([scene], VideoShape(9, 64, 64), 16.0)
    assert torch.allclose(slow, fast[:, :, ::2], atol=1e-4)


@EVERY_DOMAIN
def test_captions_facts_and_kinds_depend_on_scene_and_seed_alone(domain: Domain[Any, Any]) -> None:
    first, again = scenes_of(domain, 20, seed=3), scenes_of(domain, 20, seed=3)
    for one, other in zip(first, again, strict=True):
        for style in Style:
            captions = [domain.caption(scene, style, random.Random(7)) for scene in (one, other)]
            assert captions[0] == captions[1]
            assert captions[0] == captions[0].strip()
        assert domain.facts(one) == domain.facts(other)
        assert domain.kind(one) == domain.kind(other)
    assert len({tuple(domain.facts(scene).items()) for scene in first}) > 10


@EVERY_DOMAIN
def test_facts_of_unseen_scenes_have_no_value_that_training_never_shows(domain: Domain[Any, Any]) -> None:
    seen = {fact for scene in scenes_of(domain, 1500) for fact in domain.facts(scene).items()}
    unseen = {fact for scene in scenes_of(domain, 100, unseen=True) for fact in domain.facts(scene).items()}
    assert unseen <= seen


@pytest.mark.slow
@EVERY_DOMAIN
def test_checks_accept_most_true_clips_and_refuse_noise(domain: Domain[Any, Any]) -> None:
    video, generator = VideoShape(17, 128, 128), torch.Generator().manual_seed(0)
    passed, by_chance = [], []
    for scene in scenes_of(domain, 8, seed=5, unseen=True):
        (clip,) = domain.render([scene], video, 8.0)
        passed += domain.check(scene, clip, 8.0).values()
        noise = torch.rand(clip.shape, generator=generator) * 2 - 1
        by_chance.append(all(domain.check(scene, noise, 8.0).values()))
    assert sum(passed) >= 0.9 * len(passed)
    assert not any(by_chance)


@pytest.mark.slow
@EVERY_DOMAIN
def test_in_order_a_scene_shows_the_same_and_its_facts_are_those_of_the_same_objects(domain: Domain[Any, Any]) -> None:
    for drawn in scenes_of(domain, 6, seed=5):
        scene = domain.in_order(drawn)
        clips = [domain.render([one], VideoShape(5, 64, 96), 8.0) for one in (drawn, scene)]
        assert torch.allclose(*clips, atol=1e-5)
        assert sorted(domain.facts(scene).values()) == sorted(domain.facts(drawn).values())
        assert domain.kind(scene) == domain.kind(drawn)
        assert domain.facts(domain.in_order(scene)) == domain.facts(scene)
