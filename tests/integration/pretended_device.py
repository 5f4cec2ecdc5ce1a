"""A graphics card that is not there: tensors say that they lie on it, and meet those of the CPU as they would there.

Their numbers lie on the CPU, where all is computed. It needs a torch that was built for CUDA, and no card or driver.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

torch._C._ensureCUDADeviceGuardSet()  # one that does nothing, where there is no driver
CARD = torch.device("cuda", 0)
MEMORY = 80 * 2**30  # bytes, all of them free
torch.cuda.mem_get_info = lambda device=None: (MEMORY, MEMORY)  # what a driver would say
CROSSING = {"aten._to_copy.default", "aten.copy_.default", "aten.index.Tensor", "aten._local_scalar_dense.default"}
"""What takes tensors of both: copies, and an index on the CPU"""


WAITING = {"aten._local_scalar_dense.default", "aten.nonzero.default", "aten._unique2.default"}
"""Whose result the program reads, or whose size depends on numbers; copies to the CPU beside them"""


class OnCard(torch.Tensor):
    """A tensor that says it lies on CARD. inner: its numbers, on the CPU."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> OnCard:
        strides, offset = inner.stride(), inner.storage_offset()
        made = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, inner.shape, strides=strides, storage_offset=offset, dtype=inner.dtype, device=CARD
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} outside of PretendedCard")

    def tolist(self) -> Any:
        return self.inner.tolist()

    def new_tensor(self, data: Any, **_: Any) -> OnCard:
        return OnCard(self.inner.new_tensor(data))


class PretendedCard(TorchDispatchMode):
    """Inside, whatever touches tensors of both devices is a RuntimeError, but for CROSSING and single numbers.

    computed: how often something was done with tensors that lie there. waits: how often the program had to wait for it.
    """

    _mode_key = torch._C._TorchDispatchModeKey.FAKE  # then torch does not look for a driver

    def __init__(self) -> None:
        super().__init__()
        self.computed = self.waits = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with self:  # in inference mode functions come whole
            made = func.decompose(*args, **(kwargs or {}))
        return made if made is not NotImplemented else self._run(func, args, dict(kwargs or {}))

    def _run(self, func: Any, args: Any, options: dict[str, Any]) -> Any:
        tensors = [x for x in tree_leaves((args, options)) if isinstance(x, torch.Tensor)]
        there = [x for x in tensors if isinstance(x, OnCard)]
        here = [x for x in tensors if not isinstance(x, OnCard) and x.ndim]
        if there and here and str(func) not in CROSSING:
            raise RuntimeError(f"{func} got {there[0].shape} on the card and {here[0].shape} on the CPU")
        is_there = bool(there)
        self.computed += is_there
        self.waits += bool(there) and str(func) in WAITING
        if options.get("device") is not None:
            self.waits += bool(there) and torch.device(options["device"]).type == "cpu"
            is_there, options["device"] = torch.device(options["device"]).type == CARD.type, torch.device("cpu")
        made = func(*tree_map(_inner, args), **tree_map(_inner, options))
        same = {id(_inner(x)): x for x in tensors}  # what is changed in place stays who it is

        def outer(x: Any) -> Any:
            if not isinstance(x, torch.Tensor):
                return x
            return same.get(id(x)) if id(x) in same else OnCard(x) if is_there else x

        return tree_map(outer, made)


def _inner(x: Any) -> Any:
    return x.inner if isinstance(x, OnCard) else x


def to_card(module: nn.Module) -> nn.Module:
    """The module with all its weights there."""
    for part in module.modules():
        for store in (part._parameters, part._buffers):
            store.update({name: OnCard(x.detach()) for name, x in store.items() if x is not None})  # type: ignore[arg-type]
    return module
