"""Finds a model's parts in our own folders and in those of diffusers, ComfyUI and Wan.

Only headers are read: they say what a file holds and whether the parts fit each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..models.trained_on import UNKNOWN, TrainedOn
from ..models.wan.dit import DiTConfig, Experts, VideoDiT
from ..models.wan.dit.experts import check_experts
from ..models.wan.families import OWN, Family, wan_family
from ..models.wan.text_encoder import TextEncoderConfig
from ..models.wan.vae import VAEConfig
from ..tensors.foreign_files import parse_json, read_file
from ..tensors.foreign_text import shown
from ..tensors.safetensors_file import INDEX, INDEX_PATTERN, SHARD
from ..tensors.torch_file import read_weights_file
from . import CheckpointError, load_dit, load_experts, published_boundary, read_configs, read_metadata
from .single_files import SUBFOLDERS, find_loose_files, what_is_in

ASSETS = Path(__file__).parent.parent / "assets"
SHOWN_NAMES = {"nano": "nano (demo model)"}
"""What users read where a bundled model has more than its name."""
DIFFUSERS_INDEX = "model_index.json"
SLOWEST, FASTEST = 1, 240  # frames per second
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
    """The files of one of our models, in a user's folder or bundled with the package."""

    path: Path

    @classmethod
    def bundled(cls, name: str) -> ModelFolder:
        """Return the folder of a bundled model."""
        return cls(ASSETS / name)

    @property
    def dit(self) -> Path:
        """Path of the diffusion transformer."""
        return self.path / "dit.safetensors"

    @property
    def vae(self) -> Path:
        """Path of the VAE."""
        return self.path / "vae.safetensors"

    @property
    def text_encoder(self) -> Path:
        """Path of the text encoder with its tokenizer."""
        return self.path / "text_encoder.safetensors"

    @property
    def captioner(self) -> Path:
        """Path of the captioner, which not every model has."""
        return self.path / "captioner.safetensors"


@dataclass(frozen=True)
class ModelFiles:
    """The files of one model, or the indices of their shards.

    low_noise: the second of two experts, or None.
    boundary: the noise level at and above which the first expert runs; None for the published one.
    captioner: what describes videos of the VAE, or None.
    """

    dit: Path
    vae: Path
    text_encoder: Path
    low_noise: Path | None = None
    boundary: float | None = None
    captioner: Path | None = None

    def check(self, *, image_to_video: bool = False) -> None:
        """Raise CheckpointError, with both names, if the parts do not fit each other; reads headers only.

        A file of another kind passes; its loader raises a better error. image_to_video: see misfit.
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
        """Load the diffusion transformer, or both experts; arguments and errors are those of checkpoint.load_dit."""
        if self.low_noise is None:
            return load_dit(self.dit, device=device, dtype=dtype, runs_on=runs_on)
        boundary = self.expert_boundary(self.low_noise)
        return load_experts(self.dit, self.low_noise, boundary=boundary, device=device, dtype=dtype, runs_on=runs_on)

    def expert_boundary(self, low_noise: Path) -> float:
        """Return the noise level at and above which the first of two experts runs; `low_noise` is the second's file.

        Raises CheckpointError, with both names, if they are not two experts of one model; reads headers only.
        """
        high, low = _dit_config(self.dit), _dit_config(low_noise)
        boundary = published_boundary(high) if self.boundary is None else self.boundary
        try:
            check_experts(high, low, boundary)
        except ValueError as error:
            raise CheckpointError(f"{self.dit} and {low_noise} are not two experts: {error}") from error
        return boundary

    def family(self) -> Family:
        """Return the model's family, with the fps in the file's metadata if there is one."""
        metadata = read_metadata(self.dit)
        ours = "sora_kind" in metadata
        family = OWN if ours else wan_family(_dit_config(self.dit), experts=self.low_noise is not None)
        text = metadata.get("sora_fps", str(family.fps))
        try:
            fps = float(text)
        except ValueError:
            fps = 0.0
        if not SLOWEST <= fps <= FASTEST:  # nor NaN
            raise CheckpointError(
                f"{self.dit} has sora_fps = {shown(text)} in its metadata, expected {SLOWEST} to {FASTEST}"
            )
        return replace(family, fps=fps)

    def trained_on(self) -> TrainedOn:
        """Return what the model saw in training as its files say; of foreign ones nothing is known."""
        metadata = read_metadata(self.dit)
        vae = next((config for config in read_configs(self.vae) if isinstance(config, VAEConfig)), None)
        if "sora_kind" not in metadata or vae is None:
            return UNKNOWN
        words = read_weights_file(self.text_encoder).metadata
        try:
            return TrainedOn.of_metadata(metadata, words, compression=vae.compression)
        except ValueError as error:
            raise CheckpointError(f"{self.dit} or {self.text_encoder} has broken metadata: {error}") from error


def misfit(
    dit: DiTConfig,
    latent_channels: int,
    text_width: int,
    *,
    names: Sequence[str] = ("the DiT", "the VAE", "the text encoder"),
    image_to_video: bool = False,
) -> str:
    """Say why these parts do not make a text-to-video pipeline; empty if they do.

    image_to_video: whether a DiT with extra input channels for given frames is allowed.
    """
    channels = min(dit.in_channels, dit.out_channels)  # of the latents; more input channels are for given frames
    if channels == latent_channels and dit.image_to_video and not image_to_video:
        return (
            f"{names[0]} is an image-to-video model: it takes {dit.in_channels} channels, "
            f"{dit.in_channels - latent_channels} of them for given frames; use a text-to-video model"
        )
    if channels != latent_channels:
        return (
            f"{names[0]} takes {channels} latent channels, but {names[1]} gives {latent_channels}; "
            "use the VAE that the DiT was trained with"
        )
    if dit.text_dim != text_width:
        return (
            f"{names[0]} takes text of width {dit.text_dim}, but {names[2]} gives {text_width}; "
            "use the one that the DiT was trained with"
        )
    return ""


def bundled_models() -> list[str]:
    """List the names of the bundled models."""
    return sorted(path.name for path in ASSETS.glob("*") if ModelFolder(path).dit.is_file())


def find_dit(model: str | Path) -> Path:
    """Return the DiT's file for a bundled name, a folder or a file; raises CheckpointError if there is none."""
    if str(model) in bundled_models():
        return ModelFolder.bundled(str(model)).dit
    path = Path(model)
    if not path.exists():
        names = ", ".join(bundled_models()) or "there are none"
        raise CheckpointError(f"there is no model {str(model)!r}: give a folder, a file or a bundled name ({names})")
    return ModelFolder(path).dit if path.is_dir() else path


