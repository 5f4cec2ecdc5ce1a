"""Latents from a file, as ComfyUI's Load Latent reads them; and a run that goes on from those that were kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from headless.pack import import_from_pack
from sora_core.video.video_io import read_frames

SAMPLES = torch.linspace(-1, 1, 24).view(1, 2, 1, 3, 4)


@pytest.fixture
def load(tmp_path):
    """load(tensors) -> samples of a file with these tensors."""
    folders = import_from_pack("headless.folders").Folders
    folders.install(folders(tmp_path, tmp_path / "out"))
    node = import_from_pack("headless.core_latents").LoadLatent

    def loaded(tensors):
        save_file(tensors, tmp_path / "a.latent")
        return node.execute("a.latent").args[0]["samples"]

    return loaded


def test_a_file_with_a_version_has_the_latents_and_an_old_one_scaled_ones(load):
    assert torch.equal(load({"latent_tensor": SAMPLES, "latent_format_version_0": torch.tensor([])}), SAMPLES)
    assert torch.allclose(load({"latent_tensor": SAMPLES * 0.18215}), SAMPLES)


def test_a_file_of_something_else_is_refused(load):
    with pytest.raises(ValueError, match=r"a\.latent, expected a file of latents, as Save Latent writes it"):
        load({"weight": SAMPLES})


def test_a_run_without_memory_to_decode_names_latents_that_the_next_run_decodes(
    command, workflow, tmp_path, monkeypatch, capsys
):
    vae = import_from_pack("headless.host").HeadlessVAE

    def too_large(self, latents):
        raise torch.OutOfMemoryError("no room")

    assert command(workflow) == 0
    expected = Path(capsys.readouterr().out.strip())
    with monkeypatch.context() as small:
        small.setattr(vae, "decode_stream", too_large)
        assert command(workflow, "--input", str(tmp_path / "in")) == 2
    (line,) = [text for text in capsys.readouterr().err.splitlines() if text.startswith("error: ")]
    assert re.match(r"error: .*SoraDecodeToVideo.*: out of memory while decoding: the sampled latents are in", line)
    (file,) = (tmp_path / "in").iterdir()
    assert str(file) in line
    workflow["5"] = {"class_type": "LoadLatent", "inputs": {"latent": file.name}}
    assert command(workflow, "--input", str(tmp_path / "in")) == 0
    made = Path(capsys.readouterr().out.strip())
    assert torch.equal(torch.stack([*read_frames(made)]), torch.stack([*read_frames(expected)]))
    workflow["5"]["inputs"]["latent"] = "gone.latent"
    assert command(workflow, "--input", str(tmp_path / "in")) == 2
    assert "gone.latent" in capsys.readouterr().err
