"""Our VAE against ComfyUI's own classes for Wan 2.1 and 2.2: the same file, the same latents, the same pixels."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from integration.comfy_server import PACK

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = {"torch.float64": 1e-13, "torch.float32": 2e-5}


@pytest.fixture(scope="module")
def differences(installation, tmp_path_factory) -> dict[str, dict[str, float]]:
    """What host_vaes.py found."""
    program, folder = Path(__file__).with_name("host_vaes.py"), tmp_path_factory.mktemp("vaes")
    command = [str(installation.python), str(program), str(installation.path), str(PACK), str(folder)]
    done = subprocess.run(command, cwd=installation.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.parametrize("version", ["wan_2_1", "wan_2_2"])
@pytest.mark.parametrize("dtype", ROUNDING)
def test_whole_and_streamed_vaes_equal_those_of_comfyui_but_for_rounding(differences, version, dtype):
    found = differences[f"{version} {dtype}"]
    assert set(found) == {"raw", "streamed_raw", "pixels", "streamed_pixels", "latents"}
    assert max(found[name] for name in found if name != "latents") < ROUNDING[dtype]


@pytest.mark.parametrize("version", ["wan_2_1", "wan_2_2"])
def test_latents_are_normalised_as_comfyui_s_models_see_them(differences, version):
    assert differences[f"{version} torch.float64"]["latents"] < 1e-6


def test_the_comparison_fails_where_a_filter_is_different(differences):
    assert min(differences["spoilt"].values()) > 1e-4
