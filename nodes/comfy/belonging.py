"""Which VAE and which CLIP belong to a MODEL, by ComfyUI's classes.

Parts of other families often fit, since many have 16 channels and texts of width 4096; what is sampled is then noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import comfy.model_base
from comfy.taesd.taehv import TAEHV

from ...sora_core.models.wan.vae.statistics import LatentStatistics
from ..host.job import CLIP_NAME, SamplingJob
from .kinds import model_name
from .model import SoraLatentFormat, format_of_statistics
from .patcher import Patcher
from .vae import NativeVAE

FORMATS = {
    "Wan21": "Wan 2.1",
    "Wan22": "Wan 2.2 TI2V",
    "LTXV": "LTX-Video",
    "LTXAV": "LTX-Video",
    "Mochi": "Mochi",
    "HunyuanVideo": "HunyuanVideo",
    "HunyuanVideo15": "HunyuanVideo 1.5",
    "MiniMaxH3Video": "MiniMax-H3",
    "MiniMaxH3AV": "MiniMax-H3",
    "Cosmos1CV8x8x8": "Cosmos",
    "CogVideoX": "CogVideoX",
    "CogVideoX1_5": "CogVideoX",
}
"""Whose latents a MODEL takes, by its class of comfy.latent_formats"""
VAES = {
    "wan.vae.WanVAE": "Wan 2.1",
    "wan.vae2_2.WanVAE": "Wan 2.2 TI2V",
    "lightricks.vae.causal_video_autoencoder.VideoVAE": "LTX-Video",
    "genmo.vae.model.VideoVAE": "Mochi",
    "models.autoencoder.AutoencoderKL": "HunyuanVideo",
    "models.autoencoder.AutoencodingEngine": "HunyuanVideo 1.5",
    "minimax.vae.MiniMaxH3VideoVAE": "MiniMax-H3",
    "cosmos.vae.CausalContinuousVideoTokenizer": "Cosmos",
    "cogvideo.vae.AutoencoderKLCogVideoX": "CogVideoX",
}
"""Whose latents a VAE of videos makes, by its class in comfy.ldm"""
T5 = ("genmo", "lt")  # which differ in padding alone
TEXTS: Mapping[str, tuple[str, ...]] = {
    "WAN21": ("wan",),
    "GenmoMochi": T5,
    "LTXV": T5,
    "LTXAV": ("lt",),
    "HunyuanVideo": ("hunyuan_video",),
    "Kandinsky5": ("kandinsky5",),
    "MiniMaxH3": ("minimax",),
}
"""Modules in comfy.text_encoders of the tokenizers for a class of MODEL and its subclasses"""
WIDTHS = {
    "WAN21": "text_dim",
    "GenmoMochi": "t5_feat_dim",
    "LTXV": "caption_projection.linear_1.in_features",
    "HunyuanVideo": "params.context_in_dim",
    "Kandinsky5": "text_embeddings.in_layer.in_features",
    "MiniMaxH3": "condition_proj.in_features",
}
"""Where the networks of a class of MODEL and its subclasses say the width of their text"""
TEXT_ENCODERS = "comfy.text_encoders."
OWN_SPACE = "a model of this pack"  # whose latents no published VAE makes


def latent_space(vae: Any) -> str | None:
    """See Host. Small VAEs (TAE) and classes that are not known here have none."""
    if isinstance(vae, NativeVAE):
        return _space_of_statistics(vae.first_stage_model.statistics)
    module = getattr(vae, "first_stage_model", None)
    if isinstance(module, TAEHV) or getattr(vae, "latent_dim", None) != 3:
        return None
    return VAES.get(f"{type(module).__module__}.{type(module).__qualname__}".removeprefix("comfy.ldm."))


def check_belonging(model: Patcher, job: SamplingJob) -> None:
    """Raise ValueError for latents of a VAE, or texts of a CLIP, that do not belong to a MODEL."""
    space, own = job.latent_space, _space_of_model(model)
    if space and own and space != own:
        raise ValueError(
            f"got a latent made with the VAE of {space}, this MODEL ({model_name(model)}) takes latents of "
            f"{own}: connect its VAE to the node that made the latent"
        )
    if width := _text_width(model):
        job.check_text(width, model_name(model))
    expected = _of_class(model, TEXTS)
    for entry in (*job.positive, *job.negative):
        module, _, name = str(entry[1].get(CLIP_NAME, "")).removeprefix(TEXT_ENCODERS).rpartition(".")
        known = any(module in modules for modules in TEXTS.values())
        if expected and known and module not in expected:
            raise ValueError(
                f"got a conditioning of a CLIP of another model ({name}), this MODEL ({model_name(model)}) takes that "
                f"of {' or '.join(expected)}: connect its CLIP to Sora Encode Text, or choose its type in Load CLIP"
            )


def _space_of_model(model: Patcher) -> str | None:
    latents = model.get_model_object("latent_format")
    if isinstance(latents, SoraLatentFormat):
        return _space_of_statistics(latents.statistics)
    return FORMATS.get(type(latents).__name__)


def _space_of_statistics(statistics: LatentStatistics) -> str:
    published = format_of_statistics(statistics)
    return OWN_SPACE if published is None else FORMATS[published]


def _text_width(model: Patcher) -> int | None:
    """Width of a MODEL's text; None where its class is not known here."""
    path = _of_class(model, WIDTHS)
    try:
        return int(attrgetter(path)(model.model.diffusion_model)) if path else None
    except AttributeError:  # another version of the class, or no network
        return None


def _of_class(model: Patcher, table: Mapping[str, Any]) -> Any:
    """The entry of a MODEL's class, or of one that it is a subclass of; None without one."""
    kinds = {name: getattr(comfy.model_base, name, None) for name in table}  # older hosts lack some
    return next((table[name] for name, kind in kinds.items() if kind and isinstance(model.model, kind)), None)
