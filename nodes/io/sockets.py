"""Inputs and outputs that several nodes share, with their tooltips."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

SIZE = "Side in pixels of a square with the same area; the aspect ratio is kept. The bundled model is trained at 64."
FPS = (
    "Frames per second that the model was trained at: 8 for the bundled one, 16 for Wan 2.1. A video of "
    "another rate is resampled; an IMAGE batch is read at this rate."
)
AUDIO_VAE = (
    "For models that make sound with their frames (LTX-2, MiniMax-H3): their audio VAE. The sound of the source is "
    "kept where its frames are, and the rest is generated; not connected, such a model generates all of it. Of a model "
    "of frames alone, Sora Decode to Video writes the source's sound beside its frames."
)
CANVAS = "The canvas for Sora Sampler or the core KSampler: known parts are kept, the rest is generated."
LONGEST = 600.0  # seconds
STEP = 0.05  # seconds; the front end rounds to as many decimals as the step's first digit has, so that 0.25 becomes 0.3


def model_input() -> Any:
    """A MODEL to set an option for Sora Sampler on."""
    return io.Model.Input("model", tooltip="The diffusion transformer.")


def model_output() -> Any:
    """The MODEL with the option."""
    return io.Model.Output(
        display_name="model", tooltip="The model with this option for Sora Sampler; other samplers ignore the option."
    )


def source_input(name: str, tooltip: str, *, latent: bool = False, optional: bool = False) -> Any:
    """A VIDEO or IMAGE input; latent: LATENT too."""
    types = [io.Video, io.Image, io.Latent] if latent else [io.Video, io.Image]
    return io.MultiType.Input(name, types=types, optional=optional, tooltip=tooltip)


def vae_input() -> Any:
    """The VAE that sets the grid."""
    return io.Vae.Input("vae", tooltip="The VAE of the model; it sets the grid.")


def audio_vae_input(tooltip: str = AUDIO_VAE) -> Any:
    """The audio VAE of a model that makes sound with its frames; the last input of a node."""
    return io.Vae.Input("audio_vae", optional=True, tooltip=tooltip)


def size_input(tooltip: str = SIZE) -> Any:
    """The side of a square with the area of the video."""
    return io.Int.Input("size", default=64, min=16, max=4096, step=16, tooltip=tooltip)


def fps_input(tooltip: str = FPS) -> Any:
    """Frames per second of the model, or of images."""
    return io.Float.Input("fps", default=8.0, min=1.0, max=120.0, step=1.0, tooltip=tooltip)


def seconds_input(name: str, default: float, tooltip: str, least: float = 0.0) -> Any:
    """A duration or a time."""
    return io.Float.Input(name, default=default, min=least, max=LONGEST, step=STEP, tooltip=tooltip)


def seconds_problem(**times: float | None) -> str:
    """What the host would say of times out of their range, for nodes that check them together; "" for right ones."""
    wrong = [f"{name} is {time:g} s" for name, time in times.items() if time is not None and not 0 <= time <= LONGEST]
    return f"{wrong[0]}, expected 0 to {LONGEST:g} s" if wrong else ""


def share_input(name: str, default: float, tooltip: str) -> Any:
    """A number in 0..1."""
    return io.Float.Input(name, default=default, min=0.0, max=1.0, step=0.01, tooltip=tooltip)


def canvas_output(tooltip: str = CANVAS) -> Any:
    """The canvas of a node."""
    return io.Latent.Output(display_name="latent", tooltip=tooltip)


def fps_output() -> Any:
    """Frames per second for the decoder."""
    return io.Float.Output(display_name="fps", tooltip="Frames per second, for the decoder.")
