"""Sora Join Videos: overlaps are shared, and one clip is brought to the size and rate of the other."""

from __future__ import annotations

import math

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run


def test_joined_clips_share_their_overlap(nodes):
    video, images = run(nodes["SoraJoinVideos"], first=clip(17), second=clip(17)[8:], overlap=9)
    assert images.shape == (17, 32, 32, 3)
    assert torch.equal(images[:8], clip(17)[:8])
    assert (images - clip(17)).abs().max() < 0.02
    assert video.get_frame_rate() == 8.0


@pytest.mark.slow
def test_clips_of_two_sizes_and_rates_are_joined_at_the_first_ones(nodes, said, tmp_path):
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    files.write_video(paths[0], (clip(8) * 255).byte(), 8.0)
    files.write_video(paths[1], (clip(32, 64, 96) * 255).byte(), 16.0)
    first, second = (videos.VideoFromFile(path) for path in paths)
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0)
    assert images.shape == (8 + 16, 32, 32, 3)
    assert video.get_frame_rate() == 8.0
    assert said[-1] == "second: 96x64 at 16 -> 32x32 at 8 fps"
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0, keep_second=True)
    assert images.shape == (16 + 32, 64, 96, 3)
    assert video.get_frame_rate() == 16.0
    assert torch.equal(images[-32:], second.images())
    assert said[-1] == "first: 32x32 at 8 -> 96x64 at 16 fps"


@pytest.mark.parametrize("keep_second", [False, True])
def test_shared_frames_are_counted_in_the_clip_that_is_fitted(nodes, tmp_path, keep_second):
    """A second of film at 24 fps, extended on a canvas of 8 fps that holds all of it: shown once, not twice."""
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    film, made = clip(24), clip(16)
    files.write_video(tmp_path / "film.mp4", (film * 255).byte(), 24.0)
    files.write_video(tmp_path / "made.mp4", (made * 255).byte(), 8.0)
    ends = [videos.VideoFromFile(tmp_path / f"{name}.mp4") for name in ("film", "made")]
    first, second = reversed(ends) if keep_second else ends
    _, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=8, keep_second=keep_second)
    assert len(images) == 24 + 24


LENGTHS = [(62, 30.0), (50, 24.0), (61, 30000 / 1001), (41, 50.0), (23, 12.0)]


@pytest.mark.parametrize(("frames", "fps"), LENGTHS)
@pytest.mark.parametrize("backward", [False, True])
def test_a_film_of_any_length_and_rate_is_joined_with_its_extension(nodes, vae, tmp_path, frames, fps, backward):
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    files.write_video(tmp_path / "film.mp4", (clip(frames) * 255).byte(), fps)
    film = videos.VideoFromFile(tmp_path / "film.mp4")
    seconds = {"before": 1.0, "after": 0.0} if backward else {"before": 0.0, "after": 1.0}
    latent, rate, overlap, *_ = run(nodes["SoraExtendVideo"], source=film, vae=vae, size=32, fps=8.0, **seconds)
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=rate)
    ends = {"first": made, "second": film} if backward else {"first": film, "second": made}
    _, images = run(nodes["SoraJoinVideos"], **ends, overlap=overlap, keep_second=backward)
    new = latent["samples"].shape[2] * 4 - 3 - overlap
    assert len(images) - frames == round(new * fps / 8)
    kept = max(0, int(frames - overlap * fps / 8))
    if backward:
        images, source = images.flip(0), film.images().flip(0)
    else:
        source = film.images()
    assert torch.equal(images[:kept], source[:kept])


@pytest.mark.parametrize(("frames", "fps", "context"), [(100, 24.0, 1.0), (61, 30000 / 1001, 0.5), (40, 8.0, 0.0)])
def test_a_film_extended_both_ways_is_put_back_between(nodes, vae, tmp_path, frames, fps, context):
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    files.write_video(tmp_path / "film.mp4", (clip(frames) * 255).byte(), fps)
    film = videos.VideoFromFile(tmp_path / "film.mp4")
    inputs = {"vae": vae, "size": 32, "fps": 8.0, "before": 1.0, "after": 1.0, "context": context}
    latent, rate, overlap, before, start = run(nodes["SoraExtendVideo"], source=film, **inputs)
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=rate)
    shared = {"overlap": overlap, "before": before, "before_overlap": start}
    _, images = run(nodes["SoraJoinVideos"], first=film, second=made, **shared)
    after = latent["samples"].shape[2] * 4 - 3 - before - start - overlap
    lead = round(before * fps / 8)
    assert len(images) == lead + frames + round(after * fps / 8)
    kept = range(math.ceil(start * fps / 8), int(frames - overlap * fps / 8))
    assert torch.equal(images[lead + kept.start : lead + kept.stop], film.images()[kept.start : kept.stop])


