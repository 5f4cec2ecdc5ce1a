"""Tensors of a file into a module: by the names that the file has for them, strict, one by one, mapped if possible.

Eight-bit floats are multiplied out as they are read: ComfyUI's "fp8_scaled" files hold a scale beside each weight.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import nn

from .safetensors_file import CheckpointError, Header, MappedTensors, read_tensor

log = logging.getLogger(__name__)

Module = TypeVar("Module", bound=nn.Module)

MARKS = {  # part of a tensor's name -> what has such tensors, the most telling first
    "lora_": "a LoRA, which is loaded onto a model",
    "vace_": "a Wan VACE model",
    "control_adapter.": "a Wan model with camera control",
    "face_adapter.": "a Wan Animate model",
    "audio_proj.": "a Wan model that is driven by sound",
    "casual_audio_encoder.": "a Wan model that is driven by sound",
    "ref_conv.": "a Wan Fun model with a reference image",
    "condition_embedder.": "a Wan DiT in the layout of diffusers",
    "head.modulation": "a Wan DiT",
    "double_blocks.": "a Flux or Hunyuan model",
    "input_blocks.": "a Stable Diffusion model",
    "joint_blocks.": "a Stable Diffusion 3 model",
    "encoder.block.": "a T5 text encoder",
    "token_embedding.weight": "a text encoder",
    "decoder.upsamples.": "a Wan VAE",
    "decoder.": "a VAE",
}
SCALES = (".scale_weight", ".weight_scale")  # older and newer
QUANTISATION_MARKS = ("scaled_fp8", ".scale_input", ".input_scale", ".comfy_quant")  # for arithmetic in fp8: not needed
GB = 10**9
LARGE = 2 * GB  # bytes in memory, from which a warning is due that weights grow


@dataclass(frozen=True)
class Layout:
    """How a file names the tensors of a module. What is in neither mapping is no business of the module's."""

    names: Mapping[str, str]  # the module's name of every tensor that is meant for it -> the file's
    scales: Mapping[str, str] = field(default_factory=dict)  # the module's name of a weight -> the file's of its scale

    @classmethod
    def plain(cls, header: Header) -> Layout:
        """Every tensor under its own name."""
        return cls({name: name for name in header.shapes})

    @classmethod
    def sorted_out(cls, stored: Mapping[str, str], *, unused: tuple[str, ...] = ()) -> Layout:
        """Scales told from weights, the module's name -> the file's; what ends in a mark or in `unused` is left out."""
        weights, scales = {}, {}
        for name, key in stored.items():
            module = next((name.removesuffix(suffix) for suffix in SCALES if name.endswith(suffix)), None)
            if module is not None and f"{module}.weight" in stored:
                scales[f"{module}.weight"] = key
            elif not name.endswith((*QUANTISATION_MARKS, *unused)):
                weights[name] = key
        return cls(weights, scales)


def looks_like(names: Iterable[str]) -> str:
    """What kind of model has tensors of these names, in words for a message."""
    found = list(names)
    return next((what for mark, what in MARKS.items() if any(mark in name for name in found)), "another model")


def working_dtype(header: Header, layout: Layout, device: torch.device | str) -> torch.dtype:
    """The dtype of most of the weights, where the device computes in it.

    Eight bits become bfloat16; on a CPU, where half precision is slow, all that is narrower becomes float32: with a
    warning where that is much, and CheckpointError where it is more than the machine's memory. Reads no weights.
    """
    sizes: dict[torch.dtype, int] = {}
    for name in layout.names.values():
        if name in header.dtypes:
            dtype = header.dtypes[name]
            sizes[dtype] = sizes.get(dtype, 0) + math.prod(header.shapes[name])
    stored = max(sizes, key=lambda dtype: sizes[dtype], default=torch.float32)
    if torch.device(device).type != "cpu":
        return torch.bfloat16 if stored.itemsize == 1 else stored
    if stored.itemsize >= torch.float32.itemsize:
        return stored
    held = sum(numbers * dtype.itemsize for dtype, numbers in sizes.items())
    _check_growth(header, stored, held, torch.float32.itemsize * sum(sizes.values()))
    return torch.float32


