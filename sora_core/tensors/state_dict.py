"""Loads a file's tensors into a module: strict, one by one, memory-mapped where possible.

A StateDictAdapter maps the module's tensor names to the file's. fp8 weights are multiplied by their scales as they are
read (ComfyUI's "fp8_scaled" files).
"""

from __future__ import annotations

import logging
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import nn

from .finite import is_finite
from .safetensors_file import CheckpointError, Header, MappedTensors

log = logging.getLogger(__name__)

Module = TypeVar("Module", bound=nn.Module)

MARKS = {  # part of a tensor's name -> what has such tensors, the most specific first
    "lora_": "a LoRA, which must be merged into a model",
    "vace_": "a Wan VACE model",
    "control_adapter.": "a Wan model with camera control",
    "face_adapter.": "a Wan Animate model",
    "audio_proj.": "a Wan speech-to-video model",
    "casual_audio_encoder.": "a Wan speech-to-video model",
    "ref_conv.": "a Wan Fun model with a reference image",
    "condition_embedder.": "a Wan DiT in diffusers' format",
    "head.modulation": "a Wan DiT",
    "double_blocks.": "a Flux or Hunyuan model",
    "input_blocks.": "a Stable Diffusion model",
    "joint_blocks.": "a Stable Diffusion 3 model",
    "encoder.block.": "a T5 text encoder",
    "token_embedding.weight": "a text encoder",
    "decoder.upsamples.": "a Wan VAE",
    "decoder.": "a VAE",
}
SCALES = (".scale_weight", ".weight_scale")  # older and newer files
QUANTISATION_MARKS = ("scaled_fp8", ".scale_input", ".input_scale", ".comfy_quant")  # only for arithmetic in fp8
GB = 10**9
LARGE = 2 * GB  # bytes of float32 weights from which a warning is logged


@dataclass(frozen=True)
class StateDictAdapter:
    """Maps a module's tensor names to a file's. File tensors in neither mapping are ignored.

    names: the module's name of each tensor -> the file's.
    scales: the module's name of a weight -> the file's name of its scale.
    """

    names: Mapping[str, str]
    scales: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def identity(cls, header: Header) -> StateDictAdapter:
        """Map every tensor to its own name."""
        return cls({name: name for name in header.shapes})

    @classmethod
    def from_stored(cls, stored: Mapping[str, str], *, unused: tuple[str, ...] = ()) -> StateDictAdapter:
        """Separate scales from weights and drop quantisation marks.

        stored: the module's name -> the file's. unused: endings of more names to drop.
        """
        weights, scales = {}, {}
        for name, key in stored.items():
            module = next((name.removesuffix(suffix) for suffix in SCALES if name.endswith(suffix)), None)
            if module is not None and f"{module}.weight" in stored:
                scales[f"{module}.weight"] = key
            elif not name.endswith((*QUANTISATION_MARKS, *unused)):
                weights[name] = key
        return cls(weights, scales)


WRAPPERS = re.compile(r"(?:^|(?<=\.))(?:_orig_mod|module|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")


def unwrapped(name: str) -> str:
    """Return a tensor's name without what torch.compile and distributed training put into it, anywhere.

    >>> unwrapped("module.blocks.0._orig_mod.ffn.0.weight")
    'blocks.0.ffn.0.weight'
    """
    return WRAPPERS.sub("", name)


def count_blocks(numbers: Iterable[str]) -> int:
    """Return how many blocks there are by the numbers in their tensors' names; raises ValueError where one is missing.

    A name may hold any number, and a module would be built with so many blocks.
    """
    found = set(numbers)
    absent = next(number for number in range(len(found) + 1) if str(number) not in found)
    if absent != len(found):
        most = max(found - {str(number) for number in range(absent)}, key=lambda number: (len(number), number))
        raise ValueError(f"it has a block {most[:20]} but no block {absent}")
    return absent


def looks_like(names: Iterable[str]) -> str:
    """Describe the kind of model that has tensors of these names, for a message."""
    found = list(names)
    return next((what for mark, what in MARKS.items() if any(mark in name for name in found)), "another model")


