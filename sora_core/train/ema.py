"""The exponential moving average of the weights, which is what gets exported and sampled."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Model = TypeVar("Model", bound=nn.Module)


class Average(Generic[Model]):
    """A copy of a model that follows it."""

    def __init__(self, model: Model, decay: float) -> None:
        self._averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))

    @property
    def module(self) -> Model:
        """The averaged model."""
        return cast("Model", self._averaged.module)

    def update(self, model: Model) -> None:
        """Move a little towards `model`; the first call copies it."""
        self._averaged.update_parameters(model)

    def state_dict(self) -> dict[str, Any]:
        """Of the averaged model."""
        return self._averaged.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Of the averaged model."""
        self._averaged.load_state_dict(state)
