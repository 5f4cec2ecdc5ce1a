"""Merges LoRA files for the Wan family into the weights of a DiT.

W + strength * alpha / rank * up @ down (https://arxiv.org/abs/2106.09685), with layers named as in Wan, in kohya
(underscores) or in diffusers. Differences of weights, biases and modulations, which step-distilled LoRAs have too, are
added.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import torch

from ..models.wan.dit import Experts, VideoDiT
from ..models.wan.dit.state_dict import to_diffusers
from ..tensors.safetensors_file import CheckpointError, Header, read_header, read_tensor

log = logging.getLogger(__name__)


class Part(Enum):
    """Role of a file's tensor for its layer."""

    DOWN = "lora_A"
    UP = "lora_B"
    ALPHA = "alpha"
    DIFFERENCE = "diff"  # of the whole weight
    BIAS_DIFFERENCE = "diff_b"
    MODULATION_DIFFERENCE = "diff_m"  # of the parameter `modulation` of a block or the head


ENDINGS = {
    ".lora_A.weight": Part.DOWN,
    ".lora_A.default.weight": Part.DOWN,
    ".lora_down.weight": Part.DOWN,
    ".lora_B.weight": Part.UP,
    ".lora_B.default.weight": Part.UP,
    ".lora_up.weight": Part.UP,
    ".alpha": Part.ALPHA,
    ".diff": Part.DIFFERENCE,
    ".diff_b": Part.BIAS_DIFFERENCE,
    ".diff_m": Part.MODULATION_DIFFERENCE,
}
DIFFERENCES = (Part.DIFFERENCE, Part.BIAS_DIFFERENCE, Part.MODULATION_DIFFERENCE)
OTHER_KINDS = ("lora", "dora", "hada_", "lokr_", "oft_")  # parts of tensor names of LoRA variants
PREFIXES = (
    "model.diffusion_model.",
    "diffusion_model.",
    "transformer.",
    "base_model.model.",
    "lora_unet__",  # VideoX-Fun
    "lora_unet_",
    "lora_transformer_",
    "",
)
IMAGE_LAYER = re.compile(r"(k_img|v_img|add_k_proj|add_v_proj|norm_added_k|img_emb|image_embedder)(?![a-z0-9])")
WAN_LAYER = re.compile(r"(?<!transformer_)blocks[._](\d+)[._](self_attn|attn1)[._](to_)?q$")
OTHERS = {  # part of a layer's name -> the model that has such layers
    "double_blocks": "a Flux or Hunyuan model",
    "single_transformer_blocks": "a Flux model",
    "joint_blocks": "a Stable Diffusion 3 model",
    "down_blocks": "a Stable Diffusion model",
    "input_blocks": "a Stable Diffusion model",
    "lora_te": "a text encoder",
    "transformer_blocks": "another transformer in diffusers' format",
}


class Lora(NamedTuple):
    """A LoRA file and its strength."""

    path: Path
    strength: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Lora:
        """Parse FILE or FILE:STRENGTH; a colon without a number after it is part of the name, as in C:\\lora."""
        name, colon, strength = text.rpartition(":")
        try:
            return cls(Path(name), float(strength)) if colon and name else cls(Path(text))
        except ValueError:
            return cls(Path(text))


Change = Mapping[Part, str]  # for one weight of the model: role -> name of the tensor in the file


def apply_loras(dit: VideoDiT | Experts, loras: Iterable[Lora]) -> None:
    """Merge LoRA files in order. With two experts, a file changes the expert in its name: high_noise or low_noise.

    Raises as apply_lora does, and ValueError for a file with neither, or both, in its name.
    """
    for lora in loras:
        apply_lora(_expert_for(lora.path, dit) if isinstance(dit, Experts) else dit, lora.path, strength=lora.strength)


def _expert_for(path: Path, experts: Experts) -> VideoDiT:
    named = [name for name in ("high_noise", "low_noise") if name in path.name.lower()]
    if len(named) != 1:
        raise ValueError(
            f"got the LoRA {path.name} for a model of two experts, expected high_noise or low_noise in its name, to "
            "choose the expert"
        )
    return experts.high if named == ["high_noise"] else experts.low


