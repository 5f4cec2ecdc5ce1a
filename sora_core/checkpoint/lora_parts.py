"""Names of tensors in LoRA files: the layer, and what the tensor is for it."""

from __future__ import annotations

import re
from enum import Enum

from ..tensors.safetensors_file import CheckpointError, Header


class Part(Enum):
    """Role of a file's tensor for its layer."""

    DOWN = "lora_A"
    UP = "lora_B"
    ALPHA = "alpha"
    MAGNITUDE = "lora_magnitude_vector"  # DoRA by PEFT: lengths of the rows of the changed weight
    DORA_SCALE = "dora_scale"  # DoRA by LyCORIS, kohya and others: of rows [out 1] or columns [1 in]
    DIFFERENCE = "diff"  # of the whole weight
    BIAS_DIFFERENCE = "diff_b"
    MODULATION_DIFFERENCE = "diff_m"  # of the parameter `modulation` of a block or the head
    HADAMARD_1A = "hada_w1_a"  # LoHa
    HADAMARD_1B = "hada_w1_b"
    HADAMARD_2A = "hada_w2_a"
    HADAMARD_2B = "hada_w2_b"
    KRONECKER_1 = "lokr_w1"  # LoKr: each factor whole, or as two halves
    KRONECKER_1A = "lokr_w1_a"
    KRONECKER_1B = "lokr_w1_b"
    KRONECKER_2 = "lokr_w2"
    KRONECKER_2A = "lokr_w2_a"
    KRONECKER_2B = "lokr_w2_b"


DIFFERENCES = (Part.DIFFERENCE, Part.BIAS_DIFFERENCE, Part.MODULATION_DIFFERENCE)
PLAIN = frozenset({Part.DOWN, Part.UP})
HADAMARD = frozenset({Part.HADAMARD_1A, Part.HADAMARD_1B, Part.HADAMARD_2A, Part.HADAMARD_2B})
KRONECKER = frozenset(part for part in Part if part.name.startswith("KRONECKER"))

ENDINGS = {
    ".lora_A.weight": Part.DOWN,
    ".lora_down.weight": Part.DOWN,
    ".lora.down.weight": Part.DOWN,
    ".lora_A": Part.DOWN,
    ".lora_B.weight": Part.UP,
    ".lora_up.weight": Part.UP,
    ".lora.up.weight": Part.UP,
    ".lora_B": Part.UP,
    ".lora_magnitude_vector.weight": Part.MAGNITUDE,
    **{f".{part.value}": part for part in Part if part not in PLAIN},
}
ADAPTER = re.compile(r"(\.lora_(?:A|B|magnitude_vector))\.(?!weight$)\w+(?=\.weight$|$)")  # PEFT's name of an adapter
KINDS = {  # part of a tensor's name -> the kind of LoRA that has it and cannot be applied here
    "lokr_t2": "a LoKr with a Tucker decomposition",
    "hada_t": "a LoHa with a Tucker decomposition",
    "lora_mid": "a LoCon with a third factor",
    "boft_": "a BOFT",
    "oft_": "an OFT",
    "vera_": "a VeRA",
    "lora_B.bias": "a LoRA with biases",
}
OTHER_KINDS = ("lora", "dora", "hada_", "lokr_", "oft_", "vera_", "glora", "a1.weight")  # in names of LoRA variants


def split_names(header: Header) -> dict[str, tuple[str, Part]]:
    """Split every tensor's name into its layer, with any prefix, and its role; raises CheckpointError for other names.

    A file that has LoRA names and others is a LoRA variant, and ignoring the others would change its effect.
    """
    found = {}
    for key in header.shapes:
        name = ADAPTER.sub(r"\1", key)
        ending = next((ending for ending in ENDINGS if name.endswith(ending)), None)
        if ending is not None:
            found[key] = name.removesuffix(ending), ENDINGS[ending]
    others = [key for key in header.shapes if key not in found]
    if not others:
        return found
    is_one = found or any(mark in key for mark in OTHER_KINDS for key in others)
    named = next((f" ({what})" for mark, what in KINDS.items() if any(mark in key for key in others)), "")
    kind = f"an unsupported kind of LoRA{named}" if is_one else "no LoRA"
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    raise CheckpointError(
        f"{header.path} is {kind}: got {', '.join(others[:3])}{more}, expected names that end in {', '.join(ENDINGS)}"
    )
