"""Tables: markdown with as many digits as tell something."""

import pytest

from sora_core.evals.tables import print_table


def test_numbers_have_digits_that_count(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        [
            {"way": "true", "share": 0.98765, "error": 0.00123, "clips": 3},
            {"way": "", "share": 0.0, "error": 1.0, "clips": 12},
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "| way | share | error | clips |",
        "|---|---|---|---|",
        "| true | 0.988 | 0.0012 | 3 |",
        "|  | 0.000 | 1.000 | 12 |",
    ]
