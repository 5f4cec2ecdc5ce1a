"""Whole folders of published models: one model in every layout, the results of diffusers, and what is wrong named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from small_umt5 import scaled_fp8, tensors_of, umt5
from sora_core.__main__ import main
from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.model_folders import ModelFiles, find_model, is_model_folder, weights_in
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.sampler import initial_noise
from sora_core.diffusion.schedule import shifted_sigmas
from sora_core.models.wan.dit import DiTConfig, Experts
from sora_core.models.wan.families import OWN, WAN_1_3B, WAN_5B, WAN_14B, WAN_A14B, wan_family
from sora_core.pipeline import Pipeline
from sora_core.video.video_io import probe
from wan_folders import DIT, DIT_5B, change_index, comfyui_folder, official_folder, wan_pipeline
from wan_reference import reference_for

pytestmark = pytest.mark.slow

PROMPT = "A red circle &amp; a  blue square"
FEW = SamplingOptions(steps=3, guidance=5.0, shift=3.0, negative="a green triangle")
CLIP = VideoShape(9, 32, 48)
SHARDS = "200KB"


@pytest.fixture(scope="module")
def theirs() -> Any:
    return wan_pipeline()


@pytest.fixture(scope="module")
def folder(theirs: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As diffusers saves it, in shards; read it, do not change it."""
    folder = tmp_path_factory.mktemp("wan")
    theirs.save_pretrained(folder, max_shard_size=SHARDS)
    return folder


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """To be spoilt."""
    return Path(shutil.copytree(folder, tmp_path / "wan"))


def sampled(pipe: Pipeline, shape: VideoShape = CLIP) -> torch.Tensor:
    return pipe.sample_latents(pipe.encode_text([PROMPT]), shape, seed=3, sampling=FEW)


@torch.no_grad()
def sampled_by_diffusers(pipe: Any, like: torch.Tensor, shape: VideoShape) -> torch.Tensor:
    """From the same noise and along the same levels, which its scheduler spaces differently by default."""
    levels, spaced = shifted_sigmas(FEW.steps, FEW.shift)[:-1].tolist(), pipe.scheduler.set_timesteps
    pipe.scheduler.set_timesteps = lambda steps, device: spaced(sigmas=levels, device=device)
    try:
        return pipe(
            prompt=PROMPT,
            negative_prompt=FEW.negative,
            height=shape.height,
            width=shape.width,
            num_frames=shape.frames,
            num_inference_steps=FEW.steps,
            guidance_scale=FEW.guidance,
            latents=initial_noise(like.shape, 3),
            output_type="latent",
        ).frames
    finally:
        pipe.scheduler.set_timesteps = spaced


# a folder of diffusers


def test_a_folder_of_diffusers_gives_the_clips_of_its_own_pipeline(theirs: Any, folder: Path) -> None:
    pipe, shape = Pipeline.load(folder), VideoShape(9, 32, 48)
    latents = sampled(pipe, shape)
    assert latents.std() > 0.5
    assert (latents - sampled_by_diffusers(theirs, latents, shape)).abs().max() < 1e-4  # measured: 3e-6
    assert pipe.decode(latents).shape == (1, 9, 32, 48, 3)


def test_the_comparison_notices_another_text(theirs: Any, folder: Path) -> None:
    pipe, shape = Pipeline.load(folder), VideoShape(9, 32, 48)
    pipe.text_encoder.transformer.encoder.final_layer_norm.weight.data.mul_(1.05)
    latents = sampled(pipe, shape)
    assert (latents - sampled_by_diffusers(theirs, latents, shape)).abs().max() > 1e-3


def test_two_experts_share_the_levels_as_in_diffusers(tmp_path: Path) -> None:
    theirs, shape = wan_pipeline(experts=True), VideoShape(5, 32, 48)
    theirs.save_pretrained(tmp_path)
    pipe = Pipeline.load(tmp_path)
    assert isinstance(pipe.dit, Experts)
    assert pipe.dit.boundary == 0.6
    assert pipe.made_for == WAN_A14B
    latents = sampled(pipe, shape)
    assert (latents - sampled_by_diffusers(theirs, latents, shape)).abs().max() < 1e-4
    pipe.dit.low, pipe.dit.high = pipe.dit.high, pipe.dit.low
    assert (sampled(pipe, shape) - latents).abs().max() > 0.01


def test_the_model_of_48_channels_is_sampled_as_in_diffusers(tmp_path: Path) -> None:
    theirs, shape = wan_pipeline(DIT_5B), VideoShape(5, 64, 96)
    theirs.save_pretrained(tmp_path)
    pipe = Pipeline.load(tmp_path)
    assert (pipe.made_for, pipe.fps) == (WAN_5B, 24.0)
    latents = sampled(pipe, shape)
    assert latents.shape == (1, 48, 2, 4, 6)
    assert (latents - sampled_by_diffusers(theirs, latents, shape)).abs().max() < 1e-4


