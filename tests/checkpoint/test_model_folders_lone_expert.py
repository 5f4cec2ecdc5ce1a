"""One of Wan 2.2's two experts alone is loaded, but with a warning that names the other."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from sora_core.checkpoint.model_folders import find_model
from wan_folders import comfyui_folder, wan_pipeline

pytestmark = pytest.mark.slow

LEVELS = ("high_noise", "low_noise")


@pytest.fixture(scope="module")
def theirs() -> Any:
    return wan_pipeline(experts=True)


@pytest.fixture
def root(theirs: Any, tmp_path: Path) -> Path:
    return comfyui_folder(theirs, tmp_path / "models")


@pytest.fixture
def in_folders(root: Path) -> Path:
    """The same experts as Wan publishes them: told apart by their folders alone."""
    for level in LEVELS:
        folder = root / f"{level}_model"
        folder.mkdir()
        dit_of(root, level).rename(folder / "diffusion_pytorch_model.safetensors")
    return root


def dit_of(root: Path, level: str) -> Path:
    return root / "diffusion_models" / f"wan2.2_t2v_{level}_14B.safetensors"


def warnings_for(model: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert find_model(model).low_noise is None
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(("level", "other"), [LEVELS, LEVELS[::-1]])
@pytest.mark.parametrize("by_file", [False, True])
def test_an_expert_without_the_other_is_warned_of(
    root: Path, caplog: pytest.LogCaptureFixture, level: str, other: str, by_file: bool
) -> None:
    dit_of(root, other).unlink()
    (message,) = warnings_for(dit_of(root, level) if by_file else root, caplog)
    assert message.startswith(f"{dit_of(root, level)} is one of two experts, and the other, {dit_of(root, other)}, was")
    assert "will run all steps, also those that it was not trained for" in message


@pytest.mark.parametrize("by_file", [False, True])
def test_an_expert_that_its_folder_names_is_warned_of_too(
    in_folders: Path, caplog: pytest.LogCaptureFixture, by_file: bool
) -> None:
    high, low = (in_folders / f"{level}_model" / "diffusion_pytorch_model.safetensors" for level in LEVELS)
    low.unlink()
    (message,) = warnings_for(high if by_file else in_folders, caplog)
    assert message.startswith(f"{high} is one of two experts, and the other, {low}, was not found")


def test_an_other_expert_that_cannot_be_read_is_said_to_be_broken(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    low = dit_of(root, "low_noise")
    low.write_bytes(b"")
    (message,) = warnings_for(root, caplog)
    assert f"not read: {low} is empty" in message


def test_two_experts_are_no_cause_for_a_warning(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for model in (root, *(dit_of(root, level) for level in LEVELS)):
            assert find_model(model).low_noise == dit_of(root, "low_noise")
    assert caplog.records == []


def test_a_file_in_one_experts_folder_finds_the_other_folder(
    in_folders: Path, caplog: pytest.LogCaptureFixture
) -> None:
    high, low = (in_folders / f"{level}_model" / "diffusion_pytorch_model.safetensors" for level in LEVELS)
    with caplog.at_level(logging.WARNING):
        for model in (in_folders, high, low):
            files = find_model(model)
            assert (files.dit, files.low_noise) == (high, low)
    assert caplog.records == []


def test_a_plain_model_is_no_cause_for_a_warning(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    dit_of(root, "low_noise").unlink()
    plain = root / "diffusion_models" / "wan2.1_t2v_14B.safetensors"
    dit_of(root, "high_noise").rename(plain)
    assert warnings_for(root, caplog) == warnings_for(plain, caplog) == []