def _check_growth(header: Header, stored: torch.dtype, held: int, needed: int) -> None:
    """Warn, or refuse, where weights of `held` bytes in the file take `needed` bytes of memory in float32."""
    memory = _physical_memory()
    growth = (
        f"{header.path} holds {held / GB:.1f} GB of weights in {str(stored).removeprefix('torch.')}, which on a CPU "
        f"become {needed / GB:.1f} GB of float32"
    )
    help_ = "a GPU (device='cuda') or dtype=torch.bfloat16 takes less"
    if memory is not None and needed > memory:
        raise CheckpointError(f"{growth}, but this machine has {memory / GB:.1f} GB of memory; {help_}")
    if needed >= LARGE:
        log.warning("%s in memory; %s", growth, help_)


def _physical_memory() -> int | None:
    """Bytes that the machine has; None where the system does not tell."""
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no such function, others may lack a name
        return None
    return size if size > 0 else None


def fill(
    module: Module, header: Header, layout: Layout, *, device: torch.device | str, dtype: torch.dtype | None = None
) -> Module:
    """Put the tensors of the file into the module, which may still be on the meta device; ready to run.

    A tensor that is right as it is stays mapped from the file, the others are converted one by one: no second copy
    of the weights is ever in memory. dtype: of the weights, None for `working_dtype`.
    CheckpointError where names, shapes or kinds of numbers do not fit, ValueError for a dtype not to compute in.
    """
    dtype = dtype or working_dtype(header, layout, device)
    if not dtype.is_floating_point or dtype.itemsize == 1:
        raise ValueError(f"dtype must be one to compute in, such as torch.bfloat16, got {dtype}")
    _check(header, layout, {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()})
    mapped, place = MappedTensors(header), torch.device(device)
    state = {}
    for name in module.state_dict():
        stored, scale = layout.names[name], layout.scales.get(name)
        if scale is None and place.type == "cpu" and header.dtypes[stored] == dtype:
            state[name] = mapped[stored]
        else:
            factor = None if scale is None else read_tensor(header, scale)
            state[name] = _convert(read_tensor(header, stored), factor, place, dtype)
    module.load_state_dict(state, assign=any(weight.is_meta for weight in module.parameters()))
    return module.eval()


def _convert(tensor: torch.Tensor, scale: torch.Tensor | None, place: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """The tensor, times its scale, on the device: there it is fast, except that Apple's has no eight-bit floats."""
    if place.type != "mps":
        tensor = tensor.to(place)
    if scale is not None:
        wide = torch.promote_types(dtype, torch.float32)
        factor = scale.to(tensor.device, wide).reshape(-1, *[1] * (tensor.ndim - 1))  # one, or one a row
        tensor = tensor.to(wide) * factor
    return tensor.to(place, dtype)


def _check(header: Header, layout: Layout, expected: Mapping[str, tuple[int, ...]]) -> None:
    """CheckpointError, with the first few names, where the file's tensors are not those expected."""
    shapes = {name: header.shapes[stored] for name, stored in layout.names.items() if stored in header.shapes}
    foreign = [layout.names[name] for name in expected if name in shapes and layout.names[name] not in header.dtypes]
    foreign += [
        scale for name, scale in layout.scales.items() if name in shapes and not _fits(header, scale, shapes[name])
    ]
    if foreign:
        raise CheckpointError(
            f"{header.path} is quantised in a way that is not read here (see {foreign[0]}); take the file in bf16, "
            "fp16 or fp8"
        )
    findings = {
        "missing": [layout.names.get(name, name) for name in expected if name not in shapes],
        "unexpected": [layout.names[name] for name in shapes if name not in expected],
        "of the wrong shape": [
            f"{layout.names[name]} (got {list(shapes[name])}, expected {list(shape)})"
            for name, shape in expected.items()
            if name in shapes and shapes[name] != shape
        ],
    }
    lines = [f"{len(names)} {what}: {', '.join(names[:3])}" for what, names in findings.items() if names]
    if lines:
        raise CheckpointError(
            f"the tensors in {header.path}, which looks like {looks_like(header.shapes)}, do not fit the model: "
            f"{'; '.join(lines)}"
        )


def _fits(header: Header, scale: str, shape: tuple[int, ...]) -> bool:
    """Whether a scale is one number, or one for each row of a weight of this shape."""
    size = header.shapes[scale]
    return scale in header.dtypes and (math.prod(size) == 1 or (size[0] == shape[0] and math.prod(size[1:]) == 1))
