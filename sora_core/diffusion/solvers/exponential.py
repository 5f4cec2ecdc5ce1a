"""What DPM++ 2M and UniPC share: both integrate the prediction of the clean latents over the log SNR.

With alpha = 1 - level and sigma = level the exact solution (DPM-Solver++, https://arxiv.org/abs/2211.01095, eq. 9) for
a constant prediction is a straight line, finite at levels 0 and 1, where the log SNR is not: alpha * (exp(-h) - 1) of
the papers is next_level / level - 1.
"""

from __future__ import annotations

import torch


def log_snr(level: torch.Tensor) -> torch.Tensor:
    """lambda = log(alpha / sigma) = log((1 - level) / level): inf at level 0, -inf at level 1."""
    return ((1 - level) / level).log()


def towards(x: torch.Tensor, clean: torch.Tensor, level: torch.Tensor, next_level: torch.Tensor) -> torch.Tensor:
    """x moved from `level` to `next_level` on the straight line that meets level 0 at `clean`.

    Gives `clean` exactly where next_level is 0, and x exactly where the level does not change.
    """
    kept = torch.where(next_level == level, 1, next_level / level)  # 0 / 0 where a place is finished
    return kept * x + (1 - kept) * clean


def slope_of_clean(
    clean: torch.Tensor, level: torch.Tensor, clean_before: torch.Tensor, level_before: torch.Tensor
) -> torch.Tensor:
    """Change of the prediction per unit of log SNR over the previous step; 0 where the level did not change.

    From level 1 the previous step was infinitely long, so the slope is 0 as well.
    """
    length = log_snr(level) - log_snr(level_before)
    return torch.where(level != level_before, (clean - clean_before) / length, 0)


def extrapolated(
    clean: torch.Tensor, slope: torch.Tensor, level: torch.Tensor, next_level: torch.Tensor
) -> torch.Tensor:
    """The prediction at the middle of the step in log SNR; `clean` itself where the step is infinitely long."""
    finite = (next_level > 0) & (level < 1)
    length = torch.where(finite, log_snr(next_level) - log_snr(level), 0)
    return clean + length / 2 * slope
