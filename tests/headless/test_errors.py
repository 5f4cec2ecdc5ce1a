"""One error tells all that has to be mended, a line for each."""

from __future__ import annotations

from headless.pack import import_from_pack


def test_one_problem_or_several_are_kept_apart_and_shown_below_each_other():
    error = import_from_pack("headless.errors").GraphError
    assert error("a graph is needed").problems == ("a graph is needed",)
    several = error(["one", "two"])
    assert several.problems == ("one", "two")
    assert str(several) == "one\ntwo"


def test_what_a_caller_of_the_core_would_catch_catches_it():
    assert issubclass(import_from_pack("headless.errors").GraphError, ValueError)
