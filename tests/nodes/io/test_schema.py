"""A node is declared in the pack's category, to hosts of several versions."""

from __future__ import annotations

from headless.pack import import_from_pack


def test_keywords_that_an_older_host_does_not_know_are_left_out(nodes, monkeypatch):
    schema = import_from_pack("nodes.io.schema")

    def older_schema(node_id, display_name, category):
        return node_id, display_name, category

    monkeypatch.setattr(schema.io, "Schema", older_schema)
    declared = schema.declare("SoraX", display_name="Sora X", search_aliases=["x"])
    assert declared == ("SoraX", "Sora X", "Sora Video")


def test_a_node_is_declared_in_our_category_with_all_that_the_host_knows(nodes):
    schema = import_from_pack("nodes.io.schema")
    declared = schema.declare("SoraX", display_name="Sora X", description="Does x.", search_aliases=["x"])
    assert isinstance(declared, schema.io.Schema)
    assert (declared.node_id, declared.category, declared.display_name) == ("SoraX", "Sora Video", "Sora X")
    assert (declared.description, declared.search_aliases) == ("Does x.", ["x"])
