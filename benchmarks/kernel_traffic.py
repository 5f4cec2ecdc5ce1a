"""Counts the kernels that a GPU would launch, and the bytes they read and write, on tensors without numbers.

On the meta device every operation is dispatched and nothing is computed. In half precision a step of a DiT waits for
launches and memory between its matrix products, so these counts say what a GPU waits for without one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CAST = "aten._to_copy.default"
OVERWRITES = "aten.copy_.default"  # changes its first operand without reading it


@dataclass
class Traffic:
    """What was launched.

    kernels: launches by name. read, written: bytes. peak: most bytes that lived at once of what was made meanwhile.
    """

    kernels: Counter[str] = field(default_factory=Counter)
    read: int = 0
    written: int = 0
    peak: int = 0

    @property
    def launches(self) -> int:
        """Number of kernels."""
        return self.kernels.total()

    @property
    def casts(self) -> int:
        """Number of kernels that only change the dtype or the device."""
        return self.kernels[CAST]

    @property
    def bytes(self) -> int:
        """Bytes read and written."""
        return self.read + self.written


def traffic_of(call: Callable[[], object], *, fused_norms: bool = True) -> Traffic:
    """Run a call on meta tensors without gradients and count.

    Views and allocations cost nothing. Attention is one kernel that reads q, k and v and writes its result. An operand
    costs the bytes of its elements, once: those that broadcasting repeats are cached.

    fused_norms: count RMS norms as the one kernel that torch has for them on CUDA (aten::_fused_rms_norm, where weight
        and input have one dtype), and not as the eight that the meta device dispatches.
    """
    counter = _Counter()
    with torch.no_grad(), counter, _Fused(counter, norms=fused_norms):
        call()
    return counter.traffic


class _Counter(TorchDispatchMode):
    """Counts each operation that is dispatched."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.traffic = Traffic()
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}  # storages made meanwhile, by address

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        made = func(*args, **named)
        given, results = _tensors((args, named)), _tensors(made)
        old = {_address(x) for x in given}
        fresh = [x for x in results if _address(x) not in old]
        self.keep(fresh)
        if results and (fresh or func._schema.is_mutable) and "empty" not in str(func):
            read = args[1:] if str(func) == OVERWRITES else (args, {k: v for k, v in named.items() if k != "out"})
            self.launch(str(func), _tensors(read), results)
        return made

    def launch(self, name: str, read: Iterable[torch.Tensor], written: Iterable[torch.Tensor]) -> None:
        """Count one kernel."""
        self.traffic.kernels[name] += 1
        self.traffic.read += sum(map(size_of, read))
        self.traffic.written += sum(map(size_of, written))

    def keep(self, made: Iterable[torch.Tensor]) -> None:
        """Note which storages live now."""
        self.alive = {key: (ref, size) for key, (ref, size) in self.alive.items() if not ref.expired()}
        for x in made:
            storage = x.untyped_storage()
            self.alive.setdefault(_address(x), (StorageWeakRef(storage), storage.nbytes()))
        self.traffic.peak = max(self.traffic.peak, sum(size for _, size in self.alive.values()))


class _Fused(TorchFunctionMode):
    """Counts attention, and RMS norms if asked, as one kernel each."""

    def __init__(self, counter: _Counter, *, norms: bool) -> None:
        super().__init__()
        self.counter, self.norms = counter, norms

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func is F.scaled_dot_product_attention:
            q, k, v = args[:3] if args else (named["query"], named["key"], named["value"])
            return self._launch("attention", q, k, v)
        if self.norms and func is F.rms_norm:
            x, weight = args[0], args[2] if len(args) > 2 else named.get("weight")
            if weight is None or weight.dtype == x.dtype:
                return self._launch("rms_norm", x, *([] if weight is None else [weight]))
        return func(*args, **named)

    def _launch(self, name: str, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Count a kernel whose result is laid out as its first operand."""
        result = torch.empty_like(x)
        self.counter.launch(name, (x, *others), (result,))
        return result


def size_of(x: torch.Tensor) -> int:
    """Count the bytes of the elements of a tensor, each once."""
    elements = 1
    for size, stride in zip(x.shape, x.stride(), strict=True):
        elements *= size if stride else min(size, 1)
    return elements * x.element_size()


def _tensors(tree: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def _address(x: torch.Tensor) -> int:
    return x.untyped_storage()._cdata
