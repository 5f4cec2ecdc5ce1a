"""Sora Paste Back of Sora Keyframe's latent: images and clips stand as they were in the video made between them."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run

HEIGHT, WIDTH = 100, 178
AS_SHIPPED = {"start": 0.0, "feather": 4, "match_colours": True, "fps": 8.0}


def decoded(nodes, vae, latent):
    return run(nodes["SoraDecodeToVideo"], samples=latent, vae=vae, fps=0.0)[0]


def film_of(frames: int, fps: float, seed: int = 0):
    """A film of the user's, 178x100, with a tone of its own."""
    wave = torch.sin(torch.arange(round(frames / fps * 8000)) / (10 + seed)).view(1, 1, -1) / 2
    held = import_from_pack("headless.video").VideoFromComponents
    return held(clip(frames, HEIGHT, WIDTH), fps, {"waveform": wave, "sample_rate": 8000})


@pytest.fixture
def keyframed(nodes, vae):
    """The canvas of a picture at 0 s and a clip of a second at 1.125 s, of 25 frames at 8 fps; and both."""
    picture, moving = clip(1, HEIGHT, WIDTH), film_of(24, 24.0)
    empty = run(nodes["SoraVideoGrid"], aspect_ratio="16:9", size=64, seconds=3.0, fps=8.0, vae=vae)[0]
    given = {"vae": vae, "fps": 8.0}
    latent = run(nodes["SoraKeyframe"], latent=empty, source=picture, seconds=0.0, **given)[0]
    return run(nodes["SoraKeyframe"], latent=latent, source=moving, seconds=1.125, **given)[0], picture, moving


def test_keyframes_stand_as_they_were_at_their_moments(nodes, vae, keyframed):
    latent, picture, moving = keyframed
    made = decoded(nodes, vae, latent)
    video, images = run(nodes["SoraPasteBack"], source=latent, made=made, **AS_SHIPPED)
    assert (images.shape, video.get_frame_rate()) == ((75, HEIGHT, WIDTH, 3), 24.0)
    assert torch.equal(images[:3], picture.expand(3, -1, -1, -1))  # for as long as the canvas shows it
    assert torch.equal(images[27:51], moving.images())
    sound = video.recording().sound["waveform"][0, 0]
    assert len(sound) == 25000
    own = moving.recording().sound["waveform"][0, 0]
    assert torch.equal(sound[9000:17000], own)
    assert sound[:9000].abs().max() == sound[17000:].abs().max() == 0


def test_sounds_of_two_keyframes_are_both_heard(nodes, vae, keyframed):
    latent, _, moving = keyframed
    again = film_of(12, 24.0, seed=5)
    two = run(nodes["SoraKeyframe"], latent=latent, source=again, seconds=0.0, vae=vae, fps=8.0, from_end=True)[0]
    video, images = run(nodes["SoraPasteBack"], source=two, made=decoded(nodes, vae, two), **AS_SHIPPED)
    sound = video.recording().sound["waveform"][0, 0]
    assert torch.equal(sound[9000:17000], moving.recording().sound["waveform"][0, 0])
    assert torch.equal(sound[21000:25000], again.recording().sound["waveform"][0, 0])
    assert torch.equal(images[63:], again.images())


def test_images_of_another_decoder_get_the_sound_of_the_keyframes(nodes, vae, keyframed):
    latent, _, moving = keyframed
    images = run(nodes["SoraVAEDecode"], samples=latent, vae=vae)[0]
    video, _ = run(nodes["SoraPasteBack"], source=latent, made=images, **AS_SHIPPED)
    own = moving.recording().sound["waveform"][0, 0]
    assert torch.equal(video.recording().sound["waveform"][0, 0, 9000:17000], own)


def test_pictures_alone_keep_the_rate_of_the_made_video(nodes, vae):
    empty = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=8.0, vae=vae)[0]
    latent = run(nodes["SoraKeyframe"], latent=empty, source=clip(1, 60, 90), seconds=0.0, vae=vae, fps=8.0)[0]
    video, images = run(nodes["SoraPasteBack"], source=latent, made=clip(18), **{**AS_SHIPPED, "fps": 16.0})
    assert (images.shape, video.get_frame_rate()) == ((18, 60, 60, 3), 16.0)
    assert torch.equal(images[:2], clip(1, 60, 90)[:, :, 15:75].expand(2, -1, -1, -1))


def test_a_made_video_that_ends_before_a_keyframe_is_told(nodes, keyframed, said):
    run(nodes["SoraPasteBack"], source=keyframed[0], made=clip(5), **AS_SHIPPED)
    assert said[-1] == "the made video ends before 1 of the keyframes"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": {"samples": torch.zeros(1, 4, 5, 2, 2)}}, "got a latent without keyframes"),
        ({"start": 1.0}, "beside the latent of Sora Keyframe"),
        ({"region": torch.ones(1, HEIGHT, WIDTH)}, "beside the latent of Sora Keyframe"),
        ({"border": torch.ones(1, HEIGHT, WIDTH)}, "beside the latent of Sora Keyframe"),
    ],
)
def test_what_means_nothing_beside_keyframes_is_refused(nodes, keyframed, given, message):
    with pytest.raises(ValueError, match=message):
        run(nodes["SoraPasteBack"], **{"source": keyframed[0], "made": clip(25), **AS_SHIPPED, **given})
