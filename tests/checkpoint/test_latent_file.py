"""Files of latents: what is written is read, in ComfyUI's form, and nothing else is taken for one."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from sora_core.checkpoint.latent_file import read_latents, write_latents

SAMPLES = torch.linspace(-1, 1, 24).view(1, 2, 1, 3, 4)


def test_what_is_written_is_read_and_has_the_names_of_comfyui(tmp_path):
    write_latents(tmp_path / "a.latent", SAMPLES.transpose(3, 4))
    assert torch.equal(read_latents(tmp_path / "a.latent"), SAMPLES.transpose(3, 4))
    assert set(load_file(tmp_path / "a.latent")) == {"latent_tensor", "latent_format_version_0"}


def test_latents_of_a_file_without_a_version_are_scaled(tmp_path):
    save_file({"latent_tensor": SAMPLES * 0.18215}, tmp_path / "a.latent")
    assert torch.allclose(read_latents(tmp_path / "a.latent"), SAMPLES)


def test_a_file_of_something_else_is_refused(tmp_path):
    save_file({"weight": SAMPLES}, tmp_path / "a.latent")
    with pytest.raises(ValueError, match=r"a\.latent, expected a file of latents, as Save Latent writes it"):
        read_latents(tmp_path / "a.latent")


def test_a_folder_that_is_missing_is_one_clear_line(tmp_path):
    with pytest.raises(OSError, match=r"cannot write .*a\.latent: .*check that the folder exists"):
        write_latents(tmp_path / "gone" / "a.latent", SAMPLES)
