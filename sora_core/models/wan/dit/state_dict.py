"""State-dict adapters for published Wan DiT files, and the DiT's config from tensor shapes.

We use the names of Wan's own files (https://github.com/Wan-Video/Wan2.1). ComfyUI adds a prefix and, in fp8, scales;
diffusers has its own names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ....tensors.safetensors_file import CheckpointError, Header
from ....tensors.state_dict import StateDictAdapter, count_blocks, unwrapped
from .model import DiTConfig

LATENTS_OF_5B = 48
HEAD_WIDTH = 128  # in all published sizes; no tensor's shape shows it
PREFIXES = ("", "model.diffusion_model.", "diffusion_model.")  # preferred where a file has several DiTs
WHOLE_MODEL = "model.diffusion_model."  # the prefix in files that also hold text encoder and VAE
WAN_MARKS = ("head.modulation", "patch_embedding.weight")
DIFFUSERS_MARKS = ("condition_embedder.time_proj.weight", "patch_embedding.weight")
UNUSED = (".norm_added_q.weight",)  # diffusers stores this norm but never uses it

OUTSIDE = {  # modules and parameters outside the blocks: our name -> diffusers' name
    "patch_embedding": "patch_embedding",
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "img_emb.emb_pos": "condition_embedder.image_embedder.pos_embed",
    "img_emb.proj.0": "condition_embedder.image_embedder.norm1",
    "img_emb.proj.1": "condition_embedder.image_embedder.ff.net.0.proj",
    "img_emb.proj.3": "condition_embedder.image_embedder.ff.net.2",
    "img_emb.proj.4": "condition_embedder.image_embedder.norm2",
    "head.modulation": "scale_shift_table",
    "head.head": "proj_out",
}
INSIDE = {  # the same inside a block; our norm3, the norm with weights, is diffusers' norm2
    **{
        f"{ours}.{part}": f"{theirs}.{name}"
        for ours, theirs in (("self_attn", "attn1"), ("cross_attn", "attn2"))
        for part, name in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("o", "to_out.0"))
    },
    **{
        f"{ours}.{norm}": f"{theirs}.{norm}"
        for ours, theirs in (("self_attn", "attn1"), ("cross_attn", "attn2"))
        for norm in ("norm_q", "norm_k")
    },
    "cross_attn.k_img": "attn2.add_k_proj",
    "cross_attn.v_img": "attn2.add_v_proj",
    "cross_attn.norm_k_img": "attn2.norm_added_k",
    "norm3": "norm2",
    "ffn.0": "ffn.net.0.proj",
    "ffn.2": "ffn.net.2",
    "modulation": "scale_shift_table",
}
OURS_OUTSIDE = {theirs: ours for ours, theirs in OUTSIDE.items()}
OURS_INSIDE = {theirs: ours for ours, theirs in INSIDE.items()}


def to_diffusers(name: str) -> str:
    """Map our name of a module or tensor to diffusers' name; a name that diffusers lacks is unchanged.

    >>> to_diffusers("blocks.3.self_attn.o.weight")
    'blocks.3.attn1.to_out.0.weight'
    """
    return _rename(name, OUTSIDE, INSIDE)


def from_diffusers(name: str) -> str:
    """Map diffusers' name of a module or tensor to our name; a name that we lack is unchanged.

    >>> from_diffusers("condition_embedder.time_proj.bias")
    'time_projection.1.bias'
    """
    return _rename(name, OURS_OUTSIDE, OURS_INSIDE)


def _rename(name: str, outside: Mapping[str, str], inside: Mapping[str, str]) -> str:
    head, table, rest = "", outside, name
    if name.startswith("blocks."):
        number, _, rest = name.removeprefix("blocks.").partition(".")
        head, table = f"blocks.{number}.", inside
    if rest in table:
        return head + table[rest]
    module, _, leaf = rest.rpartition(".")
    return f"{head}{table[module]}.{leaf}" if module in table else name


def find_adapter(names: Iterable[str]) -> StateDictAdapter | None:
    """Find the adapter for a file with tensors of these names; None if it holds no Wan DiT.

    The names may have any prefix that ends in a dot, as trainers write them (`module.`, `net.`, `pipe.dit.`). Raises
    ValueError, with the prefixes, if several DiTs have one.
    """
    all_names = dict.fromkeys(names)
    found = {unwrapped(name): name for name in all_names}
    if len(found) < len(all_names):  # a name with a wrapper and the same without are two tensors
        found = {name: name for name in all_names}
    for marks, ours in ((WAN_MARKS, str), (DIFFUSERS_MARKS, from_diffusers)):
        prefixes = [
            prefix
            for name in found
            if name.endswith(marks[0])
            and all((prefix := name.removesuffix(marks[0])) + mark in found for mark in marks)
            if not prefix or prefix.endswith(".")
        ]
        known = [prefix for prefix in PREFIXES if prefix in prefixes]
        if len(prefixes) > 1 and not known:
            raise ValueError(f"got {len(prefixes)} DiTs, with the prefixes {prefixes[:4]}; save one of them alone")
        for prefix in (known or prefixes)[:1]:
            inside = [name for name in found if name.startswith(prefix) or prefix != WHOLE_MODEL]
            stored = {ours(name.removeprefix(prefix)): found[name] for name in inside}
            return StateDictAdapter.from_stored(stored, unused=UNUSED)
    return None


def wan_config(header: Header, adapter: StateDictAdapter) -> DiTConfig:
    """Read the config of a Wan DiT from the shapes of its tensors; raises CheckpointError if they do not fit one."""
    shapes = {name: header.shapes[stored] for name, stored in adapter.names.items()}
    try:
        dim, in_channels, *patch = shapes["patch_embedding.weight"]
        numbers = {name.split(".")[1] for name in shapes if name.startswith("blocks.")}
        image = shapes.get("img_emb.proj.0.weight", (0,))
        return DiTConfig(
            in_channels=in_channels,
            out_channels=shapes["head.head.weight"][0] // (patch[0] * patch[1] * patch[2]),
            dim=dim,
            ffn_dim=shapes["blocks.0.ffn.0.weight"][0],
            num_heads=dim // HEAD_WIDTH,
            num_layers=count_blocks(numbers),
            text_dim=shapes["text_embedding.0.weight"][1],
            freq_dim=shapes["time_embedding.0.weight"][1],
            patch_size=(patch[0], patch[1], patch[2]),
            cross_attn_norm="blocks.0.norm3.weight" in shapes,
            image_dim=image[0],
            image_positions=shapes["img_emb.emb_pos"][1] if "img_emb.emb_pos" in shapes else 0,
            per_token_timesteps=in_channels == LATENTS_OF_5B,  # only Wan 2.2 TI2V
        )
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise CheckpointError(f"{header.path} holds a Wan DiT of an unknown variant: {error}") from error
