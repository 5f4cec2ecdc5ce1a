"""How each part is trained: shares, rates, pools and curricula. Defaults are those of `nano`; tests pass small ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..models.captioner import CaptionerConfig
from ..models.nano import NANO, NANO_128, Preset
from ..models.wan.vae.losses import VAELossWeights
from ..world.flat import Flat
from .caption_choice import ALL_CAPTIONS, CaptionChoice
from .clip_pool import Refresh
from .objective import EARLY, LATE, Mix
from .square_crops import Clips, squares


@dataclass(frozen=True)
class Curriculum:
    """Lengths of the VAE's training clips, and the learning rate.

    short_steps: number of steps with lengths from `short`; more scenes per step teach colours and outlines sooner.
    short, long: lengths in frames, drawn uniformly; without long clips colours drift along a clip.
    rate: factor on the learning rates.
    crop: side in pixels of the squares that are cut from the frames in the short steps, so that a step has more
        scenes; 0 for whole frames.
    """

    short_steps: int
    short: tuple[int, ...]
    long: tuple[int, ...]
    rate: float
    crop: int = 0

    @property
    def longest(self) -> int:
        """The longest clip in frames."""
        return max(self.short + self.long)


@dataclass(frozen=True)
class VAETrainConfig:
    """Training of the VAE.

    frames_per_step: whole pixel frames in a step of each process.
    latent_noise: standard deviation of the noise on the latents that the decoder learns to bear, in those of the
        channels; each clip has a share of it. It makes samples of an imperfect DiT look better
        (https://arxiv.org/abs/2507.15856).
    transition_share: transitions among the clips of the domains that have them.
    pool: rendered clips of each process, of all shapes together; each step cuts its clips from them.
    first_log_variance: of a new VAE; with 0 the latents would drown in noise for the first thousand steps.
    statistics_batches: batches of `statistics_clips` on which the latents' mean and standard deviation are measured.
    sheet_clips: clips on a sheet.
    """

    frames_per_step: int = 51
    muon_rate: float = 0.006
    adam_rate: float = 1e-3
    ema_decay: float = 0.998
    loss: VAELossWeights = field(default=VAELossWeights(squared=4.0, edges=0.1, changes=1.0, kl=2e-8))
    first_log_variance: float = -6.0
    latent_noise: float = 0.0
    transition_share: float = 0.4
    pool: Refresh = field(default=Refresh(first=48, per_step=0.5, capacity=600))
    from_scratch: Curriculum = Curriculum(1000, (5, 5, 5, 5, 9, 17), (5, 9, 17, 17), rate=1.0)
    further: Curriculum = Curriculum(0, (), (5, 9, 17, 33), rate=0.5)
    of_decoder: Curriculum = Curriculum(0, (), (9, 17, 17, 33), rate=0.4)
    statistics_batches: int = 16
    statistics_clips: int = 8
    sheet_clips: int = 8


@dataclass(frozen=True)
class CanvasShares:
    """Relative shares of steps for each kind of canvas; see canvases.Canvases."""

    clip: float = 0.56
    still: float = 0.06
    region: float = 0.06
    window: float = 0.2
    connection: float = 0.12
    stretches: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A part of the DiT's training. mix: levels of whole clips and of stills."""

    mix: Mix
    shares: CanvasShares = CanvasShares()


@dataclass(frozen=True)
class DiTTrainConfig:
    """Training of the DiT and its text encoder. Counts are of all processes together.

    patches_per_step: patches in a step, of which each clip of the step has a part.
    max_batch: the most clips in a step, however small they are, because each has a text.
    early_steps: steps of the stage `early`, which training from a trained model leaves out; then comes `late`.
    text_drop: share of samples without text, for classifier-free guidance.
    text_drop_beside_clips: the same beside known clips, which show more than the text.
    text_fit_steps: batches of captions by which a trained DiT is fitted to another text encoder.
    window: fewest and most latent frames of a window from mid-clip.
    pool: encoded clips of all kinds and shapes together.
    still_pool: encoded single images of all sizes together.
    sheet_clips: prompts on a sheet.
    """

    patches_per_step: int = 5120
    max_batch: int = 128
    muon_rate: float = 0.02
    adam_rate: float = 1e-3
    ema_decay: float = 0.997
    early_steps: int = 1000
    early: Stage = Stage(EARLY)
    late: Stage = Stage(LATE)
    text_drop: float = 0.1
    text_drop_beside_clips: float = 0.5
    text_fit_steps: int = 600
    window: tuple[int, int] = (4, 9)
    pool: Refresh = field(default=Refresh(first=800, per_step=6, capacity=4500))
    still_pool: Refresh = field(default=Refresh(first=400, per_step=8, capacity=8000))
    sheet_clips: int = 8


@dataclass(frozen=True)
class TextTrainConfig:
    """Training of the text encoder alone.

    captions_per_step: captions in a step of each process.
    noise: standard deviation of the noise on the mean token, in those of the tokens' channels, through which the facts
        are read. Without it a fact may change the tokens so little that a DiT hardly sees it.
    fact_scenes: scenes from which the list of all facts is made.
    """

    captions_per_step: int = 128
    rate: float = 1e-3
    noise: float = 0.0
    ema_decay: float = 0.995
    fact_scenes: int = 4000


@dataclass(frozen=True)
class CaptionerTrainConfig:
    """Training of the captioner.

    model: its sizes; the channels of the latents are those of the VAE.
    longest: frames of the longest clips; of the preset's shapes those with more are left out.
    clips_per_step: clips in a step of each process.
    latent_noise: the most noise on latents, so that those of generated clips are read too.
    facts_weight: of the loss of the facts that are read from the encoder, which learns what clips show before the
        decoder asks for it.
    fact_scenes: scenes from which the list of all facts is made.
    flat: the flat domain. The shape of a small object is hard to see: where colours and motion tell which shapes
        training has, a captioner goes by them, and is wrong of what training never has.
    pool: encoded clips of all shapes together.
    """

    model: CaptionerConfig = field(default=CaptionerConfig())
    longest: int = 17
    clips_per_step: int = 32
    muon_rate: float = 0.02
    adam_rate: float = 1e-3
    latent_noise: float = 0.2
    facts_weight: float = 0.1
    fact_scenes: int = 4000
    flat: Flat = field(default=Flat(balanced=True))
    ema_decay: float = 0.99
    pool: Refresh = field(default=Refresh(first=1600, per_step=10, capacity=12000))
    sheet_clips: int = 8


@dataclass(frozen=True)
class TrainConfig:
    """Training of a model.

    domains: names of the world's domains with the relative shares of their clips.
    captions: which captions the clips have.
    cut_from: shapes of the clips from which the preset's square ones are cut; empty for whole clips.
    """

    preset: Preset
    domains: tuple[tuple[str, float], ...] = (("flat", 1.0),)
    captions: CaptionChoice = ALL_CAPTIONS
    cut_from: Clips = ()
    text: TextTrainConfig = TextTrainConfig()
    captioner: CaptionerTrainConfig = CaptionerTrainConfig()
    vae: VAETrainConfig = VAETrainConfig()
    dit: DiTTrainConfig = DiTTrainConfig()

    def with_square_crops(self) -> TrainConfig:
        """Return the same training on square clips that are cut from clips of the preset's shapes."""
        preset = self.preset
        clips = squares(preset.clips, preset.vae.compression, preset.dit.patch_size)
        return replace(self, preset=replace(preset, clips=clips), cut_from=preset.clips)


TRAININGS = {
    "nano": TrainConfig(
        NANO,
        text=TextTrainConfig(noise=0.7),
        captioner=CaptionerTrainConfig(pool=Refresh(first=1600, per_step=10, capacity=8000)),
        dit=DiTTrainConfig(
            late=Stage(LATE, CanvasShares(0.44, still=0.04, region=0.06, window=0.18, connection=0.14, stretches=0.14))
        ),
    ),
    "nano-128": TrainConfig(
        NANO_128,
        domains=(("solids", 4.0), ("flat", 1.5), ("game", 1.5), ("painter", 1.0), ("shots", 1.0)),
        vae=VAETrainConfig(
            latent_noise=0.15, from_scratch=Curriculum(900, (5, 5, 5, 9), (5, 9, 17, 17), rate=1.0, crop=64)
        ),
        text=TextTrainConfig(noise=0.7),
        captioner=CaptionerTrainConfig(
            CaptionerConfig(encoder_layers=4, stem=64), pool=Refresh(first=1600, per_step=14, capacity=16000)
        ),
        dit=DiTTrainConfig(
            early_steps=1500,
            early=Stage(EARLY, CanvasShares(clip=0.35, still=0.45, region=0.03, window=0.12, connection=0.05)),
            late=Stage(LATE, CanvasShares(0.54, still=0.06, region=0.06, window=0.2, connection=0.06, stretches=0.08)),
            pool=Refresh(first=800, per_step=2.5, capacity=6000),
            still_pool=Refresh(first=1500, per_step=8, capacity=16000),
        ),
    ),
}
"""Trainings by name."""


def training_of(name: str) -> TrainConfig:
    """Return the training of this name; raises ValueError if there is none."""
    if name not in TRAININGS:
        raise ValueError(f"got the preset {name!r}, expected one of {', '.join(TRAININGS)}")
    return TRAININGS[name]
