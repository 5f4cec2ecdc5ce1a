"""Pictures as ComfyUI reads them: any depth, all frames, what is transparent; and listed formats alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from sora_core.video.pictures import read_pictures

RAMP = np.linspace(0, 1, 32)[None].repeat(16, 0)
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/tmp/made) (w) file closefile\nshowpage\n"


def colours(turn=0):
    return (np.stack([np.roll(RAMP, turn, 1), 1 - RAMP, RAMP * 0 + 0.3], -1) * 255).round().astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_of_gray_are_read_with_all_of_them(tmp_path, suffix):
    Image.fromarray((RAMP * 65535).round().astype(np.uint16)).save(tmp_path / f"deep.{suffix}")
    made = read_pictures(tmp_path / f"deep.{suffix}")
    assert made.alpha is None
    torch.testing.assert_close(made.colours[0, ..., 1].double(), torch.from_numpy(RAMP), atol=1e-4, rtol=0)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "gif", "ppm", "tga"])
def test_eight_bits_are_read_to_the_level(tmp_path, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(colours()).save(tmp_path / f"a.{suffix}", **options)
    made = read_pictures(tmp_path / f"a.{suffix}").colours
    error = (made[0] - torch.from_numpy(colours()).float() / 255).abs().max()
    assert error < (0.2 if suffix == "gif" else 0.003)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_every_frame_of_an_animated_picture_is_read(tmp_path, suffix):
    first, *rest = [Image.fromarray(colours(5 * turn)) for turn in range(4)]
    options = {"lossless": True} if suffix == "webp" else {}
    first.save(tmp_path / f"a.{suffix}", save_all=True, append_images=rest, duration=100, **options)
    made = read_pictures(tmp_path / f"a.{suffix}").colours
    assert made.shape == (4, 16, 32, 3)
    assert len({round(frame[:, :8, 0].mean().item(), 2) for frame in made}) == 4


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_alpha_is_what_is_opaque(tmp_path, suffix):
    layers = np.dstack([colours(), (RAMP * 255).round().astype(np.uint8)])
    Image.fromarray(layers).save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    made = read_pictures(tmp_path / f"a.{suffix}")
    torch.testing.assert_close(made.alpha[0].double(), torch.from_numpy(RAMP), atol=0.003, rtol=0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_of_a_camera_are_upright(tmp_path, orientation):
    mark = np.zeros((16, 32, 3), np.uint8)
    mark[:8, :8] = 255
    picture = Image.fromarray(mark)
    exif = picture.getexif()
    exif[0x112] = orientation
    picture.save(tmp_path / "a.jpg", exif=exif, quality=95)
    turned = {2: lambda x: x[:, ::-1], 3: lambda x: x[::-1, ::-1], 4: lambda x: x[::-1], 5: lambda x: x.swapaxes(0, 1)}
    turned |= {6: lambda x: np.rot90(x, -1), 7: lambda x: np.rot90(x, 2).swapaxes(0, 1), 8: lambda x: np.rot90(x)}
    expected = turned.get(orientation, lambda x: x)(mark[..., 0])
    made = read_pictures(tmp_path / "a.jpg").colours[0, ..., 0]
    assert (made - torch.from_numpy(expected.copy()).float() / 255).abs().mean() < 0.02


@pytest.mark.parametrize("name", ["a.png", "a.eps", "a.jpg", "a.tiff", "a.gif"])
def test_postscript_is_started_under_no_name(tmp_path, monkeypatch, name):
    from PIL import EpsImagePlugin

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("PostScript was started"))
    (tmp_path / name).write_bytes(EPS)
    with pytest.raises(ValueError, match=rf"{name} is not a picture that can be read: its format is not among"):
        read_pictures(tmp_path / name)


def test_a_broken_picture_of_any_kind_is_one_line(tmp_path):
    dice = np.random.default_rng(0)
    for suffix in ("png", "jpg", "webp", "gif", "tiff", "bmp", "avif"):
        whole = tmp_path / f"whole.{suffix}"
        try:
            Image.fromarray(colours()).save(whole)
        except (OSError, KeyError, ValueError):  # this Pillow cannot write it
            continue
        for trial in range(12):
            data = bytearray(whole.read_bytes())
            for place in dice.integers(4, len(data), 6):
                data[place] ^= int(dice.integers(1, 255))
            path = tmp_path / f"broken{trial}.{suffix}"
            path.write_bytes(data[: int(dice.integers(len(data) // 2, len(data) + 1))])
            problem = refusal(path)
            assert problem is None or f"{path.name} is not a picture that can be read" in problem


def refusal(path):
    """Why a picture is refused; None where it is read."""
    try:
        read_pictures(path)
    except ValueError as problem:
        return str(problem)
    return None


def test_a_missing_file_is_missing_and_text_is_no_picture(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_pictures(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("no picture\n" * 50)
    with pytest.raises(ValueError, match=r"text\.png is not a picture that can be read"):
        read_pictures(tmp_path / "text.png")


def test_an_avif_has_its_alpha_and_all_its_frames(tmp_path):
    layers = np.dstack([colours(), np.full((16, 32), 128, np.uint8)])
    Image.fromarray(layers).save(tmp_path / "alpha.avif", quality=100)
    read = read_pictures(tmp_path / "alpha.avif")
    assert read.alpha is not None
    assert abs(read.alpha.mean().item() - 128 / 255) < 0.01
    first, *rest = [Image.fromarray(colours(5 * turn)) for turn in range(3)]
    first.save(tmp_path / "a.avif", save_all=True, append_images=rest, duration=100)
    assert read_pictures(tmp_path / "a.avif").colours.shape == (3, 16, 32, 3)


def test_a_gray_tiff_of_floats_is_read_as_it_is_and_one_of_32_bits_is_refused(tmp_path):
    gray = np.linspace(0, 1, 32, dtype=np.float32)[None].repeat(16, 0)
    Image.fromarray(gray).save(tmp_path / "floats.tiff")
    made = read_pictures(tmp_path / "floats.tiff").colours[0]
    torch.testing.assert_close(made[..., 0], torch.from_numpy(gray), atol=1e-6, rtol=0)
    Image.fromarray((gray * 65535).astype(np.int32)).save(tmp_path / "whole.tiff")
    with pytest.raises(ValueError, match="32 bits"):
        read_pictures(tmp_path / "whole.tiff")
    Image.fromarray(np.full_like(gray, np.inf)).save(tmp_path / "inf.tiff")
    with pytest.raises(ValueError, match="not finite"):
        read_pictures(tmp_path / "inf.tiff")
