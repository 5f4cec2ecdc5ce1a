"""What the nodes do, on the tiny model."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from sora_core.video.video_io import probe, read_frames


def run(node, **inputs):
    return node.execute(**inputs).args


@pytest.fixture
def loaded(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")


@pytest.fixture
def conditionings(nodes, loaded):
    encode = nodes["SoraEncodeText"]
    return [run(encode, clip=loaded[1], text=text)[0] for text in ("a red circle moves right", "")]


@pytest.fixture
def sampled(nodes, loaded, conditionings):
    latent = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=32, seconds=1.0, fps=8.0, vae=loaded[2])[0]
    positive, negative = conditionings
    return run(
        nodes["SoraSampler"],
        model=loaded[0],
        positive=positive,
        negative=negative,
        latent=latent,
        seed=1,
        steps=2,
        guidance=2.0,
        shift=3.0,
    )[0]


@pytest.mark.parametrize(
    ("aspect_ratio", "size", "seconds", "fps", "expected", "notice"),
    [
        ("1:1", 64, 2.0, 8.0, (64, 64, 17), "64x64, 17 frames at 8 fps (16 frames rounded to 17)"),
        ("5:3", 64, 2.0, 8.0, (80, 48, 17), "(83x50 rounded to the grid of VAE and patches; 16 frames rounded to 17)"),
        ("3:5", 64, 4.0, 8.0, (48, 80, 33), "48x80, 33 frames"),
        ("16:9", 480, 5.0, 16.0, (640, 368, 81), "640x368, 81 frames at 16 fps"),
        ("1:1", 16, 0.0, 8.0, (16, 16, 1), "16x16, 1 frame at 8 fps"),
        ("21:9", 16, 0.125, 8.0, (32, 16, 1), "(24x10 rounded"),
    ],
)
def test_the_grid_rounds_to_what_the_model_takes_and_says_so(
    nodes, said, aspect_ratio, size, seconds, fps, expected, notice
):
    latent, *got = run(nodes["SoraVideoGrid"], aspect_ratio=aspect_ratio, size=size, seconds=seconds, fps=fps)
    width, height, frames = expected
    assert got == [width, height, frames, fps]
    assert latent["samples"].shape == (1, 16, 1 + (frames - 1) // 4, height // 8, width // 8)
    assert "noise_mask" not in latent
    assert notice in said[-1]


def test_the_grid_takes_channels_and_compression_from_the_vae(nodes, loaded):
    latent, *_ = run(nodes["SoraVideoGrid"], aspect_ratio="1:1", size=64, seconds=2.0, fps=8.0, vae=loaded[2])
    assert latent["samples"].shape == (1, 4, 5, 8, 8)


def test_a_prompt_that_is_too_long_is_cut_and_the_user_is_told(nodes, said, loaded):
    conditioning = run(nodes["SoraEncodeText"], clip=loaded[1], text="red " * 200)[0]
    assert conditioning[0][0].shape == (1, 16, 16)
    assert "the model reads the first 15" in said[-1]


def test_an_empty_prompt_is_a_prompt(conditionings, said):
    (_, empty) = conditionings
    assert empty[0][0].isfinite().all()
    assert empty[0][0][0, 1:].abs().max() == 0
    assert said == []


def test_nothing_connected_to_clip_is_explained(nodes):
    with pytest.raises(ValueError, match="connect the clip output of Sora Load Model"):
        run(nodes["SoraEncodeText"], clip=None, text="x")


def test_an_unknown_model_is_named_with_those_that_there_are(nodes):
    with pytest.raises(ValueError, match=r"no model 'huge', expected one of nano \(bundled\), tiny"):
        run(nodes["SoraLoadModel"], model="huge")


def test_the_sampler_agrees_with_the_pipeline(nodes, sampled, tiny_model_folder):
    core = import_from_pack("sora_core.pipeline")
    pipe = core.Pipeline.load(tiny_model_folder)
    text = pipe.encode_text(["a red circle moves right"])
    shape = import_from_pack("sora_core.canvas.shapes").VideoShape(9, 32, 32)
    expected = pipe.sample_latents(text, shape, seed=1, sampling=core.SamplingOptions(steps=2, guidance=2.0, shift=3.0))
    torch.testing.assert_close(sampled["samples"], expected)


def test_a_latent_of_another_model_is_explained(nodes, loaded, conditionings):
    latent = {"samples": torch.zeros(1, 16, 1, 4, 4)}
    positive, negative = conditionings
    with pytest.raises(ValueError, match="got latents of 16 channels, this model takes 4: connect its VAE"):
        run(
            nodes["SoraSampler"],
            model=loaded[0],
            positive=positive,
            negative=negative,
            latent=latent,
            seed=0,
            steps=1,
            guidance=1.0,
            shift=1.0,
        )


def test_an_image_latent_is_explained(nodes, loaded):
    with pytest.raises(ValueError, match=r"expected a video latent \[B C T H W\]"):
        run(nodes["SoraVAEDecode"], samples={"samples": torch.zeros(1, 4, 4, 4)}, vae=loaded[2])


def test_what_the_noise_mask_pins_comes_back_exactly(nodes, loaded, conditionings, sampled):
    level = torch.ones(1, 1, 3, 4, 4)
    level[:, :, 0] = 0
    positive, negative = conditionings
    again = run(
        nodes["SoraSampler"],
        model=loaded[0],
        positive=positive,
        negative=negative,
        latent={**sampled, "noise_mask": level},
        seed=2,
        steps=2,
        guidance=2.0,
        shift=3.0,
    )[0]
    torch.testing.assert_close(again["samples"][:, :, 0], sampled["samples"][:, :, 0])
    assert (again["samples"][:, :, 1:] - sampled["samples"][:, :, 1:]).abs().max() > 0.1


def noise_level(samples, mask):
    return import_from_pack("nodes.io.adapters").latent_noise_level({"samples": samples, "noise_mask": mask})


@pytest.mark.parametrize("shape", [(1, 1, 16, 24), (1, 16, 24), (16, 24)], ids=str)
def test_a_mask_of_pixels_as_core_sets_it_is_for_all_frames(shape):
    mask = torch.zeros(16, 24)
    mask[3, 9] = 0.5
    level = noise_level(torch.zeros(2, 4, 3, 2, 3), mask.reshape(shape))
    assert level.shape == (2, 1, 3, 2, 3)
    assert torch.equal(level[0, 0], torch.tensor([[0, 0.5, 0], [0, 0, 0]]).expand(3, -1, -1))


@pytest.mark.parametrize(("frames", "frame", "latent"), [(9, 0, 0), (9, 1, 1), (9, 4, 1), (9, 5, 2), (9, 8, 2)])
def test_a_mask_for_each_frame_opens_the_latents_that_hold_it(frames, frame, latent):
    mask = torch.zeros(frames, 1, 16, 16)
    mask[frame] = 1
    level = noise_level(torch.zeros(1, 4, 3, 2, 2), mask)[0, 0]
    assert level[latent].eq(1).all()
    assert level.sum() == 4


@pytest.mark.parametrize("shape", [(2, 1, 16, 16), (1, 1, 1, 1), (1, 4, 3, 2, 2)], ids=str)
def test_a_mask_that_fits_no_video_is_explained(shape):
    with pytest.raises(ValueError, match=r"got a (noise_)?mask of"):
        noise_level(torch.zeros(1, 4, 3, 2, 2), torch.ones(shape))


def test_noise_levels_keep_their_precision_beside_half_precision_latents(nodes):
    clean = torch.zeros(1, 4, 1, 2, 2, dtype=torch.bfloat16)
    level = torch.full((1, 1, 1, 2, 2), 0.7)
    jobs = import_from_pack("nodes.host.job")
    options = import_from_pack("sora_core.diffusion.options").SamplingOptions(steps=4, guidance=1.0)
    job = jobs.SamplingJob([], [], clean, level, 0, options)
    seen = []

    def guider(latents, noise_level):
        seen.append(noise_level)
        return torch.zeros_like(latents)

    job.run(guider, clean, (1, 2, 2))
    assert torch.equal(seen[0], torch.tensor([0.7]))  # in bfloat16 it would be 0.69921875


def test_both_decoders_show_the_same_frames(nodes, loaded, sampled):
    images = run(nodes["SoraVAEDecode"], samples=sampled, vae=loaded[2])[0]
    assert images.shape == (9, 32, 32, 3)
    assert images.min() >= 0
    assert images.max() <= 1
    video = run(nodes["SoraDecodeToVideo"], samples=sampled, vae=loaded[2], fps=8.0)[0]
    assert video.get_dimensions() == (32, 32)
    info = probe(video.path)
    assert (info.frames, info.fps) == (9, 8)
    decoded = torch.stack(list(read_frames(video.path))).float() / 255
    assert (decoded.mean(dim=(1, 2)) - images.mean(dim=(1, 2))).abs().max() < 0.04  # noise at crf 12


def test_of_a_loop_the_beginning_comes_last_faded_from_its_second_showing(nodes, loaded, sampled):
    images = run(nodes["SoraVAEDecode"], samples=sampled, vae=loaded[2])[0]
    video = run(nodes["SoraDecodeToVideo"], samples=sampled, vae=loaded[2], fps=8.0, frames=6)[0]
    shown = torch.stack(list(read_frames(video.path))).float() / 255
    expected = torch.stack([*images[3:6], *(torch.lerp(images[6 + at], images[at], (1 + at) / 4) for at in range(3))])
    assert shown.shape == expected.shape
    assert (shown.mean(dim=(1, 2)) - expected.mean(dim=(1, 2))).abs().max() < 0.04  # noise at crf 12


def test_a_turn_that_is_shorter_than_what_comes_after_it_is_refused(nodes, loaded, sampled, tmp_path):
    with pytest.raises(ValueError, match="got frames 3 of 9, expected at least half of them, or 0 if this is no loop"):
        run(nodes["SoraDecodeToVideo"], samples=sampled, vae=loaded[2], fps=8.0, frames=3)
    assert not list((tmp_path / "temp").glob("*"))


def test_a_batch_of_clips_is_not_one_video(nodes, loaded, sampled):
    with pytest.raises(ValueError, match="got a batch of 2 clips, expected 1"):
        run(
            nodes["SoraDecodeToVideo"],
            samples={"samples": sampled["samples"].expand(2, -1, -1, -1, -1)},
            vae=loaded[2],
            fps=8.0,
        )


class Interrupted(BaseException):
    """As ComfyUI's: not an Exception."""


