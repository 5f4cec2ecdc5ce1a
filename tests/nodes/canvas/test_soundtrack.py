"""The sound of canvases: the source's at its place where frames are known, invented elsewhere, and said to be."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run
from toy_sound import AUDIO_VAE, GRID, Film, heard_at, parts, teach

FPS = 8.0
CLOSE = {"abs": 2e-3}  # seconds: a sample or two


@pytest.fixture
def hearing(nodes, monkeypatch):
    """The nodes, with a host that knows a family with sound."""
    teach(import_from_pack("nodes.host").current(), monkeypatch)
    return nodes


def film(frames: int, seconds: float | None = None) -> Film:
    return Film(clip(frames), FPS, frames / FPS if seconds is None else seconds or None)


def canvas_of(hearing, vae, name: str, **inputs):
    """The LATENT of a node with the audio VAE."""
    sized = {} if name in ("SoraKeyframe",) else {"size": 32}
    return run(hearing[name], vae=vae, fps=FPS, audio_vae=AUDIO_VAE, **sized, **inputs)[0]


def check(latent, known: dict[range, float], length: int) -> None:
    """known: spans of latents, and the second of the film that is heard at second 0 of the canvas."""
    values, levels = parts(latent)
    assert len(values) == length
    expected = {at: heard_at(at) + offset for span, offset in known.items() for at in span}
    assert levels == [0.0 if at in expected else 1.0 for at in range(length)]
    for at, value in expected.items():
        assert values[at] == pytest.approx(value, **CLOSE)


def test_a_grid_has_sound_of_its_length_and_says_that_it_is_generated(hearing, vae, said):
    settings = {"aspect_ratio": "1:1", "size": 32, "seconds": 2.0, "fps": FPS, "vae": vae}
    latent = run(hearing["SoraVideoGrid"], **settings, audio_vae=AUDIO_VAE)[0]
    assert "noise_mask" not in latent
    picture, sound = latent["samples"].unbind()
    assert picture.shape[2] == 5
    assert tuple(sound.shape) == GRID.shape(1, GRID.length(17 / FPS))
    plain = run(hearing["SoraVideoGrid"], **settings)[0]
    assert isinstance(plain["samples"], torch.Tensor)


def test_an_animated_image_has_sound_to_generate(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraAnimateImage", image=clip(1), seconds=1.0)
    check(latent, {}, GRID.length(9 / FPS))


def test_after_a_film_its_sound_goes_on(hearing, vae, said):
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(17), before=0.0, after=1.0)
    check(latent, {range(22): 0.0}, GRID.length(25 / FPS))  # 17 frames last 2.125 s
    assert not any("sound" in text.lower() for text in said)


def test_frames_that_are_left_out_take_their_sound_with_them(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(20), before=0.0, after=1.0)
    check(latent, {range(22): 3 / FPS}, GRID.length(25 / FPS))


def test_before_a_film_sound_is_generated_up_to_its_first_known_frame(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(16), before=1.0, after=0.0)
    begin = 9 / FPS  # the film's first frame, 1.125 s; the latent from 1.125 s on begins latent frame 3
    check(latent, {range(12, 31): -begin}, GRID.length(25 / FPS))


def test_on_both_sides_sound_is_generated(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(16), before=1.0, after=1.0)
    check(latent, {range(12, 32): -9 / FPS}, GRID.length(33 / FPS))


def test_a_sound_that_ends_early_is_generated_from_there(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(17, 1.0), before=0.0, after=1.0)
    check(latent, {range(10): 0.0}, GRID.length(25 / FPS))


def test_a_silent_film_says_that_it_has_none(hearing, vae, said):
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(17, 0), before=0.0, after=1.0)
    check(latent, {}, GRID.length(25 / FPS))
    assert said[-1] == "All of the sound is generated: the source has none."


def test_between_two_films_sound_is_generated(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraConnectVideos", first=film(17), second=film(16), seconds=1.0)
    check(latent, {range(22): 0.0, range(32, 51): -25 / FPS}, GRID.length(41 / FPS))


def test_of_two_films_one_may_be_silent(hearing, vae, said):
    latent = canvas_of(hearing, vae, "SoraConnectVideos", first=film(17), second=film(16, 0), seconds=1.0)
    check(latent, {range(22): 0.0}, GRID.length(41 / FPS))
    assert said[-1] == "Sound is kept only where a source has any."


def test_a_loop_ends_with_the_sound_that_it_begins_with(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraLoopVideo", source=film(17), seconds=1.0)
    check(latent, {range(22): 0.0, range(32, 41): -25 / FPS}, GRID.length(33 / FPS))


def test_a_keyframe_of_a_film_brings_its_sound(hearing, vae):
    empty = canvas_of(hearing, vae, "SoraVideoGrid", aspect_ratio="1:1", seconds=3.0)
    latent = canvas_of(hearing, vae, "SoraKeyframe", latent=empty, source=film(8), seconds=1.0)
    check(latent, {range(12, 22): -9 / FPS}, GRID.length(25 / FPS))
    more = canvas_of(hearing, vae, "SoraKeyframe", latent=latent, source=clip(1), seconds=0.0)
    check(more, {range(12, 22): -9 / FPS}, GRID.length(25 / FPS))
    assert more["noise_mask"].unbind()[0][0, 0, :, 0, 0].tolist() == [0, 1, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(("frames", "known"), [(10, range(22, 31)), (3, range(29, 31))])
def test_a_keyframe_that_ends_a_canvas_ends_with_its_sound(hearing, vae, frames, known):
    """Of 10 frames 8 fill latent frames; of 3 the first is held, without sound."""
    empty = canvas_of(hearing, vae, "SoraVideoGrid", aspect_ratio="1:1", seconds=3.0)
    inputs = {"latent": empty, "source": film(frames), "seconds": 0.0, "from_end": True}
    latent = canvas_of(hearing, vae, "SoraKeyframe", **inputs)
    check(latent, {known: -(25 - frames) / FPS}, GRID.length(25 / FPS))


def test_a_keyframe_on_frames_alone_has_no_use_for_an_audio_vae(hearing, vae):
    plain = run(hearing["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=3.0, fps=FPS, vae=vae)[0]
    with pytest.raises(ValueError, match="got an audio VAE for a latent of frames alone"):
        canvas_of(hearing, vae, "SoraKeyframe", latent=plain, source=film(8), seconds=1.0)
    latent = run(hearing["SoraKeyframe"], latent=plain, source=film(8), vae=vae, seconds=1.0, fps=FPS)[0]
    assert isinstance(latent["samples"], torch.Tensor)


def test_an_edit_begins_at_the_noised_sound(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraEditVideo", source=film(17), strength=0.6)
    values, levels = parts(latent)
    assert levels[:21] == pytest.approx([0.6] * 21)
    assert values[:21] == pytest.approx([heard_at(at) for at in range(21)], **CLOSE)
    assert import_from_pack("nodes.io.adapters").latent_share(latent) is None


def test_inpainting_a_time_generates_its_sound_and_inpainting_a_region_keeps_it(hearing, vae):
    moments = torch.zeros(17, 32, 32)
    moments[5:9] = 1
    latent = canvas_of(hearing, vae, "SoraInpaintVideo", source=film(17), region=moments)
    levels = parts(latent)[1]
    assert levels == [0.0] * 7 + [1.0] * 5 + [0.0] * 9  # frames 5 to 8 last from 0.625 s to 1.125 s
    region = torch.zeros(1, 32, 32)
    region[:, 16:] = 1
    latent = canvas_of(hearing, vae, "SoraInpaintVideo", source=film(17), region=region)
    check(latent, {range(21): 0.0}, 21)


def test_an_outpainted_film_keeps_its_sound(hearing, vae):
    latent = canvas_of(hearing, vae, "SoraOutpaintVideo", source=film(17), aspect_ratio="16:9", position=0.5)
    check(latent, {range(21): 0.0}, 21)


def test_a_morph_fades_from_one_sound_to_the_other(hearing, vae):
    later = Film(clip(17), FPS, 5.0)
    latent = canvas_of(hearing, vae, "SoraMorphVideos", first=film(17), second=later, strength=0.7)
    values, levels = parts(latent)
    assert values == pytest.approx([heard_at(at) for at in range(21)], **CLOSE)  # the two are the same at each time
    assert levels[0] == levels[-1] == 0
    assert max(levels) == pytest.approx(0.7)
    silent = canvas_of(hearing, vae, "SoraMorphVideos", first=film(17), second=film(17, 0), strength=0.7)
    assert parts(silent)[1] == [1.0] * 21


def sampled(frames: int = 3, length: int = 11):
    """A LATENT as Sora Sampler gives it."""
    generator = torch.Generator().manual_seed(0)
    nested = import_from_pack("nodes.host").current().nested
    picture = torch.randn(1, 4, frames, 4, 4, generator=generator)
    return {"samples": nested([picture, torch.randn(GRID.shape(1, length), generator=generator)])}


@pytest.mark.parametrize("audio_vae", [AUDIO_VAE, None])
def test_a_latent_is_extended_with_its_sound_bit_for_bit(hearing, vae, audio_vae):
    source = sampled()
    latent = run(
        hearing["SoraExtendVideo"],
        source=source,
        vae=vae,
        before=0.0,
        after=1.0,
        size=32,
        fps=FPS,
        audio_vae=audio_vae,
    )[0]
    picture, sound = latent["samples"].unbind()
    assert torch.equal(picture[:, :, :3], source["samples"].unbind()[0])
    assert torch.equal(sound[:, :, :11], source["samples"].unbind()[1])
    assert sound.shape[2] == GRID.length(17 / FPS)
    assert latent["noise_mask"].unbind()[1][0, 0, :, 0].tolist() == [0.0] * 11 + [1.0] * 10


def test_a_latent_whose_sound_lasts_otherwise_is_refused_with_the_right_rate(hearing, vae):
    with pytest.raises(ValueError, match=r"9 frames at 8 fps, which last 1\.1\d s, and 2\.2 s of sound.*set fps to 4$"):
        canvas_of(hearing, vae, "SoraExtendVideo", source=sampled(length=22), before=0.0, after=1.0)


def test_a_family_that_always_makes_sound_gets_it_without_an_audio_vae(nodes, vae, said, monkeypatch):
    teach(import_from_pack("nodes.host").current(), monkeypatch, always=True, fps=24.0)
    settings = {"source": film(17), "vae": vae, "before": 0.0, "after": 1.0, "size": 32, "fps": FPS}
    latent = run(nodes["SoraExtendVideo"], **settings)[0]
    values, levels = parts(latent)
    assert len(values) == GRID.length(25 / 24)  # its frames last a 24th of a second
    assert levels == [1.0] * len(values)
    assert said[-1] == "All of the sound is generated: no audio VAE is given."
    with pytest.raises(ValueError, match="got 8 fps, expected 24: this model makes frames and sound at that rate"):
        run(nodes["SoraExtendVideo"], **settings, audio_vae=AUDIO_VAE)


def test_an_encoder_sees_a_past_of_bounded_length(hearing, vae, monkeypatch):
    """Far from the beginning only so much sound is encoded as has an influence; its place is the same."""
    soundtrack = import_from_pack("nodes.canvas.soundtrack")
    monkeypatch.setattr(soundtrack, "PAST", 4)
    host, lengths = import_from_pack("nodes.host").current(), []
    encode = host.encode_sound

    def counting(audio_vae, sound):
        lengths.append(sound.seconds)
        return encode(audio_vae, sound)

    monkeypatch.setattr(host, "encode_sound", counting)
    latent = canvas_of(hearing, vae, "SoraExtendVideo", source=film(16), before=4.0, after=0.0)
    check(latent, {range(42, 61): -33 / FPS}, GRID.length(49 / FPS))
    assert max(lengths) < 0.4 + 2.0 + 0.6


def test_surround_is_encoded_in_stereo_and_told(hearing, vae, said, monkeypatch):
    host, given = import_from_pack("nodes.host").current(), []
    encode, audio = host.encode_sound, film(17).audio()
    surround = {**audio, "waveform": audio["waveform"].expand(-1, 6, -1)}
    monkeypatch.setattr(Film, "audio", lambda self: surround)
    monkeypatch.setattr(host, "encode_sound", lambda vae, sound: given.append(sound.channels) or encode(vae, sound))
    canvas_of(hearing, vae, "SoraExtendVideo", source=film(17), before=0.0, after=1.0)
    assert given == [2]
    assert said[-1] == "The sound is mixed to stereo."


def test_beside_frames_alone_sounds_of_two_layouts_are_mixed_and_told(nodes, vae, said):
    videos, carry = import_from_pack("headless.video"), import_from_pack("nodes.io.carried_sound")
    sounds = [{"waveform": torch.full((1, count, 2000), 0.5), "sample_rate": 1000} for count in (6, 2)]
    first, second = (videos.VideoFromComponents(clip(16), FPS, sound) for sound in sounds)
    made = run(nodes["SoraConnectVideos"], first=first, second=second, vae=vae, seconds=1.0, size=32, fps=FPS)
    heard = made[0][carry.KEY].sound.waveform[0]
    assert (heard[:, 500] == 0.5).all()
    assert heard[:, -500].tolist() == [0.5, 0.5, 0, 0, 0, 0]
    assert said[-1] == "Clip 2: sound of 2 channels, mixed to 6."
