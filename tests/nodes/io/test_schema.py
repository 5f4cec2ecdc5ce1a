"""A node is declared in the pack's category, and a keyword that the host does not know is an error."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


def test_a_keyword_that_the_host_does_not_know_is_refused(nodes):
    with pytest.raises(TypeError, match="no_such_keyword"):
        import_from_pack("nodes.io.schema").declare("SoraX", "load", search_aliases=[], no_such_keyword=True)


def test_a_node_is_declared_in_our_menu_with_all_that_the_host_knows(nodes):
    schema = import_from_pack("nodes.io.schema")
    declared = schema.declare("SoraX", "load", display_name="Sora X", description="Does x.", search_aliases=["x"])
    assert isinstance(declared, schema.io.Schema)
    assert (declared.node_id, declared.category, declared.display_name) == ("SoraX", "Sora Video/load", "Sora X")
    assert (declared.description, declared.search_aliases) == ("Does x.", ["x"])
