"""Runs save, survive kill -9, Ctrl-C and a full disk, and go on where the last save was."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from dead_process import of_a_dead_process
from sora_core.system.ending import Ended
from sora_core.train import loop
from sora_core.train.dit_task import DiTTask
from sora_core.train.loop import Schedule, parse_steps, train
from sora_core.train.vae_task import VAETask
from source_tree import ROOT
from tiny_training import tiny_run


@pytest.mark.slow
def test_a_resumed_run_goes_on_where_the_last_save_was(vae_task: VAETask, tmp_path: Path) -> None:
    train(vae_task, tmp_path, Schedule(0.01, log_every=0.0))
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    again = VAETask.fresh(tiny_run())
    step, spent = loop._load(again, tmp_path / "state.pt")
    assert (step, spent) == (saved["step"], saved["spent"])
    for name, weight in vae_task.model.state_dict().items():
        assert torch.equal(weight, again.model.state_dict()[name]), name
    for index in (step, step + 1):
        assert vae_task.step(index, 1.0) == again.step(index, 1.0)
    assert {"log.csv", "sheets", "state.pt", "vae.safetensors"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_a_run_folder_is_neither_overwritten_nor_invented(vae_task: VAETask, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to resume"):
        train(vae_task, tmp_path, Schedule(0.001), resume=True)
    train(vae_task, tmp_path, Schedule(0.001))
    with pytest.raises(ValueError, match="--resume"):
        train(vae_task, tmp_path, Schedule(0.001))


@pytest.mark.slow
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


@pytest.mark.slow
def test_weights_are_kept_at_the_steps_that_are_asked_for(
    vae_task: VAETask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = vae_task.step

    def three_steps(index: int, scale: float) -> Mapping[str, float]:
        return step(index, scale) if index < 3 else {"loss": float("nan")}

    monkeypatch.setattr(vae_task, "step", three_steps)
    with pytest.raises(FloatingPointError):
        train(vae_task, tmp_path, Schedule(60, keep_at=(2, 3, 10**6)))
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["000002", "000003"]
    kept = [(tmp_path / "kept" / name / "vae.safetensors").read_bytes() for name in ("000002", "000003")]
    assert kept[0] != kept[1]


def test_steps_are_read_as_people_write_them() -> None:
    assert parse_steps("") == ()
    assert parse_steps("1000, 4000") == (1000, 4000)
    for text in ("1000,", "0", "1e3", "-5"):
        with pytest.raises(ValueError, match="expected whole numbers > 0"):
            parse_steps(text)


@pytest.mark.parametrize(
    ("log", "kept"),
    [
        ("", None),
        ("\0\0\0\0", None),
        ("ste", None),
        ("step,loss\n1,0.5\n9,0.1\n", "step,loss\n1,0.5\n"),
        ("step,loss\n1,0.5\n\0\0\0\0\n2,0.4\n", "step,loss\n1,0.5\n2,0.4\n"),
        ("step,loss\n1,0.5\n2", "step,loss\n1,0.5\n"),
    ],
)
def test_a_resumed_run_forgets_log_lines_of_steps_it_does_again(tmp_path: Path, log: str, kept: str | None) -> None:
    path = tmp_path / "log.csv"
    path.write_text(log)  # empty where the kill came before the first line
    loop._forget_after(path, 5)
    assert (path.read_text() if path.exists() else None) == kept
    assert len(list(tmp_path.iterdir())) == (kept is not None)


@pytest.mark.slow
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


@pytest.mark.posix
@pytest.mark.slow
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


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_that_ask_to_end_save_first_too(vae_task: VAETask, tmp_path: Path, number: int) -> None:
    step = vae_task.step

    def ended(index: int, scale: float) -> object:
        os.kill(os.getpid(), number)
        return step(index, scale)

    vae_task.step = ended  # type: ignore[method-assign]
    with pytest.raises(Ended) as raised:
        train(vae_task, tmp_path, Schedule(1))
    assert raised.value.exit_code == 128 + number
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 1
    assert signal.getsignal(number) == signal.SIG_DFL


@pytest.mark.posix
def test_a_second_ctrl_c_does_not_wait_for_the_step(vae_task: VAETask, tmp_path: Path) -> None:
    def endless(index: int, scale: float) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("went on")

    vae_task.step = endless  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(vae_task, tmp_path, Schedule(1))
    assert not (tmp_path / "state.pt").exists()


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_resumed_run_removes_what_a_kill_has_left(vae_task: VAETask, tmp_path: Path) -> None:
    train(vae_task, tmp_path, Schedule(0.001))
    (tmp_path / of_a_dead_process("state.pt")).mkdir()
    train(vae_task, tmp_path, Schedule(0.0011), resume=True)
    assert not list(tmp_path.glob(".state.pt.*"))


ENDLESS = """
from pathlib import Path
from tiny_training import tiny_run
from dead_process import of_a_dead_process
from sora_core.system.ending import Ended
from sora_core.train.loop import Schedule, parse_steps, train
from sora_core.train.vae_task import VAETask
folder = Path({folder!r})
task = VAETask.fresh(tiny_run())
train(task, folder, Schedule({minutes}, save_every=0.2), resume={resume})
"""


@pytest.mark.posix
@pytest.mark.slow
def test_a_run_killed_with_9_goes_on_from_its_last_save(tmp_path: Path) -> None:
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
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
    assert not list(tmp_path.glob(".state.pt.*"))


def test_the_learning_rate_warms_up_holds_and_decays() -> None:
    schedule = Schedule(10)
    assert schedule.rate(0, 0.0) < 0.1
    assert schedule.rate(500, 180.0) == 1.0
    assert schedule.rate(500, 480.0) == pytest.approx(0.5)
    assert schedule.rate(500, 600.0) == pytest.approx(0.02)
    assert Schedule(10, warmup_steps=4).rate(1, 0.0) == 0.5
    assert Schedule(10, decay_from=0.0).rate(50, 300.0) == pytest.approx(0.5)
