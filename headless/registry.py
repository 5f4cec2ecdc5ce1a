"""Registry of node classes: the pack's own, and ComfyUI's core nodes that shared graphs need."""

from __future__ import annotations

import asyncio
from typing import Any

from ..nodes import SoraExtension
from .core_latents import LATENT_NODES
from .core_loaders import LOADER_NODES
from .core_masks import MASK_NODES
from .core_nodes import CORE_NODES
from .core_primitives import PRIMITIVE_NODES
from .core_sampling import SAMPLING_NODES

Registry = dict[str, Any]  # class name in the graph -> node class


def all_nodes() -> Registry:
    """Return all classes that a graph may use, by name."""
    pack_nodes = asyncio.run(SoraExtension().get_node_list())
    values = (*MASK_NODES, *SAMPLING_NODES, *LOADER_NODES, *PRIMITIVE_NODES)
    return {node.GET_SCHEMA().node_id: node for node in [*pack_nodes, *CORE_NODES, *LATENT_NODES, *values]}
