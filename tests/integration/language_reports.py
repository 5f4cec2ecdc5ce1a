"""CLIPs of few weights write text in ComfyUI, for the nodes of this pack (language_models.py has them).

Run by ComfyUI's interpreter: `language_reports.py COMFYUI PACK FOLDER`. Prints one line of JSON, see main.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import language_models
import torch
from in_process import Comfy

PROMPT = "a red dog runs"
WORDS, SPARE = 4, 4  # of an answer, which then has 12 tokens at most
STOPPED_AT = 30  # blocks of a network
PICTURES = torch.rand(2, 40, 64, 3, generator=torch.Generator().manual_seed(0)).mul(255).to(torch.uint8)


class Writer:
    """One CLIP, and the host's model of it."""

    def __init__(self, host: Comfy, clip: Any) -> None:
        self.clip, self.pack = clip, host.part("sora_core.language")
        self.model = host.part("nodes.host").current().language_model(clip, pictures=False)

    def said(self, *pictures: torch.Tensor) -> list[Any]:
        """A conversation."""
        message = self.pack.Message
        return [message("system", "run"), message("user", "a red (dog:1.2) runs", pictures)]

    def answer(self, seed: int, *pictures: torch.Tensor, poll: Callable[[], None] = lambda: None) -> str:
        """What the model says."""
        return self.model.reply(self.said(*pictures), words=WORDS, seed=seed, poll=poll)

    def read(self, *pictures: torch.Tensor) -> list[Any]:
        """The tokens that the model gets."""
        tokens = self.model._tokens(self.said(*pictures))[0]
        (row,) = next(iter(tokens.values())) if isinstance(tokens, dict) else tokens
        return [token[0] for token in row]

    def held(self) -> dict[str, int]:
        """What must not grow: hooks on the network, and tensors of this process."""
        gc.collect()
        hooks = sum(len(module._forward_pre_hooks) for module in self.model.network.modules())
        return {"hooks": hooks, "tensors": sum(torch.is_tensor(each) for each in gc.get_objects())}


def on_clip(host: Comfy, make: Callable[[], Any]) -> dict[str, Any]:
    """What a CLIP reads and writes, and what is left of it."""
    writer = Writer(host, make())
    first, sees = writer.answer(3), hasattr(writer.model.network, "preprocess_embed")
    before = writer.held()
    report = {
        "name": str(writer.model.backend),
        "read": writer.clip.decode(writer.read(), skip_special_tokens=False),
        "again": [writer.answer(3) == first, writer.answer(4) == first],
        "interrupted": interrupted(writer),
        "before": before,
        "after": writer.held(),
    }
    if sees:
        both = [writer.answer(3, *order) for order in (PICTURES, PICTURES.flip(0))]
        report["pictures"] = sum(isinstance(token, dict) for token in writer.read(*PICTURES))
        report["seen"] = both[0] != both[1]
    return report


def interrupted(writer: Writer) -> int:
    """How often it was polled when the user interrupted at the STOPPED_AT-th time; -1 if it went on to the end."""
    import comfy.model_management as management

    polls: list[int] = []

    def poll() -> None:
        polls.append(len(polls))
        if len(polls) == STOPPED_AT:
            management.interrupt_current_processing()
        management.throw_exception_if_processing_interrupted()

    try:
        writer.answer(3, poll=poll)
    except management.InterruptProcessingException:
        return len(polls)
    return -1


def on_node(host: Comfy) -> dict[str, Any]:
    """Sora Expand Prompt on a model of random weights: what it returns, tells and leaves in memory."""
    import comfy.model_management as management

    def loaded() -> int:
        return sum(
            each.model is not None and each.model.is_clone(clip.patcher) for each in management.current_loaded_models
        )

    clip = language_models.qwen3()
    given = {"text": PROMPT, "family": "wan", "seed": 1, "server_url": "", "server_model": "", "clip": clip}
    kept = host.run("SoraExpandPrompt", **given)
    held = loaded()
    host.run("SoraExpandPrompt", **given, unload=True)
    return {"text": list(kept), "said": host.said[:2], "loaded": [held, loaded()]}


def out_of_memory(host: Comfy) -> str:
    """The class of an error that comes from the host while it writes."""
    import comfy.model_management as management

    writer = Writer(host, language_models.qwen3())

    def poll() -> None:
        raise management.OOM_EXCEPTION("no memory")

    try:
        writer.answer(3, poll=poll)
    except management.OOM_EXCEPTION as error:
        return str(error)
    return ""


def refused(host: Comfy, clip: Any, *, pictures: bool = False) -> str:
    """Why a CLIP cannot."""
    try:
        host.part("nodes.host").current().language_model(clip, pictures=pictures)
    except ValueError as error:
        return str(error)
    return ""


def main(comfyui: str, pack: str, folder: Path) -> None:
    """A report of every CLIP that writes by its name, then of the node, and why others are refused."""
    host = Comfy(comfyui, pack, folder)
    host.part("nodes.comfy.language").SPARE_TOKENS = SPARE
    with torch.inference_mode():
        report: dict[str, Any] = {name: on_clip(host, make) for name, make in language_models.WRITERS.items()}
        report["refused"] = {name: refused(host, make()) for name, make in language_models.READERS.items()}
        report["refused"]["no eyes"] = refused(host, language_models.qwen3(), pictures=True)
        report["refused"]["ours"] = refused(
            host, host.run("SoraLoadModel", model=host.part("nodes.host").current().model_names()[0])[1]
        )
        report["refused"]["none"] = refused(host, None)
        report["node"], report["out of memory"] = on_node(host), out_of_memory(host)
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
