"""What the tensors of a LoRA add to one weight.

LoRA: up @ down (https://arxiv.org/abs/2106.09685). LoHa: the elementwise product of two such products, and LoKr: a
Kronecker product of two factors (https://arxiv.org/abs/2309.14859). DoRA scales the changed weight's rows or columns by
learnt lengths (https://arxiv.org/abs/2402.09353).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from ..tensors.finite import is_finite
from ..tensors.safetensors_file import CheckpointError, MappedTensors
from .lora_parts import DIFFERENCES, HADAMARD, KRONECKER, PLAIN, Part
from .lora_scale import Scaling

Change = Mapping[Part, str]  # for one weight of the model: role -> name of the tensor in the file
Shape = tuple[int, ...]


def is_whole(parts: Mapping[Part, Shape]) -> bool:
    """Whether a change has all factors of at most one product, and alpha and magnitude only with one."""
    factors = set(parts) - {Part.ALPHA, *MAGNITUDES, *DIFFERENCES}
    if not factors or set(parts) >= MAGNITUDES:
        return not set(parts) & {Part.ALPHA, *MAGNITUDES}
    if factors <= KRONECKER:
        return all(
            ((whole in parts) != (a in parts)) and (a in parts) == (b in parts) for whole, a, b in KRONECKER_FACTORS
        )
    return factors in (PLAIN, HADAMARD)


MAGNITUDES = {Part.MAGNITUDE, Part.DORA_SCALE}
KRONECKER_FACTORS = (
    (Part.KRONECKER_1, Part.KRONECKER_1A, Part.KRONECKER_1B),
    (Part.KRONECKER_2, Part.KRONECKER_2A, Part.KRONECKER_2B),
)
PAIRS = ((Part.DOWN, Part.UP), (Part.HADAMARD_1B, Part.HADAMARD_1A), (Part.HADAMARD_2B, Part.HADAMARD_2A))


def fits(parts: Mapping[Part, Shape], weight: torch.Tensor) -> bool:
    """Whether a whole change gives the shape of a weight [out in (kernel)]."""
    shape = tuple(weight.shape)
    if any(parts[part] != shape for part in DIFFERENCES if part in parts):
        return False
    if not all(_pair_fits(parts[down], parts[up], shape) for down, up in PAIRS if down in parts):
        return False
    if Part.MAGNITUDE in parts and math.prod(parts[Part.MAGNITUDE]) != shape[0]:
        return False
    if Part.DORA_SCALE in parts and not _scale_fits(parts[Part.DORA_SCALE], shape):
        return False
    return not set(parts) & KRONECKER or _kronecker_fits(parts, shape)


def _scale_fits(scale: Shape, weight: Shape) -> bool:
    """Whether a dora_scale can be divided by the lengths of rows or columns, and gives a factor of each number."""
    if not scale or len(weight) < 2:
        return False
    rows = scale[0] == weight[0]
    lengths = (weight[0], *(1,) * (len(weight) - 1)) if rows else (1, weight[1], *(1,) * (len(weight) - 2))
    try:
        return torch.broadcast_shapes(scale, lengths, weight) == weight
    except RuntimeError:
        return False


def _pair_fits(down: Shape, up: Shape, weight: Shape) -> bool:
    """Whether up [out R (1...)] @ down [R in (kernel)] has the shape of the weight."""
    if min(len(down), len(up), len(weight)) < 2:
        return False
    (rank, *columns), (rows, inner, *kernel) = down, up
    product = rows, math.prod(columns)
    return rank == inner > 0 and math.prod(kernel) == 1 and product == (weight[0], math.prod(weight[1:]))


def _kronecker_fits(parts: Mapping[Part, Shape], weight: Shape) -> bool:
    rows = columns = 1
    for whole, a, b in KRONECKER_FACTORS:
        shape = parts.get(whole)
        if shape is None:  # its halves [rows R] and [R columns (kernel)]
            left, right = parts[a], parts[b]
            if len(left) != 2 or len(right) < 2 or not left[1] == right[0] > 0:
                return False
            shape = left[0], *right[1:]
        if len(shape) < 2:
            return False
        rows, columns = rows * shape[0], columns * math.prod(shape[1:])
    return len(weight) >= 2 and (rows, columns) == (weight[0], math.prod(weight[1:]))


def check_numbers(
    tensors: MappedTensors, change: Change, weight: torch.Tensor, strength: float, scaling: Scaling
) -> None:
    """Raise CheckpointError if a tensor is not finite, alpha is no number, or the weight might overflow."""
    header, bound = tensors.header, 1.0
    for part, key in change.items():
        if part is Part.ALPHA and math.prod(header.shapes[key]) != 1:
            raise CheckpointError(f"{header.path} has {key} of shape {list(header.shapes[key])}, expected one number")
        if part is not Part.ALPHA and key not in header.dtypes:
            raise CheckpointError(f"{header.path} has whole numbers in {key}, expected floating-point ones")
        tensor = _float(tensors[key])
        if not is_finite(tensor):
            raise CheckpointError(f"{header.path} is damaged: {key} has values that are not finite; download it again")
        if part not in (Part.ALPHA, *MAGNITUDES) and tensor.numel():
            # the largest sum of products that these factors can give
            bound *= max(1.0, max(map(abs, torch.stack(tensor.aminmax()).tolist())) * max(tensor.shape, default=1))
    bound *= abs(strength) * max(1.0, abs(_scale(tensors, change, scaling)))
    if not bound < _largest(weight) or MAGNITUDES & set(change):  # a DoRA divides by lengths, which may be near zero
        _check_changed(tensors, change, weight, strength, scaling)


def _check_changed(
    tensors: MappedTensors, change: Change, weight: torch.Tensor, strength: float, scaling: Scaling
) -> None:
    """Raise CheckpointError if the changed weight has values that are too large."""
    dtype = torch.promote_types(weight.dtype, torch.float32)
    with torch.no_grad():
        changed = weight.to(dtype) + strength * delta(tensors, change, weight, dtype, scaling)
    got = changed.abs().amax().item() if changed.numel() else 0.0
    if not got < _largest(weight):  # nor NaN
        raise CheckpointError(
            f"{tensors.header.path} makes a weight of up to {got:.3g}, expected less than {_largest(weight):.3g}, "
            f"see {next(iter(change.values()))}; lower its strength or download it again"
        )


def _largest(weight: torch.Tensor) -> float:
    """Return the bound of a changed weight: its dtype holds the values, and float32 their squares, which norms take."""
    return min(math.sqrt(torch.finfo(torch.float32).max), torch.finfo(weight.dtype).max)


def delta(
    tensors: MappedTensors, change: Change, weight: torch.Tensor, dtype: torch.dtype, scaling: Scaling
) -> torch.Tensor:
    """Compute what the file adds to a weight at strength 1, in `dtype`."""
    parts = {part: tensors[key].to(weight.device, dtype) for part, key in change.items()}
    total = torch.zeros_like(weight, dtype=dtype)
    for part in DIFFERENCES:
        if part in parts:
            total += parts[part].view_as(total)
    if Part.UP in parts:
        product = parts[Part.UP].flatten(1) @ parts[Part.DOWN].flatten(1)
    elif Part.HADAMARD_1A in parts:
        first, second = (parts[up].flatten(1) @ parts[down].flatten(1) for down, up in PAIRS[1:])
        product = first * second
    elif set(parts) & KRONECKER:
        first, second = (
            parts[whole].flatten(1) if whole in parts else parts[a] @ parts[b].flatten(1)
            for whole, a, b in KRONECKER_FACTORS
        )
        product = torch.kron(first.contiguous(), second.contiguous())
    else:
        return total
    total += (_scale(tensors, change, scaling) * product).view_as(total)
    if Part.MAGNITUDE in parts:
        return _with_rows(weight.to(dtype), total, parts[Part.MAGNITUDE])
    return _with_dora_scale(weight.to(dtype), total, parts[Part.DORA_SCALE]) if Part.DORA_SCALE in parts else total


def _with_rows(weight: torch.Tensor, change: torch.Tensor, magnitude: torch.Tensor) -> torch.Tensor:
    """Return what PEFT's DoRA adds: the changed weight, its rows scaled to `magnitude`, less the weight."""
    changed = weight + change
    lengths = torch.linalg.vector_norm(changed.flatten(1), dim=1).clamp(min=torch.finfo(weight.dtype).eps)
    return changed * (magnitude.flatten() / lengths).view(-1, *[1] * (weight.ndim - 1)) - weight


