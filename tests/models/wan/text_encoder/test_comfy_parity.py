"""Same file, same prompts, same tokens and embeddings as ComfyUI's own umT5 and its tokenizer.

Its classes run in their own interpreter (COMFYUI_PATH and COMFYUI_PYTHON, else ~/ComfyUI with its venv), in float32.
Prompts have no brackets, which ComfyUI reads as weights, and no entities and double spaces, which it does not clean.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from small_umt5 import CORPUS, comfyui_file, tensors_of, umt5
from source_tree import ROOT

COMFYUI = Path(os.environ.get("COMFYUI_PATH", Path.home() / "ComfyUI"))
PYTHON = Path(os.environ.get("COMFYUI_PYTHON", COMFYUI / "venv" / "bin" / "python"))
TOLERANCE = 2e-5  # measured: 7e-6, with embeddings of spread 1.1
PROGRAM = """
import json, sys
path, prompts = sys.argv[1], json.loads(sys.argv[2])
sys.argv = ["parity", "--cpu"]
import comfy.options
comfy.options.enable_args_parsing()
import comfy.sd1_clip, comfy.text_encoders.t5, comfy.text_encoders.wan, torch
from safetensors.torch import load_file
from sora_core.checkpoint import load_text_encoder

sizes = {"d_ff": 40, "d_kv": 12, "d_model": 32, "num_heads": 4, "num_layers": 3, "vocab_size": 600}
kind = {"dense_act_fn": "gelu_pytorch_tanh", "is_gated_act": True, "model_type": "umt5"}
tensors = load_file(path)
words = tensors.pop("spiece_model")
tokenizer = comfy.text_encoders.wan.UMT5XXlTokenizer(tokenizer_data={"spiece_model": words})
theirs = comfy.sd1_clip.SDClipModel(
    device="cpu", dtype=torch.float32, textmodel_json_config=sizes | kind, model_class=comfy.text_encoders.t5.T5,
    special_tokens={"end": 1, "pad": 0}, enable_attention_masks=True, zero_out_masked=True, layer="last",
)
theirs.transformer.load_state_dict(tensors)
ours = load_text_encoder(path)
with torch.no_grad():
    for prompt in prompts:
        tokens = tokenizer.tokenize_with_weights(prompt)
        expected = theirs.encode_token_weights(tokens)[0]
        got = ours.encode([prompt]).embeddings
        same = [[token for token, _ in tokens[0]]] == ours.tokenize([prompt]).tolist()
        print("parity", same, expected.shape == got.shape, (got - expected).abs().max().item(), prompt.encode())
"""


@pytest.mark.slow
@pytest.mark.live
@pytest.mark.skipif(not PYTHON.is_file(), reason=f"no ComfyUI with an interpreter at {PYTHON}")
def test_tokens_and_embeddings_equal_those_of_comfyui(tmp_path: Path) -> None:
    path = comfyui_file(tmp_path / "umt5.safetensors", tensors_of(umt5()))
    prompts = [*CORPUS, "", "emoji \U0001f600, \u00bd \ufb01ne \u2026", "a red circle " * 30]
    environment = {**os.environ, "PYTHONPATH": f"{COMFYUI}{os.pathsep}{ROOT}"}
    command = [str(PYTHON), "-c", PROGRAM, str(path), json.dumps(prompts)]
    done = subprocess.run(command, cwd=COMFYUI, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [line.split(maxsplit=4) for line in done.stdout.splitlines() if line.startswith("parity")]
    assert len(found) == len(prompts)
    wrong = [line for line in found if line[1:3] != ["True", "True"] or not float(line[3]) <= TOLERANCE]
    assert wrong == []
