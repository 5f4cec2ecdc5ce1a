"""The captioner that a node's inputs choose."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


def test_without_clip_and_server_the_captioner_of_the_model_is_chosen_and_for_nano_alone(nodes, monkeypatch):
    chosen_captioner = import_from_pack("nodes.text.captioners").chosen_captioner
    monkeypatch.setattr(import_from_pack("nodes.host").current(), "captioner", lambda name: name, raising=False)
    assert chosen_captioner("nano", "", "", "tiny", None) == "tiny"
    assert chosen_captioner("nano", "", "", None, None) == "nano (demo model)"
    with pytest.raises(ValueError, match="only captions of nano are written without one; connect a CLIP"):
        chosen_captioner("wan", "", "", "tiny", None)


def test_a_server_writes_in_the_form_of_the_family(nodes):
    chosen = import_from_pack("nodes.text.captioners").chosen_captioner("ltx", "http://localhost:1", "see", None, None)
    assert chosen.family.title == "LTX-2"
    assert chosen.model.backend.version == "see"
