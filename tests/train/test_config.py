"""Trainings by name: their pools and curricula fit the sizes of their models."""

import random

import pytest
import torch

from sora_core.models.wan.text_encoder import TextEncoder, train_tokenizer
from sora_core.train.config import TRAININGS, Curriculum, training_of
from sora_core.train.sources import build_sources, check_weights


@pytest.mark.parametrize("name", list(TRAININGS))
def test_a_training_fits_its_model(name: str) -> None:
    training = training_of(name)
    check_weights(training.domains)
    preset, vae = training.preset, training.preset.vae
    assert preset.dit.in_channels == preset.dit.out_channels == vae.z_dim
    for video, weight in preset.clips:
        latent = vae.compression.to_latent(video, vae.z_dim)
        assert weight > 0
        assert all(size % patch == 0 for size, patch in zip(latent[1:], preset.dit.patch_size, strict=True))
    for curriculum in (training.vae.from_scratch, training.vae.further, training.vae.of_decoder):
        for frames in (*curriculum.short, *curriculum.long):
            assert vae.compression.latent_frames(frames) <= frames <= training.vae.frames_per_step


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TRAININGS))
def test_captions_are_not_cut_off(name: str) -> None:
    training = training_of(name)
    source = build_sources(training.domains, training.preset.fps, torch.device("cpu"), step=4).clips
    corpus, config = source.corpus(random.Random(0)), training.preset.text_encoder
    encoder = TextEncoder(config, train_tokenizer(corpus, config.vocab_size))
    scenes = source.draw(1000, training.preset.clips[0][0], random.Random(1))
    lengths = (encoder.tokenize(source.captions(scenes, random.Random(2))) != 0).sum(dim=1)
    assert (lengths == config.max_tokens).float().mean() < 0.02


def test_an_unknown_training_is_refused() -> None:
    with pytest.raises(ValueError, match="got the preset 'huge', expected one of nano"):
        training_of("huge")


def test_the_longest_clip_of_a_curriculum_is_of_its_short_or_long_ones() -> None:
    assert Curriculum(5, (5, 21), (9, 17), rate=1.0).longest == 21
    assert Curriculum(0, (), (9, 17), rate=1.0).longest == 17
