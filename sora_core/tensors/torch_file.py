"""Reads checkpoints that torch saved (.pth), tensors only, memory-mapped.

A pickle may run any code, and an archive of a few megabytes may hold gigabytes. So the archive is looked at first, and
torch's restricted reader (weights_only) gets only one that is stored as it is and names nothing but plain tensors.
"""

from __future__ import annotations

import pickletools
import re
import zipfile
from pathlib import Path

import torch

from .foreign_files import MOST_JSON, open_file
from .foreign_text import shown
from .safetensors_file import DTYPES, CheckpointError, Header, read_header

STARTS = (b"PK\x03\x04", b"\x80\x02")  # a zip archive, and a bare pickle as saved by torch before 1.6
NAMES = re.compile(  # that the pickle of plain tensors has
    r"collections OrderedDict|torch (\w+Storage|float\w+|bfloat16|u?int\d+|bool|Size)|torch\.storage \w+Storage"
    r"|torch\._utils _rebuild_(tensor|tensor_v2|tensor_v3|parameter)"
)
MORE = "its pickle holds more than tensors, and may run code"
MOST_STEPS = 1_000_000  # of a pickle; one of 1000 tensors has 30,000
MOST_SHARED = 2  # bytes of all tensors per byte of the file; umT5 may have its embedding under two names
FLOATS = frozenset(DTYPES.values())


def read_weights_file(path: Path | str) -> Header:
    """Read the header of a safetensors or torch file; raises CheckpointError as read_header does."""
    path = Path(path)
    try:
        with open_file(path) as file:
            start = file.read(4)
    except OSError:
        return read_header(path)  # raises and says what is wrong
    return read_pickled(path) if start.startswith(STARTS) else read_header(path)


def read_pickled(path: Path) -> Header:
    """Read the header of a torch file.

    Raises CheckpointError if the file is damaged, compressed, too old to be memory-mapped, or holds more than plain
    tensors by name.
    """
    if zipfile.is_zipfile(path):
        _check_archive(path)
    try:
        tensors = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # torch documents no classes, they depend on what is wrong
        if path.suffix == ".safetensors":  # by which torch chooses its reader
            raise CheckpointError(f"{path} is a pickled PyTorch file, or a part of one; name it .pth") from error
        raise CheckpointError(f"{path} cannot be read: {_reason(error)}") from error
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in tensors.items()
    ):
        raise CheckpointError(f"{path} holds something other than a dict of tensors; use the safetensors file instead")
    _check_sizes(path, tensors)
    return Header(
        path,
        {},
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        {name: tensor.dtype for name, tensor in tensors.items() if tensor.dtype in FLOATS},
        dict.fromkeys(tensors, path),
        tensors,
    )


def _check_archive(path: Path) -> None:
    """Raise CheckpointError for an archive with compressed members, or whose pickle names more than plain tensors."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            packed = [member.filename for member in members if member.compress_type != zipfile.ZIP_STORED]
            if packed:
                raise CheckpointError(
                    f"{path} is compressed ({len(packed)} of its {len(members)} members), which torch cannot map; use "
                    "the safetensors file, or save it again by torch.save"
                )
            pickles = [member for member in members if member.filename.endswith("/data.pkl")]
            if len(pickles) != 1 or pickles[0].file_size > MOST_JSON:
                raise CheckpointError(f"{path} is an archive, but none of torch: it has no data.pkl of a usual size")
            foreign = _foreign_names(archive.read(pickles[0]))
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path} cannot be read: {error}; copy or download it again") from error
    if foreign:
        raise CheckpointError(f"{path} cannot be read: {MORE}; use the safetensors file instead (it names {foreign})")


def _foreign_names(data: bytes) -> str:
    """Return the first name in a pickle that plain tensors do not need, shortened; "" if there is none.

    Raises ValueError for what is no pickle, and for one with more steps than a checkpoint has.
    """
    for step, (operation, argument, _) in enumerate(pickletools.genops(data)):
        if step > MOST_STEPS:
            raise ValueError(f"its pickle has more than {MOST_STEPS:,} steps")
        if operation.name == "STACK_GLOBAL" or (operation.name == "GLOBAL" and not NAMES.fullmatch(str(argument))):
            return shown(argument)
    return ""


def _check_sizes(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Raise CheckpointError for tensors without numbers of their own in the file: sparse, meta, or repeated."""
    total = 0
    for name, tensor in tensors.items():
        plain = tensor.layout == torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
        size = tensor.numel() * tensor.element_size() if plain else 0
        if not plain or size > tensor.untyped_storage().nbytes():
            kind = f"layout {tensor.layout}, device {tensor.device}, shape {list(tensor.shape)}"
            raise CheckpointError(
                f"{path} has a tensor without numbers of its own, {shown(name)} ({kind}); save it again"
            )
        total += size
    if total > MOST_SHARED * path.stat().st_size:
        raise CheckpointError(
            f"{path} has tensors of {total:,} bytes in {path.stat().st_size:,} bytes: they share their numbers; save "
            "clones of them"
        )


def _reason(error: Exception) -> str:
    text = str(error)
    if "Weights only" in text or "Unsupported" in text:
        return f"{MORE}; use the safetensors file instead"
    if "mmap can only be used" in text:
        return "it was saved by torch before 1.6; use the safetensors file, or save it again"
    return f"{text.strip().splitlines()[0] if text.strip() else type(error).__name__}; copy or download it again"
