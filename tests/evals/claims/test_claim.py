"""What claims share: means with their intervals, and empty cells where there is nothing to count."""

from sora_core.evals.claims.claim import Tally, mean_of, share


def test_a_share_has_its_interval_and_nothing_has_none() -> None:
    assert share([True, True, True]) == "1.00 (1.00 to 1.00)"
    assert share([True, False]) == "0.50 (0.00 to 1.00)"
    assert share([]) == mean_of([]) == ""


def test_a_tally_gives_a_row_of_all_columns() -> None:
    tally = Tally(("a", "b"))
    tally.add("b", 2)
    assert tally.row({"shown": "true"}) == {"shown": "true", "a": "", "b": "2.00 (2.00 to 2.00)"}
