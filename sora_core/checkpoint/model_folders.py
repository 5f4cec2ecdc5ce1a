"""Where the parts of a model lie: in a folder of ours, of diffusers, of ComfyUI or of Wan, told apart by what is in it.

Nothing is loaded to find out: the headers of files say what they hold, and whether the parts belong together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..models.wan.dit import DiTConfig, Experts, VideoDiT
from ..models.wan.dit.experts import check_experts
from ..models.wan.families import OWN, Family, wan_family
from ..models.wan.text_encoder import TextEncoderConfig
from ..models.wan.vae import VAEConfig
from ..tensors.safetensors_file import INDEX, SHARD
from . import CheckpointError, load_dit, load_experts, published_boundary, read_configs, read_metadata
from .single_files import SUBFOLDERS, find_loose_files, what_is_in

ASSETS = Path(__file__).parent.parent / "assets"
DIFFUSERS_INDEX = "model_index.json"
DIFFUSERS_PARTS = {
    "transformer": "the diffusion transformer",
    "vae": "the VAE",
    "text_encoder": "the text encoder",
    "transformer_2": "the diffusion transformer for low noise",
}
LAYOUTS = (
    f"dit.safetensors, vae.safetensors and text_encoder.safetensors (ours), {DIFFUSERS_INDEX} with folders such as "
    "transformer/ (diffusers), or files of a Wan DiT, its VAE and umT5 (ComfyUI and Wan)"
)


@dataclass(frozen=True)
class ModelFolder:
    """The three files of a model of ours: in a folder that a user names, or one that comes with the package."""

    path: Path

    @classmethod
    def bundled(cls, name: str) -> ModelFolder:
        """The folder of a bundled model."""
        return cls(ASSETS / name)

    @property
    def dit(self) -> Path:
        """The diffusion transformer's file."""
        return self.path / "dit.safetensors"

    @property
    def vae(self) -> Path:
        """The VAE's file."""
        return self.path / "vae.safetensors"

    @property
    def text_encoder(self) -> Path:
        """The text encoder's file, with its tokenizer."""
        return self.path / "text_encoder.safetensors"


@dataclass(frozen=True)
class ModelFiles:
    """The files of one model, or the indices of their shards.

    low_noise: of the second of two experts. boundary: where the first takes over; None is as published.
    """

    dit: Path
    vae: Path
    text_encoder: Path
    low_noise: Path | None = None
    boundary: float | None = None

    def check(self, *, image_to_video: bool = False) -> None:
        """CheckpointError, with both names, where the parts do not belong together; reads headers only.

        What a file is that holds something else is left to its loader to say. image_to_video: as of misfit.
        """
        dit = next((config for config in read_configs(self.dit) if isinstance(config, DiTConfig)), None)
        vae = next((config for config in read_configs(self.vae) if isinstance(config, VAEConfig)), None)
        texts = read_configs(self.text_encoder)
        text_encoder = next((config for config in texts if isinstance(config, TextEncoderConfig)), None)
        if dit is not None and vae is not None and text_encoder is not None:
            names = (f"the DiT {self.dit}", f"the VAE {self.vae}", f"the text encoder {self.text_encoder}")
            if found := misfit(dit, vae.z_dim, text_encoder.dim, names=names, image_to_video=image_to_video):
                raise CheckpointError(found)

    def load_dit(
        self, *, device: torch.device | str, dtype: torch.dtype | None, runs_on: torch.device | str | None = None
    ) -> VideoDiT | Experts:
        """The diffusion transformer, or both experts; arguments and errors as of checkpoint.load_dit."""
        if self.low_noise is None:
            return load_dit(self.dit, device=device, dtype=dtype, runs_on=runs_on)
        boundary = self.expert_boundary(self.low_noise)
        return load_experts(self.dit, self.low_noise, boundary=boundary, device=device, dtype=dtype, runs_on=runs_on)

    def expert_boundary(self, low_noise: Path) -> float:
        """The level from which the first of two experts answers; `low_noise` is the second's file.

        CheckpointError, with both names, where they are not two of one kind; reads headers only.
        """
        high, low = _dit_config(self.dit), _dit_config(low_noise)
        boundary = published_boundary(high) if self.boundary is None else self.boundary
        try:
            check_experts(high, low, boundary)
        except ValueError as error:
            raise CheckpointError(f"{self.dit} and {low_noise} are not two experts: {error}") from error
        return boundary

    def family(self) -> Family:
        """What the model was made for, at the frame rate that its file says if it does."""
        metadata = read_metadata(self.dit)
        ours = "sora_kind" in metadata
        family = OWN if ours else wan_family(_dit_config(self.dit), experts=self.low_noise is not None)
        text = metadata.get("sora_fps", str(family.fps))
        try:
            return replace(family, fps=float(text))
        except ValueError as error:
            raise CheckpointError(f"{self.dit} says sora_fps = {text!r}, expected a number") from error


def misfit(
    dit: DiTConfig,
    latent_channels: int,
    text_width: int,
    *,
    names: Sequence[str] = ("the DiT", "the VAE", "the text encoder"),
    image_to_video: bool = False,
) -> str:
    """Why a text-to-video pipeline cannot be made of such parts; empty where it can.

    image_to_video: whether a DiT will do that takes channels of given frames beside those of the latents.
    """
    channels = min(dit.in_channels, dit.out_channels)  # of the latents; what it takes beyond is of given frames
    if channels == latent_channels and dit.image_to_video and not image_to_video:
        return (
            f"{names[0]} is of an image-to-video model: it takes {dit.in_channels} channels, of which "
            f"{dit.in_channels - latent_channels} tell of given frames; take a text-to-video model"
        )
    if channels != latent_channels:
        return (
            f"{names[0]} takes {channels} latent channels, but {names[1]} gives {latent_channels}; "
            "take the VAE that the DiT was trained with"
        )
    if dit.text_dim != text_width:
        return (
            f"{names[0]} takes text of width {dit.text_dim}, but {names[2]} gives {text_width}; "
            "take the one that the DiT was trained with"
        )
    return ""


