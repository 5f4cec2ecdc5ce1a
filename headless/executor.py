"""Runs a validated graph: what the output nodes need, in order, each node once, equal nodes from the cache."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

from ..sora_core.system.memory import is_out_of_memory
from .comfy_api_standin import HiddenValues
from .errors import GraphError
from .graph import Graph, GraphNode, Link
from .registry import Registry

Signature = tuple[Any, ...]


class Reporter(Protocol):
    """Hears when each node starts and ends."""

    def node_started(self, node: GraphNode, title: str) -> None:
        """Before a node runs; title is the node's display name."""

    def node_finished(self, node: GraphNode, title: str, seconds: float) -> None:
        """After it has run."""


@dataclass
class Report:
    """What a run did: seconds of each node that ran, in order, and the files that output nodes wrote."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    @property
    def total_seconds(self) -> float:
        """Seconds of all nodes together."""
        return sum(seconds for _, seconds in self.seconds)


class Executor:
    """Holds the cache, so that a second graph reuses what it has in common with the first."""

    def __init__(self, registry: Registry, out_dir: Path, clock: Callable[[], float] = time.perf_counter) -> None:
        self._registry = registry
        self._out_dir = out_dir
        self._clock = clock
        self._cache: dict[Signature, tuple[Any, ...]] = {}

    def run(self, graph: Graph, reporter: Reporter) -> Report:
        """Run a graph that `validate` has returned.

        Raises GraphError, with the node's name, for what a node refuses (ValueError) or the system does (OSError,
        MemoryError). All else is a fault of the program and comes through as it is.
        """
        report = Report()
        signatures: dict[str, Signature] = {}
        for node_id in self._order(graph):
            node = graph[node_id]
            signatures[node_id] = signature = self._signature(node, signatures)
            if signature not in self._cache or self._is_output(node):
                self._cache[signature] = self._run_node(node, signatures, report, reporter)
        return report

    def _order(self, graph: Graph) -> list[str]:
        """Ids of the nodes that output nodes need, sources first."""
        needed: dict[str, list[str]] = {}
        waiting = [node.id for node in graph.values() if self._is_output(node)]
        while waiting:
            node_id = waiting.pop()
            if node_id not in needed:
                needed[node_id] = [link.node_id for link in graph[node_id].links.values()]
                waiting += needed[node_id]
        return list(TopologicalSorter(needed).static_order())

    def _is_output(self, node: GraphNode) -> bool:
        return bool(self._registry[node.class_type].GET_SCHEMA().is_output_node)

    def _signature(self, node: GraphNode, signatures: dict[str, Signature]) -> Signature:
        """Equal for two nodes that must give the same outputs."""
        constants = {name: value for name, value in node.inputs.items() if not isinstance(value, Link)}
        sources = [(name, signatures[link.node_id], link.slot) for name, link in sorted(node.links.items())]
        fingerprint = getattr(self._registry[node.class_type], "fingerprint_inputs", None)
        seen = fingerprint(**constants) if fingerprint else None
        return (node.class_type, repr(sorted(constants.items())), tuple(sources), seen)

    def _run_node(
        self, node: GraphNode, signatures: dict[str, Signature], report: Report, reporter: Reporter
    ) -> tuple[Any, ...]:
        node_class = self._registry[node.class_type]
        title = node_class.GET_SCHEMA().display_name or node.class_type
        bound: Any = type(node.class_type, (node_class,), {"hidden": HiddenValues(unique_id=node.id)})
        inputs = {
            name: self._cache[signatures[value.node_id]][value.slot] if isinstance(value, Link) else value
            for name, value in node.inputs.items()
        }
        reporter.node_started(node, title)
        started = self._clock()
        try:
            output = bound.execute(**inputs)
        except (ValueError, OSError, FloatingPointError) as problem:
            raise GraphError(f"{node}: {problem}") from problem
        except (MemoryError, RuntimeError) as problem:
            raise _out_of_memory(node, problem) from problem
        seconds = self._clock() - started
        reporter.node_finished(node, title, seconds)
        report.seconds.append((f"{node.id} {title}", seconds))
        for saved in (output.ui or {}).get("images", []):
            report.files.append(self._out_dir / saved["subfolder"] / saved["filename"])
        return tuple(output.args)


def _out_of_memory(node: GraphNode, problem: Exception) -> Exception:
    """A GraphError where memory has run out (torch says so in a RuntimeError), else the problem itself."""
    if is_out_of_memory(problem):
        return GraphError(f"{node}: out of memory; make the video smaller or shorter ({problem})")
    return problem
