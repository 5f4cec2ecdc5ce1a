"""Random transitions between scenes of solids, whose both ends are whole latent frames of a causal VAE."""

from __future__ import annotations

import random
from itertools import combinations

from ..spans import CHANGING, RETURNING, draw_span
from .attributes import held_out
from .connections import Connection, views_through
from .sampling import moved_on, sample_attributes, sample_scene, scene_of
from .scenes import Scene

APART = 1.0  # smallest distance between the middles of two objects on the floor, in their sizes together


def draw_connection(frames: int, step: int, fps: float, rng: random.Random, *, unseen: bool = False) -> Connection:
    """Draw a transition for a clip of so many frames; the part between is at least two latents of `step` frames.

    It leads back to the start of the first part, to another scene with as many objects, or to the same objects in the
    same surroundings elsewhere; no object passes through another one. unseen: between held-out combinations; without
    it, never one of them. Raises ValueError if the clip is too short.
    """
    leave, arrive = draw_span(frames, step, rng)
    kind = rng.random()
    while True:
        before = sample_scene(rng, unseen=unseen)
        if kind < RETURNING:
            after = before
        elif kind < RETURNING + CHANGING:
            after = _other_scene(len(before.objects), rng, unseen=unseen)
        else:
            after = moved_on(before, rng, unseen=unseen)
        connection = Connection(before, after, leave, arrive)
        if keeps_apart(connection, fps):
            return connection


def keeps_apart(connection: Connection, fps: float) -> bool:
    """Whether no object passes through another one."""
    views, _ = views_through(connection, connection.arrive + 1, fps)
    place, size = views.centre[:, 0, :, ::2], views.size  # [F K 2], [F K]
    return all(
        bool(((place[:, one] - place[:, other]).norm(dim=-1) >= APART * (size[:, one] + size[:, other])).all())
        for one, other in combinations(range(size.shape[1]), 2)
    )


def _other_scene(count: int, rng: random.Random, *, unseen: bool) -> Scene:
    while True:
        scene = scene_of(sample_attributes(rng, unseen=unseen), rng, count=count)
        if unseen or not held_out() & set(scene.attributes):
            return scene