def test_an_interrupt_while_decoding_leaves_no_file(nodes, loaded, sampled, tmp_path, monkeypatch):
    headless_host = import_from_pack("headless.host")

    def interrupt(self, done, preview=None):
        if done > 1:
            raise Interrupted

    monkeypatch.setattr(headless_host.HeadlessProgress, "update", interrupt)
    with pytest.raises(Interrupted):
        run(nodes["SoraDecodeToVideo"], samples=sampled, vae=loaded[2], fps=8.0)
    assert list((tmp_path / "temp").iterdir()) == []


def test_preview_colours_show_a_colour_as_it_is(tiny_model_folder):
    preview = import_from_pack("nodes.io.preview")
    colours = torch.tensor([[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.25, 0.25, 0.25]])
    estimate = torch.zeros(1, 3, 2, 4, 6)
    estimate[:, 0, 1] = 1.0
    picture = preview.estimate_frame(estimate, colours, 3)
    assert picture.size == (6, 4)
    assert picture.getpixel((0, 0)) == (191, 64, 64)


def test_preview_colours_are_fitted_to_the_vae(tiny_model_folder):
    preview, checkpoint = import_from_pack("nodes.io.preview"), import_from_pack("sora_core.checkpoint")
    colours = preview.fit_colours(checkpoint.load_vae(tiny_model_folder / "vae.safetensors"))
    assert colours.shape == (5, 3)
    assert colours.isfinite().all()
