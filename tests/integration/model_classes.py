"""Every class of model that ComfyUI knows, without its network, and what we say of it.

Run by ComfyUI's interpreter: `model_classes.py COMFYUI PACK FOLDER`. Prints as JSON, for each class, the message with
which it is refused as a video MODEL, or "" where it is taken.
"""

from __future__ import annotations

import collections
import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from in_process import Comfy

SIZES = {"in_channels": 4, "adm_in_channels": 2816, "hidden_size": 8, "timestep_features_type": "learned"}
"""Which some classes read without making their network"""


def model_of(kind: Any) -> Any:
    """A MODEL of a class of comfy.supported_models, of no weights."""
    import comfy.ldm.audio.embedders
    import comfy.model_base
    import comfy.model_patcher

    config = kind({**SIZES, **kind.unet_config, "disable_unet_model_creation": True})
    cpu, weights = torch.device("cpu"), collections.defaultdict(lambda: torch.zeros(4, 4))
    float32 = mock.patch.object(comfy.model_base.BaseModel, "get_dtype", return_value=torch.float32)
    with float32, mock.patch.object(comfy.ldm.audio.embedders, "NumberConditioner"):
        model = config.get_model(weights, "", device=cpu)
    return comfy.model_patcher.ModelPatcher(model, load_device=cpu, offload_device=cpu)


def said(host: Comfy, kind: Any) -> str:
    """What is said of one class."""
    try:
        host.part("nodes.comfy.kinds").check_video_flow(model_of(kind))
    except ValueError as error:
        return str(error)
    return ""


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All classes; and which frames two of them take from their conditioning."""
    host = Comfy(comfyui, pack, folder)
    import comfy.supported_models
    import video_classes

    report: dict[str, Any] = {kind.__name__: said(host, kind) for kind in comfy.supported_models.models}
    current = host.part("nodes.host").current()
    frames = {name: current.concat_frames(video_classes.load(name)) for name in ("wan_2_1_image", "wan_fun_control")}
    report["control"] = {name: [found.needed, found.is_control] for name, found in frames.items()}
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