def bundled_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(path.name for path in ASSETS.glob("*") if ModelFolder(path).dit.is_file())


def find_dit(model: str | Path) -> Path:
    """The DiT's file of a model of ours: of a bundled name, a folder or a file; CheckpointError where there is none."""
    if str(model) in bundled_models():
        return ModelFolder.bundled(str(model)).dit
    path = Path(model)
    if not path.exists():
        names = ", ".join(bundled_models()) or "there are none"
        raise CheckpointError(f"there is no model {str(model)!r}: give a folder, a file or a bundled name ({names})")
    return ModelFolder(path).dit if path.is_dir() else path


def is_model_folder(path: Path) -> bool:
    """Whether a folder looks, from its names alone, like one of ours or of diffusers, whole or not."""
    try:
        return ModelFolder(path).dit.is_file() or (path / DIFFUSERS_INDEX).is_file()
    except PermissionError:
        return False


def find_model(model: str | Path) -> ModelFiles:
    """The files of a bundled name, a folder in any layout, or a DiT's file with the other parts near it.

    CheckpointError where there is none of these, or where a part is missing: says what was looked for.
    """
    dit = find_dit(model)
    folder = ModelFolder(dit.parent)
    if dit.is_file() and (dit == folder.dit or folder.vae.is_file()):
        return ModelFiles(dit, folder.vae, folder.text_encoder)
    if dit != folder.dit:  # a file with a name of its own
        root = dit.parent.parent
        if (root / DIFFUSERS_INDEX).is_file() and dit.parent.name in DIFFUSERS_PARTS:
            return _diffusers_files(root)
        return _loose_files(root if dit.parent.name in SUBFOLDERS else dit.parent, dit)
    if (folder.path / DIFFUSERS_INDEX).is_file() or (folder.path / "transformer").is_dir():
        return _diffusers_files(folder.path)
    return _loose_files(folder.path, None)


def weights_in(folder: Path) -> Path:
    """The weights in a folder as diffusers and transformers save them: one file, or the index of its shards.

    Of several precisions the plain one is taken. CheckpointError where there is none, or more than one.
    """
    files = sorted(folder.glob("*.safetensors"))
    shards = [file for file in files if SHARD.fullmatch(file.name)]
    found = sorted(folder.glob(f"*.safetensors{INDEX}")) or [file for file in files if file not in shards] or shards[:1]
    plain = [file for file in found if file.name.removesuffix(INDEX).count(".") == 1]
    if not found:
        there = ", ".join(sorted(entry.name for entry in folder.iterdir())[:5]) or "nothing"
        raise CheckpointError(f"{folder} has no weights: looked for .safetensors files, found {there}")
    if len(found) > 1 and len(plain) != 1:
        names = ", ".join(file.name for file in found)
        raise CheckpointError(f"{folder} has {len(found)} files of weights, expected one: {names}")
    return plain[0] if plain else found[0]


def _dit_config(path: Path) -> DiTConfig:
    found = next((config for config in read_configs(path) if isinstance(config, DiTConfig)), None)
    return load_dit(path).config if found is None else found  # it says what the file is instead


def _diffusers_files(root: Path) -> ModelFiles:
    index = _read_index(root / DIFFUSERS_INDEX)
    kind = index.get("_class_name", "WanPipeline")
    if not str(kind).startswith("Wan"):
        raise CheckpointError(
            f"{root} holds a {kind} (says its {DIFFUSERS_INDEX}), expected a WanPipeline: no other is loaded here"
        )
    second = index.get("transformer_2", [None])
    has_second = (root / "transformer_2").is_dir() or (isinstance(second, list) and second[:1] not in ([], [None]))
    wanted = [name for name in DIFFUSERS_PARTS if name != "transformer_2" or has_second]
    missing = [f"{DIFFUSERS_PARTS[name]} in {name}/" for name in wanted if not (root / name).is_dir()]
    if missing:
        raise CheckpointError(f"{root} lacks a part: looked for {', '.join(missing)}; download the whole folder")
    boundary = index.get("boundary_ratio")
    return ModelFiles(
        weights_in(root / "transformer"),
        weights_in(root / "vae"),
        weights_in(root / "text_encoder"),
        weights_in(root / "transformer_2") if has_second else None,
        float(boundary) if isinstance(boundary, int | float) else None,
    )


def _loose_files(root: Path, dit: Path | None) -> ModelFiles:
    found = find_loose_files(root, dit)
    if found is not None:
        return ModelFiles(found.dit, found.vae, found.text_encoder, found.low_noise)
    if dit is not None:
        load_dit(dit)  # it says what the file is instead
    raise CheckpointError(f"{root} holds no model: looked for {LAYOUTS}; found {what_is_in(root)}")


def _read_index(path: Path) -> dict[str, Any]:
    """Empty where there is no such file."""
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); copy or download it again") from error
    if not isinstance(index, dict):
        raise CheckpointError(f"{path} is not an index of diffusers; copy or download it again")
    return index
