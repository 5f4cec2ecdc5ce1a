"""Finds and loads models by name: the bundled one, and folders of ours or of diffusers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from ...sora_core.checkpoint import load_text_encoder, load_vae
from ...sora_core.checkpoint.model_folders import SHOWN_NAMES, ModelFolder, find_model, is_model_folder
from ...sora_core.models.trained_on import TrainedOn
from ...sora_core.models.wan.dit import Experts, VideoDiT
from ...sora_core.models.wan.families import Family
from ...sora_core.models.wan.text_encoder import TextEncoder
from ...sora_core.models.wan.vae import VideoVAE

BUNDLED = SHOWN_NAMES["nano"]
FORMER_NAMES = ("nano", "nano (bundled)")  # of the bundled model, in saved workflows


class LoadedModel(NamedTuple):
    """The three parts of a model, on the CPU, its family and training. dit: one transformer, or two experts."""

    dit: VideoDiT | Experts
    vae: VideoVAE
    text_encoder: TextEncoder
    family: Family
    trained_on: TrainedOn


def load_parts(folder: ModelFolder, runs_on: torch.device | str) -> LoadedModel:
    """Load all three parts, in the precision in which they run on that device.

    Raises CheckpointError for a broken part, and for parts that do not belong together before loading any.
    """
    files = find_model(folder.path)
    files.check()
    dit = files.load_dit(device="cpu", dtype=None, runs_on=runs_on)
    vae, text_encoder = load_vae(files.vae), load_text_encoder(files.text_encoder)
    return LoadedModel(dit, vae, text_encoder, files.family(), files.trained_on())


def known_models(candidates: Iterable[tuple[str, Path]]) -> dict[str, ModelFolder]:
    """Name -> folder: the bundled model, then the candidates that look like one; of two with one name, the first.

    A folder that lacks a part is listed too: loading it says which part.
    """
    found = {BUNDLED: ModelFolder.bundled("nano")}
    for name, path in candidates:
        if is_model_folder(path):
            found.setdefault(name, ModelFolder(path))
    return found


def model_called(name: str, models: Mapping[str, ModelFolder]) -> ModelFolder:
    """The folder called `name`, or formerly called so. Raises ValueError with the known names for any other."""
    name = BUNDLED if name in FORMER_NAMES and name not in models else name
    if name not in models:
        raise ValueError(f"there is no model {name!r}, expected one of {', '.join(models)}")
    return models[name]
