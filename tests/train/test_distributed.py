"""Several processes train one model, each on clips of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sora_core.train import distributed
from source_tree import ROOT

SCRIPT = """
import torch
import torch.distributed as dist
from pathlib import Path
from tiny import tiny_vae
from tiny_training import tiny_run
from sora_core.train import distributed
from sora_core.train.dit_task import DiTTask
from sora_core.train.loop import Schedule, train
from sora_core.train.vae_task import VAETask

def everywhere(x):
    got = [torch.empty_like(x) for _ in range(distributed.world_size())]
    dist.all_gather(got, x)
    return got

with distributed.process_group(torch.device("cpu")) as device:
    assert distributed.world_size() == 2
    (weight,) = [torch.nn.Parameter(torch.zeros(3, 2, 2, 2).contiguous(memory_format=torch.channels_last))]
    idle = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.arange(24.0).view(3, 2, 2, 2) * (1 + 2 * distributed.rank())
    distributed.all_reduce_gradients([weight, idle])
    assert torch.equal(weight.grad, 2 * torch.arange(24.0).view(3, 2, 2, 2))
    assert torch.equal(idle.grad, torch.zeros(2))
    assert distributed.broadcast(10.0 + distributed.rank()) == 10.0

    task = VAETask.fresh(tiny_run(device=device))
    _, clips = task.pools[0][0].draw(2, 0, task.run.seeds.shared(0))
    assert not torch.equal(*everywhere(torch.stack(clips)))
    assert task.run.seeds.shared(0).random() == distributed.broadcast(task.run.seeds.shared(0).random())
    train(task, Path("run"), Schedule(0.01))
    assert torch.equal(*everywhere(torch.cat([w.detach().flatten() for w in task.model.parameters()])))

    task = DiTTask(tiny_run(device=device, pool=Path("pool")), tiny_vae())
    for index in range(3):
        task.step(index, 1.0)
    assert torch.equal(*everywhere(torch.cat([w.detach().flatten() for w in task.model.parameters()])))
"""


@pytest.mark.slow
def test_two_processes_stay_one_model_and_write_one_run(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests"))),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    pools = {path.name.removesuffix(".pool") for path in (tmp_path / "pool").glob("*.pool")}
    assert {"latents-5x16x32-0", "latents-5x16x32-1"} <= pools
    run = tmp_path / "run"
    assert {"sheets", "state.pt", "vae.safetensors"} <= {path.name for path in run.iterdir()}
    assert torch.load(run / "state.pt", weights_only=True)["step"] > 0


def test_a_process_alone_needs_no_others() -> None:
    device = torch.device("cpu")
    with distributed.process_group(device) as own:
        assert (own, distributed.world_size(), distributed.rank()) == (device, 1, 0)
    weight = torch.nn.Parameter(torch.zeros(2))
    distributed.all_reduce_gradients([weight])
    assert weight.grad is None
    assert distributed.broadcast(1.5) == 1.5
