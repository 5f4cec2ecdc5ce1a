"""Notices reach the user while a node runs, and are in its `ui` output under the name that web/notices.js has."""

from __future__ import annotations

import pytest

from headless.pack import PACK_ROOT, import_from_pack

told = import_from_pack("nodes.io.told")


@pytest.fixture
def translated_notices():
    """Those of this module say nothing."""
    return False


def node_of(nodes):
    hidden = import_from_pack("headless.comfy_api_standin").HiddenValues
    return type("Node", (nodes["SoraVideoGrid"],), {"hidden": hidden(unique_id="4")})


def test_what_is_told_is_in_the_ui_output_where_the_host_keeps_it(nodes, said, monkeypatch):
    host, node = import_from_pack("nodes.host").current(), node_of(nodes)
    told.tell(node, ["one", "", "two"])
    assert said == ["one", "two"]
    assert told.outputs(node, 1, 2).ui is None
    monkeypatch.setattr(host, "taken_notices", lambda node_id: [*said, node_id])
    made = told.outputs(node, 1, 2)
    assert (made.args, made.ui) == ((1, 2), {told.KEY: ["one", "two", "4"]})


def test_the_script_of_the_front_end_reads_that_name():
    script = (PACK_ROOT / "web" / "notices.js").read_text(encoding="utf-8")
    assert f'const KEY = "{told.KEY}"' in script
