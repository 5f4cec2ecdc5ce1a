"""Latents that memory has no room to decode: kept in a file that Load Latent opens, and named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run

DECODERS = {"SoraVAEDecode": {}, "SoraDecodeToVideo": {"fps": 8.0}}


class Small:
    """The VAE on a device that has no room for its second chunk of frames."""

    def __init__(self, vae, error):
        self.compression, self.latent_channels, self._vae, self._error = (
            vae.compression,
            vae.latent_channels,
            vae,
            error,
        )

    def decode_stream(self, latents):
        yield next(self._vae.decode_stream(latents))
        raise self._error


@pytest.fixture
def latent():
    """Of nine frames of 32x32."""
    return {"samples": torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))}


@pytest.fixture
def folders(tmp_path):
    """Those of a run whose input folder is not there yet."""
    module = import_from_pack("headless.folders")
    module.Folders.install(module.Folders(tmp_path / "input", tmp_path / "out"))
    return module


@pytest.fixture
def fails(nodes, vae, folders):
    """fails(decoder, latent, error) -> what the decoder says."""
    kind = import_from_pack("nodes.output.kept_latents").DecodeOutOfMemory

    def refused(decoder, latent, error):
        with pytest.raises(kind) as caught:
            run(nodes[decoder], samples=latent, vae=Small(vae, error), **DECODERS[decoder])
        assert isinstance(caught.value, torch.OutOfMemoryError)  # for which ComfyUI unloads its models
        return str(caught.value)

    return refused


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_latents_that_do_not_fit_are_kept_and_decode_later_to_the_same_frames(
    nodes, vae, latent, fails, tmp_path, decoder, error
):
    said = fails(decoder, latent, error)
    (file,) = (tmp_path / "input").iterdir()
    assert said.startswith(f"out of memory while decoding: the sampled latents are in {file}, so that Load Latent")
    assert "Lower the size or the duration" in said
    assert "smaller tiles" in said
    assert (str(error) or "MemoryError") in said
    assert list((tmp_path / "temp").iterdir()) == []
    (loaded,) = run(import_from_pack("headless.core_latents").LoadLatent, latent=file.name)
    assert torch.equal(loaded["samples"], latent["samples"])
    now, before = (run(nodes["SoraVAEDecode"], samples=one, vae=vae)[0] for one in (loaded, latent))
    assert torch.equal(now, before)


def test_the_same_latents_are_kept_once(latent, fails, tmp_path):
    for _ in range(2):
        fails("SoraVAEDecode", latent, MemoryError())
    assert len(list((tmp_path / "input").iterdir())) == 1
    fails("SoraVAEDecode", {"samples": latent["samples"] + 1}, MemoryError())
    assert len(list((tmp_path / "input").iterdir())) == 2


def test_any_other_error_keeps_nothing(nodes, vae, latent, folders, tmp_path):
    with pytest.raises(RuntimeError, match=r"^a fault$"):
        run(nodes["SoraVAEDecode"], samples=latent, vae=Small(vae, RuntimeError("a fault")))
    assert not (tmp_path / "input").exists()


def test_where_they_cannot_be_written_the_error_says_so_and_what_to_lower(latent, fails, tmp_path):
    (tmp_path / "input").write_text("a file in the place of the folder")
    said = fails("SoraVAEDecode", latent, MemoryError())
    assert "could not be kept, [Errno" in said
    assert "Lower the size" in said


def test_frames_and_sound_are_kept_in_two_files(latent, fails):
    class Nested:
        """What the host makes of several streams."""

        is_nested = True

        def unbind(self):
            return [latent["samples"], torch.ones(1, 2, 3, 4)]

    said = fails("SoraVAEDecode", {"samples": Nested()}, MemoryError())
    kept = re.findall(r"\S+\.latent", said)
    assert [re.sub("_[0-9a-f]{12}", "", Path(name).name) for name in kept] == [
        "sora_frames.latent",
        "sora_sound.latent",
    ]
    assert "Load Latent and LTXV Concat AV Latent" in said
    (sound,) = run(import_from_pack("headless.core_latents").LoadLatent, latent=Path(kept[1]).name)
    assert torch.equal(sound["samples"], torch.ones(1, 2, 3, 4))
