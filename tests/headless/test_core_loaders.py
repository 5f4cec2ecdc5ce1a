"""Load LoRA where there is no ComfyUI: into a copy, from the folders of the host alone."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from lora_files import changed_by, lora_file
from sora_core.checkpoint.lora import apply_lora
from tiny import tiny_dit


@pytest.fixture
def loader(tiny_model_folder, tmp_path):
    """LoraLoaderModelOnly, and the tiny model as a MODEL of headless; LoRA files lie in tmp_path/loras."""
    (tmp_path / "tiny").symlink_to(tiny_model_folder, target_is_directory=True)
    (tmp_path / "loras").mkdir()
    host = import_from_pack("headless.host").HeadlessHost(
        model_roots=[tmp_path], temp=tmp_path, device="cpu", terminal=import_from_pack("headless.terminal").Terminal()
    )
    import_from_pack("nodes.host").install(host)
    return import_from_pack("headless.core_loaders").LoraLoaderModelOnly, host.load_model("tiny")[0]


def test_a_lora_is_merged_into_a_copy(loader, tmp_path):
    node, model = loader
    lora_file(tmp_path / "loras" / "a.safetensors", model.dit)
    made = node.execute(model, "a.safetensors", 0.5).args[0]
    assert changed_by(model.dit, made.dit) == pytest.approx(0.5, abs=1e-5)
    assert node.execute(model, "a.safetensors", 0.0).args[0] is model
    expected = tiny_dit()
    expected.load_state_dict(model.dit.state_dict())
    apply_lora(expected, tmp_path / "loras" / "a.safetensors", strength=0.5)
    assert all(torch.equal(weight, expected.state_dict()[name]) for name, weight in made.dit.state_dict().items())


@pytest.mark.parametrize("name", ["b.safetensors", "../outside.safetensors"])
def test_only_what_lies_in_the_folders_of_the_host_is_found(loader, tmp_path, name):
    node, model = loader
    lora_file(tmp_path / "outside.safetensors", model.dit)
    with pytest.raises(ValueError, match=r"expected a file in one of these folders: .*loras"):
        node.execute(model, name, 1.0)
