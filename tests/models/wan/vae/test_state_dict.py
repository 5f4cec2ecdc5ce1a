"""Published VAE files: Wan's own and diffusers' names, behind prefixes or not; what is missing or foreign is named."""

from dataclasses import asdict, replace
from functools import cache

import pytest
import torch
from safetensors.torch import save_file

from checkpoint_files import rejected
from small_vaes import random_latents, random_pixels, random_vae
from sora_core.checkpoint import load_vae
from sora_core.models.wan.vae import VAEConfig, VideoVAE
from sora_core.models.wan.vae.state_dict import find_vae

pytestmark = pytest.mark.slow

SMALL = {
    "wan_2_1": VAEConfig(dim=8, decoder_dim=8, z_dim=16),
    "wan_2_2": VAEConfig(dim=8, decoder_dim=12, z_dim=48, patch_size=2, shortcuts=True),
}
PUBLISHED = {
    "wan_2_1": VAEConfig(96, 96, 16, (1, 2, 4, 4), 2, (False, True, True)),
    "wan_2_2": VAEConfig(160, 256, 48, (1, 2, 4, 4), 2, (False, True, True), patch_size=2, shortcuts=True),
}
BOTH = pytest.mark.parametrize("version", SMALL)
EITHER_NAMES = pytest.mark.parametrize("names", ["wan", "diffusers"])
PREFIXES = pytest.mark.parametrize("prefix", ["", "first_stage_model.", "vae.", "a.b."])


def of_diffusers(config: VAEConfig) -> torch.nn.Module:
    """diffusers' own class at the same size, as its pipelines build it."""
    patches = {"patch_size": 2, "in_channels": 12, "out_channels": 12} if config.patch_size == 2 else {}
    theirs = pytest.importorskip("diffusers.models.autoencoders.autoencoder_kl_wan")
    return theirs.AutoencoderKLWan(
        base_dim=config.dim,
        decoder_base_dim=config.decoder_dim,
        z_dim=config.z_dim,
        is_residual=config.shortcuts,
        **patches,
    ).eval()


