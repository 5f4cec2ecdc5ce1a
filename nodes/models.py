"""Which models there are: the bundled one, and folders of ours or of diffusers. Knows no host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from ..sora_core.checkpoint import load_dit, load_text_encoder, load_vae
from ..sora_core.dit import VideoDiT
from ..sora_core.model_files import ModelFolder, find_model, is_model_folder
from ..sora_core.text_encoder import TextEncoder
from ..sora_core.vae import VideoVAE

BUNDLED = "nano (bundled)"


class LoadedModel(NamedTuple):
    """The three parts of a model, on the CPU."""

    dit: VideoDiT
    vae: VideoVAE
    text_encoder: TextEncoder


def load_parts(folder: ModelFolder, runs_on: torch.device | str) -> LoadedModel:
    """All three parts, in the precision in which they run on that device.

    CheckpointError where one is missing or broken, ValueError for a model of two experts.
    """
    files = find_model(folder.path)
    if files.low_noise is not None:
        raise ValueError(
            f"{folder.path} has two experts, expected one diffusion transformer: ComfyUI's own nodes and "
            "`python -m sora_core generate` take both"
        )
    return LoadedModel(load_dit(files.dit, runs_on=runs_on), load_vae(files.vae), load_text_encoder(files.text_encoder))


def known_models(candidates: Iterable[tuple[str, Path]]) -> dict[str, ModelFolder]:
    """Name -> folder: the bundled model, then the candidates that look like one; of two with a name the first.

    One that lacks a part is named too, so that loading it says which.
    """
    found = {BUNDLED: ModelFolder.bundled("nano")}
    for name, path in candidates:
        if is_model_folder(path):
            found.setdefault(name, ModelFolder(path))
    return found


def model_called(name: str, models: Mapping[str, ModelFolder]) -> ModelFolder:
    """The folder called `name`; ValueError with the names there are."""
    if name not in models:
        raise ValueError(f"there is no model {name!r}, expected one of {', '.join(models)}")
    return models[name]
