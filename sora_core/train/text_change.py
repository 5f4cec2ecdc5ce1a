"""A text encoder in place of another one: the DiT's first layers are fitted to the new tokens, so that the DiT sees in
them what it saw in those before, and goes on from what it has learnt.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import torch
from torch import nn

from ..checkpoint import load_text_encoder
from ..models.wan.dit import VideoDiT
from ..models.wan.dit.model import mean_of_tokens
from ..models.wan.text_encoder import TextEncoder

RIDGE = 1e-5  # beside token channels with a spread of about 1
RATE = 1e-3

Draw = Callable[[], list[str]]
"""Gives new captions."""


def take_trained(path: Path, encoders: Sequence[TextEncoder]) -> None:
    """Load a trained text encoder's weights and tokenizer into others. Raises ValueError for one of other sizes."""
    trained = load_text_encoder(path)
    for encoder in encoders:
        if trained.config != encoder.config:
            raise ValueError(f"the text encoder in {path} has other sizes than the preset; use one with its sizes")
        encoder.load_state_dict(trained.state_dict())
        encoder.tokenizer = trained.tokenizer


def fit_text_layers(dit: VideoDiT, former: TextEncoder, new: TextEncoder, draw: Draw, steps: int) -> None:
    """Change a DiT's text layers so that tokens of `new` give what tokens of `former` gave.

    The first layers are fitted by least squares, then all of them for so many batches of captions. The encoders read
    the same token ids.
    """
    embedding, pool = dit.text_embedding, dit.text_pool
    layers = nn.ModuleList([embedding] if pool is None else [embedding, pool])
    wanted = copy.deepcopy(layers)
    before, after = _tokens(former, new, [text for _ in range(max(1, steps // 15)) for text in draw()])
    _fit(cast("nn.Linear", embedding[0]), _real(after), _real(before))
    if pool is not None:
        _fit(pool, mean_of_tokens(after), mean_of_tokens(before))
    optimizer = torch.optim.Adam(layers.parameters(), RATE)
    falling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / max(1, steps))
    for _ in range(steps):
        before, after = _tokens(former, new, draw())
        loss = torch.zeros(())
        for number, (layer, target) in enumerate(zip(layers, wanted, strict=True)):
            inputs = (_real(before), _real(after)) if number == 0 else (mean_of_tokens(before), mean_of_tokens(after))
            with torch.no_grad():
                goal = target(inputs[0])
            loss = loss + (layer(inputs[1]) - goal).square().mean() / goal.var()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()


@torch.no_grad()
def _tokens(former: TextEncoder, new: TextEncoder, captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens [B L D] of both encoders for the same ids; padding is zero in both."""
    ids = new.tokenize(captions)
    ids = ids.to(next(new.parameters()).device)
    return former(ids), new(ids)


def _real(tokens: torch.Tensor) -> torch.Tensor:
    """Tokens [B L D] -> [N D] without padding."""
    return tokens[tokens.abs().sum(dim=-1) > 0]


@torch.no_grad()
def _fit(layer: nn.Linear, after: torch.Tensor, before: torch.Tensor) -> None:
    """Change a layer so that it gives for `after` [N D] what it gave for `before`, by ridge regression."""
    inputs = torch.cat([after, torch.ones_like(after[:, :1])], dim=1).double()
    square = inputs.T @ inputs / len(inputs) + RIDGE * torch.eye(
        inputs.shape[1], dtype=inputs.dtype, device=inputs.device
    )
    back = torch.linalg.solve(square, inputs.T @ before.double() / len(inputs))  # [D+1 D]: new tokens -> former ones
    weight = layer.weight.double()
    layer.bias.add_((weight @ back[-1]).to(layer.bias))
    layer.weight.copy_(weight @ back[:-1].T)
