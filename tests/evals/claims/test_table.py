"""The table of claims: each name gives its measurement, and those that compare models say so."""

import pytest

from sora_core.evals.claims.table import CLAIMS


@pytest.mark.parametrize("name", list(CLAIMS))
def test_each_name_gives_a_claim(name: str) -> None:
    assert CLAIMS[name]().several is (name in ("compute", "native-sizes", "captions"))
