"""Finds a model's parts among single files, as in ComfyUI's and Wan's folders, by their tensors.

A VAE and a text encoder belong to a DiT if their widths fit; exactly one file of each must fit.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..models.wan.dit import DiTConfig
from ..models.wan.text_encoder import TextEncoderConfig
from ..models.wan.vae import VAEConfig
from ..tensors.safetensors_file import INDEX, INDEX_PATTERN, index_of
from ..tensors.state_dict import looks_like
from ..tensors.torch_file import read_weights_file
from . import CheckpointError, ModelConfig, read_configs

log = logging.getLogger(__name__)

SUBFOLDERS = ("diffusion_models", "unet", "vae", "text_encoders", "clip", "high_noise_model", "low_noise_model")
PATTERNS = ("*.safetensors", INDEX_PATTERN, "*.pth", "*.gguf")
HIGH, LOW = "high", "low"  # parts of the names of two experts' files or folders
MAX_NAMES = 6  # file names in a message


class LooseFiles(NamedTuple):
    """One file, or index of shards, per part. low_noise: that of the second of two experts, or None."""

    dit: Path
    vae: Path
    text_encoder: Path
    low_noise: Path | None


class _Scan:
    """Models in a folder and in its subfolders with names known from ComfyUI and Wan."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.parts: list[tuple[Path, ModelConfig]] = []
        self.complaints: list[str] = []
        for path in _weights(root):
            try:
                self.parts += [(path, config) for config in read_configs(path)]
            except CheckpointError as error:  # the file may belong to another model
                self.complaints.append(str(error))

    def remark(self) -> str:
        """Describe files that could not be read, for the end of a message."""
        return f"; not read: {'; '.join(self.complaints[:2])}" if self.complaints else ""

    def show(self, path: Path) -> str:
        """Return the path relative to the folder."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_loose_files(root: Path, dit: Path | None) -> LooseFiles | None:
    """Find the files of the one model in a folder, or of the one with the DiT `dit`; None if there is no Wan DiT.

    Raises CheckpointError if a part is missing or several files fit.
    """
    scan = _Scan(root)
    dits = [(path, config) for path, config in scan.parts if isinstance(config, DiTConfig)]
    if dit is not None:
        dits = [(path, config) for path, config in dits if path in (dit, _partner(dit))]
    if not dits:
        if scan.complaints:
            raise CheckpointError(f"no Wan DiT in {root} can be read: {'; '.join(scan.complaints[:2])}")
        return None
    high, low = _experts(scan, [path for path, _ in dits])
    config = dict(dits)[high]
    vaes = [(path, f"{c.z_dim} channels", c.z_dim) for path, c in scan.parts if isinstance(c, VAEConfig)]
    texts = [(path, f"width {c.dim}", c.dim) for path, c in scan.parts if isinstance(c, TextEncoderConfig)]
    name = scan.show(high)
    return LooseFiles(
        high,
        _one(scan, vaes, config.out_channels, f"a VAE for {name}, which has {config.out_channels} latent channels"),
        _one(scan, texts, config.text_dim, f"a text encoder for {name}, which takes text of width {config.text_dim}"),
        low,
    )


def what_is_in(root: Path) -> str:
    """List the weight files and what they look like, for a message."""
    found = []
    for path in list(_weights(root))[:MAX_NAMES]:
        try:
            found.append(f"{path.relative_to(root)} ({looks_like(read_weights_file(path).shapes)})")
        except CheckpointError:
            found.append(f"{path.relative_to(root)} (cannot be read)")
    return ", ".join(found) or "no weight files"


def _weights(root: Path) -> Iterator[Path]:
    """Yield weight files and indices of shards, but not shards that have an index."""
    for folder in (root, *(root / name for name in SUBFOLDERS)):
        for path in sorted(path for pattern in PATTERNS for path in folder.glob(pattern)):
            if index_of(path) is None and (path.suffix != ".json" or INDEX.fullmatch(path.name)):
                yield path


def _partner(dit: Path) -> Path | None:
    """Return the path of the other expert if the name of the file or its folder says high_noise or low_noise."""
    for own, other in (("high_noise", "low_noise"), ("low_noise", "high_noise")):
        if own in dit.name:
            return dit.with_name(dit.name.replace(own, other))
        if dit.parent.name == f"{own}_model":
            return dit.parent.with_name(f"{other}_model") / dit.name
    return None


def _experts(scan: _Scan, dits: Sequence[Path]) -> tuple[Path, Path | None]:
    """Return the one DiT, with a warning if its name is that of one of two experts; or the experts high and low."""
    if len(dits) == 1:
        if (partner := _partner(dits[0])) is not None:
            log.warning(
                "%s is one of two experts, and the other, %s, was not found: this one will run all steps, also those "
                "that it was not trained for, unless you combine the two yourself%s",
                dits[0],
                partner,
                scan.remark(),
            )
        return dits[0], None
    names = {path: scan.show(path).lower() for path in dits}
    high = [path for path in dits if HIGH in names[path]]
    low = [path for path in dits if LOW in names[path] and path not in high]
    if len(dits) == 2 and len(high) == len(low) == 1:
        return high[0], low[0]
    shown = ", ".join(map(scan.show, dits[:MAX_NAMES]))
    raise CheckpointError(f"{scan.root} has {len(dits)} diffusion transformers: {shown}; name one of these files")


def _one(scan: _Scan, there: Sequence[tuple[Path, str, int]], width: int, wanted: str) -> Path:
    """Return the one part of this width; raises CheckpointError if there is none or several."""
    fitting = [path for path, _, size in there if size == width]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(map(scan.show, fitting[:MAX_NAMES]))
        raise CheckpointError(f"{scan.root} has {len(fitting)} files that could be {wanted}: {names}; keep only one")
    others = ", ".join(f"{scan.show(path)} ({size})" for path, size, _ in there[:MAX_NAMES]) or "none"
    raise CheckpointError(
        f"{scan.root} lacks {wanted}: looked at {', '.join(PATTERNS)} in it and in {', '.join(SUBFOLDERS)}, found "
        f"{others}{scan.remark()}"
    )
