"""The pipeline on a tiny random model: shapes, rounding, seeds, messages, and nothing left by an interrupt."""

import logging
import os
import shutil
from collections.abc import Callable

import pytest
import torch

import sora_core
from sora_core.canvas.abilities import extend, text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape, VideoShape
from sora_core.checkpoint import CheckpointError
from sora_core.diffusion.history import HistoryGuidance
from sora_core.diffusion.schedule import shifted_sigmas
from sora_core.diffusion.solvers import SOLVERS
from sora_core.pipeline import ModelFolder, Pipeline, SamplingOptions, Video, VideoStream
from sora_core.video.video_io import probe
from tiny import PROMPT, tiny_dit, tiny_text_encoder, tiny_vae

FEW = SamplingOptions(steps=2)


@pytest.fixture(scope="module")
def pipe(tiny_model_folder) -> Pipeline:
    return Pipeline.load(tiny_model_folder)


def generate(pipe: Pipeline, prompt: str = PROMPT, **options) -> Video:
    defaults = {"width": 32, "height": 16, "seconds": 1, "sampling": FEW}
    return pipe.generate(prompt, **(defaults | options))


def test_the_package_offers_the_pipeline():
    assert sora_core.Pipeline is Pipeline
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = sora_core.nothing_like_it


def test_a_clip_has_the_size_length_and_rate_asked_for(pipe):
    video = generate(pipe)
    assert video.frames.shape == (9, 16, 32, 3)
    assert video.frames.dtype == torch.uint8
    assert video.fps == 8.0
    assert video.frames.float().std() > 1


def test_the_same_seed_gives_the_same_clip_and_another_seed_or_prompt_does_not(pipe):
    first = generate(pipe, seed=1).frames
    assert torch.equal(generate(pipe, seed=1).frames, first)
    assert not torch.equal(generate(pipe, seed=2).frames, first)
    assert not torch.equal(generate(pipe, "a blue square moves left", seed=1).frames, first)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_every_solver_makes_a_clip(pipe, solver):
    assert generate(pipe, sampling=SamplingOptions(steps=2, solver=solver)).frames.shape == (9, 16, 32, 3)


def test_the_negative_prompt_changes_the_clip_only_with_guidance(pipe):
    def clip(guidance: float, negative: str) -> torch.Tensor:
        return generate(pipe, sampling=SamplingOptions(steps=2, guidance=guidance, negative=negative)).frames

    assert not torch.equal(clip(4.0, ""), clip(4.0, "a blue square"))
    assert torch.equal(clip(1.0, ""), clip(1.0, "a blue square"))


@pytest.fixture
def calls(pipe, monkeypatch) -> Callable[[LatentCanvas, SamplingOptions], int]:
    """How often the DiT is called for a canvas."""

    def count(canvas: LatentCanvas, sampling: SamplingOptions) -> int:
        counted: list[int] = []
        whole = pipe.dit.forward
        with monkeypatch.context() as patched:
            patched.setattr(pipe.dit, "forward", lambda *inputs: (counted.append(1), whole(*inputs))[1])
            pipe.sample_canvas(pipe.encode_text([PROMPT]), canvas, sampling=sampling)
        return len(counted)

    return count


def test_step_caching_skips_model_calls(calls):
    empty = text_to_video(LatentShape(4, 3, 2, 4))
    assert calls(empty, SamplingOptions(steps=12, step_cache=0.0)) == 12
    assert 4 <= calls(empty, SamplingOptions(steps=12, step_cache=0.9)) < 12