def shapes_of(config: VAEConfig, names: str, prefix: str = "") -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        model = of_diffusers(config) if names == "diffusers" else VideoVAE(config)
    return {prefix + name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


@cache
def names_of(config: VAEConfig) -> list[str]:
    return list(VideoVAE(config, device="meta").state_dict())


def without_statistics(config: VAEConfig) -> VAEConfig:
    return replace(config, latent_mean=None, latent_std=None)


@BOTH
@EITHER_NAMES
@PREFIXES
def test_the_published_sizes_are_read_off_names_and_shapes(version, names, prefix):
    shapes = shapes_of(PUBLISHED[version], names, prefix)
    found = find_vae({"another.model.weight": (3,)} | shapes if prefix else shapes)
    assert without_statistics(found.config) == PUBLISHED[version]
    ours = VideoVAE(found.config, device="meta").state_dict()
    adapter = found.adapter(ours, shapes)
    assert {name: shapes[stored] for name, stored in adapter.names.items()} == {
        name: tuple(tensor.shape) for name, tensor in ours.items()
    }


@pytest.mark.parametrize(
    "config",
    [
        VAEConfig(4, 4, 16, (1, 2), 1, (True,)),
        VAEConfig(4, 4, 16, (1, 1, 3), 3, (True, False), patch_size=3),
        VAEConfig(4, 8, 48, (2, 2, 4), 1, (False, True), patch_size=4, shortcuts=True),
    ],
)
def test_other_sizes_of_the_family_are_read_too(config):
    assert without_statistics(find_vae(shapes_of(config, "wan")).config) == config


@BOTH
@PREFIXES
def test_a_file_in_wan_s_layout_loads_and_gives_what_its_module_gives(version, prefix, tmp_path):
    vae = random_vae(replace(SMALL[version], **statistics(version)))
    weights = {prefix + name: tensor.contiguous() for name, tensor in vae.state_dict().items()}
    if prefix:
        weights |= {"model.diffusion_model.head.modulation": torch.zeros(2), "scheduler": torch.zeros(1)}
    save_file(weights, tmp_path / "vae.safetensors")
    loaded = load_vae(tmp_path / "vae.safetensors")
    assert loaded.config == vae.config
    assert not loaded.training
    with torch.no_grad():
        pixels = random_pixels(vae, 5)
        torch.testing.assert_close(loaded.encode(pixels), vae.encode(pixels))
        torch.testing.assert_close(loaded.decode(random_latents(vae, 2)), vae.decode(random_latents(vae, 2)))


def test_wan_s_own_pth_loads(tmp_path):
    vae = random_vae(SMALL["wan_2_1"])
    torch.save(vae.state_dict(), tmp_path / "Wan2.1_VAE.pth")
    loaded = load_vae(tmp_path / "Wan2.1_VAE.pth").state_dict()
    assert loaded.keys() == vae.state_dict().keys()
    assert all(torch.equal(loaded[name], weight) for name, weight in vae.state_dict().items())


@BOTH
@PREFIXES
def test_a_file_of_diffusers_loads_and_gives_what_diffusers_gives(version, prefix, tmp_path):
    torch.manual_seed(0)
    theirs = of_diffusers(SMALL[version])
    weights = {prefix + name: tensor for name, tensor in theirs.state_dict().items()}
    save_file(weights, tmp_path / "diffusion_pytorch_model.safetensors")
    ours = load_vae(tmp_path / "diffusion_pytorch_model.safetensors")
    mean, std = (torch.tensor(values).view(-1, 1, 1, 1) for values in statistics(version).values())
    pixels = random_pixels(ours, 9, batch=2)
    with torch.no_grad():
        raw = theirs.encode(pixels).latent_dist.mode()
        latents = ours.encode(pixels)
        torch.testing.assert_close(latents, (raw - mean) / std, rtol=0, atol=1e-5)
        torch.testing.assert_close(ours.decode(latents).clamp(-1, 1), theirs.decode(raw).sample, rtol=0, atol=1e-5)


def statistics(version: str) -> dict[str, tuple[float, ...]]:
    config = asdict(find_vae(shapes_of(SMALL[version], "wan")).config)
    return {name: config[name] for name in ("latent_mean", "latent_std")}


def test_the_statistics_of_2_1_are_those_that_diffusers_has():
    theirs = of_diffusers(SMALL["wan_2_1"]).config
    assert statistics("wan_2_1") == {
        "latent_mean": tuple(theirs.latents_mean),
        "latent_std": tuple(theirs.latents_std),
    }


def test_the_statistics_of_2_2_are_those_of_its_48_channels():
    """Their sums; tests/integration compares each number with ComfyUI's."""
    mean, std = statistics("wan_2_2").values()
    assert (len(mean), len(std)) == (48, 48)
    assert sum(mean) == pytest.approx(-0.5589)
    assert sum(std) == pytest.approx(32.536)


@pytest.mark.parametrize("stored", [torch.bfloat16, torch.float16])
def test_half_precision_becomes_float32_on_a_cpu(stored, tmp_path):
    vae = random_vae(SMALL["wan_2_1"])
    save_file({name: tensor.to(stored).contiguous() for name, tensor in vae.state_dict().items()}, tmp_path / "v")
    assert {weight.dtype for weight in load_vae(tmp_path / "v").parameters()} == {torch.float32}
    assert {weight.dtype for weight in load_vae(tmp_path / "v", dtype=stored).parameters()} == {stored}


# what is missing or foreign


@BOTH
@EITHER_NAMES
def test_whichever_tensor_is_missing_is_named_as_the_file_would(version, names):
    shapes = shapes_of(SMALL[version], names, "vae.")
    for missing in shapes:
        assert missing_from({name: shape for name, shape in shapes.items() if name != missing}) == [missing]


def missing_from(shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """What is said to be missing, where the config is read or afterwards."""
    try:
        found = find_vae(shapes)
    except ValueError as error:
        return [str(error).removesuffix(" is missing")]
    adapter = found.adapter(names_of(found.config), shapes)
    return [stored for stored in adapter.names.values() if stored not in shapes]


@EITHER_NAMES
def test_an_incomplete_file_is_refused_with_the_names_of_its_own_layout(names, tmp_path):
    path = tmp_path / "vae.safetensors"
    shapes = shapes_of(SMALL["wan_2_2"], names, "vae.")
    last = {"wan": "vae.decoder.upsamples.3.", "diffusers": "vae.decoder.up_blocks.3."}[names]
    save_file({name: torch.zeros(shape) for name, shape in shapes.items() if not name.startswith(last)}, path)
    message = rejected(path, load_vae)
    assert f"missing: {last}" in message
    assert "unexpected" not in message


def test_a_file_without_a_decoder_is_refused(tmp_path):
    path = tmp_path / "encoder.safetensors"
    shapes = shapes_of(SMALL["wan_2_1"], "wan")
    save_file({name: torch.zeros(shape) for name, shape in shapes.items() if "decoder" not in name}, path)
    assert "has a Wan VAE that cannot be loaded: decoder.head.0.gamma is missing" in rejected(path, load_vae)


def test_tensors_too_many_and_of_a_wrong_shape_are_named(tmp_path):
    path = tmp_path / "vae.safetensors"
    weights = {f"vae.{name}": torch.zeros(shape) for name, shape in shapes_of(SMALL["wan_2_1"], "wan").items()}
    weights |= {"vae.extra": torch.zeros(1), "vae.decoder.conv1.bias": torch.zeros(5), "other": torch.zeros(1)}
    save_file(weights, path)
    message = rejected(path, load_vae)
    assert "1 unexpected: vae.extra" in message
    assert "1 of the wrong shape: vae.decoder.conv1.bias (got [5], expected [32])" in message


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("conv2.weight", (4, 4, 1, 1, 1), "got 4 latent channels without shortcuts, .* expected 16 without"),
        ("encoder.conv1.weight", (8, 4, 3, 3, 3), "got frames of 4 channels; expected 3"),
        ("encoder.conv1.weight", (0, 3, 3, 3, 3), "sizes must be at least 1"),
        ("encoder.conv1.weight", (8,), r"got encoder.conv1.weight of shape \[8\]; expected at least 2 dimensions"),
        ("decoder.head.0.gamma", (), r"got decoder.head.0.gamma of shape \[\]"),
    ],
)
def test_sizes_that_no_published_vae_has_are_refused(name, shape, message):
    with pytest.raises(ValueError, match=message):
        find_vae(shapes_of(SMALL["wan_2_1"], "wan") | {name: shape})


def test_two_vaes_in_one_file_are_refused():
    one, other = (shapes_of(SMALL["wan_2_1"], "wan", prefix) for prefix in ("vae.", "ema."))
    with pytest.raises(ValueError, match=r"got 2 VAEs, with the prefixes \['ema.', 'vae.'\]"):
        find_vae(one | other)


def test_a_vae_of_images_is_foreign(tmp_path):
    path = tmp_path / "vae.safetensors"
    names = ("decoder.conv_in.weight", "decoder.mid_block.resnets.0.norm1.weight")
    save_file({name: torch.zeros(2) for name in names}, path)
    assert "is not a vae that can be loaded here: it looks like a VAE" in rejected(path, load_vae)