def test_the_command_line_makes_a_video_of_a_folder_of_diffusers(folder: Path, tmp_path: Path, capsys) -> None:
    small = ["--width", "48", "--height", "32", "--seconds", "0.5", "--steps", "2"]
    assert main(["generate", PROMPT, "-o", str(tmp_path / "out.mp4"), "--model", str(folder), *small]) == 0
    assert probe(tmp_path / "out.mp4") == (32, 48, 16.0, 9)
    assert "9 frames of 48x32 at 16 fps" in capsys.readouterr().out


# the other layouts


def test_all_layouts_are_the_same_model(theirs: Any, folder: Path, tmp_path: Path) -> None:
    expected = sampled(Pipeline.load(folder))
    for write in (official_folder, comfyui_folder):
        pipe = Pipeline.load(write(theirs, tmp_path / write.__name__))
        assert pipe.made_for == WAN_1_3B
        torch.testing.assert_close(sampled(pipe), expected, rtol=0, atol=1e-5)


def test_the_index_of_the_dit_names_the_folder_of_diffusers_too(folder: Path) -> None:
    name = "transformer/diffusion_pytorch_model.safetensors.index.json"
    assert find_model(folder / name) == find_model(folder)


def test_a_bundled_name_and_a_folder_of_ours_are_found(tiny_model_folder: Path) -> None:
    assert find_model("nano").dit.is_file()
    expected = ModelFiles(*(tiny_model_folder / f"{part}.safetensors" for part in ("dit", "vae", "text_encoder")))
    assert find_model(tiny_model_folder) == find_model(tiny_model_folder / "dit.safetensors") == expected


