"""What nodes need of a host, and that each of the two has all of it."""

from __future__ import annotations

import ast

import pytest

from headless.pack import import_from_pack
from source_tree import ROOT, tree_of

HOSTS = {"headless/host.py": "HeadlessHost", "nodes/comfy/host.py": "ComfyHost"}


def methods(path: str, name: str) -> dict[str, list[str]]:
    """Arguments of each public method of a class, read from the source: ComfyUI need not be there."""
    (found,) = (node for node in tree_of(ROOT / path).body if isinstance(node, ast.ClassDef) and node.name == name)
    functions = [node for node in found.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return {function.name: [argument.arg for argument in function.args.args] for function in functions}


@pytest.mark.parametrize(("path", "name"), HOSTS.items())
def test_each_host_has_every_method_of_the_protocol_with_its_arguments(path, name):
    wanted, got = methods("nodes/host/protocol.py", "Host"), methods(path, name)
    assert len(wanted) > 12
    assert {method: got.get(method) for method in wanted} == wanted


def test_the_host_that_was_installed_last_is_the_current_one():
    host = import_from_pack("nodes.host")
    before = host.current() if host.is_installed() else None
    one, two = object(), object()
    try:
        host.install(one)
        host.install(two)
        assert host.is_installed()
        assert host.current() is two
    finally:
        if before is not None:
            host.install(before)


def test_a_node_that_nobody_runs_says_so(monkeypatch):
    protocol = import_from_pack("nodes.host.protocol")
    monkeypatch.setattr(protocol, "_installed", [])
    assert not protocol.is_installed()
    with pytest.raises(RuntimeError, match="neither ComfyUI nor headless runs them"):
        protocol.current()
