"""Times several implementations in turns, so that other load affects them equally."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

Call = Callable[[], torch.Tensor]

HEADER = "seconds, median (range) | ours to it | largest difference"


def seconds_of(call: Callable[[], object]) -> float:
    """Measure the wall time of one call in seconds."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turns(calls: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Time each call once per round; returns the seconds by name. The caller warms them up."""
    rounds = [{name: seconds_of(call) for name, call in calls.items()} for _ in range(runs)]
    return {name: [one[name] for one in rounds] for name in calls}


def ratios(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """Divide round by round."""
    return [one / other for one, other in zip(ones, others, strict=True)]


def spread(values: Sequence[float]) -> str:
    """Format median (range) to four digits: "2.011 (1.962 to 2.052)"."""
    median, low, high = (f"{value:.4g}" for value in (statistics.median(values), min(values), max(values)))
    return median if len(values) == 1 else f"{median} ({low} to {high})"


def compare(calls: Mapping[str, Call], runs: int, *, limit: float = math.inf) -> Iterator[str]:
    """Yield the table cells of each call: its name and the columns of HEADER. The first call is ours.

    The difference is in units of the standard deviation of our output.

    limit: clamp all outputs to +-limit before, if a peer clamps.
    """
    outputs = {name: call().clamp(-limit, limit) for name, call in calls.items()}  # warms up too
    ours = next(iter(calls))
    scale = outputs[ours].std()
    off = {name: float((output - outputs[ours]).abs().max() / scale) for name, output in outputs.items()}
    outputs.clear()
    seconds = in_turns(calls, runs)
    for name in calls:
        ratio = spread(ratios(seconds[ours], seconds[name])) if name != ours else "1"
        yield f"{name} | {spread(seconds[name])} | {ratio} | {off[name]:.1e}"
