"""Mistakes after a sampler in the graph are told before it samples."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


@pytest.fixture
def sampled_before(nodes, loaded):
    """Runs Sora Sampler as node 5 before a decoder and a join: its outputs."""
    model, clip, vae = loaded
    grid, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=8.0, vae=vae)
    text = run(nodes["SoraEncodeText"], clip=clip, text="")[0]
    hidden = import_from_pack("headless.comfy_api_standin").HiddenValues

    def sample(decoder, join=None, latent=grid, *, saved=True):
        prompt = {"5": {"class_type": "SoraSampler", "inputs": {}}, "2": SHORT}
        prompt["6"] = {"class_type": "SoraDecodeToVideo", "inputs": {"samples": ["5", 0], "vae": ["1", 2], **decoder}}
        if join is not None:
            videos = {"first": ["2", 0], "second": ["6", 0]}
            prompt["7"] = {"class_type": "SoraJoinVideos", "inputs": {**videos, **join}}
        if saved:
            prompt["8"] = {"class_type": "SaveVideo", "inputs": {"video": ["7" if join is not None else "6", 0]}}
        node = type("Sampler", (nodes["SoraSampler"],), {"hidden": hidden(unique_id="5", prompt=prompt)})
        settings = {"seed": 0, "steps": 1, "guidance": 1.0, "shift": 3.0}
        return run(node, model=model, positive=text, negative=text, latent=latent, **settings)

    return sample


SHORT = {"class_type": "SoraSampleClip", "inputs": {"clip": "circle_right"}}  # 17 frames at 8 fps
CORE = {"samples": torch.zeros(1, 4, 3, 4, 4)}


@pytest.mark.parametrize(
    ("decoder", "join", "message"),
    [
        ({"fps": 8.0, "loop_frames": 4}, None, "got loop_frames 4 of 9, expected at least half"),
        ({"fps": 8.0, "frames": 4}, None, "got loop_frames 4 of 9, expected at least half"),
        ({"fps": 0.5}, None, "fps is 0.5, expected at least 1"),
        ({"fps": 8.0, "audio_vae": ["3", 0]}, None, "has an audio VAE, but these latents have no sound"),
        ({"fps": 0}, {"overlap": 10}, "overlap is 10 in Sora Join Videos, but this video has 9 frames"),
        ({"fps": 0}, {"overlap": ["4", 2], "last_overlap": 10}, "last_overlap is 10 in Sora Join Videos"),
        ({"fps": 0, "loop_frames": 6}, {"overlap": 8}, "overlap is 8 in Sora Join Videos, but this video has 6 frames"),
    ],
)
def test_what_would_be_refused_after_sampling_is_refused_before(sampled_before, monkeypatch, decoder, join, message):
    host = import_from_pack("nodes.host").current()
    monkeypatch.setattr(type(host), "sample", lambda *_: pytest.fail("it has sampled"))
    with pytest.raises(ValueError, match=message):
        sampled_before(decoder, join)


@pytest.mark.parametrize(
    ("decoder", "join", "message"),
    [
        ({"fps": 4.0}, {"overlap": 9}, None),
        ({"fps": 2.0}, {"overlap": 6}, "overlap is 6 in Sora Join Videos, 3 s, but its first video lasts 2.12 s"),
        ({"fps": ["4", 1]}, {"overlap": 18, "keep_second": True}, "overlap is 18 .* 2.25 s, but its first video lasts"),
        (
            {"fps": 2.0},
            {"last": ["2", 0], "last_overlap": 6},
            "last_overlap is 6 .* 3 s, but its last video lasts",
        ),
        ({"fps": 8.0}, {"overlap": 17, "keep_second": True}, None),
    ],
)
def test_an_overlap_longer_than_a_file_that_is_joined_is_refused_before(sampled_before, decoder, join, message):
    if message is None:
        assert sampled_before(decoder, join)
        return
    with pytest.raises(ValueError, match=message):
        sampled_before(decoder, join)


def test_a_decoder_without_a_rate_is_refused_before_a_latent_of_core_nodes_is_sampled(sampled_before):
    with pytest.raises(ValueError, match="this latent says no rate of its own"):
        sampled_before({"fps": 0}, latent=CORE)


@pytest.mark.parametrize(
    ("decoder", "join"),
    [
        ({"fps": ["4", 1], "loop_frames": ["4", 2]}, {"overlap": ["4", 3]}),
        ({"fps": 0, "loop_frames": 6}, {"overlap": 6}),
        ({"fps": 0}, {"first": ["3", 0], "overlap": 90, "keep_second": True}),
    ],
)
def test_what_works_or_is_not_known_yet_is_sampled(sampled_before, decoder, join):
    (latent,) = sampled_before(decoder, join)
    assert latent["samples"].shape == (1, 4, 3, 4, 4)


@pytest.mark.parametrize("join", [None, {"overlap": 90}])
def test_a_decoder_whose_video_nothing_takes_stops_no_other_branch(sampled_before, join):
    (latent,) = sampled_before({"fps": 8.0, "audio_vae": ["3", 0]}, join, saved=False)
    assert latent["samples"].shape == (1, 4, 3, 4, 4)