def is_model_folder(path: Path) -> bool:
    """Whether a folder has the file names of one of ours or of diffusers; it may be incomplete."""
    try:
        return ModelFolder(path).dit.is_file() or (path / DIFFUSERS_INDEX).is_file()
    except PermissionError:
        return False


def find_model(model: str | Path) -> ModelFiles:
    """Find the files of a model: a bundled name, a folder of any kind, or a DiT's file with the other parts near it.

    Raises CheckpointError, which says what was looked for, if there is no model or a part is missing.
    """
    dit = find_dit(model)
    folder = ModelFolder(dit.parent)
    if dit.is_file() and (dit == folder.dit or folder.vae.is_file()):
        captioner = folder.captioner if folder.captioner.is_file() else None
        return ModelFiles(dit, folder.vae, folder.text_encoder, captioner=captioner)
    if dit != folder.dit:  # a file with another name than ours
        root = dit.parent.parent
        if (root / DIFFUSERS_INDEX).is_file() and dit.parent.name in DIFFUSERS_PARTS:
            return _diffusers_files(root)
        return _loose_files(root if dit.parent.name in SUBFOLDERS else dit.parent, dit)
    if (folder.path / DIFFUSERS_INDEX).is_file() or (folder.path / "transformer").is_dir():
        return _diffusers_files(folder.path)
    return _loose_files(folder.path, None)


def weights_in(folder: Path) -> Path:
    """Find the weights in a folder of diffusers or transformers: one file, or the index of its shards.

    Prefers the file without a precision in its name. Raises CheckpointError if there is no file or several.
    """
    files = sorted(folder.glob("*.safetensors"))
    shards = [file for file in files if SHARD.fullmatch(file.name)]
    indices = [file for file in sorted(folder.glob(INDEX_PATTERN)) if INDEX.fullmatch(file.name)]
    found = indices or [file for file in files if file not in shards] or shards[:1]
    plain = [file for file in found if _variant(file) == ""]
    if not found:
        there = ", ".join(sorted(entry.name for entry in folder.iterdir())[:5]) or "nothing"
        raise CheckpointError(f"{folder} has no weights: looked for .safetensors files, found {there}")
    if len(found) > 1 and len(plain) != 1:
        names = ", ".join(file.name for file in found)
        raise CheckpointError(f"{folder} has {len(found)} weight files, expected one: {names}")
    return plain[0] if plain else found[0]


def _variant(weights: Path) -> str:
    """Return the precision in the name of weights in a folder of diffusers, such as fp16; "" if there is none."""
    index = INDEX.fullmatch(weights.name)
    stem, variant = (index[1], index[2]) if index else (weights.name.removesuffix(".safetensors"), None)
    return variant or stem.partition(".")[2]


def _dit_config(path: Path) -> DiTConfig:
    found = next((config for config in read_configs(path) if isinstance(config, DiTConfig)), None)
    return load_dit(path).config if found is None else found  # load_dit raises and says what the file is


def _diffusers_files(root: Path) -> ModelFiles:
    index = _read_index(root / DIFFUSERS_INDEX)
    kind = index.get("_class_name", "WanPipeline")
    if not str(kind).startswith("Wan"):
        raise CheckpointError(f"{root} holds a {kind} according to its {DIFFUSERS_INDEX}, expected a WanPipeline")
    second = index.get("transformer_2", [None])
    has_second = (root / "transformer_2").is_dir() or (isinstance(second, list) and second[:1] not in ([], [None]))
    wanted = [name for name in DIFFUSERS_PARTS if name != "transformer_2" or has_second]
    missing = [f"{DIFFUSERS_PARTS[name]} in {name}/" for name in wanted if not (root / name).is_dir()]
    if missing:
        raise CheckpointError(f"{root} is incomplete: looked for {', '.join(missing)}; download the whole folder")
    boundary = index.get("boundary_ratio")
    return ModelFiles(
        weights_in(root / "transformer"),
        weights_in(root / "vae"),
        weights_in(root / "text_encoder"),
        weights_in(root / "transformer_2") if has_second else None,
        float(boundary) if isinstance(boundary, int | float) and 0 <= boundary <= 1 else None,
    )


def _loose_files(root: Path, dit: Path | None) -> ModelFiles:
    found = find_loose_files(root, dit)
    if found is not None:
        return ModelFiles(found.dit, found.vae, found.text_encoder, found.low_noise)
    if dit is not None:
        load_dit(dit)  # raises and says what the file is
    raise CheckpointError(f"{root} holds no model: looked for {LAYOUTS}; found {what_is_in(root)}")


def _read_index(path: Path) -> dict[str, Any]:
    """Read the index of a diffusers folder; empty if there is none."""
    try:
        index = parse_json(read_file(path).decode("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); copy or download it again") from error
    if not isinstance(index, dict):
        raise CheckpointError(f"{path} is not a diffusers index; copy or download it again")
    return index
