"""Folders of published models are offered beside our own, and their parts loaded."""

from __future__ import annotations

from pathlib import Path

import torch

from headless.pack import import_from_pack
from wan_folders import wan_pipeline


def test_a_folder_of_diffusers_is_offered_and_loaded(tmp_path: Path) -> None:
    models = import_from_pack("nodes.host.models")
    wan_pipeline().save_pretrained(tmp_path / "wan")
    (tmp_path / "empty").mkdir()
    known = models.known_models((name, tmp_path / name) for name in ("wan", "empty", "missing"))
    assert list(known) == ["nano (bundled)", "wan"]
    parts = models.load_parts(known["wan"], "cpu")
    assert (parts.dit.config.in_channels, parts.vae.latent_channels, parts.text_encoder.config.dim) == (16, 16, 32)


def test_half_precision_stays_half_where_the_model_runs_elsewhere(tmp_path: Path) -> None:
    models = import_from_pack("nodes.host.models")
    wan_pipeline().to(torch.bfloat16).save_pretrained(tmp_path / "wan")
    folder = models.known_models([("wan", tmp_path / "wan")])["wan"]
    assert models.load_parts(folder, "cuda").dit.dtype == torch.bfloat16, "read, but not moved"
    assert models.load_parts(folder, "cpu").dit.dtype == torch.float32


def test_a_folder_of_two_experts_is_loaded_as_one_model(tmp_path: Path) -> None:
    models = import_from_pack("nodes.host.models")
    wan_pipeline(experts=True).to(torch.bfloat16).save_pretrained(tmp_path)
    folder = models.known_models([("a14b", tmp_path)])["a14b"]
    dit = models.load_parts(folder, "cuda").dit
    assert (dit.boundary, dit.high.dtype, dit.low.dtype) == (0.6, torch.bfloat16, torch.bfloat16)
    assert dit.high is not dit.low
    assert models.load_parts(folder, "cpu").dit.low.dtype == torch.float32
