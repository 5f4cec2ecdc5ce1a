"""A run that is killed again and again ends with the weights of one that nobody disturbed, to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from source_tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.posix]

KILLS, STEPS = 20, 60

# Children are forked before torch has computed anything, so that each starts at once.
PROGRAM = """
import os, random, signal, sys, time
from pathlib import Path
from tiny import tiny_vae
from tiny_training import tiny_run
from sora_core.train.dit_task import DiTTask
from sora_core.train.loop import STATE, Schedule, train

folder, kills, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
kept = folder / "kept" / f"{steps:06d}"

def run():
    task = DiTTask(tiny_run(), tiny_vae())
    step = task.step
    def slow_step(index, scale):
        if index == steps:
            os._exit(0)
        time.sleep(0.01)
        return step(index, scale)
    task.step = slow_step
    train(task, folder, Schedule(10**9, save_every=0.02, keep_at=(steps,)), resume=(folder / STATE).exists())

rng, killed = random.Random(7), 0
while not (kept / "text_encoder.safetensors").exists() or killed < kills:
    child = os.fork()
    if child == 0:
        run()
    if killed < kills:
        time.sleep(rng.uniform(0.2, 1.5))
        os.kill(child, signal.SIGKILL)
        killed += 1
    os.waitpid(child, 0)
"""


def weights_after(folder: Path, kills: int) -> dict[str, dict[str, torch.Tensor]]:
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(kills), str(STEPS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return {path.name: load_file(path) for path in (folder / "kept" / f"{STEPS:06d}").iterdir()}


def test_twenty_kills_change_no_bit_of_the_weights(tmp_path):
    whole = weights_after(tmp_path / "whole", kills=0)
    broken = weights_after(tmp_path / "broken", kills=KILLS)
    assert set(whole) == {"dit.safetensors", "text_encoder.safetensors", "vae.safetensors"}
    assert broken.keys() == whole.keys()
    for name, tensors in whole.items():
        assert broken[name].keys() == tensors.keys()
        assert all(torch.equal(broken[name][key], tensor) for key, tensor in tensors.items()), name
