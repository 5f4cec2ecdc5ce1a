"""BundledCaptioner: describes frames by the small captioner of a model's folder, through the latents of its VAE."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import torch

from ..canvas.shapes import Compression, VideoShape
from ..checkpoint import CheckpointError, load_captioner, load_vae, read_metadata
from ..checkpoint.model_folders import find_model
from ..language.film import Film, Frames, film_of
from ..language.grammar import WorldReader
from ..language.results import BackEnd, Caption
from ..models.captioner import Captioner
from ..models.trained_on import UNKNOWN, TrainedOn
from ..models.wan.families import OWN
from ..models.wan.vae import VideoVAE
from ..system.device import usable_device
from ..system.polling import Poll, never
from ..video.budgets import check_repeats
from ..video.geometry import cover
from ..video.timeline import Timeline, exact_rate

SHORTEST = 17  # frames that a clip is lengthened to by its last one: of the shortest clips of training
LONGEST = 49  # frames of a stretch where training does not say
MOST_STRETCHES = 8  # of a long clip
SEEN = 0.8  # of the picture, below which a notice says that the rest was cut off


class BundledCaptioner:
    """A Captioner of nano's world. name: of the model. trained_on, fps: the clips that the captioner was trained on.

    A clip of more frames than those is described in up to MOST_STRETCHES stretches, evenly spaced.

    Raises ValueError for a captioner that reads the latents of another VAE.
    """

    def __init__(
        self, vae: VideoVAE, captioner: Captioner, *, name: str, fps: float = OWN.fps, trained_on: TrainedOn = UNKNOWN
    ) -> None:
        channels = captioner.config.latent_channels
        if channels != vae.latent_channels:
            raise ValueError(
                f"the captioner reads latents of {channels} channels, but the VAE gives {vae.latent_channels}; use the "
                "VAE that it was trained with"
            )
        self.vae, self.captioner, self.fps = vae.eval(), captioner.eval(), fps
        self.backend = BackEnd("the bundled captioner", name)
        self._sizes = trained_on.sizes or ((OWN.width, OWN.height),)
        self._longest = vae.compression.time_grid.nearest((trained_on.frames or LONGEST) - 1)
        self._reader = WorldReader()

    @classmethod
    def load(cls, model: str | Path = "nano", *, device: torch.device | str = "cpu") -> BundledCaptioner:
        """Load the captioner and the VAE of a model, as Pipeline.load finds it.

        Raises CheckpointError where the model has no captioner, and for broken files.
        """
        place, files = usable_device(device), find_model(model)
        name = files.dit.parent.name
        if files.captioner is None:
            raise CheckpointError(
                f"{name} has no captioner yet (there is no captioner.safetensors beside {files.dit}): use a server "
                "whose model sees pictures (server_url, --llm-url) or, in ComfyUI, a clip that sees and writes; "
                "`python -m sora_core.train captioner` trains a captioner"
            )
        captioner, vae = load_captioner(files.captioner, device=place), load_vae(files.vae, device=place)
        seen = _clips_of(files.captioner, vae.compression)
        trained_on = seen if seen.sizes else files.trained_on()
        return cls(vae, captioner, name=name, fps=files.family().fps, trained_on=trained_on)

    def describe(self, frames: Frames, fps: float, *, seed: int = 0, poll: Poll = never) -> Caption:
        """See Captioner; its text is the most likely one, whatever the seed."""
        film = film_of(frames)
        size, texts = self._size(film), list[str]()
        for wanted in self._stretches(film.shape[0], fps):
            pixels = self._pixels(film, wanted, size, poll)
            latents = torch.cat([*self.vae.encode_stream(pixels)], dim=2)
            texts += filter(None, self.captioner.describe(latents, poll=poll))
        texts = list(dict.fromkeys(texts))
        if not texts:
            raise ValueError(f"{self.backend} gave no description: it wrote no text")
        facts = chain.from_iterable(map(self._reader.facts, texts))
        return Caption(" ".join(texts), self.backend, tuple(dict.fromkeys(facts)), _notice(film, size))

    def _size(self, film: Film) -> tuple[int, int]:
        """Height and width of training whose shape is nearest to that of a clip, and then whose area is."""
        _, height, width, _ = film.shape

        def distance(size: tuple[int, int]) -> tuple[float, float]:
            shape = abs(math.log(size[0] * height / (size[1] * width)))
            return round(shape, 6), abs(math.log(size[0] * size[1] / (height * width)))

        nearest = min(self._sizes, key=distance)
        fitted = self.vae.compression.nearest(VideoShape(1, nearest[1], nearest[0]))
        return fitted.height, fitted.width

    def _stretches(self, frames: int, fps: float) -> list[list[int]]:
        """Which of a clip's frames to show in each stretch, at the rate of training."""
        shown, ratio = Timeline(frames, exact_rate(fps)), self.vae.compression
        wanted = shown.at(exact_rate(self.fps))
        check_repeats(wanted.frames, frames)
        count = min(MOST_STRETCHES, math.ceil(wanted.frames / self._longest))
        length = max(SHORTEST, math.ceil(wanted.frames / count))
        length = min(self._longest, ratio.time_grid.nearest(length - 1 + (ratio.time - 1) / 2))  # rounded up
        room = max(0, wanted.frames - length)
        starts = [round(room * place / max(1, count - 1)) for place in range(count)]
        last = wanted.frames - 1
        return [[shown.shown_at(wanted.middle(min(at + step, last))) for step in range(length)] for at in starts]

    def _pixels(self, film: Film, wanted: Sequence[int], size: tuple[int, int], poll: Poll) -> Iterator[torch.Tensor]:
        """Yield frames [1 3 1 H W] in -1..1."""
        weight = next(self.vae.parameters())
        for frame in film.read(wanted):
            poll()
            fitted = cover(frame.movedim(-1, 0)[None].float() / 255, *size)  # [1 3 H W]
            yield fitted[:, :, None].to(weight) * 2 - 1


def _clips_of(path: Path, compression: Compression) -> TrainedOn:
    """Return which clips a captioner's file says that it was trained on."""
    try:
        return TrainedOn.of_metadata(read_metadata(path), {}, compression=compression)
    except ValueError as error:
        raise CheckpointError(f"{path} has broken metadata: {error}") from error


def _notice(film: Film, size: tuple[int, int]) -> str:
    """Say so where much of the picture was cut off to have a shape of training."""
    _, height, width, _ = film.shape
    seen = min(size[0] * width, size[1] * height) / max(size[0] * width, size[1] * height)
    if seen >= SEEN:
        return ""
    return f"the captioner saw the middle {seen:.0%} of the picture: it was trained on {size[1]}x{size[0]} and the like"
