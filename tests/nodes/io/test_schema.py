"""A node is declared in the pack's category, with the host's own keywords."""

from __future__ import annotations

from headless.pack import import_from_pack


def test_a_node_is_declared_in_our_category_with_all_that_is_said_of_it(nodes):
    schema = import_from_pack("nodes.io.schema")
    declared = schema.declare("SoraX", display_name="Sora X", description="Does x.", search_aliases=["x"])
    assert isinstance(declared, schema.io.Schema)
    assert (declared.node_id, declared.category, declared.display_name) == ("SoraX", "Sora Video", "Sora X")
    assert (declared.description, declared.search_aliases) == ("Does x.", ["x"])
