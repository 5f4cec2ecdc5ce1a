"""The sound in a LATENT: read with every mask that core makes, and written as core reads it."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from toy_sound import GRID, Nested, teach

adapters = import_from_pack("nodes.io.adapters")
sound_latents = import_from_pack("nodes.io.sound_latents")
joint = import_from_pack("sora_core.canvas.joint_canvas")
abilities = import_from_pack("sora_core.canvas.abilities")
shapes = import_from_pack("sora_core.canvas.shapes")
PICTURE, SOUND = (1, 128, 3, 2, 2), (1, 8, 5, 16)


@pytest.fixture(autouse=True)
def hearing(nodes, monkeypatch):
    teach(import_from_pack("nodes.host").current(), monkeypatch)


def latent(*masks: torch.Tensor):
    samples = Nested([torch.zeros(PICTURE), torch.ones(SOUND)])
    return {"samples": samples, "noise_mask": Nested(list(masks))} if masks else {"samples": samples}


def half(shape: tuple[int, ...]) -> torch.Tensor:
    """Ones, of which the first along axis 2 are 0."""
    mask = torch.ones(shape)
    mask[:, :, :2] = 0
    return mask


def test_frames_and_sound_are_told_apart():
    assert tuple(adapters.latent_samples(latent()).shape) == PICTURE
    assert torch.equal(sound_latents.sound_samples(latent()), torch.ones(SOUND))
    plain = {"samples": torch.zeros(PICTURE)}
    assert sound_latents.sound_samples(plain) is sound_latents.sound_stream(plain) is None
    assert sound_latents.sound_canvas(plain) is None


def test_what_is_neither_frames_nor_these_with_sound_is_explained():
    for others in ([torch.zeros(1, 8, 5)], [torch.zeros(SOUND), torch.zeros(SOUND)]):
        with pytest.raises(ValueError, match=r"got a latent of streams .*, expected frames"):
            adapters.latent_samples({"samples": Nested([torch.zeros(PICTURE), *others])})


@pytest.mark.parametrize("channels", [(1, 1), (128, 8)])
def test_masks_of_one_channel_or_of_all_alike_are_read(channels):
    """Core's Concat AV Latent makes masks of all channels."""
    given = latent(half((1, channels[0], 3, 2, 2)), half((1, channels[1], 5, 16)))
    assert torch.equal(adapters.latent_noise_level(given), half((1, 1, 3, 2, 2)))
    assert torch.equal(sound_latents.sound_noise_level(given), half((1, 1, 5, 16)))
    assert adapters.latent_share(given) is None
    assert sound_latents.sound_stream(given).share is None


def test_a_mask_of_all_channels_is_read_after_the_sound_is_taken_away():
    separated = {"samples": torch.zeros(PICTURE), "noise_mask": half(PICTURE)}
    assert torch.equal(adapters.latent_noise_level(separated), half((1, 1, 3, 2, 2)))


def test_masks_whose_channels_differ_are_refused():
    mask = torch.ones(PICTURE)
    mask[:, 0] = 0
    with pytest.raises(ValueError, match="got a noise_mask of shape"):
        adapters.latent_noise_level({"samples": torch.zeros(PICTURE), "noise_mask": mask})
    mask = torch.ones(SOUND)
    mask[:, 0] = 0
    with pytest.raises(ValueError, match=r"got a noise_mask of shape \(1, 8, 5, 16\) for sound"):
        sound_latents.sound_noise_level(latent(half(PICTURE), mask))


def test_sound_is_generated_where_only_the_frames_have_a_mask():
    given = {**latent(), "noise_mask": half((1, 1, 3, 2, 2))}
    assert torch.equal(adapters.latent_noise_level(given), half((1, 1, 3, 2, 2)))
    assert torch.equal(sound_latents.sound_noise_level(given), torch.ones(1, 1, 5, 16))
    assert torch.equal(sound_latents.sound_noise_level(latent()), torch.ones(1, 1, 5, 16))


def test_a_strength_of_core_is_a_share_of_the_sound():
    given = latent(half((1, 1, 3, 2, 2)), torch.full((1, 1, 5, 16), 0.3))
    stream = sound_latents.sound_stream(given)
    assert stream.share.unique().tolist() == pytest.approx([0.3])
    assert bool((stream.noise_level == 1).all())


def canvas(picture: float, sound: float):
    made = abilities.edit(torch.zeros(PICTURE), picture)
    return joint.JointCanvas(made, joint.SoundCanvas(torch.ones(SOUND), torch.full((1, 1, 5, 16), sound)))


@pytest.mark.parametrize(("picture", "sound"), [(0.0, 1.0), (1.0, 0.0), (0.5, 1.0), (1.0, 0.5)])
def test_what_is_written_is_read_again(picture, sound):
    written = sound_latents.joint_latent(canvas(picture, sound))
    assert adapters.latent_noise_level(written).unique().tolist() == [picture]
    again = sound_latents.sound_canvas(written)
    assert again.noise_level.unique().tolist() == [sound]
    assert torch.equal(again.clean, torch.ones(SOUND))
    assert sound_latents.sound_stream(written).share is None  # its fractions are levels
    assert adapters.latent_share(written) is None


def test_an_empty_canvas_has_no_mask():
    assert set(sound_latents.joint_latent(canvas(1.0, 1.0))) == {"samples"}


def test_sound_that_lasts_otherwise_than_the_frames_is_refused():
    sound_latents.check_lasts(GRID, 11, 9, 8.0)
    with pytest.raises(ValueError, match=r"set fps to 8$"):
        sound_latents.check_lasts(GRID, 11, 9, 24.0)
    with pytest.raises(ValueError, match=r"set fps to 29\.97"):
        sound_latents.check_lasts(GRID, 10010, 30000, 24.0)
