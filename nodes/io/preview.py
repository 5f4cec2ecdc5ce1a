"""An animated preview while sampling: frames of the clean estimate in turn, decoded or mapped linearly to RGB.

A small VAE decodes them: a linear map cannot follow its latents, and would show nano's black backgrounds in colour. A
large VAE would take too long; the latents of published ones are nearly linear in colour.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from ...sora_core.canvas.shapes import VideoShape
from ...sora_core.models.wan.vae import VideoVAE

SIDE, FRAMES = 4, 4  # latents along each side and time of the clips that colours are fitted on
GREYS = (0.0, 0.5, 1.0)
MOVING_CLIPS, OBJECTS = 8, 3
MOST_WORK = 4e9  # weights of the decoder * latents of a frame: about half a second of one core
USUAL_FRAME = 256  # latents: a VAE too large to decode so many in that time is not kept for it


@dataclass(frozen=True)
class LinearPreviewer:
    """One pixel per latent. colours: [C+1 3], a linear map from a latent and 1 to RGB in 0..1."""

    colours: torch.Tensor

    def __call__(self, estimate: torch.Tensor, number: int) -> Image.Image:
        """See host.Previewer; frame `number` modulo T."""
        frame = estimate[0, :, number % estimate.shape[2]].float().cpu()  # [C H W]
        return _image(torch.einsum("chw,cr->hwr", frame, self.colours[:-1]) + self.colours[-1])


class DecodingPreviewer:
    """Decodes each latent frame after the one before it, on the CPU, and shows its last pixel frame.

    A causal VAE encodes the first frame unlike the others; alone, a later one would get other colours. Larger frames
    than the decoder is fast for are left to `linear`.
    """

    def __init__(self, vae: VideoVAE, linear: LinearPreviewer) -> None:
        self._vae = copy.deepcopy(vae).to("cpu", torch.float32)  # the host moves and casts its own
        self._work = _decoder_weights(vae)
        self._linear = linear

    @torch.no_grad()
    def __call__(self, estimate: torch.Tensor, number: int) -> Image.Image:
        """See host.Previewer; frame `number` modulo T."""
        frames, height, width = estimate.shape[2:]
        if self._work * height * width > MOST_WORK:
            return self._linear(estimate, number)
        shown = number % frames
        pixels = self._vae.decode(estimate[:1, :, max(0, shown - 1) : shown + 1].float().cpu())  # [1 3 f H W]
        return _image((pixels[0, :, -1].movedim(0, -1) + 1) / 2)


def previewer_of(vae: VideoVAE, colours: torch.Tensor) -> LinearPreviewer | DecodingPreviewer:
    """The previewer for latents of a VAE: it decodes those of a small one. colours: as from fit_colours."""
    linear = LinearPreviewer(colours)
    return DecodingPreviewer(vae, linear) if _decoder_weights(vae) * USUAL_FRAME <= MOST_WORK else linear


@torch.no_grad()
def fit_colours(vae: VideoVAE) -> torch.Tensor:
    """[C+1 3]: the least-squares map from a normalised latent and 1 to RGB in 0..1.

    Fitted on flat black, grey and white, which count as much as the rest, and on objects that move over one colour, all
    in random colours. Random colours next to each other in every latent would be unlike any video that the VAE has
    learnt, as is a frame that is one saturated colour: of nano such frames made the map worse.
    """
    compression = vae.compression
    video = VideoShape(compression.video_frames(FRAMES), SIDE * compression.height, SIDE * compression.width)
    flat = torch.tensor(GREYS).view(-1, 1, 1, 1, 1).expand(-1, 3, *video)
    clips = torch.cat([flat, _moving_objects(video)])  # [B 3 F H W]
    latents = vae.encode(2 * clips.to(next(vae.parameters())) - 1).float().cpu()  # [B C T h w]
    of_latents = torch.cat([clips[:, :, :1].expand(-1, -1, compression.time, -1, -1), clips[:, :, 1:]], dim=2)
    cell = (compression.time, compression.height, compression.width)
    colours = torch.nn.functional.avg_pool3d(of_latents, cell)  # [B 3 T h w]
    known = torch.cat([latents, torch.ones_like(latents[:, :1])], dim=1)
    share = torch.ones(len(clips)).index_fill(0, torch.arange(len(flat)), MOVING_CLIPS / len(flat))
    weight = share.sqrt().view(-1, 1, 1, 1, 1)
    rows, wanted = ((x * weight).movedim(1, -1).flatten(0, -2) for x in (known, colours))  # [B*T*h*w C+1], [... 3]
    solution: torch.Tensor = torch.linalg.lstsq(rows, wanted, driver="gelsd").solution
    return solution


def colours_of(factors: Sequence[Sequence[float]], bias: Sequence[float] | None) -> torch.Tensor:
    """[C+1 3] as from fit_colours, of ComfyUI's factors [C 3] and bias [3], which give -1..1; None is 0."""
    colours = torch.tensor([*factors, bias or [0.0] * 3]) / 2
    colours[-1] += 0.5
    return colours


def _moving_objects(video: VideoShape) -> torch.Tensor:
    """Clips [B 3 F H W] in 0..1 of rectangles that move over a background, in random colours; always the same."""
    generator = torch.Generator().manual_seed(0)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator)

    clips = uniform(MOVING_CLIPS, 3, 1, 1, 1).expand(-1, -1, *video)
    time = torch.linspace(-0.5, 0.5, video.frames)[:, None]  # [F 1]
    for _ in range(OBJECTS):
        inside = []
        for size in (video.height, video.width):
            half, start, moved = (uniform(MOVING_CLIPS, 1, 1) * size for _ in range(3))
            distance = torch.arange(size) + 0.5 - start - (moved - size / 2) * time  # [B F size] from the centre
            inside.append((0.1 * size + 0.25 * half + 0.5 - distance.abs()).clamp(0, 1))
        alpha = (inside[0][..., :, None] * inside[1][..., None, :])[:, None]  # [B 1 F H W]
        clips = clips + alpha * (uniform(MOVING_CLIPS, 3, 1, 1, 1) - clips)
    return clips


def _decoder_weights(vae: VideoVAE) -> int:
    return sum(weight.numel() for weight in vae.decoder.parameters())


def _image(rgb: torch.Tensor) -> Image.Image:
    """An image of RGB [H W 3] around 0..1."""
    return Image.fromarray((rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy())