def test_folders_of_models_are_known_by_their_names(folder: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    assert is_model_folder(folder)
    assert is_model_folder(tiny_model_folder)
    assert not is_model_folder(tmp_path)
    assert not is_model_folder(folder / "model_index.json")


# what models are made for


def test_families_are_told_apart_by_sizes() -> None:
    large = DiTConfig(16, 16, 5120, 128, 40, 1)
    assert wan_family(DIT, experts=False) is WAN_1_3B
    assert wan_family(large, experts=False) is WAN_14B
    assert wan_family(large, experts=True) is WAN_A14B
    assert wan_family(DIT_5B, experts=False) is WAN_5B
    assert [family.fps for family in (WAN_1_3B, WAN_14B, WAN_A14B, WAN_5B)] == [16, 16, 16, 24]


def test_a_model_of_ours_keeps_its_own_rate_and_sampling(tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    assert (pipe.fps, pipe.made_for) == (8.0, OWN)


def test_what_is_not_said_is_as_the_model_was_made_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, seen = Pipeline.load(folder), []

    def sample(canvas_text, canvas, *, seed, sampling, on_step):
        seen.append((tuple(canvas.clean.shape[2:]), sampling))
        raise KeyboardInterrupt

    monkeypatch.setattr(pipe, "sample_canvas", sample)
    with pytest.raises(KeyboardInterrupt):
        pipe.generate("a red circle")
    with pytest.raises(KeyboardInterrupt):
        pipe.generate_image("a red circle", height=64)
    assert seen == [((21, 60, 104), None), ((1, 8, 104), None)]
    guider = []
    monkeypatch.undo()
    monkeypatch.setattr(pipe, "guider", lambda text, sampling: guider.append(sampling))
    with pytest.raises(TypeError):
        pipe.generate("a red circle", width=32, height=32, seconds=0.5)
    assert guider == [WAN_1_3B.sampling]


def test_the_command_line_samples_as_the_model_was_made_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def stop(pipe, text, shape, *, seed, sampling, on_step):
        seen.append((shape, sampling))
        raise KeyboardInterrupt

    monkeypatch.setattr(Pipeline, "sample_latents", stop)
    arguments = ["generate", "a red circle", "-o", str(tmp_path / "out.mp4"), "--model", str(folder)]
    assert main(arguments) == 130
    assert main([*arguments, "--steps", "7", "--width", "64", "--height", "32", "--seconds", "1"]) == 130
    first, second = seen
    assert first == (VideoShape(81, 480, 832), WAN_1_3B.sampling)
    assert second == (VideoShape(17, 32, 64), SamplingOptions(steps=7, guidance=6.0, shift=8.0))


# what is wrong


def message_of(model: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        Pipeline.load(model)
    return str(caught.value).replace(str(model), "FOLDER")


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("transformer", "the diffusion transformer in transformer/"),
        ("vae", "the VAE in vae/"),
        ("text_encoder", "the text encoder in text_encoder/"),
    ],
)
def test_a_missing_folder_is_named(copy: Path, part: str, what: str) -> None:
    shutil.rmtree(copy / part)
    assert message_of(copy) == f"FOLDER is incomplete: looked for {what}; download the whole folder"


def test_a_missing_second_expert_and_tokenizer_are_named(copy: Path) -> None:
    shutil.rmtree(copy / "tokenizer")
    assert "has no tokenizer in it (a tensor spiece_model) and none beside it: looked for" in message_of(copy)
    change_index(copy, transformer_2=["diffusers", "WanTransformer3DModel"])
    assert "is incomplete: looked for the diffusion transformer for low noise in transformer_2/" in message_of(copy)


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder"])
def test_a_folder_without_weights_says_what_is_in_it(copy: Path, part: str) -> None:
    for file in (copy / part).glob("*.safetensors*"):
        file.unlink()
    (copy / part / "pytorch_model.bin").touch()
    message = message_of(copy)
    assert (
        f"FOLDER/{part} has no weights: looked for .safetensors files, found config.json, pytorch_model.bin" in message
    )


def test_a_shard_that_is_missing_or_half_there_is_named(copy: Path) -> None:
    shard = sorted((copy / "transformer").glob("*-00002-of-*.safetensors"))[0]
    shard.write_bytes(shard.read_bytes()[:-100])
    message = message_of(copy)
    assert f"FOLDER/transformer/{shard.name} is truncated: got" in message
    shard.unlink()
    assert f"of which 1 are missing: {shard.name}" in message_of(copy)
    for index in (copy / "transformer").glob("*.index.json"):
        index.unlink()
    assert "their index diffusion_pytorch_model.safetensors.index.json is not beside it" in message_of(copy)


def test_of_several_precisions_the_plain_one_is_taken(tmp_path: Path) -> None:
    for name in ("model.safetensors", "model.fp16.safetensors"):
        (tmp_path / name).touch()
    assert weights_in(tmp_path).name == "model.safetensors"
    (tmp_path / "model.safetensors").rename(tmp_path / "model.bf16.safetensors")
    with pytest.raises(CheckpointError, match=r"has 2 weight files, expected one: model\.bf16"):
        weights_in(tmp_path)


@pytest.mark.parametrize(
    ("kind", "said"), [("StableDiffusionXLPipeline", "StableDiffusionXLPipeline"), ("FluxPipeline", "FluxPipeline")]
)
def test_a_folder_of_an_image_model_says_so(copy: Path, kind: str, said: str) -> None:
    change_index(copy, _class_name=kind)
    assert f"FOLDER holds a {said} according to its model_index.json, expected a WanPipeline" in message_of(copy)


@pytest.mark.parametrize("content", ["{", "[]", "\x00"])
def test_a_broken_index_is_named(copy: Path, content: str) -> None:
    (copy / "model_index.json").write_text(content)
    assert "FOLDER/model_index.json" in message_of(copy)


def test_a_vae_of_another_model_is_named_with_the_dit_before_anything_is_loaded(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    wan_pipeline(DIT_5B).vae.save_pretrained(other)
    shutil.rmtree(copy / "vae")
    other.rename(copy / "vae")
    monkeypatch.setattr("sora_core.checkpoint.model_folders.load_dit", lambda *args, **options: pytest.fail("loaded"))
    message = message_of(copy)
    assert message.startswith(
        "the DiT FOLDER/transformer/diffusion_pytorch_model.safetensors.index.json takes 16 latent"
    )
    assert "but the VAE FOLDER/vae/diffusion_pytorch_model.safetensors gives 48" in message


def test_a_text_encoder_of_another_width_is_named_with_the_dit(copy: Path) -> None:
    for file in (copy / "text_encoder").glob("*.safetensors*"):
        file.unlink()
    save_narrow_text_encoder(copy / "text_encoder" / "model.safetensors", width=24)
    message = message_of(copy)
    assert "takes text of width 32, but the text encoder FOLDER/text_encoder/model.safetensors gives 24" in message


def save_narrow_text_encoder(path: Path, *, width: int) -> None:
    """A umT5 of another width: the one of the folder, cut."""
    tensors = {}
    for name, tensor in tensors_of(umt5()).items():
        cut = [slice(width if size == 32 and "relative" not in name else None) for size in tensor.shape]
        tensors[name] = tensor[tuple(cut)].contiguous()
    save_file(tensors, path)


def test_an_image_to_video_model_is_not_taken_for_text_to_video(copy: Path) -> None:
    shutil.rmtree(copy / "transformer")
    reference_for(DiTConfig(36, 16, 128, 160, 1, 2, 32, 32)).save_pretrained(copy / "transformer")
    message = message_of(copy)
    assert "is an image-to-video model: it takes 36 channels, 20 of them for given frames" in message


def test_two_experts_of_different_sizes_are_named(tmp_path: Path) -> None:
    wan_pipeline(experts=True).save_pretrained(tmp_path)
    reference_for(DiTConfig(16, 16, 256, 160, 2, 2, 32, 32)).save_pretrained(tmp_path / "transformer_2")
    message = message_of(tmp_path)
    assert "transformer_2/diffusion_pytorch_model.safetensors are not two experts: the two experts must" in message


def test_a_file_in_eight_bits_is_multiplied_out_on_a_cpu(theirs: Any, tmp_path: Path) -> None:
    root = comfyui_folder(theirs, tmp_path)
    path = root / "text_encoders" / "umt5_xxl_fp16.safetensors"
    tensors = load_file(path)
    words = tensors.pop("spiece_model")
    save_file(scaled_fp8(tensors) | {"spiece_model": words}, path)
    pipe = Pipeline.load(root)
    assert {weight.dtype for weight in pipe.text_encoder.parameters()} == {torch.bfloat16}
    assert sampled(pipe).isfinite().all()
