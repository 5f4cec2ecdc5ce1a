"""The measures of seams and drift, on clips whose jumps are known."""

import json
import re
from functools import partial
from itertools import product
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.history import HistoryGuidance
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import continuations, drift, long_video, seams, sources
from sora_core.evals.__main__ import main
from sora_core.evals.continuations import CONTINUATIONS, SOURCE, Job
from sora_core.evals.looks import drift_of, look_of, mean_change
from sora_core.evals.seams import SEAMLESS, ratios_at, steps_of
from sora_core.evals.sources import SOURCES
from sora_core.pipeline import Pipeline
from sora_core.world import held_out
from tiny import PROMPT


def moving_square(frames: int, *, jump_at: int | None = None, jump: int = 0) -> torch.Tensor:
    """A white square of 8 pixels on gray that moves a pixel a frame: uint8 [F 32 64 3]."""
    clip = torch.full((frames, 32, 64, 3), 128, dtype=torch.uint8)
    for at in range(frames):
        left = 4 + at + (jump if jump_at is not None and at >= jump_at else 0)
        clip[at, 12:20, left : left + 8] = 255
    return clip


def ratios(clips: torch.Tensor, seam: int) -> list[float]:
    return [ratio.value for ratio in ratios_at(clips, [seam], 1)]


def test_a_clip_without_a_seam_has_ratios_of_one() -> None:
    steps = steps_of(moving_square(20)[None])
    assert steps.flicker.max() == pytest.approx(steps.flicker.min().item())
    assert steps.motion.max() < 1e-4
    noisy = moving_square(20).float() + torch.randint(-20, 20, (20, 32, 64, 3))
    for ratio in ratios(noisy.clamp(0, 255).to(torch.uint8)[None], 10)[:2]:
        assert 0.3 < ratio < 3


def test_a_jump_shows_in_motion_and_flicker_and_only_at_its_seam() -> None:
    clip = moving_square(20, jump_at=10, jump=12)[None]
    _, flicker, _ = ratios(clip, 10)
    assert flicker > 3
    motion = steps_of(clip).motion[0]
    assert motion[8] == pytest.approx(12, abs=0.1)
    assert motion[9] == pytest.approx(12, abs=0.1)
    assert motion[:8].max() < 0.1
    assert motion[10:].max() < 0.1


def test_a_step_in_colour_shows_in_colour() -> None:
    clip = moving_square(20)[None].clone()
    clip[:, 10:, ..., 0] -= 60
    steps = steps_of(clip)
    assert steps.colour[0, 9] > 10
    assert steps.colour[0, torch.arange(19) != 9].max() < 1


def test_drift_is_a_slope_with_its_sign_and_an_interval() -> None:
    def looks(step: int) -> torch.Tensor:
        tones = torch.tensor([90, 100, 110], dtype=torch.uint8)[:, None, None, None, None]
        parts = [(tones + step * at).expand(3, 2, 8, 8, 3).contiguous() for at in range(5)]
        return torch.stack([look_of(part) for part in parts], dim=2)

    lightness, chroma, contrast = drift_of(looks(10))
    assert lightness.mean == pytest.approx(4, abs=0.5)  # about 0.4 of Lab's 100 for one of 255
    assert lightness.margin < 0.2
    assert abs(chroma.mean) < 0.01
    assert abs(contrast.mean) < 0.01
    assert drift_of(looks(-10))[0].mean == pytest.approx(-4, abs=0.5)


