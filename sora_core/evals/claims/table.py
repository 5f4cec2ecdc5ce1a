"""Every claim by name. Modules are imported when a claim is asked for, because they import torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .claim import Claim


def _three_d() -> Claim:
    from .three_d import ThreeD

    return ThreeD()


def _permanence() -> Claim:
    from .permanence import Permanence

    return Permanence()


def _interaction() -> Claim:
    from .interaction import Interaction

    return Interaction()


def _digital_world() -> Claim:
    from .digital_world import DigitalWorld

    return DigitalWorld()


def _compute() -> Claim:
    from .compute import Compute

    return Compute()


def _native_sizes() -> Claim:
    from .native_sizes import NativeSizes

    return NativeSizes()


def _captions() -> Claim:
    from .captions import Captions

    return Captions()


def _expansion() -> Claim:
    from .expansion import Expanded

    return Expanded()


def _round_trip() -> Claim:
    from .round_trip import RoundTrip

    return RoundTrip()


def _limits() -> Claim:
    from .limits import Limits

    return Limits()


def _shots() -> Claim:
    from .shots import SeveralShots

    return SeveralShots()


CLAIMS: dict[str, Callable[[], Claim]] = {
    "3d": _three_d,
    "permanence": _permanence,
    "interaction": _interaction,
    "digital-world": _digital_world,
    "shots": _shots,
    "compute": _compute,
    "native-sizes": _native_sizes,
    "captions": _captions,
    "expansion": _expansion,
    "round-trip": _round_trip,
    "limits": _limits,
}
