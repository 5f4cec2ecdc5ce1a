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
ATOM = r"(?:\\[.\-_dw]|\[[\w\-]+\]|[\w.\-])[*+?]?"
EXPRESSION = re.compile(rf"(?:{ATOM}|\((?:\?:)?(?:{ATOM}|\|)*\))*", re.ASCII)  # no repeats of repeats
MAX_EXPRESSIONS, MAX_REPEATS, LONGEST_LAYER = 8, 3, 64  # so that no file makes a search of them long


@dataclass(frozen=True)
class Scaling:
    """How a file scales its products.

    alpha: of layers without one of their own; None for the rank.
    stabilised: whether the product is divided by the root of the rank.
    of_layers: alpha of layers whose name ends in a key, which is a name or, as in PEFT, a regular expression.
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
            scaling = cls(
                None if alpha is None else _number(alpha),
                bool(stabilised),
                {_plain(str(name)): _number(value) for name, value in of_layers.items()},
            )
            _check_expressions(scaling._expressions)
            return scaling
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise CheckpointError(f"{header.path} has a LoRA config that cannot be read: {error}") from error

    def scale(self, layer: str, rank: int, alpha: float | None) -> float:
        """Return the factor of a layer's product. alpha: the one beside its tensors, or None."""
        if alpha is None:
            ends = [layer, *(layer[dot.end() :] for dot in re.finditer(r"\.", layer))]
            found = [end for end in ends if end in self._places]
            found += [key for key in self._expressions if re.fullmatch(rf"(?:.*\.)?(?:{key})", layer[-LONGEST_LAYER:])]
            first = min(found, key=self._places.__getitem__, default=None)
            alpha = self.alpha if first is None else self.of_layers[first]
        alpha = float(rank) if alpha is None else alpha
        return alpha / (math.sqrt(rank) if self.stabilised else rank)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """The order of of_layers: of several that fit a layer, the first counts."""
        return {name: place for place, name in enumerate(self.of_layers)}

    @cached_property
    def _expressions(self) -> list[str]:
        """The keys of of_layers that are not names."""
        return [key for key in self.of_layers if not re.fullmatch(r"[\w.\-]*", key)]


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


def _plain(key: str) -> str:
    """Return a key of PEFT without what marks the ends, and as a name if it is one with its dots escaped."""
    key = key.removeprefix("^").removesuffix("$")
    name = key.replace("\\.", ".")
    return name if re.fullmatch(r"[\w.\-]*", name) else key


def _check_expressions(keys: list[str]) -> None:
    """Raise ValueError for regular expressions other than simple ones, which could take for ever."""
    for key in keys:
        if not EXPRESSION.fullmatch(key) or key.count("*") + key.count("+") > MAX_REPEATS:
            raise ValueError(f"got {key[:80]!r} in its alpha_pattern, expected a layer's name or a simple expression")
    if len(keys) > MAX_EXPRESSIONS:
        raise ValueError(f"got {len(keys)} expressions in its alpha_pattern, expected at most {MAX_EXPRESSIONS}")
