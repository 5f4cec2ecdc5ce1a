"""Merges LoRA files for the Wan family into the weights of a DiT.

W + strength * scale * up @ down, or another product (lora_delta), with layers named as in Wan, in kohya (underscores)
or in diffusers. Differences of weights, biases and modulations, which step-distilled LoRAs have too, are added.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from ..models.wan.dit import Experts, VideoDiT
from ..models.wan.dit.state_dict import to_diffusers
from ..tensors.safetensors_file import CheckpointError, Header, MappedTensors
from ..tensors.state_dict import unwrapped
from ..tensors.torch_file import read_weights_file
from .lora_delta import Change, check_numbers, delta, fits, is_whole
from .lora_parts import ENDINGS, Part, split_names
from .lora_scale import Scaling

log = logging.getLogger(__name__)


PREFIXES = (
    "model.diffusion_model.",
    "diffusion_model.",
    "transformer.",
    "base_model.model.",
    "lora_unet__",  # VideoX-Fun
    "lora_unet_",
    "lora_transformer_",
    "lycoris_",
    "",
)
IMAGE_LAYER = re.compile(r"(k[._]img|v[._]img|add_k_proj|add_v_proj|norm_added_k|img_emb|image_embedder)(?![a-z0-9])")
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
    """Merge a LoRA file into the weights. A second call with -strength removes it, up to rounding (but not a DoRA).

    If the model takes no image tokens, layers for them are skipped with a warning, because Wan 2.1's image-to-video
    LoRAs are widely used on Wan 2.2. Raises CheckpointError, with the model unchanged, if the file is broken, is no
    LoRA, or fits another model. Raises ValueError for two experts, because each needs its own LoRA.
    """
    if isinstance(dit, Experts):
        raise ValueError(f"{path} is for one DiT, got two experts; apply one LoRA to `.high` and one to `.low`")
    if not math.isfinite(strength):
        raise ValueError(f"strength must be a finite number, got {strength}")
    header = read_weights_file(path)
    weights = dict(dit.named_parameters())
    changes, scaling, tensors = _changes(header, dit), Scaling.of(header), MappedTensors.passing(header)
    _check(header, changes, weights, dit)
    for name, change in changes.items():
        check_numbers(tensors, change, weights[name], strength, scaling)
    with torch.no_grad():
        for name, change in changes.items():
            weight = weights[name]
            dtype = torch.promote_types(weight.dtype, torch.float32)
            weight.copy_(weight.to(dtype) + strength * delta(tensors, change, weight, dtype, scaling))


def _changes(header: Header, dit: VideoDiT) -> Mapping[str, Change]:
    """Map each parameter's name to its change; raises CheckpointError if a layer has no parameter in the model."""
    targets = _targets(name for name, _ in dit.named_parameters())
    changes: dict[str, dict[Part, str]] = {}
    unknown, ignored = [], 0
    for key, (layer, part) in split_names(header).items():
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
            targets[_flat(alias)] = name
    return targets


def _target(targets: Mapping[str, str], layer: str, part: Part) -> str | None:
    """Find the parameter that `part` of a layer changes; the layer may have any prefix. None if there is none."""
    ending = ".modulation" if part is Part.MODULATION_DIFFERENCE else ""
    names = [_flat(name + ending) for name in _without_prefix(unwrapped(layer))]
    target = next((targets[name] for name in names if name in targets), None)
    if target is not None and part is Part.BIAS_DIFFERENCE:
        return targets.get(_flat(target.removesuffix(".weight") + ".bias"))
    return target


def _flat(name: str) -> str:
    """Return a layer's name with underscores alone, as kohya has it: some files have `k.img` for k_img."""
    return name.replace(".", "_")


def _without_prefix(layer: str) -> Iterator[str]:
    """Yield a layer's name without a prefix that is known, or that ends in a dot, as trainers have their own."""
    yield from (layer.removeprefix(prefix) for prefix in PREFIXES if layer.startswith(prefix))
    yield from (layer[dot.end() :] for dot in re.finditer(r"\.", layer))


def _check(
    header: Header, changes: Mapping[str, Change], weights: Mapping[str, torch.nn.Parameter], dit: VideoDiT
) -> None:
    """Raise CheckpointError if a factor is missing or shapes do not fit the weights."""
    shapes = {name: {part: header.shapes[key] for part, key in change.items()} for name, change in changes.items()}
    for name, parts in shapes.items():
        if not is_whole(parts):
            got = ", ".join(changes[name].values())
            raise CheckpointError(f"{header.path} has only a part of the LoRA for {name}: {got}; download it again")
    misfits = [name for name, parts in shapes.items() if not fits(parts, weights[name])]
    if misfits:
        name = misfits[0]
        sizes = ", ".join(f"{key} {list(header.shapes[key])}" for key in changes[name].values())
        reason = f"{sizes} do not fit {name} {list(weights[name].shape)}"
        if 2 * len(misfits) < len(changes):  # so that it is for such a model
            raise CheckpointError(
                f"{header.path} is broken in {len(misfits)} of {len(changes)} weights, the others fit this model: "
                f"{reason}; download it again"
            )
        raise _another_model(header, dit, reason)


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