def test_what_is_known_is_followed_at_high_noise_and_only_where_something_is_known(pipe, calls):
    extended = extend(torch.randn(1, 4, 2, 2, 4, generator=torch.Generator().manual_seed(0)), after=2)
    plain, followed = (
        SamplingOptions(steps=12, guidance=1.0),
        SamplingOptions(steps=12, guidance=1.0, history=HistoryGuidance(1.5)),
    )
    at_high_noise = int((shifted_sigmas(12, 3.0)[:-1] >= 0.9).sum())
    assert calls(extended, plain) == 12
    assert calls(extended, followed) == 12 + at_high_noise
    assert calls(text_to_video(LatentShape(4, 3, 2, 4)), followed) == 12
    text = pipe.encode_text([PROMPT])
    one, other = (pipe.sample_canvas(text, extended, sampling=sampling) for sampling in (plain, followed))
    assert torch.equal(one[:, :, :2], other[:, :, :2])
    assert not torch.equal(one, other)


def test_a_step_that_the_cache_skips_is_not_followed_either(calls):
    """Of 40 steps 10 are followed, and of these the first 4 are never skipped; nearly all others are, at 0.9."""
    extended = extend(torch.randn(1, 4, 2, 2, 4, generator=torch.Generator().manual_seed(0)), after=2)
    assert int((shifted_sigmas(40, 3.0)[:-1] >= 0.9).sum()) > 8
    skipping = calls(extended, SamplingOptions(steps=40, guidance=1.0, step_cache=0.9))
    assert skipping < 12
    assert (
        calls(extended, SamplingOptions(steps=40, guidance=1.0, history=HistoryGuidance(1.5), step_cache=0.9))
        <= 2 * skipping
    )


def test_the_stream_gives_the_same_frames_as_the_whole_clip(pipe):
    stream = pipe.stream(PROMPT, width=32, height=16, seconds=1, sampling=FEW)
    assert isinstance(stream, VideoStream)
    assert stream.shape == VideoShape(9, 16, 32)
    assert torch.equal(stream.collect().frames, generate(pipe).frames)


def test_the_steps_one_by_one_give_the_same_frames(pipe):
    shape = pipe.video_shape(32, 16, seconds=1, fps=8)
    latents = pipe.sample_latents(pipe.encode_text([PROMPT]), shape, sampling=FEW)
    assert latents.shape == (1, 4, 3, 2, 4)
    assert torch.equal(pipe.decode(latents)[0], generate(pipe).frames)


def test_a_batch_of_prompts_is_sampled_together(pipe):
    text = pipe.encode_text([PROMPT, "a blue square"])
    latents = pipe.sample_latents(text, VideoShape(5, 16, 32), sampling=FEW)
    assert pipe.decode(latents).shape == (2, 5, 16, 32, 3)
    with pytest.raises(ValueError, match="one clip at a time"):
        next(pipe.decode_frames(latents))


def test_an_image_is_one_frame(pipe):
    image = pipe.generate_image(PROMPT, width=32, height=16, sampling=FEW)
    assert image.shape == (16, 32, 3)
    assert image.dtype == torch.uint8
    latents = pipe.sample_latents(pipe.encode_text([PROMPT]), VideoShape(1, 16, 32), sampling=FEW)
    assert torch.equal(image, pipe.decode(latents)[0, 0])


def test_a_canvas_is_filled_where_it_is_to_be_invented_and_kept_elsewhere(pipe):
    clean = torch.randn(1, 4, 3, 2, 4, generator=torch.Generator().manual_seed(0))
    noise_level = torch.ones(1, 1, 3, 2, 4)
    noise_level[:, :, 0] = 0
    latents = pipe.sample_canvas(pipe.encode_text([PROMPT]), LatentCanvas(clean, noise_level), sampling=FEW)
    assert torch.equal(latents[:, :, 0], clean[:, :, 0])
    assert (latents[:, :, 1:] - clean[:, :, 1:]).abs().min() > 0


def test_a_model_folder_names_the_three_files_of_a_model(tiny_model_folder):
    folder = ModelFolder(tiny_model_folder)
    assert {folder.dit, folder.vae, folder.text_encoder} == set(tiny_model_folder.glob("*.safetensors"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((30, 45, 1.0, 8.0), VideoShape(9, 48, 32)),
        ((64, 64, 2.0, 8.0), VideoShape(17, 64, 64)),
        ((17, 16, 0.01, 8.0), VideoShape(5, 16, 16)),
        ((16, 16, 1.0, 24.0), VideoShape(25, 16, 16)),
    ],
)
def test_size_and_length_are_rounded_to_what_the_model_takes(pipe, asked, expected):
    width, height, seconds, fps = asked
    assert pipe.video_shape(width, height, seconds=seconds, fps=fps) == expected


