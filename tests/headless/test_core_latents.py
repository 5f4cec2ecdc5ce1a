"""A run that goes on from latents of a file: those that another had no memory to decode."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from headless.pack import import_from_pack
from sora_core.video.video_io import read_frames


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
