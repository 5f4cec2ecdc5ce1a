"""Which classes a graph may name: those of the pack, and the core nodes that shared graphs need."""

from __future__ import annotations

import json
import re

from headless.pack import PACK_ROOT, import_from_pack

CORE = {
    "core_nodes": "CORE_NODES",
    "core_latents": "LATENT_NODES",
    "core_masks": "MASK_NODES",
    "core_sampling": "SAMPLING_NODES",
    "core_loaders": "LOADER_NODES",
    "core_primitives": "PRIMITIVE_NODES",
}


def test_the_registry_has_every_node_once_under_its_own_id(host):
    registry = import_from_pack("headless.registry").all_nodes()
    core = [node for module, nodes in CORE.items() for node in getattr(import_from_pack(f"headless.{module}"), nodes)]
    assert len(core) == 21
    assert list(registry.values()) == [*import_from_pack("nodes").NODES, *core]
    assert all(node.GET_SCHEMA().node_id == name for name, node in registry.items())


def test_the_guide_names_every_core_node(host):
    guide = (PACK_ROOT / "docs" / "guides" / "headless.md").read_text(encoding="utf-8")
    listed = re.findall("`(\\w+)`", re.search("core nodes that shared graphs need:(.+?)\\. A graph", guide, re.S)[1])
    core = [name for name in import_from_pack("headless.registry").all_nodes() if not name.startswith("Sora")]
    assert listed == sorted(core)


def test_every_class_of_the_shipped_graphs_of_nano_is_known(host):
    names = [path.stem for path in (PACK_ROOT / "workflows" / "notes").glob("*.md")]
    graphs = [json.loads((PACK_ROOT / "workflows" / "api" / f"{name}.json").read_text()) for name in names]
    named = {node["class_type"] for graph in graphs for node in graph.values()}
    assert len(named) > 15
    assert named <= set(import_from_pack("headless.registry").all_nodes())
