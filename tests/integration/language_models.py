"""CLIPs of ComfyUI's own classes with a few random weights: models that write text, and some that cannot."""

from __future__ import annotations

import importlib
import io
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from in_process import randomised

QWEN_WORDS, GEMMA_WORDS = 151936, 400
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
SEES = {"hidden_size": 32, "num_heads": 2, "intermediate_size": 16, "depth": 2}
GEMMA_SEES = {"hidden_size": 16, "image_size": 224, "intermediate_size": 16, "num_attention_heads": 2}
GEMMA_SEES |= {"num_hidden_layers": 2}
TEXT = "a red dog runs over the snow and two blue birds fly left while the camera pans slowly to the right side"
UNUSED = 101  # symbols of Gemma 3 before the marks of its turns, which have numbers 105 and 106


def clip_of(part: str, network: Any, tokenizer: Any, config: dict[str, Any], **data: Any) -> Any:
    """A CLIP. part: the host's name of the model in it, which config is for. data: for its tokenizer."""
    import comfy.sd

    target = SimpleNamespace(clip=network, tokenizer=tokenizer, params={})
    options = {f"{part}_model_config": config, "load_device": torch.device("cpu"), "dtype": torch.float32}
    clip = comfy.sd.CLIP(target, tokenizer_data=data, model_options=options)
    randomised(clip.cond_stage_model)
    return clip


def encoders(name: str) -> Any:
    """A module of comfy.text_encoders."""
    return importlib.import_module(f"comfy.text_encoders.{name}")


def qwen3() -> Any:
    """Qwen3, as Z-Image has it."""
    module = encoders("z_image")
    return clip_of("qwen3_4b", module.te(), module.ZImageTokenizer, {**SMALL, "vocab_size": QWEN_WORDS})


def padded_qwen3() -> Any:
    """Qwen3 whose tokenizer pads to 512 tokens, as FLUX.2 Klein has it."""
    module = encoders("flux")
    return clip_of("qwen3_4b", module.klein_te(), module.KleinTokenizer, {**SMALL, "vocab_size": QWEN_WORDS})


def qwen3_vl() -> Any:
    """Qwen3-VL."""
    module, kind = encoders("qwen3vl"), "qwen3vl_4b"
    with mock.patch.dict(module.QWEN3VL_VISION, {kind: {**SEES, "deepstack_visual_indexes": [0]}}):
        network, tokenizer = module.te(model_type=kind), module.tokenizer(kind)
        return clip_of(kind, network, tokenizer, {**SMALL, "vocab_size": QWEN_WORDS})


def gemma_3() -> Any:
    """Gemma 3 4B with vision, and a tokenizer of a few words with Gemma's marks."""
    import sentencepiece

    words = io.BytesIO()
    marks = [*(f"<unused{index}>" for index in range(UNUSED)), "<start_of_turn>", "<end_of_turn>"]
    ids = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}
    given = {"add_dummy_prefix": False, "hard_vocab_limit": False, "user_defined_symbols": marks, "vocab_size": 300}
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter([TEXT] * 8), model_writer=words, **given, **ids)
    module, kind = encoders("lumina2"), "gemma3_4b_vision"
    with mock.patch.dict(encoders("llama").GEMMA3_VISION_CONFIG, GEMMA_SEES):
        config = {**SMALL, "vocab_size": GEMMA_WORDS}
        return clip_of(kind, module.te(model_type=kind), module.NTokenizer, config, spiece_model=words.getvalue())


def gemma_4() -> Any:
    """Gemma 4 31B, whose tokenizer has to close a thought."""
    import tokenizers

    special = ["<pad>", "<eos>", "<bos>", "<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|image>", "<image|>"]
    words = dict.fromkeys([*special, *TEXT.split(), "user", "model", "system", "thought", "\n", "[UNK]"])
    table = {word: index for index, word in enumerate(words)} | {"<|image|>": 258880}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(table, unk_token="[UNK]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    model.add_special_tokens([*special, "<|image|>"])
    module = encoders("gemma4")
    network = module.gemma4_te(model_class=module.Gemma4_31B)
    config = {**SMALL, "vocab_size": len(words)}
    with mock.patch.dict(module.GEMMA4_VISION_31B_CONFIG, {**GEMMA_SEES, "head_dim": 8}):
        return clip_of("gemma4", network, module.Gemma4_31B.tokenizer, config, tokenizer_json=model.to_str().encode())


WRITERS = {
    "Qwen3": qwen3,
    "Qwen3, padded": padded_qwen3,
    "Qwen3-VL": qwen3_vl,
    "Gemma 3": gemma_3,
    "Gemma 4": gemma_4,
}


def clip_l() -> Any:
    """CLIP-L, as Stable Diffusion has it."""
    module = importlib.import_module("comfy.sd1_clip")
    return clip_of("clip_l", module.SD1ClipModel, module.SD1Tokenizer, {"num_hidden_layers": 1})


def qwen2_5_vl() -> Any:
    """Qwen2.5-VL, as Qwen-Image has it: the host makes it without its output layer."""
    module = encoders("qwen_image")
    config = {**SMALL, "vocab_size": 152064}
    with mock.patch.object(encoders("llama").qwen_vl, "Qwen2VLVisionTransformer"):
        return clip_of("qwen25_7b", module.te(), module.QwenImageTokenizer, config)


def minimax_h3() -> Any:
    """Qwen3-VL as MiniMax-H3 has it, without its last layers."""
    module, vision = encoders("minimax"), encoders("qwen3vl")
    with mock.patch.dict(vision.QWEN3VL_VISION, {"qwen3vl_32b": {**SEES, "deepstack_visual_indexes": [0]}}):
        return clip_of("qwen3vl_32b", module.te(), module.MiniMaxH3Tokenizer, {**SMALL, "vocab_size": QWEN_WORDS})


READERS = {"CLIP-L": clip_l, "Qwen2.5-VL": qwen2_5_vl, "MiniMax-H3": minimax_h3}
