"""Solvers by name: one file each, all of them frozen objects without state of their own.

Which to pick, with measurements: docs/experiments/solvers.md.
"""

from __future__ import annotations

from typing import Any

from .adams_bashforth import AdamsBashforth
from .dpmpp_2m import DPMpp2M
from .euler import EULER, Euler
from .euler_ancestral import EulerAncestral
from .heun import Heun
from .res_multistep import ResMultistep
from .solver import Noise, Solver, Step, Velocity
from .unipc import UniPC

__all__ = [
    "EULER",
    "SOLVERS",
    "AdamsBashforth",
    "DPMpp2M",
    "Euler",
    "EulerAncestral",
    "Heun",
    "Noise",
    "ResMultistep",
    "Solver",
    "Step",
    "UniPC",
    "Velocity",
    "check_solver",
    "solver_named",
]

SOLVERS: dict[str, Solver[Any]] = {
    "euler": EULER,
    "heun": Heun(),
    "adams_bashforth": AdamsBashforth(),
    "unipc": UniPC(),
    "dpmpp_2m": DPMpp2M(),
    "euler_ancestral": EulerAncestral(),
    "res_multistep": ResMultistep(),
}


def solver_named(name: str) -> Solver[Any]:
    """A solver of SOLVERS; ValueError for any other name."""
    if name not in SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {name!r}")
    return SOLVERS[name]


def check_solver(solver: object) -> None:
    """ValueError unless it is a Solver object; names and classes are not."""
    if isinstance(solver, type) or not isinstance(solver, Solver):
        raise ValueError(f"solver must be a Solver object, such as SOLVERS['euler'], got {solver!r}")
