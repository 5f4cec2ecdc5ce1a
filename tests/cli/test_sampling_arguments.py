"""Every option of sampling can be reached from Python, from the command line and from a node."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from typing import Any, NamedTuple

import pytest
import torch

from headless.pack import import_from_pack
from sora_core.cli.generate import build_parser
from sora_core.cli.sampling_arguments import sampling_options
from sora_core.diffusion.history import HistoryGuidance
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.solvers import SOLVERS
from sora_core.diffusion.windows import RollingWindow, SlidingWindow


class Reach(NamedTuple):
    """An option with a value that is not its default. node: id; inputs: of that node, or of Sora Sampler."""

    field: str
    value: Any
    arguments: list[str]
    node: str
    inputs: dict[str, Any]


TABLE = [
    Reach("steps", 7, ["--steps", "7"], "SoraSampler", {"steps": 7}),
    Reach("guidance", 4.0, ["--guidance", "4"], "SoraSampler", {"guidance": 4.0}),
    Reach("shift", 5.0, ["--shift", "5"], "SoraSampler", {"shift": 5.0}),
    Reach("sigmas", (1.0, 0.5, 0.0), ["--sigmas", "1,0.5,0"], "SoraSampler", {"sigmas": torch.tensor([1, 0.5, 0])}),
    *(
        Reach("solver", solver, ["--solver", name], "SoraSampler", {"solver": name})
        for name, solver in SOLVERS.items()
        if name != "euler"
    ),
    Reach("history", HistoryGuidance(2.0), ["--history", "2"], "SoraHistoryGuidance", {"scale": 2.0, "above": 0.9}),
    Reach("step_cache", 0.2, ["--step-cache", "0.2"], "SoraStepCache", {"tolerance": 0.2}),
    Reach("resampling", 3, ["--resampling", "3"], "SoraResample", {"jumps": 3}),
    Reach("windows", SlidingWindow(), ["--windows"], "SoraWindows", {"context": 3, "new": 4, "noise": 0.0}),
    Reach(
        "windows", RollingWindow(), ["--rolling-window"], "SoraRollingWindow", {"context": 3, "active": 5, "noise": 0.0}
    ),
]
NEGATIVE = Reach("negative", "a blue square", ["--negative", "a blue square"], "SoraSampler", {})
"""In nodes it is a CONDITIONING, which every workflow has."""


def each(rows: list[Reach]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.field} by {' '.join(row.arguments)}")


def parsed(*more: str) -> argparse.Namespace:
    return build_parser().parse_args(["generate", "a prompt", "-o", "out.mp4", *more])


def test_the_table_has_every_option():
    assert {row.field for row in (*TABLE, NEGATIVE)} == {field.name for field in fields(SamplingOptions)}


@each([*TABLE, NEGATIVE])
def test_the_command_line_reaches_every_option(row):
    assert sampling_options(parsed(*row.arguments), SamplingOptions()) == replace(
        SamplingOptions(), **{row.field: row.value}
    )


def test_what_is_not_said_is_as_the_model_was_made_for():
    usual = SamplingOptions(steps=40, shift=8.0, solver=SOLVERS["unipc"], history=HistoryGuidance(1.5))
    assert sampling_options(parsed(), usual) == usual


def test_the_help_names_every_solver(capsys):
    with pytest.raises(SystemExit):
        parsed("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert [name for name in SOLVERS if name not in text] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sigmas", "1,x"], "sigmas must be numbers, such as 1,0.9,0.5,0, got '1,x'"),
        (["--sigmas", "0.5,1"], "sigmas must fall from at most 1 to at least 0"),
        (["--sigmas", "1"], "sigmas must be .steps.1. with at least one step"),
        (["--solver", "magic"], "solver must be one of euler, .*, got 'magic'"),
        (["--history", "-1"], "guidance by history must be a finite number >= 0"),
        (["--resampling", "-1"], "resampling must be a whole number >= 0"),
    ],
)
def test_a_value_out_of_range_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        sampling_options(parsed(*arguments), SamplingOptions())


@pytest.fixture
def run_sampler(tiny_model_folder, tmp_path, monkeypatch):
    """Sora Sampler on the tiny model, which the given function may change first; the options that it samples with."""
    terminal = import_from_pack("headless.terminal").Terminal()
    roots = [tiny_model_folder.parent]
    host = import_from_pack("headless.host").HeadlessHost(
        model_roots=roots, temp=tmp_path, device="cpu", terminal=terminal
    )
    import_from_pack("nodes.host").install(host)
    nodes = {node.GET_SCHEMA().node_id: node for node in import_from_pack("nodes").NODES}
    model, clip, _ = host.load_model(tiny_model_folder.name)
    text = nodes["SoraEncodeText"].execute(clip=clip, text="a red circle").args[0]
    seen = []

    def sample(model, job, on_step):
        seen.append(job.options)
        return job.latents

    monkeypatch.setattr(host, "sample", sample, raising=False)

    def run(node: str, inputs: dict[str, Any]):
        settings = {"seed": 1, "steps": 25, "guidance": 2.5, "shift": 3.0}
        changed = model
        if node == "SoraSampler":
            settings |= inputs
        else:
            changed = nodes[node].execute(model=model, **inputs).args[0]
        latent = {"samples": torch.zeros(1, 4, 3, 2, 2)}
        nodes["SoraSampler"].execute(model=changed, positive=text, negative=text, latent=latent, **settings)
        return seen[-1]

    return run


@each(TABLE)
def test_nodes_reach_every_option(run_sampler, row):
    options, plain = run_sampler(row.node, row.inputs), run_sampler("SoraSampler", {})
    assert repr(getattr(options, row.field)) == repr(row.value)  # of the pack's own copy of the class
    assert replace(options, **{row.field: getattr(plain, row.field)}) == plain
