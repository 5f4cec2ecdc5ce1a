"""Connections: the judge lets true transitions through and no cut, and the model sees nothing but the ends."""

import random
from pathlib import Path

import pytest
import torch

from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import connections
from sora_core.evals.connections import KINDS, START, Task, score_connections
from sora_core.pipeline import Pipeline
from sora_core.world.flat.attributes import HELD_OUT_COUNT
from sora_core.world.flat.connection_checks import check_connection


@pytest.fixture(scope="module")
def nano() -> Pipeline:
    """The bundled model: of the clips that are compared, the VAE's are real ones."""
    return Pipeline.load("nano")


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("kind", ["same look", "loop"])
def test_true_transitions_pass_and_hard_cuts_do_not(kind: str, nano: Pipeline) -> None:
    scores = {score.shown: score for score in score_connections(nano, kind, count=3)}
    assert scores["true, through the VAE"].shares["success"] == 1
    assert scores["hard cut"].shares["success"] == 0
    assert scores["hard cut"].shares["ends kept"] == 1
    assert scores["model"].shares["ends kept"] == 1


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_a_hard_cut_to_another_look_fails(nano: Pipeline) -> None:
    scores = {score.shown: score for score in score_connections(nano, "other look", count=2)}
    assert scores["hard cut"].shares["success"] == scores["hard cut"].shares["no cut"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_none_of_many_hard_cuts_passes(kind: str, tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    task = Task.drawn(pipe, KINDS[kind]()[:40], random.Random(0))
    one, two = task.known
    cut = task.truth.clone()
    cut[:, :, one.stop : two.start] = task.truth[:, :, one.stop - 1, None]
    passed = [all(check_connection(clip, true).values()) for clip, true in zip(cut, task.truth, strict=True)]
    assert sum(passed) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_there_are_as_many_pairs_as_held_out_combinations(kind: str) -> None:
    pairs = KINDS[kind]()
    assert len(pairs) >= HELD_OUT_COUNT
    assert len(set(pairs)) == len(pairs)


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_the_model_sees_only_the_ends(tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    task = Task.drawn(pipe, KINDS["same look"]()[:2], random.Random(0))
    one, two = task.known
    hidden = task.truth.clone()
    hidden[:, :, one.stop : two.start] = torch.randn(2, 3, two.start - one.stop, 64, 64)
    blind = Task(task.ends, hidden, task.end)
    assert torch.equal(task.connected(pipe, 5), blind.connected(pipe, 5))
    assert one.stop == pipe.vae.compression.video_frames(START)


@pytest.mark.slow
def test_known_frames_that_do_not_come_back_are_missed(nano: Pipeline) -> None:
    task = Task.drawn(nano, KINDS["loop"]()[:2], random.Random(0))
    spoilt = task.truth.clone()
    spoilt[1, :, task.end.first :] = task.truth[1, :, task.end.first :].flip(2)
    assert [seen["ends kept"] for seen in task.judged(nano, task.truth)] == [True, True]
    assert [seen["ends kept"] for seen in task.judged(nano, spoilt)] == [True, False]
