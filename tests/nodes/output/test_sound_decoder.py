"""Sound in the decoded file: as long as the frames, in step, closed into a loop with them, or said to be left out."""

from __future__ import annotations

import av
import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run
from toy_sound import AUDIO_VAE, GRID, RATE, teach

FPS = 8.0
FRAMES = 9


@pytest.fixture
def hearing(nodes, monkeypatch):
    """The nodes, with a host that knows a family with sound."""
    teach(import_from_pack("nodes.host").current(), monkeypatch)
    return nodes


def latent(length: int = 11):
    """Nine frames whose sound rises from 0 to 1."""
    generator = torch.Generator().manual_seed(0)
    row = torch.linspace(0, 1, length).view(1, 1, -1, 1).expand(GRID.shape(1, length))
    nested = import_from_pack("nodes.host").current().nested
    return {"samples": nested([torch.randn(1, 4, 3, 4, 4, generator=generator), row.clone()])}


def decoder(samples=None, audio_vae=AUDIO_VAE, turn=FRAMES, total=FRAMES, fps=FPS):
    return import_from_pack("nodes.output.sound_decoder").decoded_sound(
        samples or latent(), audio_vae, fps, turn, total
    )


def seconds_of_sound(path) -> float | None:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        return sum(frame.samples for frame in container.decode(stream)) / stream.rate


def test_sound_lasts_as_long_as_the_frames(hearing):
    sound = decoder()
    assert sound.samples == round(RATE * FRAMES / FPS)
    assert sound.waveform[0, 0, 500].item() == pytest.approx(0.5)


def test_a_loop_has_the_sound_of_its_frames(hearing):
    sound = decoder(turn=6)
    assert sound.samples == RATE * 6 // 8
    assert sound.waveform[0, 0, 0] == decoder().waveform[0, 0, RATE * 3 // 8]


def test_the_file_has_frames_and_sound(hearing, vae):
    video = run(hearing["SoraDecodeToVideo"], samples=latent(), vae=vae, fps=FPS, audio_vae=AUDIO_VAE)[0]
    assert seconds_of_sound(video.path) == pytest.approx(FRAMES / FPS, abs=0.03)
    assert len(video.images()) == FRAMES


def test_without_an_audio_vae_the_file_is_silent_and_the_node_says_so(hearing, vae, said):
    video = run(hearing["SoraDecodeToVideo"], samples=latent(), vae=vae, fps=FPS)[0]
    assert seconds_of_sound(video.path) is None
    assert said == ["No sound in the file: connect the audio VAE here."]


def test_images_are_decoded_of_the_frames_alone(hearing, vae):
    assert len(run(hearing["SoraVAEDecode"], samples=latent(), vae=vae)[0]) == FRAMES


def test_an_audio_vae_for_frames_alone_is_refused_before_anything_is_written(hearing, vae, tmp_path):
    plain = {"samples": latent()["samples"].unbind()[0]}
    with pytest.raises(ValueError, match="got an audio VAE for latents of frames alone"):
        run(hearing["SoraDecodeToVideo"], samples=plain, vae=vae, fps=FPS, audio_vae=AUDIO_VAE)
    assert list((tmp_path / "temp").iterdir()) == []


def test_another_rate_than_that_of_the_canvas_is_refused_with_the_right_one(hearing):
    with pytest.raises(ValueError, match=r"got 9 frames at 16 fps.*and 1\.1 s of sound.*set fps to 8$"):
        decoder(fps=16.0)


@pytest.mark.parametrize("seconds", [0.5, 3.0])
@pytest.mark.parametrize("turn", [0, 6])
def test_given_sound_is_cut_or_filled_with_silence_to_the_frames(nodes, vae, seconds, turn):
    frames = {"samples": torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))}
    audio = {"waveform": torch.rand(1, 2, round(8000 * seconds)) - 0.5, "sample_rate": 8000}
    (video,) = run(nodes["SoraDecodeToVideo"], samples=frames, vae=vae, fps=FPS, frames=turn, audio=audio)
    heard = video.recording().sound["waveform"]
    length = round(8000 * (turn or FRAMES) / FPS)
    given = audio["waveform"][..., :length]
    assert heard.shape == (1, 2, length)
    assert torch.equal(heard[..., : given.shape[-1]], given)
    assert not heard[..., given.shape[-1] :].any()


def test_given_sound_takes_the_place_of_the_sources(hearing, vae, said):
    audio = {"waveform": torch.full((1, 1, 8000), 0.25), "sample_rate": 8000}
    (video,) = run(hearing["SoraDecodeToVideo"], samples=latent(), vae=vae, fps=FPS, audio=audio)
    assert (video.recording().sound["waveform"][..., :8000] == 0.25).all()
    assert not [text for text in said if "audio VAE" in text]


def test_given_sound_beside_that_of_an_audio_vae_is_refused(hearing, vae):
    audio = {"waveform": torch.zeros(1, 1, 8000), "sample_rate": 8000}
    with pytest.raises(ValueError, match="got audio and an audio VAE, expected one"):
        run(hearing["SoraDecodeToVideo"], samples=latent(), vae=vae, fps=FPS, audio_vae=AUDIO_VAE, audio=audio)
