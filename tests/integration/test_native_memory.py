"""ComfyUI places, offloads, patches and casts what our loader gives as its own (native_memory.py).

Tests nodes/comfy/model.py, and nodes/comfy/vae.py, as the host's memory management meets them.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-6
LOADED = {"model": 1.0, "clip": 1.0, "vae": 1.0}
NOTHING = {"model": 0.0, "clip": 0.0, "vae": 0.0}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "native_memory", tmp_path_factory.mktemp("memory"))


@pytest.mark.parametrize("state", ["whole", "none", "half", "less", "again"])
def test_results_do_not_depend_on_how_much_is_loaded(report, state):
    assert max(report["loading"][state]["errors"].values()) < ROUNDING


def test_the_host_loads_as_much_as_it_likes(report):
    shares = {state: found["shares"] for state, found in report["loading"].items()}
    assert shares["whole"] == shares["again"] == LOADED
    assert shares["none"] == shares["detached"] == NOTHING
    assert 0 < shares["less"]["model"] < shares["half"]["model"] < 0.6


def test_a_lora_works_on_weights_that_are_not_loaded(report):
    found = report["patching"]
    assert found["change"] > 0.1
    assert found["streamed"] < ROUNDING


def test_clones_share_weights_and_a_lora_on_one_leaves_the_other_alone(report):
    found = report["patching"]
    assert found["shared"]
    assert found["weights_restored"]
    assert found["original"] == found["original_streamed"] == 0


@pytest.mark.parametrize(
    ("flag", "dtype"), [("bf16_unet", "torch.bfloat16"), ("fp8_e4m3fn_unet", "torch.float8_e4m3fn")]
)
def test_narrow_weights_are_cast_to_float32_for_arithmetic(report, flag, dtype):
    found = report["precision"][flag]
    assert found["kinds"] == [dtype]
    assert found["loaded"] < ROUNDING
    assert found["streamed"] < ROUNDING


def test_a_second_patcher_has_weights_of_its_own_and_the_same_results(report):
    assert report["second_patcher"] == {"own_weights": True, "error": 0.0}


def test_no_weight_is_met_on_the_device_where_the_host_left_it(report):
    found = report["devices"]
    assert found["model 0"] == ["cpu", "gives", "meta"]
    assert found["model 0.5"] == ["cpu", "meta", "gives", "meta"]
    assert found["clip"] == ["cpu", "gives", "meta"]
    assert found["plain clip"] == ["RuntimeError"]


def test_every_convolution_of_the_vae_casts_its_weights(report):
    assert max(report["other_dtype"]["errors"].values()) < ROUNDING
    assert report["other_dtype"]["plain"] == "RuntimeError"
