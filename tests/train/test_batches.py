"""Batches of the DiT: canvases of the kinds that a stage asks for, with the scenes that their latents show."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.train import distributed
from sora_core.train.batches import Batch, Batches, Canvases
from sora_core.train.config import CanvasShares, Stage
from sora_core.train.objective import LATE
from sora_core.train.run import Run
from tiny import tiny_vae
from tiny_training import TRAINING, tiny_run

CLIPS = ((VideoShape(17, 16, 32), 1.0), (VideoShape(9, 32, 16), 1.0))
NOTHING = CanvasShares(clip=0, still=0, region=0, window=0, connection=0)


def run_of(pool: Path | None = None, **config: object) -> Run:
    preset = replace(TRAINING.preset, clips=CLIPS)
    return tiny_run(config=replace(TRAINING, preset=preset, dit=replace(TRAINING.dit, **config)), pool=pool)


def only(kind: str) -> Stage:
    return Stage(LATE, replace(NOTHING, **{kind: 1.0}))


def drawn(batches: Batches, stage: Stage, index: int) -> Batch:
    return batches.draw(stage, index, batches.run.seeds.step(index), torch.Generator().manual_seed(index))


@pytest.fixture(scope="module")
def batches() -> Batches:
    return Batches(run_of(), tiny_vae())


@pytest.mark.slow
def test_kinds_come_in_the_shares_of_the_stage(batches: Batches) -> None:
    stage = Stage(LATE, CanvasShares(clip=2, still=1, region=0, window=1, connection=0))
    kinds = Counter(drawn(batches, stage, index).kind for index in range(120))
    assert set(kinds) == {Canvases.CLIP, Canvases.STILL, Canvases.WINDOW}
    assert 40 < kinds[Canvases.CLIP] < 80


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["clip", "still", "region", "window", "connection"])
def test_the_latents_are_those_of_the_scenes(kind: str, batches: Batches) -> None:
    for index in range(3):
        batch = drawn(batches, only(kind), index)
        assert batch.kind is Canvases[kind.upper()]
        with torch.no_grad():
            latents = batches.vae.encode(batch.source.render(batch.scenes, batch.video))
        frames = batch.canvas.clean.shape[2]
        expected = latents[:, :, batch.first : batch.first + frames]
        assert (batch.canvas.clean - expected).abs().max() < 0.05 * expected.abs().max()  # half precision
        assert len(batch.scenes) == len(batch.canvas.clean)


@pytest.mark.slow
def test_each_kind_has_its_frames(batches: Batches) -> None:
    for index in range(8):
        still, window, connection = (drawn(batches, only(kind), index) for kind in ("still", "window", "connection"))
        assert still.canvas.clean.shape[2] == 1
        assert window.first >= 1
        assert window.canvas.clean.shape[2] == {17: 4, 9: 2}[window.video.frames]
        assert connection.video.frames == 17  # the other clips are too short
        level = connection.canvas.noise_level[:, 0, :, 0, 0]
        assert (level[:, 0] <= 0.2).all()
        for scene, row in zip(connection.scenes, level, strict=True):
            frames = connection.source.between(scene)
            pixels = [range(max(0, 4 * latent - 3), 4 * latent + 1) for latent in range(5)]
            inside = torch.tensor([all(frame in frames for frame in there) for there in pixels])
            assert torch.equal(row == row.max(), inside)


@pytest.mark.slow
def test_a_step_has_about_the_same_patches_whatever_its_shape(batches: Batches) -> None:
    for index in range(8):
        clean = drawn(batches, only("clip"), index).canvas.clean
        patches = clean.shape[0] * clean.shape[2] * (clean.shape[3] // 2) * (clean.shape[4] // 2)
        assert 16 < patches <= 32
    few = Batches(run_of(max_batch=3), tiny_vae())
    assert len(drawn(few, only("still"), 0).scenes) == 3


@pytest.mark.slow
def test_processes_share_kind_and_shape_and_divide_the_batch(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = TRAINING.dit.late
    alone = [drawn(batches, stage, index) for index in range(6)]
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    second = Batches(run_of(), tiny_vae())
    for index, one in enumerate(alone):
        other = drawn(second, stage, index)
        assert (other.kind, other.video) == (one.kind, one.video)
        assert other.canvas.clean.shape[1:] == one.canvas.clean.shape[1:]
        assert len(other.scenes) == max(1, len(one.scenes) // 2)
        assert not torch.equal(other.canvas.clean[0], one.canvas.clean[0])


@pytest.mark.slow
def test_a_pool_on_the_disk_is_that_of_its_vae_and_saves_the_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drawn(Batches(run_of(pool=tmp_path), tiny_vae()), only("clip"), 0)
    vae = tiny_vae()
    monkeypatch.setattr(vae, "encode", None)
    again = Batches(run_of(pool=tmp_path), vae)
    assert torch.equal(drawn(again, only("clip"), 0).canvas.clean, first.canvas.clean)
    other = tiny_vae()
    other.load_state_dict({name: weight + 0.01 for name, weight in other.state_dict().items()})
    with pytest.raises(ValueError, match=r"another run.*VAE"):
        Batches(run_of(pool=tmp_path), other)


@pytest.mark.slow
def test_without_transitions_connections_are_clips() -> None:
    run = run_of()
    without = Batches(replace(run, sources=replace(run.sources, transitions=None)), tiny_vae())
    assert drawn(without, only("connection"), 0).kind is Canvases.CLIP


@pytest.mark.slow
def test_a_batch_of_stretches_has_one_border_and_in_half_of_it_the_first_stretch_is_known() -> None:
    late = Stage(LATE, CanvasShares(clip=0, still=0, region=0, window=0, connection=0, stretches=1))
    batches = Batches(run_of(late=late, patches_per_step=256), tiny_vae())
    assert not Batches(run_of(), tiny_vae()).stretches  # without a share of steps
    borders, known = set(), 0
    for index in range(12):
        batch = drawn(batches, late, index)
        assert batch.kind is Canvases.STRETCHES
        assert batch.stretches is batch.source
        assert (batch.border - 1) * 4 + 1 == batch.stretches.border(batch.video)
        borders.add((batch.video.frames, batch.border))
        level = batch.canvas.noise_level[:, 0, :, 0, 0]
        known += int(((level[:, : batch.border] <= 0.2).all(1) & (level[:, batch.border :] > 0.2).all(1)).sum())
    assert borders == {(17, 2), (17, 3)}
    assert known > 12
