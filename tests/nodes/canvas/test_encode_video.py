"""Sora Encode Video: the latents of a clip, of a file as of images, without a known part, and with its sound."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, run


def test_a_clip_is_encoded_as_it_is_and_lengthened_by_its_last_frame(nodes, vae, said):
    latent, fps = run(nodes["SoraEncodeVideo"], source=clip(15), vae=vae, size=32, fps=8.0)
    assert ("noise_mask" in latent, fps) == (False, 8.0)
    padded = torch.cat([clip(15), clip(15)[-1:].expand(2, -1, -1, -1)])
    torch.testing.assert_close(latent["samples"], encoded(vae, padded))
    assert said[-1] == "source: 15 frames at 8 fps used as 17 at 8"


def test_a_file_gives_what_its_frames_give_and_keeps_its_sound(nodes, vae, tmp_path):
    videos = import_from_pack("headless.video")
    tone = {"waveform": torch.sin(torch.arange(17000) / 10).view(1, 1, -1) / 2, "sample_rate": 8000}
    videos.VideoFromComponents(clip(51), 24.0, tone).save_to(tmp_path / "clip.mp4")
    film = videos.VideoFromFile(tmp_path / "clip.mp4")
    latent, fps = run(nodes["SoraEncodeVideo"], source=film, vae=vae, size=32, fps=8.0)
    held, _ = run(nodes["SoraEncodeVideo"], source=film.images()[1::3], vae=vae, size=32, fps=8.0)
    assert torch.equal(latent["samples"], held["samples"])
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=fps)
    sound = made.recording().sound
    assert sound["waveform"].shape[-1] / 8000 == pytest.approx(17 / 8, abs=0.2)
    assert sound["waveform"][..., 2000:14000].abs().max() > 0.4