def apply_lora(dit: VideoDiT | Experts, path: Path | str, *, strength: float = 1.0) -> None:
    """Merge a LoRA file into the weights. A second call with -strength removes it, up to rounding.

    If the model takes no image tokens, layers for them are skipped with a warning, because Wan 2.1's image-to-video
    LoRAs are widely used on Wan 2.2. Raises CheckpointError, with the model unchanged, if the file is broken, is no
    LoRA, or fits another model. Raises ValueError for two experts, because each needs its own LoRA.
    """
    if isinstance(dit, Experts):
        raise ValueError(f"{path} is for one DiT, got two experts; apply one LoRA to `.high` and one to `.low`")
    if not math.isfinite(strength):
        raise ValueError(f"strength must be a finite number, got {strength}")
    header = read_header(path)
    weights = dict(dit.named_parameters())
    changes = _changes(header, dit)
    for name, change in changes.items():
        _check(header, change, name, weights[name], dit)
    with torch.no_grad():
        for name, change in changes.items():
            weight = weights[name]
            dtype = torch.promote_types(weight.dtype, torch.float32)
            delta = _delta(header, change, weight, dtype)
            weight.copy_(weight.to(dtype) + strength * delta)


def _changes(header: Header, dit: VideoDiT) -> Mapping[str, Change]:
    """Map each parameter's name to its change; raises CheckpointError if a layer has no parameter in the model."""
    targets = _targets(name for name, _ in dit.named_parameters())
    changes: dict[str, dict[Part, str]] = {}
    unknown, ignored = [], 0
    for key, (layer, part) in _split(header).items():
        name = _target(targets, layer, part)
        if name is not None and part not in changes.get(name, {}):
            changes.setdefault(name, {})[part] = key
        elif IMAGE_LAYER.search(layer) and not dit.config.image_dim:
            ignored += 1
        else:
            unknown.append(key)
    if unknown:
        raise _another_model(header, dit, f"{len(unknown)} tensors match no layer: {', '.join(unknown[:3])}")
    if not changes:
        raise _another_model(header, dit, f"all of its {ignored} tensors are for image tokens")
    if ignored:
        log.warning("%s: %d tensors for image tokens are skipped, because this model takes none", header.path, ignored)
    return changes


def _targets(parameters: Iterable[str]) -> dict[str, str]:
    """Map every name of a layer to the name of its weight, or of the parameter itself."""
    targets = {}
    for name in parameters:
        layer = name.removesuffix(".weight")
        for alias in (layer, to_diffusers(layer)):
            targets[alias] = targets[alias.replace(".", "_")] = name
    return targets


def _target(targets: Mapping[str, str], layer: str, part: Part) -> str | None:
    """Find the parameter that `part` of a layer changes; the layer may have any prefix. None if there is none."""
    names = list(_without_prefix(layer))
    if part is Part.MODULATION_DIFFERENCE:
        names = [f"{name}.modulation".replace(".", "_") for name in names]
    target = next((targets[name] for name in names if name in targets), None)
    if target is not None and part is Part.BIAS_DIFFERENCE:
        return targets.get(target.removesuffix(".weight") + ".bias")
    return target


def _split(header: Header) -> dict[str, tuple[str, Part]]:
    """Split every tensor's name into its layer, with any prefix, and its role; raises CheckpointError for other names.

    A file that has LoRA names and others is a LoRA variant, and ignoring the others would change its effect.
    """
    found = {}
    for key in header.shapes:
        ending = next((ending for ending in ENDINGS if key.endswith(ending)), None)
        if ending is not None:
            found[key] = key.removesuffix(ending), ENDINGS[ending]
    others = [key for key in header.shapes if key not in found]
    if not others:
        return found
    is_one = found or any(mark in key for mark in OTHER_KINDS for key in others)
    kind = "an unsupported kind of LoRA" if is_one else "no LoRA"
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    raise CheckpointError(
        f"{header.path} is {kind}: got {', '.join(others[:3])}{more}, expected names that end in {', '.join(ENDINGS)}"
    )