def test_what_lies_around_a_video_is_not_joined_with_a_third(nodes):
    with pytest.raises(ValueError, match="got frames before the first beside keep_second or a last video"):
        run(
            nodes["SoraJoinVideos"], first=clip(9), second=clip(30), overlap=4, before=8, before_overlap=4, last=clip(9)
        )
    with pytest.raises(ValueError, match="got 8 frames before the first and overlaps of 4 and 4 for a second of 16"):
        run(nodes["SoraJoinVideos"], first=clip(9), second=clip(16), overlap=4, before=8, before_overlap=4)


def unlinked(node):
    """The node with an output `images` that nothing is connected to."""
    hidden = import_from_pack("headless.comfy_api_standin").HiddenValues
    prompt = {"1": {"inputs": {}}, "2": {"inputs": {"video": ["1", 0]}}}
    return type("SoraJoinVideos", (node,), {"hidden": hidden(unique_id="1", prompt=prompt)})


def test_a_result_that_is_too_large_to_hold_goes_to_a_file_with_its_sound(nodes, monkeypatch):
    join, videos = import_from_pack("nodes.output.join_videos"), import_from_pack("headless.video")
    tone = {"waveform": torch.sin(torch.arange(8000) / 10).view(1, 1, -1) / 2, "sample_rate": 8000}
    films = [videos.VideoFromComponents(clip(8), 8.0, tone) for _ in range(2)]
    held, images = run(nodes["SoraJoinVideos"], first=films[0], second=films[1], overlap=4)
    assert isinstance(held, videos.VideoFromComponents)
    monkeypatch.setattr(join, "HELD", 0)
    node = unlinked(nodes["SoraJoinVideos"])
    video, none = run(node, first=films[0], second=films[1], overlap=4)
    assert none is None
    assert (video.images() - images).abs().mean() < 0.02  # noise at crf 12
    for made in (held, video):
        assert made.recording().sound["waveform"].shape[-1] == pytest.approx(12000, abs=1024)
    _, again = run(nodes["SoraJoinVideos"], first=films[0], second=films[1], overlap=4)  # where they may be connected
    assert torch.equal(again, images)


def test_a_film_and_what_was_decoded_after_it_are_encoded_once(nodes, vae, tmp_path, monkeypatch):
    """The file is that of the film's frames and of the decoder's, none of which was encoded before."""
    files, join = import_from_pack("sora_core.video.video_io"), import_from_pack("nodes.output.join_videos")
    latent = {"samples": torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))}
    (made,) = run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=8.0)
    (decoded,) = run(nodes["SoraVAEDecode"], samples=latent, vae=vae)
    _, images = run(nodes["SoraJoinVideos"], first=clip(4), second=made, overlap=0)
    assert torch.equal(images[4:], (decoded * 255).round() / 255)
    monkeypatch.setattr(join, "HELD", 0)
    video, _ = run(unlinked(nodes["SoraJoinVideos"]), first=clip(4), second=made, overlap=0)
    video.save_to(tmp_path / "saved.mp4")
    frames = torch.cat([clip(4), decoded])
    files.write_video(tmp_path / "once.mp4", (frames * 255).round().byte(), 8.0, crf=12)
    assert (tmp_path / "saved.mp4").read_bytes() == (tmp_path / "once.mp4").read_bytes()


@pytest.mark.parametrize(("one", "two", "told"), [(6, 2, "second: sound of 2"), (1, 2, "first: sound of 1")])
def test_sound_of_other_channels_is_mixed_to_the_layout_with_most_and_told(nodes, said, one, two, told):
    videos = import_from_pack("headless.video")
    sounds = [{"waveform": torch.full((1, count, 8000), 0.5), "sample_rate": 8000} for count in (one, two)]
    films = [videos.VideoFromComponents(clip(8), 8.0, sound) for sound in sounds]
    video, _ = run(nodes["SoraJoinVideos"], first=films[0], second=films[1], overlap=0)
    assert video.audio["waveform"].shape == (1, max(one, two), 16000)
    assert said[-1] == f"{told} channels, mixed to {max(one, two)}"


def test_whether_images_are_wanted_is_known_from_the_running_graph_before_the_node_runs(nodes, monkeypatch):
    """ComfyUI gives the graph as a hidden input only to a node that runs, and asks for what it depends on before."""
    hidden = import_from_pack("headless.comfy_api_standin").HiddenValues(unique_id="1", prompt={})
    node = type("SoraJoinVideos", (nodes["SoraJoinVideos"],), {"hidden": hidden})
    found = []
    for inputs in ({"video": ["1", 0]}, {"video": ["1", 0], "images": ["1", 1]}):
        graph = {"1": {"inputs": {}}, "2": {"inputs": inputs}}
        monkeypatch.setattr(import_from_pack("nodes.host").current(), "running_graph", lambda graph=graph: graph)
        found.append(node.fingerprint_inputs(first=None, overlap=0))
    assert found == [False, True]
    monkeypatch.setattr(import_from_pack("nodes.host").current(), "running_graph", lambda: None)
    assert node.fingerprint_inputs()
