"""A graph in API format of Sora Timeline between two sample clips and a picture of one, for headless and ComfyUI."""

from __future__ import annotations

import copy
from typing import Any

TEXT = """length 5
0-1 = clip1
2.5 = clip2
4-5 = clip1 from 1 level 0.5 ramp 0.25
0: a red circle moves right on a black background
2.5: a blue square moves up on a black background"""
JSON = """{"version": 1, "fps": 16, "frames": 80, "clips": [
{"input": "clip1", "at": 0, "length": 16}, {"input": "clip2", "at": 40, "length": 1},
{"input": "clip1", "at": 64, "length": 16, "from": 16, "level": 0.5, "ramp_in": 4, "ramp_out": 4}], "prompts": [
{"at": 0, "text": "a red circle moves right on a black background"},
{"at": 40, "text": "a blue square moves up on a black background"}]}"""


def timeline_graph(text_to_video: dict[str, Any], timeline: str, **more: Any) -> dict[str, Any]:
    """The shipped graph of text to video with a timeline in the place of its grid and its prompt."""
    graph = copy.deepcopy(text_to_video)
    graph["8"] = {"class_type": "SoraSampleClip", "inputs": {"clip": "circle_right"}}
    graph["9"] = {"class_type": "SolidMask", "inputs": {"value": 1.0, "width": 64, "height": 64}}
    graph["10"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["8", 0]}}
    graph["11"] = {"class_type": "ImageFromBatch", "inputs": {"image": ["10", 0], "batch_index": 0, "length": 1}}
    clips = {"clips.clip1": ["8", 0], "clips.clip2": ["11", 0], "masks.mask1": ["9", 0]}
    size = {"aspect_ratio": "first clip", "size": 64, "fps": 8.0, "loop": False}
    given = {"vae": ["1", 2], "clip": ["1", 1], **clips, **size, "timeline": timeline, **more}
    graph["4"] = {"class_type": "SoraTimeline", "inputs": given}
    graph["5"]["inputs"]["positive"] = ["4", 3]
    graph["6"]["inputs"] |= {"fps": ["4", 1], "loop_frames": ["4", 4]}
    return graph
