"""Executor: runs the nodes of a validated graph that output nodes need, with a cache."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from ..nodes.output.kept_latents import DecodeOutOfMemory
from ..sora_core.system.memory import is_out_of_memory
from .comfy_api_standin import Hidden, HiddenValues, NodeOutput, Schema
from .errors import GraphError
from .graph import Graph, GraphNode, Link, in_api_format
from .registry import Registry

Signature = bytes  # a digest: that of a tuple of tuples would grow with every path through the graph


class Reporter(Protocol):
    """Receives the start and end of each node."""

    def node_started(self, node: GraphNode, title: str) -> None:
        """Called before a node runs; title is its display name."""

    def node_finished(self, node: GraphNode, title: str, seconds: float) -> None:
        """Called after it has run."""


@dataclass
class Report:
    """Result of a run: seconds of each node that ran, in order, and the files that output nodes wrote."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    @property
    def total_seconds(self) -> float:
        """Total seconds of all nodes."""
        return sum(seconds for _, seconds in self.seconds)


class Executor:
    """Runs graphs. Its cache keeps outputs, so that a second graph reuses those of equal nodes in the first."""

    def __init__(self, registry: Registry, out_dir: Path, clock: Callable[[], float] = time.perf_counter) -> None:
        self._registry = registry
        self._out_dir = out_dir
        self._clock = clock
        self._cache: dict[Signature, list[list[Any]]] = {}  # for each output its values, one unless a node gives more
        self._prompt: dict[str, Any] = {}

    def run(self, graph: Graph, reporter: Reporter) -> Report:
        """Run a graph from `validate`.

        Raises GraphError, with the node's name, if a node raises ValueError, OSError or FloatingPointError, or runs out
        of memory. Other exceptions are bugs and are not caught.
        """
        report = Report()
        signatures: dict[str, Signature] = {}
        self._prompt = in_api_format(graph)
        for node_id in self._order(graph):
            node = graph[node_id]
            signatures[node_id] = signature = self._signature(node, signatures)
            if signature not in self._cache or self._is_output(node):
                self._cache[signature] = self._run_node(node, signatures, report, reporter)
        return report

    def _order(self, graph: Graph) -> list[str]:
        """List the ids of the nodes that output nodes need, sources first."""
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
        """Compute the cache key of a node: equal for nodes that give the same outputs."""
        constants = {name: value for name, value in node.inputs.items() if not isinstance(value, Link)}
        sources = [(name, signatures[link.node_id], link.slot) for name, link in sorted(node.links.items())]
        fingerprint = getattr(self._registry[node.class_type], "fingerprint_inputs", None)
        linked = self._linked_outputs(node) if self._sees_graph(node) else None
        try:
            known = fingerprint is not None and set(inspect.signature(fingerprint).parameters) <= set(constants)
            file_state = fingerprint(**constants) if fingerprint is not None and known else None
        except (ValueError, OSError) as problem:  # the file may be gone since the graph was checked
            raise GraphError(f"{node}: {problem}") from problem
        parts = (node.class_type, sorted(constants.items()), sources, file_state, linked)
        return sha256(repr(parts).encode()).digest()

    def _sees_graph(self, node: GraphNode) -> bool:
        """Whether a node asks for the graph, so that its outputs may depend on what is connected to it."""
        return Hidden.prompt in self._registry[node.class_type].GET_SCHEMA().hidden

    def _linked_outputs(self, node: GraphNode) -> tuple[int, ...]:
        values = [value for other in self._prompt.values() for value in other["inputs"].values()]
        links = [value for value in values if isinstance(value, list)]
        return tuple(sorted({slot for node_id, slot in links if node_id == node.id}))

    def _run_node(
        self, node: GraphNode, signatures: dict[str, Signature], report: Report, reporter: Reporter
    ) -> list[list[Any]]:
        """Run a node once for each value of its longest input, as the host does; returns the values of each output."""
        node_class = self._registry[node.class_type]
        schema: Schema = node_class.GET_SCHEMA()
        title = schema.display_name or node.class_type
        graph = self._prompt if self._sees_graph(node) else None
        bound: Any = type(node.class_type, (node_class,), {"hidden": HiddenValues(unique_id=node.id, prompt=graph)})
        inputs = {
            name: self._cache[signatures[value.node_id]][value.slot] if isinstance(value, Link) else [value]
            for name, value in node.inputs.items()
        }
        times = max(map(len, inputs.values()), default=1)
        reporter.node_started(node, title)
        started = self._clock()
        outputs = []
        for turn in range(times):
            given = {name: values[min(turn, len(values) - 1)] for name, values in inputs.items()}
            outputs.append(_executed(node, bound, schema.nested(given)))
        seconds = self._clock() - started
        reporter.node_finished(node, title, seconds)
        report.seconds.append((f"{node.id} {title}", seconds))
        for saved in (each for output in outputs for each in (output.ui or {}).get("images", [])):
            report.files.append(self._out_dir / saved["subfolder"] / saved["filename"])
        return _values(outputs, schema)


def _executed(node: GraphNode, bound: Any, inputs: dict[str, Any]) -> NodeOutput:
    """The outputs of a node for one value of each input."""
    try:
        output: NodeOutput = bound.execute(**inputs)
    except (ValueError, OSError, FloatingPointError) as problem:
        raise GraphError(f"{node}: {problem}") from problem
    except (MemoryError, RuntimeError) as problem:
        raise _out_of_memory(node, problem) from problem
    except (Exception, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as problem:  # a panic in a library's Rust code
        raise GraphError(f"{node}: {type(problem).__name__}: {problem}") from problem
    return output


def _values(outputs: list[NodeOutput], schema: Schema) -> list[list[Any]]:
    """The values of each output of a node, from all times that it ran; those of a list are values of their own."""
    return [
        [
            value
            for output in outputs
            for value in (output.args[slot] if declared.is_output_list else [output.args[slot]])
        ]
        for slot, declared in enumerate(schema.outputs)
    ]


def _out_of_memory(node: GraphNode, problem: Exception) -> Exception:
    """Return a GraphError if the problem is out of memory (a RuntimeError from torch), else the problem itself."""
    if isinstance(problem, DecodeOutOfMemory):
        return GraphError(f"{node}: {problem}")
    if is_out_of_memory(problem):
        return GraphError(f"{node}: out of memory; make the video smaller or shorter ({problem})")
    return problem
