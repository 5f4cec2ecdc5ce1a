"""The file that people see: frames of the decoder, encoded once, with the sound in step."""

from __future__ import annotations

import torch

from headless.pack import import_from_pack
from node_runs import clip


def test_the_finished_file_is_one_encode_of_the_frames_that_were_given(nodes, tmp_path):
    files, sounds = import_from_pack("sora_core.video.video_io"), import_from_pack("sora_core.video.sound")
    finished = import_from_pack("nodes.io.finished_file")
    frames = (clip(9) * 255).round().byte()
    sound = sounds.Sound(torch.sin(torch.arange(9000) / 10).view(1, 1, -1) / 2, 8000)
    files.write_lossless(tmp_path / "made.mov", iter(frames), 8.0, sound=sound)
    finished.write_finished(tmp_path / "made.mov", tmp_path / "shown.mp4")
    files.write_video(tmp_path / "once.mp4", iter(frames), 8.0, crf=finished.CRF, sound=sound)
    assert (tmp_path / "shown.mp4").read_bytes() == (tmp_path / "once.mp4").read_bytes()
