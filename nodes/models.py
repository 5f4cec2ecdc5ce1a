"""Which models there are: the bundled one, and folders with the three files of a model. Knows no host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from ..sora_core.checkpoint import load_dit, load_text_encoder, load_vae
from ..sora_core.dit import VideoDiT
from ..sora_core.pipeline import ModelFolder
from ..sora_core.text_encoder import TextEncoder
from ..sora_core.vae import VideoVAE

BUNDLED = "nano (bundled)"


class LoadedModel(NamedTuple):
    """The three parts of a model, on the CPU."""

    dit: VideoDiT
    vae: VideoVAE
    text_encoder: TextEncoder


def load_parts(folder: ModelFolder) -> LoadedModel:
    """All three parts; CheckpointError where one is missing or broken."""
    return LoadedModel(load_dit(folder.dit), load_vae(folder.vae), load_text_encoder(folder.text_encoder))


def known_models(candidates: Iterable[tuple[str, Path]]) -> dict[str, ModelFolder]:
    """Name -> folder: the bundled model, then the candidates with a DiT's file; of two with a name the first.

    One that lacks another file is named too, so that loading it says which.
    """
    found = {BUNDLED: ModelFolder.bundled("nano")}
    for name, path in candidates:
        if _is_file(ModelFolder(path).dit):
            found.setdefault(name, ModelFolder(path))
    return found


def _is_file(path: Path) -> bool:
    """False, too, where the folder may not be looked into."""
    try:
        return path.is_file()
    except PermissionError:
        return False


def model_called(name: str, models: Mapping[str, ModelFolder]) -> ModelFolder:
    """The folder called `name`; ValueError with the names there are."""
    if name not in models:
        raise ValueError(f"there is no model {name!r}, expected one of {', '.join(models)}")
    return models[name]
