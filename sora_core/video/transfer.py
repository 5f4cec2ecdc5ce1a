"""Brings the colours of HDR and wide-gamut video to sRGB: PQ, HLG, BT.2020 and Display P3 (ITU-R BT.2100, BT.2408).

Reference white, 203 cd/m2, becomes white as bright as SDR's; what is brighter is rolled off, as in BT.2390.
"""

from __future__ import annotations

import torch

BT709, BT2020, P3 = 1, 9, 12  # codes of primaries in ITU-T H.273
PQ, HLG = 16, 18  # codes of transfer characteristics
HDR = {PQ: "PQ", HLG: "HLG"}
WIDE = {BT2020: "BT.2020", P3: "Display P3"}

WHITE, PEAK = 203.0, 1000.0  # cd/m2
SDR_GAMMA = 2.4  # BT.1886, of displays for the signals that are kept as they are
KNEE = 0.75  # linear light, 1 = white; from there up it is rolled off
TO_BT709 = {
    BT2020: ((1.660491, -0.587641, -0.072850), (-0.124550, 1.132900, -0.008349), (-0.018151, -0.100579, 1.118730)),
    P3: ((1.224940, -0.224940, 0.0), (-0.042057, 1.042057, 0.0), (-0.019638, -0.078636, 1.098274)),
}
LUMA = {BT709: (0.2126, 0.7152, 0.0722), BT2020: (0.2627, 0.6780, 0.0593), P3: (0.2290, 0.6917, 0.0793)}


def needs_conversion(primaries: int, transfer: int) -> bool:
    """Whether a signal with these codes is no sRGB to be shown as it is."""
    return transfer in HDR or primaries in WIDE


def describe(primaries: int, transfer: int) -> str:
    """What it is, for a notice: "HDR (PQ, BT.2020)"."""
    kind = "HDR" if transfer in HDR else "wide gamut"
    return f"{kind} ({', '.join(name for name in (HDR.get(transfer), WIDE.get(primaries)) if name)})"


def to_srgb(signal: torch.Tensor, primaries: int, transfer: int) -> torch.Tensor:
    """Convert a signal [... 3] in 0..1 with these codes to [... 3] in 0..1 for an SDR display with BT.709 primaries."""
    if not needs_conversion(primaries, transfer):
        return signal
    source = primaries if primaries in LUMA else BT709
    light = _light(signal.clamp(0, 1), source, transfer)  # linear, 1 = white
    if source in TO_BT709:
        light = light @ torch.tensor(TO_BT709[source]).to(light).T
    if transfer in HDR:
        light = _rolled_off(light)
    return light.clamp(0, 1) ** (1 / SDR_GAMMA)


def _light(signal: torch.Tensor, primaries: int, transfer: int) -> torch.Tensor:
    if transfer == PQ:
        power = signal ** (1 / 78.84375)
        return ((power - 0.8359375).clamp(min=0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125) * (
            10_000 / WHITE
        )
    if transfer == HLG:
        scene = torch.where(
            signal <= 0.5, signal**2 / 3, (torch.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
        )
        luma = (scene * torch.tensor(LUMA[primaries]).to(scene)).sum(-1, keepdim=True)
        return scene * luma.clamp(min=1e-6) ** 0.2 * (PEAK / WHITE)  # system gamma 1.2 of a display of 1000 cd/m2
    return signal**SDR_GAMMA


def _rolled_off(light: torch.Tensor) -> torch.Tensor:
    """Bring light up to the peak below 1, by its brightest channel, so that hues stay."""
    top = light.amax(-1, keepdim=True).clamp(min=1e-6)
    room, span = 1 - KNEE, PEAK / WHITE - KNEE
    over = (top - KNEE).clamp(min=0) / span  # 0..1 up to the peak
    curve = span / room  # slope 1 at the knee
    rolled = KNEE + room * (curve * over * (1 + over / curve) / (1 + curve * over)).clamp(max=1)
    return light * torch.where(top > KNEE, rolled / top, torch.ones_like(top))
