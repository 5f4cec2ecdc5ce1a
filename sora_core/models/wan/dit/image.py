"""What an image-to-video DiT of the Wan family gets beside noisy latents and text.

Wan 2.1 (https://arxiv.org/abs/2503.20314, section 5.1) takes known frames as further channels and the tokens of an
image encoder; Wan 2.2 A14B takes the channels alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

FLAGS = 4  # channels that say which pixel frames of a latent are known, one for each


@dataclass(frozen=True)
class ImageConditioning:
    """Known frames for a DiT whose config has more channels in than out.

    latents: [B C T H W], appended to the noisy latents; C is in_channels - out_channels, 20 in Wan's models.
    tokens: [B M D] of the image encoder, 257 of width 1280 per image in Wan 2.1; None for a model that takes none.
    B is the batch of the noisy latents or a divisor of it: guidance calls the model with several texts for one image.
    """

    latents: torch.Tensor
    tokens: torch.Tensor | None = None

    @classmethod
    def of_known(
        cls, latents: torch.Tensor, noise_level: torch.Tensor, tokens: torch.Tensor | None = None
    ) -> ImageConditioning:
        """As Wan was trained: 1 in four channels where the level is 0, then the latents, made of grey where it is not.

        latents: [B 16 T H W] of a clip whose unknown frames are grey. noise_level: [B 1 T H W] of the canvas.
        """
        if noise_level.shape[1:] != (1, *latents.shape[2:]) or noise_level.shape[0] not in (1, latents.shape[0]):
            raise ValueError(
                f"noise_level must be [B 1 T H W] for latents {tuple(latents.shape)}, got {tuple(noise_level.shape)}"
            )
        known = (noise_level == 0).to(latents).expand(latents.shape[0], FLAGS, -1, -1, -1)
        return cls(torch.cat((known, latents), dim=1), tokens)

    def for_batch(self, batch: int) -> ImageConditioning:
        """Repeated to a batch of this size; ValueError where that is no multiple of ours."""
        times, rest = divmod(batch, self.latents.shape[0])
        if rest or not times:
            raise ValueError(f"an image conditioning of batch {self.latents.shape[0]} does not fit a batch of {batch}")
        tokens = None if self.tokens is None else self.tokens.repeat(times, 1, 1)
        return ImageConditioning(self.latents.repeat(times, 1, 1, 1, 1), tokens)

    def rows(self, chosen: torch.Tensor) -> ImageConditioning:
        """The samples that a boolean [B] chooses."""
        return ImageConditioning(self.latents[chosen], None if self.tokens is None else self.tokens[chosen])

    def append_to(self, latents: torch.Tensor) -> torch.Tensor:
        """Noisy latents [B C T H W] and ours, one after the other along C; ValueError where the grids differ."""
        if latents.ndim != 5 or self.latents.shape[2:] != latents.shape[2:]:
            raise ValueError(
                f"latents of an image conditioning must have the grid of the noisy latents {tuple(latents.shape)} "
                f"[B C T H W], got {tuple(self.latents.shape)}"
            )
        return torch.cat((latents, self.latents.to(latents)), dim=1)