def test_rounding_is_said(pipe, caplog):
    with caplog.at_level(logging.WARNING):
        pipe.video_shape(64, 64, seconds=2, fps=8)
        assert not caplog.messages
        pipe.video_shape(30, 45, seconds=2, fps=8)
    assert caplog.messages == ["30x45 pixels become 32x48: this model takes multiples of 16x16"]


def test_a_length_that_is_rounded_is_said_louder_where_it_differs_much(pipe, caplog):
    with caplog.at_level(logging.INFO):
        assert pipe.video_shape(32, 32, seconds=17 / 8, fps=8).frames == 17
        assert not caplog.messages
        assert pipe.video_shape(32, 32, seconds=2, fps=8).frames == 17
        assert pipe.video_shape(32, 32, seconds=0.01, fps=8).frames == 5
    assert caplog.messages == ["2 seconds at 8 fps become 17 frames", "0.01 seconds at 8 fps become 5 frames"]
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.WARNING]


def test_a_prompt_that_is_too_long_is_cut_with_a_warning(pipe, caplog):
    long = " ".join([PROMPT] * 20)
    tokens = pipe.text_encoder.count_tokens(long)
    with caplog.at_level(logging.WARNING):
        text = pipe.encode_text([long])
    assert text.embeddings.shape == (1, 16, 16)
    assert caplog.messages == [f"the prompt is too long: the last {tokens - 15} tokens are ignored (15 fit)"]


def test_what_is_far_from_training_is_warned_of_once_each(taught_model_folder, caplog):
    taught = Pipeline.load(taught_model_folder)
    with caplog.at_level(logging.WARNING):
        generate(taught, width=32, height=32)
        assert not caplog.messages
        for seed in range(2):
            generate(taught, "a red dragon", width=64, height=64, seconds=4, seed=seed)
    prompt, size, length = caplog.messages
    assert prompt.startswith('Not learnt: dragon. It knows "')
    assert size == "64x64 is far from 32x32, its training size."
    assert length == "33 frames at once, trained on 17: use windows."


def test_words_of_the_negative_prompt_are_warned_of_too(taught_model_folder, caplog):
    taught = Pipeline.load(taught_model_folder)
    with caplog.at_level(logging.WARNING):
        generate(taught, width=32, height=32, sampling=SamplingOptions(steps=1, guidance=2.0, negative="blurry"))
    (said,) = caplog.messages
    assert "Not learnt: blurry." in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": ""}, "prompt is empty"),
        ({"prompt": "  \n"}, "prompt is empty"),
        ({"seconds": 0}, "seconds must be .* above 0, got 0"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"width": 7, "height": 9}, "at least 16x16 pixels, got 7x9"),
        ({"width": -64}, "at least 16x16"),
        ({"seed": -1}, r"0\.\.2\*\*64-1, got -1"),
        ({"seed": 2**64}, "seed"),
        ({"seed": 1.5}, "seed"),
    ],
)
def test_a_value_out_of_range_is_named_before_any_work(pipe, options, message):
    with pytest.raises(ValueError, match=message):
        generate(pipe, **options, on_step=lambda *args: pytest.fail("sampled"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"guidance": -1.0}, "guidance"),
        ({"guidance": float("nan")}, "guidance"),
        ({"shift": 0.0}, "shift"),
        ({"history": 1.5}, "history must be a HistoryGuidance"),
        ({"sigmas": (1.0,)}, "sigmas must be .steps.1. with at least one step"),
        ({"sigmas": (0.5, 1.0)}, "sigmas must fall"),
        ({"resampling": -1}, "resampling must be a whole number >= 0"),
        ({"solver": "euler"}, "solver must be a Solver object"),
        ({"step_cache": 1.5}, "tolerance of step caching"),
    ],
)
def test_sampling_out_of_range_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        SamplingOptions(**options)


