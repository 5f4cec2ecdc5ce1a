"""The scale of a LoRA's product: alpha / rank, or alpha / sqrt(rank) in a rank-stabilised one (arXiv 2312.03732).

Alpha stands beside each layer's tensors, or in PEFT's config: in the file's metadata, as diffusers and trainers write
it, or in adapter_config.json beside the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..tensors.foreign_files import parse_json, read_file
from ..tensors.safetensors_file import CheckpointError, Header

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_model.bin")  # PEFT's names of the file beside it
COMPONENTS = ("transformer.", "transformer_2.", "", "diffusion_model.")  # prefixes of a DiT's config, the best first
KEYS = ("lora_alpha", "use_rslora", "alpha_pattern")


@dataclass(frozen=True)
class Scaling:
    """How a file scales its products.

    alpha: of layers without one of their own; None for the rank.
    stabilised: whether the product is divided by the root of the rank.
    of_layers: alpha of layers whose name ends in a key.
    """

    alpha: float | None = None
    stabilised: bool = False
    of_layers: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, header: Header) -> Scaling:
        """Read that of a file; raises CheckpointError for a config that cannot be read."""
        try:
            config = _config(header)
            alpha, stabilised, layers = (config.get(key) for key in KEYS)
            if isinstance(stabilised, str):
                stabilised = stabilised.strip().lower() in ("true", "1")
            of_layers = parse_json(layers) if isinstance(layers, str) else layers or {}
            return cls(
                None if alpha is None else _number(alpha),
                bool(stabilised),
                {str(name).lstrip("^"): _number(value) for name, value in of_layers.items()},
            )
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise CheckpointError(f"{header.path} has a LoRA config that cannot be read: {error}") from error

    def scale(self, layer: str, rank: int, alpha: float | None) -> float:
        """Return the factor of a layer's product. alpha: the one beside its tensors, or None."""
        if alpha is None:
            ends = [layer, *(layer[dot.end() :] for dot in re.finditer(r"\.", layer))]
            first = min((end for end in ends if end in self._places), key=self._places.__getitem__, default=None)
            alpha = self.alpha if first is None else self.of_layers[first]
        alpha = float(rank) if alpha is None else alpha
        return alpha / (math.sqrt(rank) if self.stabilised else rank)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """The order of of_layers: of several that fit a layer, the first counts."""
        return {name: place for place, name in enumerate(self.of_layers)}


def _config(header: Header) -> Mapping[str, Any]:
    """Return the values of KEYS for the DiT: of adapter_config.json, or else of the metadata."""
    beside = header.path.with_name(ADAPTER_CONFIG)
    if header.path.name in ADAPTER_FILES and beside.is_file():
        stored = parse_json(read_file(beside))
    elif "lora_adapter_metadata" in header.metadata:
        stored = parse_json(header.metadata["lora_adapter_metadata"])
    else:
        stored = header.metadata
    prefixes = [key.removesuffix(KEYS[0]) for key in stored if key.endswith(KEYS[0])]
    known = [prefix for prefix in COMPONENTS if prefix in prefixes]
    others = [prefix for prefix in prefixes if not prefix.startswith("text_encoder")]
    prefix = next(iter(known or others), "")
    return {key: stored.get(prefix + key) for key in KEYS}


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"got an alpha of {number}, expected a finite number")
    return number
