"""Training runs learn, save, survive kill -9 and go on; and draw what they should."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import load_dit, load_text_encoder, load_vae
from sora_core.models.nano import Preset
from sora_core.models.wan.text_encoder import TextEncoderConfig, train_tokenizer
from sora_core.models.wan.vae import VideoVAE
from sora_core.pipeline import ModelFolder
from sora_core.train import loop
from sora_core.train.__main__ import main
from sora_core.train.dit_task import DiTTask
from sora_core.train.loop import Schedule, learning_rate_scale, train
from sora_core.train.optimizer import MuonAdamW
from sora_core.train.vae_task import VAETask
from sora_core.world import RICHER, Attributes, bodies, held_out
from tiny import tiny_dit, tiny_vae

CPU = torch.device("cpu")


def tiny_preset() -> Preset:
    return Preset(
        vae=tiny_vae().config,
        dit=dataclasses.replace(tiny_dit().config, text_dim=16),
        text_encoder=TextEncoderConfig(vocab_size=640, dim=16, ffn_dim=32, num_heads=2, num_layers=1, max_tokens=48),
        fps=8.0,
        clips=((VideoShape(5, 16, 32), 1.0), (VideoShape(9, 32, 16), 1.0)),
    )


@pytest.fixture
def vae_task() -> VAETask:
    return VAETask.fresh(tiny_preset(), device=CPU, seed=0)


@pytest.fixture
def dit_task(monkeypatch: pytest.MonkeyPatch) -> DiTTask:
    monkeypatch.setattr("sora_core.train.dit_task.FIRST_FILL", 4)
    monkeypatch.setattr("sora_core.train.dit_task.PATCHES_PER_STEP", 32)
    monkeypatch.setattr("sora_core.train.dit_task.NEW_CLIPS_PER_STEP", 1)
    return DiTTask(tiny_preset(), tiny_vae(), device=CPU, seed=0)


def test_the_vae_learns_within_sixty_steps(vae_task: VAETask) -> None:
    scores = [vae_task.step(index, 1.0)["psnr"] for index in range(60)]
    assert sum(scores[-10:]) > sum(scores[:10]) + 10 * 2.0


def test_the_dit_learns_within_sixty_steps(dit_task: DiTTask) -> None:
    losses = [dit_task.step(index, 1.0)["loss"] for index in range(60)]
    assert sum(losses[-20:]) < 0.9 * sum(losses[:20])


def test_a_step_draws_the_same_whatever_was_drawn_before(vae_task: VAETask) -> None:
    again = VAETask.fresh(tiny_preset(), device=CPU, seed=0)
    torch.rand(3)
    random.random()
    again.clips.draw(4, VideoShape(1, 16, 16), again.clips.rng(3))
    metrics = vae_task.step(7, 1.0)
    assert again.step(7, 1.0) == metrics
    other = VAETask.fresh(tiny_preset(), device=CPU, seed=0)
    assert other.step(8, 1.0) != metrics


def test_training_never_draws_a_held_out_combination(vae_task: VAETask) -> None:
    wanted, _ = vae_task.clips.draw(2000, VideoShape(1, 4, 4), vae_task.clips.rng(0))
    assert not {body for scene in wanted for body in bodies(scene)} & set(held_out())
    assert {type(scene) for scene in wanted} == {Attributes, *RICHER}


def test_transitions_in_training_are_whole_latents_of_training_combinations(vae_task: VAETask) -> None:
    wanted, pixels = vae_task.clips.connections(200, VideoShape(17, 4, 4), vae_task.clips.rng(0), step=4)
    assert pixels.shape == (200, 3, 17, 4, 4)
    assert {(one.leave, one.arrive) for one in wanted} == {(0, 9), (0, 13), (4, 13)}
    assert not {side for one in wanted for side in (one.first, one.second)} & set(held_out())
    assert 0.3 < sum(one.second is None for one in wanted) / 200 < 0.5


def test_training_goes_on_with_a_trained_vae_and_keeps_its_statistics(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.export(tmp_path)
    before = load_vae(tmp_path / "vae.safetensors")
    task = VAETask.further(tiny_preset(), load_vae(tmp_path / "vae.safetensors"), device=CPU, seed=1)
    for index in range(2):
        task.step(index, 1.0)
    task.export(tmp_path)
    after = load_vae(tmp_path / "vae.safetensors")
    assert after.config == before.config
    changed = {
        name for name, weight in after.state_dict().items() if not torch.equal(weight, before.state_dict()[name])
    }
    assert any(name.startswith("encoder") for name in changed)
    assert any(name.startswith("decoder") for name in changed)


def test_a_resumed_run_keeps_the_tokenizer_that_it_began_with(dit_task: DiTTask) -> None:
    state = dit_task.state_dict()
    other = train_tokenizer(["other words entirely"], dit_task.preset.text_encoder.vocab_size).to_str()
    dit_task.load_state_dict({**state, "tokenizer": other})
    assert dit_task.model.text_encoder.tokenizer.to_str() == other
    assert dit_task.average.module.text_encoder.tokenizer.to_str() == other


def test_exported_checkpoints_load_and_carry_measured_statistics(
    vae_task: VAETask, dit_task: DiTTask, tmp_path: Path
) -> None:
    vae_task.step(0, 1.0)
    vae_task.export(tmp_path)
    dit_task.export(tmp_path)
    vae = load_vae(tmp_path / "vae.safetensors")
    assert vae.config.latent_std is not None
    _, pixels = vae_task.clips.draw(16, VideoShape(5, 32, 32), vae_task.clips.rng(1))
    assert 0.3 < float(vae.encode(pixels).detach().std()) < 3
    assert load_dit(tmp_path / "dit.safetensors").config == tiny_preset().dit
    assert load_text_encoder(tmp_path / "text_encoder.safetensors").config == tiny_preset().text_encoder


def test_a_resumed_run_goes_on_where_the_last_save_was(vae_task: VAETask, tmp_path: Path) -> None:
    train(vae_task, tmp_path, Schedule(0.01, log_every=0.0))
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    again = VAETask.fresh(tiny_preset(), device=CPU, seed=0)
    step, spent = loop._load(again, tmp_path / "state.pt")
    assert (step, spent) == (saved["step"], saved["spent"])
    for name, weight in vae_task.model.state_dict().items():
        assert torch.equal(weight, again.model.state_dict()[name]), name
    for index in (step, step + 1):
        assert vae_task.step(index, 1.0) == again.step(index, 1.0)
    assert {"log.csv", "sheets", "state.pt", "vae.safetensors"} == {path.name for path in tmp_path.iterdir()}


def test_training_the_decoder_alone_leaves_latents_as_they_are(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.export(tmp_path)
    before = load_vae(tmp_path / "vae.safetensors")
    task = VAETask.of_decoder(tiny_preset(), load_vae(tmp_path / "vae.safetensors"), device=CPU, seed=1)
    for index in range(3):
        task.step(index, 1.0)
    task.export(tmp_path)
    after = load_vae(tmp_path / "vae.safetensors")
    _, pixels = task.clips.draw(2, VideoShape(5, 32, 32), task.clips.rng(1))
    with torch.no_grad():
        latents = before.encode(pixels)
        assert torch.equal(after.encode(pixels), latents)
        assert not torch.equal(after.decode(latents), before.decode(latents))
    assert after.config == before.config


def test_a_run_folder_is_neither_overwritten_nor_invented(vae_task: VAETask, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to resume"):
        train(vae_task, tmp_path, Schedule(0.001), resume=True)
    train(vae_task, tmp_path, Schedule(0.001))
    with pytest.raises(ValueError, match="--resume"):
        train(vae_task, tmp_path, Schedule(0.001))


def test_a_state_of_another_kind_of_run_is_refused_in_one_line(
    vae_task: VAETask, dit_task: DiTTask, tmp_path: Path
) -> None:
    train(vae_task, tmp_path, Schedule(0.001))
    with pytest.raises(ValueError, match="not a state of this kind of run") as refused:
        train(dit_task, tmp_path, Schedule(1), resume=True)
    assert "\n" not in str(refused.value)
    (tmp_path / "state.pt").write_text("not a state")
    with pytest.raises(ValueError, match="not a state of this kind of run"):
        train(vae_task, tmp_path, Schedule(1), resume=True)


@pytest.mark.parametrize(("log", "kept"), [("", None), ("step,loss\n1,0.5\n9,0.1\n", "step,loss\n1,0.5\n")])
def test_a_resumed_run_forgets_log_lines_of_steps_it_does_again(tmp_path: Path, log: str, kept: str | None) -> None:
    path = tmp_path / "log.csv"
    path.write_text(log)  # empty where the kill came before the first line
    loop._forget_after(path, 5)
    assert (path.read_text() if path.exists() else None) == kept
    assert len(list(tmp_path.iterdir())) == (kept is not None)


def test_training_starts_from_the_weights_of_a_model_and_refuses_one_of_other_sizes(
    dit_task: DiTTask, tmp_path: Path
) -> None:
    for index in range(2):
        dit_task.step(index, 1.0)
    dit_task.export(tmp_path)
    again = DiTTask(tiny_preset(), tiny_vae(), device=CPU, seed=1)
    again.start_from(ModelFolder(tmp_path))
    saved = load_dit(tmp_path / "dit.safetensors").state_dict()
    assert all(torch.equal(weight, saved[name]) for name, weight in again.model.dit.state_dict().items())
    assert all(torch.equal(weight, saved[name]) for name, weight in again.average.module.dit.state_dict().items())
    assert again.model.text_encoder.tokenize(["a red circle"]).equal(
        dit_task.model.text_encoder.tokenize(["a red circle"])
    )
    (tmp_path / "text_encoder.safetensors").unlink()  # then the text is learnt anew
    fresh, third = (DiTTask(tiny_preset(), tiny_vae(), device=CPU, seed=2) for _ in range(2))
    third.start_from(ModelFolder(tmp_path))
    assert torch.equal(third.model.dit.head.head.weight, saved["head.head.weight"])
    words, as_fresh = (task.model.text_encoder.transformer.shared.weight for task in (third, fresh))
    assert torch.equal(words, as_fresh)
    wider = dataclasses.replace(tiny_preset(), dit=dataclasses.replace(tiny_preset().dit, ffn_dim=96))
    with pytest.raises(ValueError, match="other sizes than the preset"):
        DiTTask(wider, tiny_vae(), device=CPU, seed=1).start_from(ModelFolder(tmp_path))


def test_a_vae_of_other_latents_is_refused_before_any_clip_is_made() -> None:
    vae = VideoVAE(dataclasses.replace(tiny_vae().config, z_dim=8))
    with pytest.raises(ValueError, match="takes 4 latent channels, the VAE has 8"):
        DiTTask(tiny_preset(), vae, device=CPU, seed=0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--minutes", "0"], "minutes must be > 0"),
        (["--minutes", "nan"], "minutes must be > 0"),
        (["--seed", "-1"], "seed must be"),
        (["--resume"], "nothing to resume"),
        (["--vae", "missing.safetensors"], "missing.safetensors does not exist"),
        (["--out", os.devnull], f"{os.devnull} is not a directory"),
        (["--device", "no_such_device"], "cannot be used"),
    ],
)
def test_a_wrong_command_is_one_line_and_makes_no_run(
    more: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["dit", "--out", "run", "--minutes", "1", "--vae", "vae.safetensors", *more]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_diverges_stops_before_it_spoils_its_state(
    vae_task: VAETask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(vae_task, tmp_path, Schedule(0.001))
    good = (tmp_path / "state.pt").read_bytes()
    monkeypatch.setattr(vae_task, "step", lambda index, scale: {"loss": float("nan")})
    with pytest.raises(FloatingPointError, match="last good state"):
        train(vae_task, tmp_path, Schedule(1), resume=True)
    assert (tmp_path / "state.pt").read_bytes() == good
    with pytest.raises(FloatingPointError, match="nothing was saved"):
        train(vae_task, tmp_path / "fresh", Schedule(1))


def test_ctrl_c_finishes_the_step_saves_it_and_goes_on_from_there(vae_task: VAETask, tmp_path: Path) -> None:
    step = vae_task.step

    def interrupted(index: int, scale: float) -> object:
        metrics = step(index, scale)
        if index == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return metrics

    vae_task.step = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(vae_task, tmp_path, Schedule(1))
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait_for_the_step(vae_task: VAETask, tmp_path: Path) -> None:
    def endless(index: int, scale: float) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("went on")

    vae_task.step = endless  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(vae_task, tmp_path, Schedule(1))
    assert not (tmp_path / "state.pt").exists()


def test_a_full_disk_is_one_line_and_leaves_the_last_good_state(
    vae_task: VAETask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(vae_task, tmp_path, Schedule(0.001))
    good = (tmp_path / "state.pt").read_bytes()

    def full(state: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0\nmore")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="is the disk full") as failed:
        train(vae_task, tmp_path, Schedule(0.002), resume=True)
    assert "\n" not in str(failed.value)
    assert (tmp_path / "state.pt").read_bytes() == good
    assert not list(tmp_path.glob(".state.pt.*"))


def test_a_resumed_run_removes_what_a_kill_has_left(vae_task: VAETask, tmp_path: Path) -> None:
    train(vae_task, tmp_path, Schedule(0.001))
    (tmp_path / ".state.pt.0123abcd.tmp").write_bytes(b"half")
    train(vae_task, tmp_path, Schedule(0.0011), resume=True)
    assert not list(tmp_path.glob(".state.pt.*"))


ENDLESS = """
import torch
from pathlib import Path
from test_training import tiny_preset
from sora_core.train.loop import Schedule, train
from sora_core.train.vae_task import VAETask
folder = Path({folder!r})
task = VAETask.fresh(tiny_preset(), device=torch.device("cpu"), seed=0)
train(task, folder, Schedule({minutes}, save_every=0.2), resume={resume})
"""


def test_a_run_killed_with_9_goes_on_from_its_last_save(tmp_path: Path) -> None:
    here = Path(__file__).parent
    paths = os.pathsep.join(map(str, (here, here.parent, here.parents[1])))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}

    def start(minutes: float, resume: bool) -> subprocess.Popen[bytes]:
        code = ENDLESS.format(folder=str(tmp_path), minutes=minutes, resume=resume)
        return subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE)

    process = start(10, resume=False)
    state = tmp_path / "state.pt"
    waited = time.monotonic()
    while not state.exists() and time.monotonic() - waited < 120 and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = torch.load(state, weights_only=True)
    assert before["step"] > 0
    resumed = start(before["spent"] / 60 + 0.01, resume=True)
    _, errors = resumed.communicate(timeout=200)
    assert resumed.returncode == 0, errors.decode()
    after = torch.load(state, weights_only=True)
    assert after["step"] > before["step"]
    assert after["spent"] > before["spent"]
    assert not list(tmp_path.glob(".*.tmp*"))


def test_muon_moves_kernels_in_place_and_adamw_the_rest() -> None:
    layer = torch.nn.Conv3d(4, 8, 3)
    before = {name: weight.detach().clone() for name, weight in layer.named_parameters()}
    optimizer = MuonAdamW(layer.named_parameters(), is_hidden=lambda name: True, muon_rate=0.1, adam_rate=0.01)
    for weight in layer.parameters():
        weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    optimizer.step(1.0)
    moved = layer.weight.detach() - before["weight"]
    spread = torch.linalg.svdvals(moved.flatten(1))
    assert spread.max() / spread.min() < 3  # an orthogonal step, whatever the gradient's own spread
    assert (layer.bias.detach() - before["bias"]).abs().max() == pytest.approx(0.01, rel=0.1)
    assert layer.weight.grad is None


def test_the_learning_rate_warms_up_holds_and_decays() -> None:
    assert learning_rate_scale(0, 0.0) < 0.1
    assert learning_rate_scale(500, 0.3) == 1.0
    assert learning_rate_scale(500, 0.8) == pytest.approx(0.5)
    assert learning_rate_scale(500, 1.0) == pytest.approx(0.02)