def working_dtype(header: Header, adapter: StateDictAdapter, device: torch.device | str) -> torch.dtype:
    """Choose the dtype to load weights in: that of most of them, if the device computes in it.

    fp8 becomes bfloat16. On a CPU, where half precision is slow, narrower dtypes than float32 become float32, with a
    warning if the weights are large. Raises CheckpointError if they would not fit in memory. Reads no weights.
    """
    sizes: dict[torch.dtype, int] = {}
    for name in adapter.names.values():
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
    """Warn or raise if weights of `held` bytes in the file need much memory in float32, `needed` bytes."""
    memory = _physical_memory()
    growth = (
        f"{header.path} holds {held / GB:.1f} GB of weights in {str(stored).removeprefix('torch.')}, which on a CPU "
        f"become {needed / GB:.1f} GB of float32"
    )
    help_ = "use a GPU (device='cuda') or dtype=torch.bfloat16 to need less"
    if memory is not None and needed > memory:
        raise CheckpointError(f"{growth}, but this machine has {memory / GB:.1f} GB of memory; {help_}")
    if needed >= LARGE:
        log.warning("%s in memory; %s", growth, help_)


def _physical_memory() -> int | None:
    """Return the machine's memory in bytes; None if the system does not say."""
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, other systems may lack a name
        return None
    return size if size > 0 else None


def load_weights(
    module: Module,
    header: Header,
    adapter: StateDictAdapter,
    *,
    device: torch.device | str,
    dtype: torch.dtype | None = None,
) -> Module:
    """Load the tensors of a file into a module, which may be on the meta device; returns it in evaluation mode.

    A tensor that needs no conversion stays memory-mapped; the others are converted one by one, so memory never holds
    a second copy of the weights.

    dtype: dtype of the weights; None for `working_dtype`.

    Raises CheckpointError if names, shapes or dtypes do not fit or values are not finite, and ValueError for a dtype
    that is not for arithmetic.
    """
    dtype = dtype or working_dtype(header, adapter, device)
    if not dtype.is_floating_point or dtype.itemsize == 1:
        raise ValueError(
            f"dtype must be a floating-point type of at least 16 bits, such as torch.bfloat16, got {dtype}"
        )
    _check(header, adapter, {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()})
    mapped, passing, target = MappedTensors(header), MappedTensors.passing(header), torch.device(device)
    state = {}
    for name in module.state_dict():
        stored, scale = adapter.names[name], adapter.scales.get(name)
        if scale is None and target.type == "cpu" and header.dtypes[stored] == dtype:
            state[name] = mapped[stored]
            finite = is_finite(passing[stored])  # a copy: mapped values stay in memory once they are read
        else:
            factor = None if scale is None else passing[scale]
            state[name] = _convert(passing[stored], factor, target, dtype)
            finite = is_finite(state[name])
        if not finite:
            raise CheckpointError(
                f"{header.path} is damaged: {stored} has values that are not finite (NaN or infinite, as {dtype}); "
                "copy or download it again, or load it in float32"
            )
    module.load_state_dict(state, assign=any(weight.is_meta for weight in module.parameters()))
    return module.eval()


def _convert(
    tensor: torch.Tensor, scale: torch.Tensor | None, device: torch.device, dtype: torch.dtype
) -> torch.Tensor:
    """Scale and cast a tensor on the device, or on the CPU for MPS, which has no fp8."""
    if device.type != "mps":
        tensor = tensor.to(device)
    if scale is not None:
        upcast = torch.promote_types(dtype, torch.float32)
        factor = scale.to(tensor.device, upcast).reshape(-1, *[1] * (tensor.ndim - 1))  # one number, or one per row
        tensor = tensor.to(upcast) * factor
    return tensor.to(device, dtype)


def _check(header: Header, adapter: StateDictAdapter, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raise CheckpointError, with the first few names, if the file's tensors are not those expected."""
    shapes = {name: header.shapes[stored] for name, stored in adapter.names.items() if stored in header.shapes}
    foreign = [adapter.names[name] for name in expected if name in shapes and adapter.names[name] not in header.dtypes]
    foreign += [
        scale for name, scale in adapter.scales.items() if name in shapes and not _fits(header, scale, shapes[name])
    ]
    if foreign:
        raise CheckpointError(
            f"{header.path} has an unsupported quantisation (see {foreign[0]}); use the file in bf16, fp16 or fp8"
        )
    findings = {
        "missing": [adapter.names.get(name, name) for name in expected if name not in shapes],
        "unexpected": [adapter.names[name] for name in shapes if name not in expected],
        "of the wrong shape": [
            f"{adapter.names[name]} (got {list(shapes[name])}, expected {list(shape)})"
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
    """Whether a scale has one number, or one per row of a weight of this shape."""
    size = header.shapes[scale]
    return scale in header.dtypes and (math.prod(size) == 1 or (size[0] == shape[0] and math.prod(size[1:]) == 1))
