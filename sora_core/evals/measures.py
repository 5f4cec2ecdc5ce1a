"""The measures by name: each measures a pipeline as the command's options say, and returns the rows of its table."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from .tables import Row

if TYPE_CHECKING:
    from ..canvas.shapes import VideoShape
    from ..pipeline import Pipeline
    from ..world import Domain
    from .clip_shapes import Sizes
    from .looks import Change
    from .seams import SeamScore
from .steps import Ratios


def check_count(name: str, got: int, most: int) -> None:
    """Raise ValueError unless an option has 1 to `most`."""
    if not 1 <= got <= most:
        raise ValueError(f"{name} must be 1 to {most}, got {got}")


def _shapes(pipe: Pipeline, arguments: argparse.Namespace, untold: Sizes) -> tuple[VideoShape, ...]:
    """The model's shapes, or the first of them that --shapes asks for. untold: see clip_shapes.shapes_of."""
    from .clip_shapes import shapes_of

    shapes = shapes_of(pipe, untold)
    if arguments.shapes is None:
        return shapes
    check_count("--shapes", arguments.shapes, len(shapes))
    return shapes[: arguments.shapes]


def _prompts(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from ..diffusion.solvers import solver_named
    from .clip_shapes import UNTOLD
    from .prompts import COLUMNS, SAMPLING, score_prompts

    steps = SAMPLING.steps if arguments.steps is None else arguments.steps
    solver = SAMPLING.solver if arguments.solver is None else solver_named(arguments.solver)
    sampling = replace(SAMPLING, steps=steps, solver=solver)
    rows: list[Row] = []
    for video in tqdm(_shapes(pipe, arguments, UNTOLD), desc="prompts", unit="shape"):
        score = score_prompts(pipe, video, count=arguments.count, seed=arguments.seed, sampling=sampling)
        shares = dict(zip(COLUMNS, score.shares, strict=True))
        rows.append({"size": f"{video.width}x{video.height}", "frames": video.frames, "clips": score.clips, **shares})
    return rows


def _domains(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .domains import score_domain

    rows: list[Row] = []
    for domain, video in tqdm(_domains_and_shapes(pipe, arguments), desc="domains", unit="shape"):
        score = score_domain(pipe, domain, video, count=arguments.count, seed=arguments.seed)
        of = _clips_of(domain, video)
        rows += [
            {
                **of,
                "PSNR dB of the VAE": score.psnr,
                "kind": share.kind,
                "check": share.check,
                "clips": share.clips,
                "generated": share.generated,
                "true, through the VAE": share.through_vae,
                "true": share.true,
            }
            for share in score.shares
        ]
    return rows


def _domains_and_shapes(pipe: Pipeline, arguments: argparse.Namespace) -> list[tuple[Domain[Any, Any], VideoShape]]:
    from ..world import DOMAINS
    from .clip_shapes import UNTOLD_DOMAINS

    if arguments.domain not in (None, *DOMAINS):
        raise ValueError(f"got --domain {arguments.domain}, expected one of {', '.join(DOMAINS)}")
    chosen = [DOMAINS[arguments.domain]] if arguments.domain else list(DOMAINS.values())
    return list(product(chosen, _shapes(pipe, arguments, UNTOLD_DOMAINS)))


def _clips_of(domain: Domain[Any, Any], video: VideoShape) -> Row:
    return {"domain": domain.name, "size": f"{video.width}x{video.height}", "frames": video.frames}


def _captions(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from ..checkpoint import load_captioner
    from .captions import score_captions

    if arguments.captioner is None:
        raise ValueError("expected --captioner FILE, which `python -m sora_core.train captioner` writes")
    captioner, rows = load_captioner(arguments.captioner, device=arguments.device), list[Row]()
    for domain, video in tqdm(_domains_and_shapes(pipe, arguments), desc="captions", unit="shape"):
        of = _clips_of(domain, video)
        shares = score_captions(pipe, captioner, domain, video, count=arguments.count, seed=arguments.seed)
        rows += [{**of, **share._asdict()} for share in shares]
    return rows


def _reconstruction(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .clip_shapes import UNTOLD
    from .reconstruction import score_reconstruction

    return [
        {
            "size": f"{video.width}x{video.height}",
            "frames": video.frames,
            "clips": arguments.count,
            "PSNR dB": score_reconstruction(pipe.vae, video, fps=pipe.fps, count=arguments.count, seed=arguments.seed),
        }
        for video in tqdm(_shapes(pipe, arguments, UNTOLD), desc="reconstruction", unit="shape")
    ]


def _richer(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from ..world.flat import RICHER
    from .richer import score_richer

    scores = [
        score_richer(pipe, kind, count=arguments.count, seed=arguments.seed)
        for kind in tqdm(RICHER, desc="richer", unit="kind")
    ]
    return [
        {"kind": score.kind, "clips": score.clips, "attribute": name, "share": share, "PSNR dB of the VAE": score.psnr}
        for score in scores
        for name, share in score.shares.items()
    ]


def _extensions(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .extensions import AHEAD, score_extensions

    rows: list[Row] = []
    for backward in tqdm((False, True), desc="extensions", unit="direction"):
        score = score_extensions(pipe, backward=backward, count=arguments.count, seed=arguments.seed)
        for name, values in (("error in pixels", score.errors), ("error of an object that stops", score.still)):
            shown = {f"{ahead} frames on": value for ahead, value in zip(AHEAD, values, strict=True)}
            rows.append({"direction": score.direction, "clips": score.clips, "median": name, **shown})
    return rows


def _seams(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .continuations import CONTINUATIONS
    from .seams import LOOPS, SEAMLESS, score_loop, score_seamless, score_seams

    measurements = [
        *(partial(score_seams, pipe, way) for way in CONTINUATIONS),
        *(partial(score_seamless, pipe, kind) for kind in SEAMLESS),
        *(partial(score_loop, pipe, between=between) for between in LOOPS),
    ]
    scores: list[SeamScore] = [
        measurement(count=arguments.count, seed=arguments.seed)
        for measurement in tqdm(measurements, desc="seams", unit="way")
    ]
    drifts = dict.fromkeys(_changes(scores[0].drift, " per extension"), "")
    every = dict.fromkeys(_ratios(scores[0].first, " at all seams"), "")
    return [
        {
            "way": score.way,
            "clips": score.clips,
            **_ratios(score.first, " at the first seam"),
            **(_ratios(score.every, " at all seams") if score.every else every),
            **drifts,
            **_changes(score.drift, " per extension"),
        }
        for score in scores
    ]


def _drift(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .drift import WAYS, score_drift
    from .sources import SOURCES

    rows: list[Row] = []
    for source, way in tqdm(list(product(SOURCES, WAYS)), desc="drift", unit="way"):
        score = score_drift(pipe, source, way, count=arguments.count, seed=arguments.seed)
        shown = {f"after {times}": changes for times, changes in score.after.items()}
        for since, changes in {**shown, "for each": score.slope, "for each, without the source": score.alone}.items():
            row: Row = {"source": source, "way": way, "clips": score.clips, "extensions": since}
            rows.append({**row, **_changes(changes, "")})
    return rows


def _long(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .long_video import WAYS, score_long

    return [
        {
            "windows": way,
            "after": f"{score.seconds} s",
            "clips": score.clips,
            **dict(zip(("shape", "colour", "background"), score.shares, strict=True)),
            **_changes(score.changes, ""),
        }
        for way in tqdm(WAYS, desc="long", unit="way")
        for score in score_long(pipe, way, count=arguments.count, seed=arguments.seed)
    ]


def _changes(changes: tuple[Change, ...], unit: str) -> Row:
    return {f"{change.measure}{unit}": str(change) for change in changes}


def _ratios(ratios: Ratios, where: str) -> Row:
    return {f"{measure}{where}": str(ratio) for measure, ratio in ratios._asdict().items()}


def _connections(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .connections import KINDS, score_connections

    return [
        {"kind": kind, "shown": score.shown, "clips": score.clips, **score.shares}
        for kind in tqdm(KINDS, desc="connections", unit="kind")
        for score in score_connections(pipe, kind, count=arguments.count, seed=arguments.seed)
    ]


def _permanence(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .permanence import GIVEN, score_permanence

    scores = [
        score_permanence(pipe, given, count=arguments.count, seed=arguments.seed)
        for given in tqdm(GIVEN, desc="permanence", unit="row")
    ]
    return [
        {
            "given": score.given,
            "clips": score.clips,
            "came out": score.share,
            "of true clips, through the VAE": score.true_share,
            "pixels from its true position (median)": "" if score.distance is None else score.distance,
        }
        for score in scores
    ]


def _resampling(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .resampling import resampling_rows

    return resampling_rows(pipe, count=arguments.count, seed=arguments.seed)


def _stretches(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .stretches import stretch_rows

    return stretch_rows(pipe, count=arguments.count, seed=arguments.seed)


def _sizes(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .sizes import WAYS, score_sizes

    ways = tqdm(WAYS, desc="sizes", unit="way")
    scores = [score_sizes(pipe, way, count=arguments.count, seed=arguments.seed) for way in ways]
    return [
        {"generated with": score.way, "clips": score.clips, "area to the true one": str(score.area)} for score in scores
    ]


def _history(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .history import WAYS, score_history

    scores = [
        score_history(pipe, guidance, count=arguments.count, seed=arguments.seed)
        for guidance in tqdm(WAYS, desc="history", unit="way")
    ]
    return [
        {
            "scale": f"{score.guidance.scale:g}",
            "at levels above": "" if score.guidance.scale == 1 else f"{score.guidance.above:g}",
            "clips": score.clips,
            "steps with two calls": str(score.two_calls),
            "area, percent": str(score.area),
            "difference in size kept": f"{score.kept:.2f}",
            "squared error, median": f"{score.errors.median():.0f}",
            "mean": f"{score.errors.mean():.0f}",
        }
        for score in scores
    ]


def _solvers(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .solvers import MODEL_CALLS, score_on_gaussian, score_on_model

    columns = [f"{calls} calls" for calls in MODEL_CALLS]
    scores = [*score_on_gaussian(), *score_on_model(pipe, count=arguments.count, seed=arguments.seed)]
    return [
        {"error": score.measure, "solver": score.solver, **dict(zip(columns, score.errors, strict=True))}
        for score in scores
    ]


def _calibration(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .calibration import score_calibration

    slopes = score_calibration(pipe, count=arguments.count, seed=arguments.seed)
    return [{"noise level": f"{level:g}", "clips": arguments.count, "slope": slope} for level, slope in slopes.items()]


def _latents(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .latents import score_latents

    score = score_latents(pipe, count=arguments.count, seed=arguments.seed)
    rows: list[Row] = [
        {"measure": "variance", "where": f"latent frame {at}", "clips": score.clips, "value": value}
        for at, value in enumerate(score.variance)
    ]
    names = ("colour step, Lab", "change of a value in 0..255", "second difference of the place, pixels")
    for where, values in (("between latent frames", score.between), ("inside latent frames", score.inside)):
        rows += [
            {"measure": name, "where": where, "clips": score.clips, "value": value}
            for name, value in zip(names, values, strict=True)
        ]
    return rows


def _words(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .words import score_words

    changes = score_words(pipe, count=arguments.count, seed=arguments.seed)
    return [
        {"attribute": name, "captions": arguments.count, "change of the text": value} for name, value in changes.items()
    ]


def _levels(pipe: Pipeline, arguments: argparse.Namespace) -> list[Row]:
    from .levels import score_levels

    rows: list[Row] = []
    for domain, video in tqdm(_domains_and_shapes(pipe, arguments), desc="levels", unit="shape"):
        of = _clips_of(domain, video)
        rows += [
            {
                **of,
                "clips": arguments.count,
                "noise level": f"{score.level:g}",
                "error with the prompt": score.with_prompt,
                "error without": score.without,
            }
            for score in score_levels(pipe, domain, video, count=arguments.count, seed=arguments.seed)
        ]
    return rows


MEASURES = {
    "prompts": _prompts,
    "domains": _domains,
    "captions": _captions,
    "richer": _richer,
    "extensions": _extensions,
    "resampling": _resampling,
    "connections": _connections,
    "permanence": _permanence,
    "seams": _seams,
    "drift": _drift,
    "long": _long,
    "solvers": _solvers,
    "reconstruction": _reconstruction,
    "sizes": _sizes,
    "stretches": _stretches,
    "history": _history,
    "calibration": _calibration,
    "latents": _latents,
    "words": _words,
    "levels": _levels,
}
USED_BY = {
    "shapes": ("prompts", "domains", "captions", "reconstruction", "levels"),
    "steps": ("prompts",),
    "solver": ("prompts",),
    "domain": ("domains", "captions", "levels"),
    "captioner": ("captions",),
}
"""Measures that an option changes; other options change all"""
SPREADS = ("seams", "drift", "long", "sizes", "history")  # they report deviations over clips, and need two
