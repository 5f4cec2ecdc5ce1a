"""A language model of a few exact weights, which answers every prompt with one sentence, and the server that runs it.

The server is `transformers serve`, an OpenAI-compatible one that is not ours.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from integration.serving_program import ServingProgram, free_port

NEEDED = ("accelerate", "fastapi", "openai", "uvicorn")
ANSWER, END, OTHER = "<answer>", "<end>", "<other>"
TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}" + ANSWER


def missing() -> str | None:
    """What the server needs and is not there; None where all is."""
    lacking = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return f"{', '.join(lacking)} not installed (the `server` extra)" if lacking else None


def write_model(folder: Path, sentence: str) -> None:
    """Write a Llama whose words are those of the sentence, each different, and each says the next one."""
    import tokenizers
    import transformers

    said = [ANSWER, *sentence.split(), END]
    words = {word: index for index, word in enumerate([*said, OTHER])}
    splitter = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token=OTHER))
    splitter.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    marks = {"unk_token": OTHER, "eos_token": END, "pad_token": END, "additional_special_tokens": [ANSWER]}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=splitter, **marks)
    tokenizer.chat_template = TEMPLATE
    config = transformers.LlamaConfig(
        vocab_size=len(words),
        hidden_size=len(words) // 2 * 2 + 2,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        bos_token_id=None,
        eos_token_id=words[END],
        pad_token_id=words[END],
    )
    model = transformers.LlamaForCausalLM(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.model.norm.weight.fill_(1)
        for word, index in words.items():
            model.model.embed_tokens.weight[index, index] = 1
            if word not in (END, OTHER):
                model.lm_head.weight[index + 1, index] = 10
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def serving_models(log_file: Path) -> Iterator[str]:
    """Run the server; yields its base URL. It loads a model when it is asked for one, by its folder."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("transformers")), "serve", "--device", "cpu"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    alone = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(log_file.with_name("hub"))}
    with ServingProgram(command, f"http://127.0.0.1:{port}/health", log_file, environment=alone):
        yield f"http://127.0.0.1:{port}/v1"
