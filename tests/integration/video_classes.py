"""Every video class of ComfyUI as a MODEL of a few random weights, without files: what tests compare samplers on.

The sizes are the smallest that each class takes. Text has 32 channels, of which a class may take a pooled form too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from in_process import randomised

TEXT, POOLED = 32, 16
WAN: dict[str, Any] = {
    "image_model": "wan2.1",
    "dim": 48,
    "ffn_dim": 64,
    "num_heads": 2,
    "num_layers": 2,
    "freq_dim": 32,
    "text_dim": TEXT,
}
HUNYUAN: dict[str, Any] = {
    "image_model": "hunyuan_video",
    "in_channels": 16,
    "out_channels": 16,
    "vec_in_dim": POOLED,
    "context_in_dim": TEXT,
    "hidden_size": 32,
    "mlp_ratio": 2.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "axes_dim": [4, 6, 6],
    "theta": 256,
    "patch_size": [1, 2, 2],
    "qkv_bias": True,
    "guidance_embed": True,
    "byt5": False,
    "meanflow": False,
    "use_cond_type_embedding": False,
    "vision_in_dim": None,
    "meanflow_sum": False,
}
HUNYUAN_1_5: dict[str, Any] = {
    **HUNYUAN,
    "in_channels": 65,
    "out_channels": 32,
    "vec_in_dim": None,
    "patch_size": [1, 1, 1],
    "guidance_embed": False,
    "use_cond_type_embedding": True,
    "vision_in_dim": 24,
    "meanflow_sum": True,
}
MOCHI: dict[str, Any] = {
    "image_model": "mochi_preview",
    "depth": 2,
    "patch_size": 2,
    "num_heads": 2,
    "hidden_size_x": 48,
    "hidden_size_y": 24,
    "mlp_ratio_x": 256.0,  # whose product with the width is written into the class
    "mlp_ratio_y": 2.0,
    "learn_sigma": False,
    "in_channels": 12,
    "qk_norm": True,
    "qkv_bias": False,
    "out_bias": True,
    "attn_drop": 0.0,
    "patch_embed_bias": True,
    "posenc_preserve_area": True,
    "timestep_mlp_bias": True,
    "attend_to_padding": False,
    "timestep_scale": 1000.0,
    "use_t5": True,
    "t5_feat_dim": TEXT,
    "t5_token_length": 256,
    "rope_theta": 10000.0,
}
LTX: dict[str, Any] = {
    "image_model": "ltxv",
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "cross_attention_dim": 64,
    "caption_channels": TEXT,
    "num_layers": 2,
}
LTX_2: dict[str, Any] = {
    **LTX,
    "image_model": "ltxav",
    "audio_cross_attention_dim": 32,
    "audio_attention_head_dim": 16,
    "audio_num_attention_heads": 2,
    "connector_attention_head_dim": 16,
    "connector_num_attention_heads": 2,
    "connector_num_layers": 1,
}
MINIMAX_H3: dict[str, Any] = {
    "image_model": "minimax_h3",
    "hidden_size": 96,
    "num_layers": 2,
    "token_refiner_num_layers": 1,
    "num_attention_heads": 2,
    "attention_head_dim": 48,
    "ffn_hidden_size": 64,
    "text_dim": TEXT,
    "timestep_input_dim": 16,
    "time_embed_hidden_size": 32,
    "time_embed_dim": 24,
    "rope_inv_freq_len": 4,
}
KANDINSKY: dict[str, Any] = {
    "image_model": "kandinsky5",
    "in_text_dim": TEXT,
    "in_text_dim2": POOLED,
    "time_dim": 32,
    "model_dim": 32,
    "ff_dim": 48,
    "num_text_blocks": 1,
    "num_visual_blocks": 1,
    "axes_dims": (4, 6, 6),
}


@dataclass(frozen=True)
class VideoClass:
    """A class of comfy.supported_models, the sizes of its network, and the width and length of the text it takes."""

    name: str
    sizes: dict[str, Any]
    text: int = TEXT
    length: int = 7
    attends: bool = False  # whether it must have an attention_mask


CLASSES = {
    "wan_2_1": VideoClass("WAN21_T2V", {**WAN, "model_type": "t2v"}),
    "wan_2_1_image": VideoClass("WAN21_I2V", {**WAN, "model_type": "i2v", "in_dim": 36}),
    "wan_fun_control": VideoClass("WAN21_FunControl2V", {**WAN, "model_type": "i2v", "in_dim": 48}),
    "wan_camera": VideoClass("WAN21_Camera", {**WAN, "model_type": "camera", "in_dim": 32}),
    "wan_vace": VideoClass("WAN21_Vace", {**WAN, "model_type": "vace", "vace_layers": 1, "vace_in_dim": 96}),
    "wan_scail": VideoClass("WAN21_SCAIL", {**WAN, "model_type": "scail", "in_dim": 20}),
    "wan_scail_2": VideoClass("WAN21_SCAIL2", {**WAN, "model_type": "scail2", "in_dim": 20}),
    "wan_sound": VideoClass(
        "WAN22_S2V",
        {**WAN, "model_type": "s2v", "audio_dim": 8, "num_audio_token": 2, "audio_inject_layers": [0, 1]},
    ),
    "wan_humo": VideoClass("WAN21_HuMo", {**WAN, "model_type": "humo", "in_dim": 36, "audio_token_num": 2}),
    "wan_animate": VideoClass("WAN22_Animate", {**WAN, "model_type": "animate", "in_dim": 36}),
    "wan_animate_2": VideoClass("WAN_Animate2", {**WAN, "model_type": "animate2", "in_dim": 36}),
    "wan_dancer": VideoClass(
        "WAN22_WanDancer",
        {
            **WAN,
            "model_type": "wandancer",
            "in_dim": 36,
            "audio_inject_layers": [0, 1],
            "music_dim": 8,
            "music_heads": 2,
            "music_latent_dim": 8,
        },
    ),
    "wan_camera_2_2": VideoClass("WAN22_Camera", {**WAN, "model_type": "camera_2.2", "in_dim": 36}),
    "wan_causal": VideoClass("WAN21_CausalAR_T2V", {**WAN, "model_type": "t2v", "causal_ar": True}),
    "wan_2_2": VideoClass("WAN22_T2V", {**WAN, "model_type": "t2v", "in_dim": 48, "out_dim": 48}),
    "mochi": VideoClass("GenmoMochi", MOCHI, length=256, attends=True),
    "ltxv": VideoClass("LTXV", LTX, attends=True),
    "ltx_2": VideoClass("LTXAV", LTX_2, text=2 * TEXT, attends=True),
    "hunyuan": VideoClass("HunyuanVideo", HUNYUAN),
    "hunyuan_image": VideoClass("HunyuanVideoI2V", {**HUNYUAN, "in_channels": 33}),
    "hunyuan_skyreels": VideoClass("HunyuanVideoSkyreelsI2V", {**HUNYUAN, "in_channels": 32}),
    "hunyuan_1_5": VideoClass("HunyuanVideo15", HUNYUAN_1_5),
    "hunyuan_1_5_mean_flow": VideoClass("HunyuanVideo15", {**HUNYUAN_1_5, "meanflow": True}),
    "hunyuan_1_5_sr": VideoClass("HunyuanVideo15_SR_Distilled", {**HUNYUAN_1_5, "in_channels": 98}),
    "kandinsky_5": VideoClass("Kandinsky5", KANDINSKY),
}
SOUNDING = {"minimax_h3": VideoClass("MiniMaxH3", MINIMAX_H3)}  # which make no frames without sound


def load(name: str, seed: int = 0) -> Any:
    """A MODEL of one of CLASSES or SOUNDING, in float32 on the CPU."""
    import comfy.model_patcher
    import comfy.supported_models

    kind, cpu = {**CLASSES, **SOUNDING}[name], torch.device("cpu")
    config = getattr(comfy.supported_models, kind.name)(dict(kind.sizes))
    config.set_inference_dtype(torch.float32, None)
    model = config.get_model({}, "", device=cpu)
    randomised(model.diffusion_model, seed)
    return comfy.model_patcher.ModelPatcher(model, load_device=cpu, offload_device=cpu)


def latent_channels(model: Any) -> int:
    """Channels of the latents of a MODEL."""
    return model.get_model_object("latent_format").latent_channels


def text(name: str, seed: int) -> list[list[Any]]:
    """A CONDITIONING for one of CLASSES or SOUNDING."""
    kind, generator = {**CLASSES, **SOUNDING}[name], torch.Generator().manual_seed(seed)
    embeddings = torch.randn(1, kind.length, kind.text, generator=generator)
    more = {"pooled_output": torch.randn(1, POOLED, generator=generator)}
    if kind.attends:
        more["attention_mask"] = torch.ones(1, kind.length, dtype=torch.long)
    return [[embeddings, more]]
