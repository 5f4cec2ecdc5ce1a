"""ImageConditioning: known frames and image tokens for the image-to-video DiTs of the Wan family.

Wan 2.1 (https://arxiv.org/abs/2503.20314, section 5.1) takes known frames as extra channels, and image-encoder tokens.
Wan 2.2 A14B takes the channels only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

FLAGS = 4  # flag channels: one for each pixel frame of a latent frame, 1 where that frame is known


@dataclass(frozen=True)
class ImageConditioning:
    """Known frames for a DiT with more input than output channels.

    latents: [B C T H W], appended to the noisy latents; C is in_channels - out_channels, 20 in Wan's models.
    tokens: [B M D] from the image encoder, 257 of width 1280 per image in Wan 2.1; None for a model without image_dim.

    B is the batch of the noisy latents or a divisor of it, because guidance runs several texts with one image.
    """

    latents: torch.Tensor
    tokens: torch.Tensor | None = None

    @classmethod
    def of_known(
        cls, latents: torch.Tensor, noise_level: torch.Tensor, tokens: torch.Tensor | None = None
    ) -> ImageConditioning:
        """Build the conditioning as Wan was trained: four flag channels, 1 where the level is 0, then the latents.

        latents: [B 16 T H W] of a clip whose unknown frames are grey.
        noise_level: [B 1 T H W] of the canvas.
        """
        if noise_level.shape[1:] != (1, *latents.shape[2:]) or noise_level.shape[0] not in (1, latents.shape[0]):
            raise ValueError(
                f"noise_level must be [B 1 T H W] for latents {tuple(latents.shape)}, got {tuple(noise_level.shape)}"
            )
        known = (noise_level == 0).to(latents).expand(latents.shape[0], FLAGS, -1, -1, -1)
        return cls(torch.cat((known, latents), dim=1), tokens)

    def for_batch(self, batch: int) -> ImageConditioning:
        """Repeat to a batch of this size; raises ValueError unless it is a multiple of B."""
        times, rest = divmod(batch, self.latents.shape[0])
        if rest or not times:
            raise ValueError(
                f"got an image conditioning of batch {self.latents.shape[0]} for a batch of {batch}; "
                "expected a divisor of it"
            )
        tokens = None if self.tokens is None else self.tokens.repeat(times, 1, 1)
        return ImageConditioning(self.latents.repeat(times, 1, 1, 1, 1), tokens)

    def rows(self, chosen: torch.Tensor) -> ImageConditioning:
        """Select the samples where a boolean [B] is true."""
        return ImageConditioning(self.latents[chosen], None if self.tokens is None else self.tokens[chosen])

    def append_to(self, latents: torch.Tensor) -> torch.Tensor:
        """Concatenate noisy latents [B C T H W] and ours along C; raises ValueError if the grids differ."""
        if latents.ndim != 5 or self.latents.shape[2:] != latents.shape[2:]:
            raise ValueError(
                f"got image-conditioning latents {tuple(self.latents.shape)}, expected the T, H, W of the noisy "
                f"latents {tuple(latents.shape)} [B C T H W]"
            )
        return torch.cat((latents, self.latents.to(latents)), dim=1)