def _with_dora_scale(weight: torch.Tensor, change: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Return what a DoRA adds in ComfyUI, for which these files are made.

    It divides rows by the lengths of the weight *before* the change, against the paper, and columns by those after it.
    """
    changed = weight + change
    by_row = scale.shape[0] == len(weight)
    others = [axis for axis in range(weight.ndim) if axis != (0 if by_row else 1)]
    lengths = torch.linalg.vector_norm(weight if by_row else changed, dim=others, keepdim=True)
    return changed * (scale / (lengths + torch.finfo(weight.dtype).eps)) - weight


def _scale(tensors: MappedTensors, change: Change, scaling: Scaling) -> float:
    """Return the factor of a change's product; 1 where no factor has a rank."""
    ranks = {part: tensors.header.shapes[change[part]][0] for part in RANKED if part in change}
    if not ranks:
        return 1.0
    alpha = _float(tensors[change[Part.ALPHA]]).item() if Part.ALPHA in change else None
    named = next(key for part, key in change.items() if part in ranks)
    return scaling.scale(named.rpartition(".lora")[0] or named.rpartition(".")[0], list(ranks.values())[-1], alpha)


RANKED = (Part.DOWN, Part.HADAMARD_1B, Part.KRONECKER_1B, Part.KRONECKER_2B)  # their first size is the rank


def _float(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32) if tensor.element_size() > 1 else torch.float32)
