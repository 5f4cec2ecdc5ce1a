"""The table of claims: each name gives its measurement, and those that compare models say so."""

from pathlib import Path

import pytest

from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import continuations, extensions, prompts
from sora_core.evals.claims import three_d
from sora_core.evals.claims.claim import Request
from sora_core.evals.claims.subject import Subject
from sora_core.evals.claims.table import CLAIMS


@pytest.mark.parametrize("name", list(CLAIMS))
def test_each_name_gives_a_claim(name: str) -> None:
    assert CLAIMS[name]().several is (name in ("compute", "native-sizes", "captions"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("3d", {"generated"}),
        ("interaction", {"generated"}),
        ("digital-world", {"rolled out by the model"}),
    ],
)
def test_an_untrained_model_has_rows_of_its_own_beside_those_of_its_vae(
    name: str, made: set[str], tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(three_d, "TURNS", 1)
    for module in (extensions, prompts):
        monkeypatch.setattr(module, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))
    monkeypatch.setattr(continuations, "FOLLOWING", SamplingOptions(steps=1, guidance=1.0))
    rows, _ = CLAIMS[name]().measure([Subject.of_model(tiny_model_folder)], Request(2))
    assert made <= {row["shown"] for row in rows}
    assert len({tuple(row) for row in rows}) == 1  # the same columns in each