def _without_prefix(layer: str) -> Iterator[str]:
    yield from (layer.removeprefix(prefix) for prefix in PREFIXES if layer.startswith(prefix))


def _check(header: Header, change: Change, name: str, weight: torch.Tensor, dit: VideoDiT) -> None:
    """Raise CheckpointError if up or down is missing or shapes do not fit the weight."""
    shapes = {part: header.shapes[key] for part, key in change.items()}
    pair = [part for part in (Part.DOWN, Part.UP) if part in shapes]
    if len(pair) == 1 or (Part.ALPHA in shapes and not pair):
        got = ", ".join(change.values())
        raise CheckpointError(f"{header.path} has only a part of the LoRA for {name}: {got}; download it again")
    fits = all(shapes[part] == weight.shape for part in DIFFERENCES if part in shapes)
    if not fits or (pair and not _pair_fits(shapes[Part.DOWN], shapes[Part.UP], weight)):
        sizes = ", ".join(f"{key} {list(header.shapes[key])}" for key in change.values())
        raise _another_model(header, dit, f"{sizes} do not fit {name} {list(weight.shape)}")


def _pair_fits(down: tuple[int, ...], up: tuple[int, ...], weight: torch.Tensor) -> bool:
    """Whether up [out R (1...)] @ down [R in (kernel)] has the shape of the weight [out in (kernel)]."""
    if min(len(down), len(up), weight.ndim) < 2:
        return False
    (rank, *columns), (rows, inner, *kernel) = down, up
    product = rows, math.prod(columns)
    return rank == inner > 0 and math.prod(kernel) == 1 and product == (len(weight), math.prod(weight.shape[1:]))


def _delta(header: Header, change: Change, weight: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Compute what the file adds to a weight at strength 1."""
    parts = {part: read_tensor(header, key).to(weight.device, dtype) for part, key in change.items()}
    delta = torch.zeros_like(weight, dtype=dtype)
    for part in DIFFERENCES:
        if part in parts:
            delta += parts[part]
    if Part.DOWN in parts:
        down, up = parts[Part.DOWN].flatten(1), parts[Part.UP].flatten(1)  # [R in], [out R]
        rank = down.shape[0]
        alpha = parts[Part.ALPHA].item() if Part.ALPHA in parts else rank
        delta += (alpha / rank * (up @ down)).view_as(delta)
    return delta


def _another_model(header: Header, dit: VideoDiT, reason: str) -> CheckpointError:
    """Make the error for a LoRA that does not fit; it names two models only if they differ."""
    c = dit.config
    theirs, ours = _whose(header), _wan_dit(c.dim, c.num_layers, bool(c.image_dim))
    if theirs == ours:
        return CheckpointError(f"{header.path} does not fit this model, {ours}: {reason}")
    return CheckpointError(f"{header.path} is a LoRA for {theirs}, this model is {ours}: {reason}")


def _wan_dit(width: int, blocks: int, has_image_tokens: bool) -> str:
    return f"a Wan DiT of width {width} with {blocks} blocks{' with image tokens' if has_image_tokens else ''}"


def _whose(header: Header) -> str:
    """Describe the model that a LoRA is for, from its tensor names and shapes."""
    widths, numbers = [], []
    for key, shape in header.shapes.items():
        for ending, part in ENDINGS.items():
            if part is Part.DOWN and key.endswith(ending) and (found := WAN_LAYER.search(key.removesuffix(ending))):
                numbers.append(int(found[1]))
                widths.append(shape[-1])
    if widths:
        return _wan_dit(widths[0], 1 + max(numbers), any(IMAGE_LAYER.search(key) for key in header.shapes))
    return next((what for mark, what in OTHERS.items() if any(mark in key for key in header.shapes)), "another model")