def test_progress_is_reported_and_may_interrupt(pipe):
    seen = []

    def on_step(done, total, estimate):
        seen.append((done, total, tuple(estimate.shape)))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(pipe, sampling=SamplingOptions(steps=5), on_step=on_step)
    assert seen == [(1, 5, (1, 4, 3, 2, 4)), (2, 5, (1, 4, 3, 2, 4))]


def test_values_that_are_not_finite_are_an_error_not_a_black_clip(tiny_model_folder):
    broken = Pipeline.load(tiny_model_folder)
    with torch.no_grad():
        broken.dit.head.head.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="not finite"):
        generate(broken)


def test_a_clip_and_a_stream_are_saved_alike(pipe, tmp_path):
    pipe.save(generate(pipe), tmp_path / "clip.mp4")
    pipe.save(pipe.stream(PROMPT, width=32, height=16, seconds=1, sampling=FEW), tmp_path / "stream.mp4")
    assert probe(tmp_path / "clip.mp4") == (16, 32, 8.0, 9)
    assert (tmp_path / "clip.mp4").read_bytes() == (tmp_path / "stream.mp4").read_bytes()


def test_a_failure_while_decoding_leaves_no_file(pipe, tmp_path):
    stream = pipe.stream(PROMPT, width=32, height=16, seconds=1, sampling=FEW)

    def broken():
        yield next(stream.frames)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipe.save(VideoStream(broken(), stream.shape, stream.fps), tmp_path / "clip.mp4")
    assert os.listdir(tmp_path) == []


def test_the_dit_file_of_a_folder_names_the_model_too(pipe, tiny_model_folder):
    from_file = Pipeline.load(tiny_model_folder / "dit.safetensors")
    assert torch.equal(generate(from_file).frames, generate(pipe).frames)


def test_a_model_that_is_not_there_is_named_with_what_is(tmp_path):
    with pytest.raises(CheckpointError, match="there is no model 'no_such_model'"):
        Pipeline.load("no_such_model")
    with pytest.raises(CheckpointError, match=r"dit\.safetensors"):
        Pipeline.load(tmp_path)


def test_a_part_of_a_model_that_is_missing_is_named(tiny_model_folder, tmp_path):
    shutil.copy(tiny_model_folder / "dit.safetensors", tmp_path)
    with pytest.raises(CheckpointError, match=r"vae\.safetensors"):
        Pipeline.load(tmp_path)


def test_parts_that_do_not_fit_each_other_are_rejected(pipe):
    dit = tiny_dit()
    object.__setattr__(dit.config, "in_channels", 16)
    with pytest.raises(ValueError, match="it takes 16 channels, 12 of them for given frames"):
        Pipeline(dit, tiny_vae(), tiny_text_encoder(), 8.0)
    object.__setattr__(dit.config, "out_channels", 16)
    with pytest.raises(ValueError, match="16 latent channels, but the VAE gives 4"):
        Pipeline(dit, tiny_vae(), tiny_text_encoder(), 8.0)
    object.__setattr__(dit.config, "out_channels", 4)
    object.__setattr__(dit.config, "in_channels", 4)
    object.__setattr__(dit.config, "text_dim", 128)
    with pytest.raises(ValueError, match="width 128, but the text encoder gives 16"):
        Pipeline(dit, tiny_vae(), tiny_text_encoder(), 8.0)


@pytest.mark.parametrize("device", ["no_such_device", "cuda:99"])
def test_a_device_that_is_not_there_is_named(tiny_model_folder, device):
    with pytest.raises(ValueError, match=f"got device '{device}', expected one that this machine has"):
        Pipeline.load(tiny_model_folder, device=device)