def test_a_change_that_is_chance_has_an_interval_with_zero() -> None:
    torch.manual_seed(0)
    for change in mean_change(torch.randn(50, 3)):
        assert abs(change.mean) < change.margin * 1.6
    for change in mean_change(torch.randn(50, 3) + 1):
        assert change.mean > change.margin


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (continuations, seams, sources, long_video):
        monkeypatch.setattr(module, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))
    monkeypatch.setattr(
        continuations, "FOLLOWING", SamplingOptions(steps=1, guidance=1.0, history=HistoryGuidance(1.5))
    )
    quick = partial(sources.made, sampling=SamplingOptions(steps=1, guidance=1.0))
    monkeypatch.setattr(seams, "OWN", quick)
    for source in list(SOURCES)[:-1]:
        monkeypatch.setitem(SOURCES, source, quick)


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("way", CONTINUATIONS)
def test_every_way_keeps_the_clip_and_adds_its_frames(way: str, tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    text = pipe.encode_text([PROMPT])
    latents = pipe.sample_latents(text, VideoShape(17, 16, 16), sampling=SamplingOptions(steps=1))
    frames = CONTINUATIONS[way](pipe, Job(text, latents, 2, 0))
    assert latents.shape[2] == SOURCE
    assert frames.shape == (1, 17 + 2 * 16, 16, 16, 3)
    kept = 17 if way != "pixels joined" else 0  # which fades inside the overlap
    assert torch.equal(frames[:, :kept], pipe.decode(latents)[:, :kept])


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("measure", ["seams", "drift", "long"])
def test_the_commands_print_their_tables(
    measure: str, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (seams, drift, sources):
        monkeypatch.setattr(module, "EXTENSIONS", 2)
    monkeypatch.setattr(long_video, "SECONDS", (3, 4))
    numbers = tmp_path / "numbers.json"
    assert main([measure, "--model", str(tiny_model_folder), "--count", "2", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    if measure == "seams":
        loops = ["loop closed by 8 frames", "loop closed by 16 frames", "played again"]
        assert [row["way"] for row in rows] == [*CONTINUATIONS, *SEAMLESS, *loops]
        interval = re.compile(r"\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)")
        assert all(interval.fullmatch(row["flicker at the first seam"]) for row in rows)
        several = [True] * 5 + [False, True] + [False] * 3  # the model makes no clip of many seams in one piece
        assert [bool(row["contrast per extension"]) for row in rows] == several
        assert [bool(row["motion at all seams"]) for row in rows] == several
    elif measure == "drift":
        told = [(row["source"], row["way"], row["extensions"]) for row in rows]
        assert told == list(
            product(SOURCES, drift.WAYS, ("after 1", "after 2", "for each", "for each, without the source"))
        )
    else:
        assert [(row["windows"], row["after"]) for row in rows] == [
            (way, after) for way in ("chained", "rolling") for after in ("3 s", "4 s")
        ]


@pytest.mark.parametrize("kind", SEAMLESS)
def test_clips_without_a_seam_are_as_long_as_an_extended_clip(kind: str, tiny_model_folder: Path) -> None:
    frames = SEAMLESS[kind](Pipeline.load(tiny_model_folder), 2, 0)
    assert frames.shape == (2, 33 if "one piece" in kind else 17 + 8 * 16, 64, 64, 3)
    assert frames.dtype == torch.uint8


def test_a_seam_in_one_clip_of_many_widens_the_interval() -> None:
    clips = torch.stack([moving_square(20)] * 7 + [moving_square(20, jump_at=10, jump=12)])
    flicker = ratios_at(clips, [10], 1).flicker
    assert flicker.low == pytest.approx(1, abs=0.05)
    assert flicker.low < flicker.value < flicker.high
    assert ratios_at(clips, [10], 1).flicker == flicker


def test_at_several_seams_what_jumps_at_one_counts_for_its_share() -> None:
    clips = torch.stack([moving_square(40, jump_at=10, jump=12)] * 2)
    one, three = (ratios_at(clips, seams, 1).flicker.value for seams in ([10], [10, 20, 30]))
    assert three - 1 == pytest.approx((one - 1) / 3, rel=0.1)


def test_a_jump_at_every_latent_frame_is_none_of_the_seam() -> None:
    pulsing = moving_square(29)
    pulsing[1::4] -= 20  # the first frame of each latent frame of four
    jumping = pulsing.clone()
    jumping[13:] -= 40
    quiet, loud = ratios_at(pulsing[None], [13], 4), ratios_at(jumping[None], [13], 4)
    assert quiet.colour.value == pytest.approx(1, abs=0.1)
    assert ratios_at(pulsing[None], [13], 1).colour.value > 1.5
    assert loud.colour.value > 2


def test_seams_lie_at_all_phases_of_the_motion_and_clips_are_cut_to_one_length() -> None:
    lengths = [part.latents for part in sources.prompted(24, 0, seams.LENGTHS)]
    assert sorted(set(lengths)) == [SOURCE, SOURCE + 1, SOURCE + 2, SOURCE + 3]
    counts = [len(part.prompts) for part in sources.prompted(24, 0, seams.LENGTHS)]
    assert counts == [6] * 4
    assert [part.latents for part in sources.prompted(20, 0)] == [SOURCE] * 3


def test_the_area_of_a_body_is_its_share_of_the_picture_edges_in_part() -> None:
    scene = held_out()[0]
    inside, outside = (torch.tensor(colour.rgb) * 255 for colour in (scene.colour, scene.background))
    clip = outside.expand(1, 2, 10, 10, 3).clone()
    clip[:, :, 2:5, 3:7] = inside
    clip[:, :, 5, 3:7] = (inside + outside) / 2
    (area,) = drift.area_of(clip.round().to(torch.uint8), [scene])
    assert area == pytest.approx(3 * 4 + 2, abs=0.3)  # colours are rounded to bytes


def test_the_turn_of_a_loop_is_compared_with_what_lies_inside_latent_frames() -> None:
    darker = [0, 20, 22, 20, 22, 2, 4, 2, 4, 24, 22, 24, 22, 4, 2, 4, 2]  # by 2 inside of latent frames, by 20 between
    turn = moving_square(17) - torch.tensor(darker, dtype=torch.uint8).view(-1, 1, 1, 1)
    loop = torch.cat([turn, turn[:2]])[None]
    assert seams.ratios_at_turn(loop, 4).colour.value == pytest.approx(1, abs=0.2)
    assert ratios_at(loop, [17], 4).colour.value < 0.2
