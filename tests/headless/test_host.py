"""The host where there is no ComfyUI: which models there are, and what it takes and gives."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


def test_the_folders_of_models_are_looked_through_once(models, tmp_path, monkeypatch):
    root = tmp_path / "roots"
    root.mkdir()
    (root / "good").symlink_to(models / "tiny", target_is_directory=True)
    (root / "empty").mkdir()
    (root / "a file").touch()
    terminal = import_from_pack("headless.terminal").Terminal()
    host = import_from_pack("headless.host").HeadlessHost(
        model_roots=[root, models], temp=tmp_path, device="cpu", terminal=terminal
    )
    monkeypatch.setattr(Path, "iterdir", lambda self: pytest.fail("looked again"))
    assert host.model_names() == ["nano (demo model)", "good", "tiny"]


def test_a_text_of_another_width_is_refused(host):
    jobs = import_from_pack("nodes.host.job")
    model, *_ = host.load_model("tiny")
    text, latents = [[torch.zeros(1, 3, 24), {}]], torch.zeros(1, 4, 1, 4, 4)
    job = jobs.SamplingJob(text, text, latents, torch.ones_like(latents[:, :1]), 0)
    with pytest.raises(ValueError, match="got a conditioning of width 24, this model takes 16: connect its CLIP"):
        host.sample(model, job, lambda *_: None)


def test_a_conditioning_of_several_parts_is_refused(host):
    jobs = import_from_pack("nodes.host.job")
    model, *_ = host.load_model("tiny")
    part, latents = [torch.zeros(1, 3, 16), {}], torch.zeros(1, 4, 1, 4, 4)
    job = jobs.SamplingJob([part, part], [part], latents, torch.ones_like(latents[:, :1]), 0)
    with pytest.raises(ValueError, match="got a conditioning of 2 parts, expected 1 from Sora Encode Text"):
        host.sample(model, job, lambda *_: None)


def test_latents_on_sockets_are_raw_and_come_back_as_the_frames_of_the_core(host, tiny_model_folder):
    *_, vae = host.load_model("tiny")
    core = import_from_pack("sora_core.checkpoint").load_vae(tiny_model_folder / "vae.safetensors")
    images = torch.rand(5, 16, 24, 3, generator=torch.Generator().manual_seed(0))
    pixels = images.movedim(-1, 0)[None] * 2 - 1
    with torch.no_grad():
        latents = core.encode(pixels)
        raw, frames = core.statistics.denormalise(latents), core.decode(latents)
    encoded = host.encode(vae, images)
    torch.testing.assert_close(encoded, raw)
    chunks = list(host.decode_chunks(vae, encoded))
    assert chunks[0].shape[2] == 1
    torch.testing.assert_close(torch.cat(chunks, dim=2), frames)


def test_sampling_options_are_those_of_the_new_model_alone(host):
    model, *_ = host.load_model("tiny")
    options = import_from_pack("sora_core.diffusion.options").SamplingOptions(resampling=3)
    changed = host.with_sampling_options(model, options)
    assert host.sampling_options(changed) is options
    assert host.sampling_options(model).resampling == 0
    assert changed.dit is model.dit


def test_temporary_files_have_names_of_their_own_in_the_folder_that_is_emptied(host, tmp_path):
    one, two = host.temp_path(".mp4"), host.temp_path(".mp4")
    assert one != two
    assert one.parent == two.parent == tmp_path / "temp"
    assert one.suffix == ".mp4"


def test_the_bar_moves_with_every_chunk_of_decoding_encoding_joining_and_writing(host, monkeypatch, tmp_path):
    shown, updated = [], import_from_pack("headless.host").HeadlessProgress.update

    def update(self, done, preview=None):
        shown.append(done)
        updated(self, done, preview)

    monkeypatch.setattr(import_from_pack("headless.host").HeadlessProgress, "update", update)
    streaming = import_from_pack("sora_core.models.wan.vae.streaming")
    monkeypatch.setattr(streaming, "CHUNK_PIXELS", 1)  # one latent at a time, as of large frames
    nodes = {node.GET_SCHEMA().node_id: node for node in import_from_pack("nodes").NODES}
    vae = host.load_model("tiny")[2]
    latent = {"samples": torch.randn(1, 4, 9, 4, 4, generator=torch.Generator().manual_seed(0))}
    chunks = [0, 1, *range(5, 34, 4)]  # of 33 frames
    (film,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0)
    assert shown == chunks
    shown.clear()
    run(nodes["SoraEncodeVideo"], source=film, vae=vae, size=32, fps=8.0)
    assert shown == chunks
    shown.clear()
    run(nodes["SoraJoinVideos"], first=film, second=film, overlap=3)
    assert shown == [*range(1, 64)]
    shown.clear()
    film.save_to(tmp_path / "saved.mp4")
    assert shown == [*range(1, 34)]


def test_the_bar_says_how_much_time_is_left(host, monkeypatch):
    lines = []
    monkeypatch.setattr(host._terminal, "show_progress", lambda done, total, text: lines.append(text))
    progress = host.progress(10, import_from_pack("nodes.host.time_left").sampling(2))
    for done in range(1, 4):
        progress.update(done)
    assert lines == [", window 1 of 2", ", window 1 of 2, 0:00 left", ", window 1 of 2, 0:00 left"]
