"""A checkpoint that asks for more than it has is one line, in bounded memory and time: each in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from sora_core.__main__ import main
from tiny import save_tiny_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.posix,
    pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it"),
]

MOST_BYTES = 0.6e9  # beyond torch, which takes a third of a gigabyte
HANGS = 60  # seconds; they take less than 5 on a machine that is not busy
LONG = 3_000_000  # letters of a name

Maker = Callable[[Path], list[str]]


def changed(folder: Path, part: str, metadata: dict[str, str], **tensors: torch.Tensor) -> list[str]:
    """Add metadata and tensors to a part of the tiny model."""
    file = folder / f"{part}.safetensors"
    with safe_open(file, framework="pt") as opened:
        kept = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  (it is no dict)
        metadata = (opened.metadata() or {}) | metadata
    save_file(kept | tensors, file, metadata=metadata)
    return ["--model", str(folder)]


def config(part: str, **values: Any) -> Maker:
    """Change values of a part's config."""

    def make(folder: Path) -> list[str]:
        with safe_open(folder / f"{part}.safetensors", framework="pt") as opened:
            stored = json.loads(opened.metadata()["sora_config"])
        return changed(folder, part, {"sora_config": json.dumps(stored | values)})

    return make


def header(part: str, text: bytes, length: int | None = None) -> Maker:
    """Replace a part by a header alone."""

    def make(folder: Path) -> list[str]:
        size = len(text) if length is None else length
        (folder / f"{part}.safetensors").write_bytes(size.to_bytes(8, "little") + text)
        return ["--model", str(folder)]

    return make


def foreign(name: str) -> Maker:
    """Add a tensor to files without metadata of ours, which are told apart by their tensors."""

    def make(folder: Path) -> list[str]:
        for part in ("dit", "vae", "text_encoder"):
            (folder / f"{part}.safetensors").unlink()
        wan = {"head.modulation": torch.ones(1, 2, 128), "blocks.0.self_attn.q.weight": torch.ones(128, 128)}
        umt5 = {"encoder.block.0.layer.0.SelfAttention.q.weight": torch.ones(8, 8), "shared.weight": torch.ones(8, 8)}
        save_file({**wan, **umt5, name: torch.ones(2)}, folder / "model.safetensors")
        return ["--model", str(folder)]

    return make


def pickled(**tensors: torch.Tensor) -> Maker:
    def make(folder: Path) -> list[str]:
        torch.save(tensors, folder / "dit.pth")
        return ["--model", str(folder / "dit.pth")]

    return make


def deflated(folder: Path) -> list[str]:
    """Zeros that are packed to a thousandth of their size."""
    make = pickled(x=torch.zeros(10_000_000))
    (_, path) = make(folder)
    with zipfile.ZipFile(path) as stored, zipfile.ZipFile(f"{path}.new", "w", zipfile.ZIP_DEFLATED) as packed:
        for member in stored.namelist():
            packed.writestr(member, stored.read(member))
    Path(f"{path}.new").replace(path)
    return ["--model", path]


def pipe(folder: Path) -> list[str]:
    (folder / "dit.safetensors").unlink()
    os.mkfifo(folder / "dit.safetensors")
    return ["--model", str(folder)]


def lora(**tensors: torch.Tensor) -> Maker:
    def make(folder: Path) -> list[str]:
        save_file({name.replace("__", "."): tensor for name, tensor in tensors.items()}, folder / "style.safetensors")
        return ["--model", str(folder), "--lora", str(folder / "style.safetensors")]

    return make


DEEP = b"[" * 1_000_000
CASES: dict[str, Maker] = {
    "very many layers": config("dit", num_layers=1_000_000_000),
    "very wide": config("vae", dim=2**60),
    "a large vocabulary": config("text_encoder", vocab_size=2**40),
    "a block of a high number": foreign("blocks.100000.x"),
    "an encoder's block of a high number": foreign("encoder.block.99999999.layer.0.x"),
    "a dtype that is a list": header("dit", b'{"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}}' + bytes(4)),
    "a shape of many numbers": header("vae", b'{"a":{"dtype":"F32","shape":[' + b"9," * 4_000_000 + b"9]}}"),
    "a deep header": header("dit", b'{"a":' + DEEP),
    "a header of exabytes": header("dit", b"{", length=2**60),
    "deep words": lambda folder: changed(folder, "text_encoder", {"sora_words": DEEP.decode()}),
    "a deep config": lambda folder: changed(folder, "dit", {"sora_config": DEEP.decode()}),
    "a deep tokenizer": lambda folder: changed(folder, "text_encoder", {"sora_tokenizer": DEEP.decode()}),
    "no frame rate": lambda folder: changed(folder, "dit", {"sora_fps": "1e300"}),
    "a long name": lambda folder: changed(folder, "dit", {}, **{"a" * LONG: torch.ones(1)}),
    "a packed archive": deflated,
    "one number for gigabytes": pickled(x=torch.zeros(1).expand(2**36)),
    "a tensor without numbers": pickled(x=torch.empty(2**40, device="meta")),
    "a sparse tensor": pickled(x=torch.sparse_coo_tensor([[2**40]], [1.0], (2**41,), check_invariants=False)),
    "a pipe": pipe,
    "a LoRA of a long name": lora(**{"a" * LONG: torch.ones(1)}),
    "a LoRA of many factors": lora(**{f"blocks__{n}__lora_A__weight": torch.ones(1) for n in range(20_000)}),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_line_in_bounded_memory_and_time(case: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    arguments = CASES[case](save_tiny_model(folder))
    said, grown = run(tmp_path, "generate", "a circle", "-o", str(tmp_path / "clip.mp4"), *arguments)
    assert said.startswith("error: ")
    assert len(said.splitlines()) == 1
    assert len(said) < 2000
    assert grown < MOST_BYTES
    assert not (tmp_path / "clip.mp4").exists()


def run(folder: Path, *arguments: str) -> tuple[str, float]:
    """What the command says before it ends with the code of an error of the user, and how much memory it adds."""
    log = folder / "said.txt"
    child = os.fork()  # which has torch already: to start a program takes far longer than what is measured
    if child == 0:
        _become(log, arguments)
    deadline = time.monotonic() + HANGS
    while not (ended := os.wait4(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail(f"it did not end within {HANGS} s")
        time.sleep(0.02)
    _, status, usage = ended
    before, said = log.read_text().split("\n", 1)
    assert os.waitstatus_to_exitcode(status) == 2, said[-2000:]
    return said, 1024.0 * (usage.ru_maxrss - int(before))


def _become(log: Path, arguments: tuple[str, ...]) -> NoReturn:
    """Run the command in this process, which ends; the log begins with the memory that it has before."""
    code = 70
    try:
        sys.stderr = log.open("w")
        sys.stderr.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
        sys.stderr.flush()
        os.dup2(sys.stderr.fileno(), 2)
        torch.set_num_threads(1)
        code = main(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
