"""EMA: the exponential moving average of a model's weights, which is exported and sampled."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Model = TypeVar("Model", bound=nn.Module)


class EMA(Generic[Model]):
    """Exponential moving average of a model's weights, as a copy of the model."""

    def __init__(self, model: Model, decay: float) -> None:
        self._model = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))

    @property
    def module(self) -> Model:
        """The model with averaged weights."""
        return cast("Model", self._model.module)

    def update(self, model: Model) -> None:
        """Update the average with the weights of `model`; the first call copies them."""
        self._model.update_parameters(model)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the averaged model."""
        return self._model.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load the state of the averaged model."""
        self._model.load_state_dict(state)
