"""Same weights, same inputs, same velocities as ComfyUI's own WanModel, on grids that the patch does not divide too.

Its class runs in its own interpreter (COMFYUI_PATH and COMFYUI_PYTHON, else ~/ComfyUI with its venv), in float32, and
in bfloat16 beside the answer of float64.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from source_tree import ROOT

COMFYUI = Path(os.environ.get("COMFYUI_PATH", Path.home() / "ComfyUI"))
PYTHON = Path(os.environ.get("COMFYUI_PYTHON", COMFYUI / "venv" / "bin" / "python"))
TOLERANCE = 1e-4  # of the spread of the output
START = """
import sys
sys.argv = ["parity", "--cpu"]
import comfy.options
comfy.options.enable_args_parsing()
import comfy.ldm.wan.model, comfy.ops, torch
from sora_core.models.wan.dit import DiTConfig, ImageConditioning, VideoDiT
from sora_core.models.wan.dit.layers import rope_freqs, rotation_matrices

def host_model(c, dtype):
    return comfy.ldm.wan.model.WanModel(
        model_type="i2v" if c.image_dim else "t2v", in_dim=c.in_channels, out_dim=c.out_channels, dim=c.dim,
        ffn_dim=c.ffn_dim, freq_dim=c.freq_dim, text_dim=c.text_dim, num_heads=c.num_heads, num_layers=c.num_layers,
        flf_pos_embed_token_number=c.image_positions or None, device="cpu", dtype=dtype,
        operations=comfy.ops.disable_weight_init,
    )

torch.manual_seed(0)
"""
SAME_IN_FLOAT32 = """
KINDS = {  # config, image tokens
    "2.1 T2V": (DiTConfig(16, 16, 256, 160, 2, 2, 24, 32), 0),
    "2.1 I2V": (DiTConfig(36, 16, 256, 160, 2, 2, 24, 32, image_dim=1280), 257),
    "2.1 FLF2V": (DiTConfig(36, 16, 256, 160, 2, 2, 24, 32, image_dim=1280, image_positions=514), 514),
    "2.2 I2V A14B": (DiTConfig(36, 16, 256, 160, 2, 2, 24, 32), 0),
    "2.2 TI2V 5B": (DiTConfig(48, 48, 128, 160, 1, 2, 24, 32), 0),
}

@torch.no_grad()
def error(ours, theirs, size, count):
    c = ours.config
    x, text = torch.randn(2, c.in_channels, *size), torch.randn(2, 30, c.text_dim)
    level = torch.rand(2, size[0]) if c.out_channels == 48 else torch.rand(2)  # per frame in the model of 48 channels
    tokens = torch.randn(2, count, c.image_dim) if count else None
    image = ImageConditioning(x[:, c.out_channels:], tokens) if c.in_channels > c.out_channels else None
    expected = theirs(x, 1000 * level, text, clip_fea=tokens)
    return ((ours(x[:, :c.out_channels], level, text, image) - expected).abs().max() / expected.std()).item()

for kind, (c, count) in KINDS.items():
    ours = VideoDiT(c).eval()
    for weight in ours.parameters():
        torch.nn.init.normal_(weight, mean=0.01, std=0.08)
    theirs = host_model(c, torch.float32)
    theirs.load_state_dict(ours.state_dict())
    print("parity", max(error(ours, theirs, size, count) for size in ((3, 4, 6), (2, 5, 7), (1, 3, 3))), kind)
"""
BFLOAT16 = """
class AsOnGPU(VideoDiT):  # rotates by matrices, as VideoDiT does on other devices than a CPU
    def _rope(self, coordinates, dtype):
        return rotation_matrices(rope_freqs(coordinates, self.config.dim // self.config.num_heads))

c = DiTConfig(16, 16, 512, 1024, 4, 4, 64, 256)
weights = {}
for name, weight in VideoDiT(c).state_dict().items():
    spread = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.02
    centre = 1 if "norm" in name and name.endswith("weight") else 0
    weights[name] = (centre + spread * torch.randn(weight.shape)).to(torch.bfloat16)

def loaded(model):
    model.load_state_dict(weights)
    return model.eval()

exact = loaded(VideoDiT(c, dtype=torch.float64))
half = {"ours": VideoDiT(c, dtype=torch.bfloat16), "ours as on a GPU": AsOnGPU(c, dtype=torch.bfloat16)}
half = {name: loaded(model) for name, model in half.items()} | {"theirs": loaded(host_model(c, torch.bfloat16))}
errors = {name: 0.0 for name in half}
for _ in range(4):
    x, text = torch.randn(1, 16, 3, 16, 16).to(torch.bfloat16), torch.randn(1, 30, 64).to(torch.bfloat16)
    level = torch.rand(1)
    with torch.no_grad():
        right = exact(x.double(), level.double(), text.double())
        for name, model in half.items():
            found = model(x, 1000 * level if name == "theirs" else level, text)
            errors[name] += ((found.double() - right).square().mean().sqrt() / right.std()).item() / 4
for name, error in errors.items():
    print("parity", error, name)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.live,
    pytest.mark.skipif(not PYTHON.is_file(), reason=f"no ComfyUI with an interpreter at {PYTHON}"),
]


def errors_of(program: str) -> dict[str, float]:
    """What a program prints after START: an error and the name of what it belongs to."""
    environment = {**os.environ, "PYTHONPATH": f"{COMFYUI}{os.pathsep}{ROOT}"}
    command = [str(PYTHON), "-c", START + program]
    done = subprocess.run(command, cwd=COMFYUI, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith("parity")]
    return {name: float(error) for _, error, name in found}


def test_velocities_of_every_kind_equal_those_of_comfyui() -> None:
    found = errors_of(SAME_IN_FLOAT32)
    assert len(found) == 5
    assert [kind for kind, error in found.items() if not error <= TOLERANCE] == []


def test_bfloat16_is_as_near_to_float64_as_in_comfyui() -> None:
    found = errors_of(BFLOAT16)
    assert 0 < found["ours"] <= found["theirs"] < 0.02
    assert 0 < found["ours as on a GPU"] <= found["theirs"]
