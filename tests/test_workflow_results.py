"""A refactor changes no result: every shipped workflow of nano samples the latents that are recorded in data/.

Run as a program, `python tests/test_workflow_results.py`, it records them anew: do so only where results are meant to
change, and say why in the commit. On the machine that recorded them the bits must be equal, on any other the values.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import platform
import sys
import tempfile
from pathlib import Path

import pytest
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # as a program

from headless.pack import PACK_ROOT, import_from_pack  # noqa: E402

pytestmark = pytest.mark.slow

RECORD = Path(__file__).parent / "data" / "workflow_results.json"
WORKFLOWS = sorted(
    path.stem for path in (PACK_ROOT / "workflows" / "notes").glob("*.md") if path.stem != "caption_folder"
)
STEPS = 4
TOLERANCE = 2e-3  # of latents whose spread is about 1: rounding on other machines, over all steps


def machine() -> str:
    """What decides the last bits: the processor, torch and the number of threads."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    flags = next((line for line in lines if line.startswith("flags")), "")
    digest = hashlib.sha256(" ".join(sorted(flags.split())).encode()).hexdigest()[:12]
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()} {capability} {digest}, torch {torch.__version__}, {torch.get_num_threads()} threads"


def sampled(name: str) -> torch.Tensor:
    """The latents [B C T H W] of a workflow's Sora Sampler, after a few steps."""
    host, made = import_from_pack("headless.host").HeadlessHost, []
    sample = host.sample

    def recording(self, *arguments):
        made.append(sample(self, *arguments))
        return made[-1]

    host.sample = recording
    try:
        with tempfile.TemporaryDirectory() as out, contextlib.redirect_stdout(io.StringIO()):
            graph = PACK_ROOT / "workflows" / "api" / f"{name}.json"
            assert import_from_pack("headless.cli").main([str(graph), "--out", out, "--set", f"5.steps={STEPS}"]) == 0
    finally:
        host.sample = sample
    (latents,) = made
    return latents


def fingerprint(latents: torch.Tensor) -> dict[str, object]:
    """The bits as a digest, and the mean and the deviation of every channel."""
    channels = latents[0].flatten(1)  # [C T*H*W]
    values = torch.stack([channels.mean(dim=1), channels.std(dim=1)])
    digest = hashlib.sha256(latents.contiguous().numpy().tobytes()).hexdigest()
    return {"bits": digest, "shape": list(latents.shape), "values": [round(x, 5) for x in values.flatten().tolist()]}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_samples_the_recorded_latents(name):
    record = json.loads(RECORD.read_text())
    found, expected = fingerprint(sampled(name)), record["workflows"][name]
    assert found["shape"] == expected["shape"]
    torch.testing.assert_close(torch.tensor(found["values"]), torch.tensor(expected["values"]), rtol=0, atol=TOLERANCE)
    if record["machine"] == machine():
        assert found["bits"] == expected["bits"]


def test_the_values_tell_workflows_apart():
    record = json.loads(RECORD.read_text())["workflows"]
    values = torch.tensor(record["text_to_video"]["values"])
    other = torch.tensor(record["long_video"]["values"])[: len(values)]
    assert (values - other).abs().max() > 100 * TOLERANCE


if __name__ == "__main__":
    found = {name: fingerprint(sampled(name)) for name in WORKFLOWS}
    RECORD.write_text(json.dumps({"machine": machine(), "steps": STEPS, "workflows": found}) + "\n")
