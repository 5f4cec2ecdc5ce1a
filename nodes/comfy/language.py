"""ComfyUI's CLIP as a language model: those that generate text (Gemma, Qwen, Ministral) answer conversations.

ComfyUI loads and offloads the weights, shows the tokens as progress, and raises its own errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import comfy.model_management
import comfy.text_encoders.llama
import torch
from torch.nn.functional import interpolate

from ...sora_core.language import BackEnd, LanguageModel, Message
from ...sora_core.language.chat_templates import ChatTemplate, template_of
from ...sora_core.system.polling import Poll, never

CAN_WRITE = "Gemma 3 or 4, Qwen3, Qwen3-VL, Qwen3.5"
CAN_SEE = "Gemma 3 with vision, Gemma 4, Qwen3-VL, Qwen3.5"
INSTEAD = "or use a server (server_url)"
TOKENS_PER_WORD, SPARE_TOKENS = 2, 256  # hardly any are spare, since none are for thoughts
LEAST_TOKENS = 4096  # that a tokenizer must take: a few cut what is longer than an image's prompt
SAMPLING = {"temperature": 0.7, "top_k": 64, "top_p": 0.95, "min_p": 0.05, "repetition_penalty": 1.05}
"""The defaults of ComfyUI's own node that generates text"""


def language_model(clip: Any, *, pictures: bool) -> LanguageModel:
    """See Host."""
    if clip is None:
        raise ValueError(f"got no CLIP: connect one that writes text ({CAN_WRITE}), {INSTEAD}")
    network = _network(clip)
    template = None if network is None else _template(clip, network)
    if network is None or template is None:
        raise ValueError(
            f"the CLIP ({type(clip.tokenizer).__name__}) cannot write text: connect one that can ({CAN_WRITE}), "
            f"{INSTEAD}"
        )
    if not _is_whole(network):
        raise ValueError(
            f"the CLIP ({_name(network)}) is only a part of its model here and cannot write text: connect a whole one "
            f"({CAN_WRITE}), {INSTEAD}"
        )
    model = ClipModel(clip, network, template)
    if pictures and not (template.picture and hasattr(network, "preprocess_embed")):
        raise model.sees_nothing()
    return model


def unload(clip: Any) -> None:
    """See Host."""
    comfy.model_management.unload_model_and_clones(clip.patcher, all_devices=True)
    comfy.model_management.soft_empty_cache()


class ClipModel:
    """A LanguageModel on a CLIP. network: the CLIP's own, which generates."""

    def __init__(self, clip: Any, network: Any, template: ChatTemplate) -> None:
        self.clip, self.network, self.template = clip, network, template
        self.backend = BackEnd("ComfyUI CLIP", _name(network))

    def reply(self, messages: Sequence[Message], *, words: int, seed: int = 0, poll: Poll = never) -> str:
        """See LanguageModel. What ComfyUI raises, such as for memory, stays as it is."""
        poll()
        tokens, tokenizer = self._tokens(messages)
        with torch.no_grad(), _polled(self.network, poll):
            length = TOKENS_PER_WORD * words + SPARE_TOKENS
            written = self.clip.generate(tokens, max_length=length, seed=seed, **SAMPLING)
        known = [token for token in written if token in tokenizer.inv_vocab]
        return self.template.answer(self.clip.decode(known, skip_special_tokens=False))

    def sees_nothing(self) -> ValueError:
        """The error of a CLIP that got pictures and cannot see them."""
        return ValueError(
            f"the CLIP ({self.backend.version}) sees no pictures: connect one that does ({CAN_SEE}), {INSTEAD}"
        )

    def _tokens(self, messages: Sequence[Message]) -> tuple[Any, Any]:
        """The tokens of a conversation without padding, and the tokenizer that made them."""
        given: dict[str, Any] = {}
        frames = [frame for message in messages for frame in message.pictures]
        if frames:
            batch = self._batch(frames)
            given = {"image": batch, "images": list(batch.split(1))}
        text = self.template.text(messages).replace("(", "\\(").replace(")", "\\)")  # else they are weights
        tokens = self.clip.tokenize(text, llama_template="{}", min_length=1, **given)
        tokenizer = _tokenizer(self.clip, tokens)
        if not isinstance(tokens, dict):
            return [self._whole(row, tokenizer, len(frames)) for row in tokens], tokenizer
        name = next(iter(tokens))
        return {**tokens, name: [self._whole(row, tokenizer, len(frames)) for row in tokens[name]]}, tokenizer

    def _batch(self, frames: Sequence[torch.Tensor]) -> torch.Tensor:
        """Pictures as an IMAGE."""
        batch = torch.stack([frame.cpu() for frame in frames]).float() / 255
        if self.template.square:
            side = max(batch.shape[1:3])
            batch = interpolate(batch.movedim(-1, 1), (side, side), mode="bilinear").movedim(1, -1)
        return batch

    def _whole(self, row: list[Any], tokenizer: Any, pictures: int) -> list[Any]:
        """One row of tokens as the model has to see it, or ValueError where pictures are missing.

        Padding would be read as text. ComfyUI's Gemma tokenizers cut the first mark, taking it for the start token.
        """
        seen = sum(isinstance(token[0], dict) for token in row)
        if seen != (min(pictures, 1) if self.template.together else pictures):
            raise self.sees_nothing()
        kept = [index for index, token in enumerate(row) if _is_text(token[0], tokenizer.pad_token)]
        row = row[kept[0] : kept[-1] + 1]
        start = [token[0] for token in row[:1]] == [tokenizer.start_token]
        first = _first_mark(tokenizer, self.template)
        if first is not None and row[start][0] != first:
            row = [*row[:start], (first, *row[start][1:]), *row[start:]]
        return row


