"""The language model that a node's inputs choose."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


def test_a_server_a_clip_or_none_is_chosen_and_two_are_refused(nodes, monkeypatch):
    chosen_model = import_from_pack("nodes.text.language_models").chosen_model
    assert chosen_model(" ", "", None, pictures=True) is None
    assert str(chosen_model("http://localhost:1", "see", None, pictures=True).backend) == "server localhost:1, see"
    host = import_from_pack("nodes.host").current()
    monkeypatch.setattr(host, "language_model", lambda clip, *, pictures: (clip, pictures), raising=False)
    assert chosen_model("", "", "a clip", pictures=False) == ("a clip", False)
    with pytest.raises(ValueError, match="got both clip and server_url"):
        chosen_model("http://localhost:1", "see", "a clip", pictures=True)
