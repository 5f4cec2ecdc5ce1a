"""`python -m benchmarks.dit_heads` trains small DiTs on single images of the world and compares what their heads give.

Each gets the same images, captions, noise and CPU seconds of one thread: patches of 2x2 latents with a head that gives
velocity or clean latents, and clean latents from patches of one latent. The error is that of the velocity on images
which were not trained on, by noise level; lower is better.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from sora_core.canvas.shapes import PatchSize, VideoShape
from sora_core.checkpoint import load_text_encoder, load_vae
from sora_core.diffusion.flow import add_noise, velocity_target
from sora_core.models.nano import NANO
from sora_core.models.wan.dit import VideoDiT
from sora_core.train.config import training_of
from sora_core.train.ema import EMA
from sora_core.train.objective import draw_levels
from sora_core.train.optimizer import MuonAdamW
from sora_core.train.sources import build_sources

ARMS = {
    "2x2 latents, velocity": ((1, 2, 2), False),
    "2x2 latents, clean latents": ((1, 2, 2), True),
    "1x1 latents, clean latents": ((1, 1, 1), True),
}
BANDS = ((0.0, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.0))  # of the noise level
TOKENS = 1024  # a step
HELD_OUT = 256  # images
TEXT_DROP = 0.1


@dataclass(frozen=True)
class Images:
    """Latents [N C 1 H W] of images, and their encoded captions [N L D]; the first HELD_OUT are for the error."""

    latents: torch.Tensor
    texts: torch.Tensor

    @classmethod
    def drawn(cls, count: int, vae: Path, text_encoder: Path) -> Images:
        """Draw images of the mixture of nano and encode them."""
        source = build_sources(training_of("nano").domains, 8.0, torch.device("cpu"), step=4).clips
        coder, encoder, rng = load_vae(vae).eval(), load_text_encoder(text_encoder).eval(), random.Random(0)
        latents, texts = [], []
        with torch.no_grad():
            for _ in range(0, count, 32):
                scenes = source.draw(32, VideoShape(1, 128, 128), rng)
                latents.append(coder.encode(source.render(scenes, VideoShape(1, 128, 128))))
                texts.append(encoder(encoder.tokenize(source.captions(scenes, rng, still=True))))
        return cls(torch.cat(latents), torch.cat(texts))


def trained(images: Images, patch: PatchSize, *, clean: bool, seconds: float) -> tuple[VideoDiT, int]:
    """Train a DiT for so many CPU seconds; returns the average of its weights and the number of steps."""
    torch.manual_seed(0)
    dit = VideoDiT(replace(NANO.dit, patch_size=patch, clean_prediction=clean))
    ema = EMA(dit, 0.95)
    optimizer = MuonAdamW(
        dit.named_parameters(),
        is_hidden=lambda name: name.startswith("blocks.") and name.endswith("weight"),
        muon_rate=0.02,
        adam_rate=1e-3,
    )
    batch = TOKENS * patch[1] * patch[2] // images.latents[0, 0].numel()
    generator = torch.Generator().manual_seed(1)
    started, steps = time.process_time(), 0
    while (share := (time.process_time() - started) / seconds) < 1:
        chosen = torch.randint(HELD_OUT, len(images.latents), (batch,), generator=generator)
        text = images.texts[chosen]
        text[torch.rand(batch, generator=generator) < TEXT_DROP] = 0
        velocity_error(dit, images.latents[chosen], text, generator).mean().backward()
        optimizer.step(min(1.0, steps / 20) * min(1.0, (1 - share) / 0.3 + 0.02))
        ema.update(dit)
        steps += 1
    return ema.module, steps


def velocity_error(
    dit: VideoDiT,
    latents: torch.Tensor,
    text: torch.Tensor,
    generator: torch.Generator,
    level: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean squared error of the velocity of each image [B], at given or drawn levels [B]."""
    level = draw_levels((len(latents),), generator) if level is None else level
    noise = torch.randn(latents.shape, generator=generator)
    noisy = add_noise(latents, noise, level[:, None, None, None, None])
    return (dit(noisy, level, text) - velocity_target(latents, noise)).square().mean(dim=(1, 2, 3, 4))


@torch.no_grad()
def held_out_errors(dit: VideoDiT, images: Images) -> list[float]:
    """Return the error on the held-out images: over all levels, and in each of BANDS."""
    dit.eval()
    generator = torch.Generator().manual_seed(2)
    level = draw_levels((HELD_OUT,), generator)
    error = velocity_error(dit, images.latents[:HELD_OUT], images.texts[:HELD_OUT], generator, level)
    of_bands = [error[(level > low) & (level <= high)] for low, high in BANDS]
    return [float(errors.mean()) for errors in (error, *of_bands)]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240, help="of CPU time for each (%(default)s)")
    parser.add_argument("--images", type=int, default=6000, help="to train on (%(default)s)")
    parser.add_argument("--model", type=Path, default=Path("sora_core/assets/nano"), help="folder with the two below")
    args = parser.parse_args()
    torch.set_num_threads(1)
    images = Images.drawn(
        HELD_OUT + args.images, args.model / "vae.safetensors", args.model / "text_encoder.safetensors"
    )
    bands = " | ".join(f"{low:g} to {high:g}" for low, high in BANDS)
    print(f"| patch, head | steps | all levels | {bands} |\n|{'---|' * (3 + len(BANDS))}")
    for name, (patch, clean) in ARMS.items():
        dit, steps = trained(images, patch, clean=clean, seconds=args.seconds)
        errors = " | ".join(f"{error:.3f}" for error in held_out_errors(dit, images))
        print(f"| {name} | {steps} | {errors} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
