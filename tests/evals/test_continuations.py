"""Ways to go on from a clip: ours from latents never decodes and encodes what it carries over."""

from __future__ import annotations

import torch

from sora_core.evals import continuations
from sora_core.evals.continuations import ADDED, CONTINUATIONS, SOURCE, Job
from sora_core.pipeline import Pipeline
from tiny import PROMPT


def job_of(pipe: Pipeline) -> Job:
    latents = torch.randn(1, 4, SOURCE, 2, 2, generator=torch.Generator().manual_seed(0))
    return Job(pipe.encode_text([PROMPT]), latents, 1, 0)


def test_carried_latents_are_encoded_by_no_vae(tiny_model_folder, monkeypatch):
    pipe, encoded = Pipeline.load(tiny_model_folder), []
    monkeypatch.setattr(continuations, "encode", lambda pipe, pixels: encoded.append(pixels))
    frames = CONTINUATIONS[continuations.CARRIED](pipe, job_of(pipe))
    assert encoded == []
    assert frames.shape[1] == pipe.vae.compression.video_frames(SOURCE + ADDED)


def test_the_source_is_shown_as_the_decoder_shows_it(tiny_model_folder):
    pipe = Pipeline.load(tiny_model_folder)
    job = job_of(pipe)
    source = pipe.decode(job.latents)
    assert torch.equal(CONTINUATIONS[continuations.CARRIED](pipe, job)[:, : source.shape[1]], source)