def _is_text(token: Any, padding: int) -> bool:
    return not isinstance(token, int) or token != padding


def _first_mark(tokenizer: Any, template: ChatTemplate) -> int | None:
    """The token of the mark that begins a user's turn; None if it is not a single one."""
    mark = template.user.before.partition(">")[0] + ">"
    return next((token for token, text in tokenizer.inv_vocab.items() if text == mark), None)


def _network(clip: Any) -> Any | None:
    """The network of a CLIP that generates text; None where it has none."""
    model = getattr(clip, "cond_stage_model", None)
    kind = getattr(comfy.text_encoders.llama, "BaseGenerate", None)  # older hosts have no such CLIPs
    if model is None or kind is None or not hasattr(model, "generate"):
        return None
    return next((module for module in model.modules() if isinstance(module, kind)), None)


def _is_whole(network: Any) -> bool:
    """Whether a network can generate. MiniMax-H3's and Ideogram's lack their last layers, Qwen2.5-VL its output."""
    return getattr(network.model, "norm", None) is not None and hasattr(network.model.config, "stop_tokens")


def _template(clip: Any, network: Any) -> ChatTemplate | None:
    tokenizer = _tokenizer(clip, clip.tokenize(" ", min_length=1))
    if getattr(tokenizer, "max_length", LEAST_TOKENS) < LEAST_TOKENS:
        return None
    closes = bool(getattr(tokenizer, "prime_empty_thought", False))
    return template_of(_class_names(network), closes_thought=closes)


def _tokenizer(clip: Any, tokens: Any) -> Any:
    """What makes the tokens that a CLIP generates from: the first of those that it has."""
    return getattr(clip.tokenizer, next(iter(tokens))) if isinstance(tokens, dict) else clip.tokenizer


def _name(network: Any) -> str:
    """What people call a network; ComfyUI's classes of Gemma 4 have no names of their own."""
    named = [name for name in _class_names(network) if template_of([name])]
    return str(getattr(network, "model_type", "") or (named or _class_names(network))[0].removesuffix("Base"))


def _class_names(network: Any) -> list[str]:
    return [kind.__name__ for kind in type(network).__mro__]


@contextmanager
def _polled(network: torch.nn.Module, poll: Poll) -> Iterator[None]:
    """Call `poll` before each block of the network: several times per token, and while it looks at pictures.

    ComfyUI itself looks for an interrupt only when it moves its progress bar.
    """

    def look(module: torch.nn.Module, inputs: Any) -> None:
        poll()

    lists = [module for module in network.modules() if isinstance(module, torch.nn.ModuleList)]
    with ExitStack() as stack:
        for block in {id(block): block for blocks in lists for block in blocks}.values():
            stack.callback(block.register_forward_pre_hook(look).remove)
        yield
