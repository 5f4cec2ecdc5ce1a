"""What a run shows: lines in a log, a bar on a terminal that can move, and nothing left of it afterwards."""

from __future__ import annotations

import io

import pytest

from headless.pack import import_from_pack


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def node():
    return import_from_pack("headless.graph").GraphNode("5", "SoraSampler", {})


def run_on(stream, node):
    terminal = import_from_pack("headless.terminal").Terminal(stream)
    terminal.node_started(node, "Sora Sampler")
    terminal.show_progress(3, 4)
    terminal.notify("a notice")
    terminal.node_finished(node, "Sora Sampler", 1.234)
    return stream.getvalue()


def test_a_log_has_lines_and_no_bar(node):
    assert run_on(io.StringIO(), node) == "    a notice\n  5 Sora Sampler               1.23 s\n"


def test_on_a_terminal_a_bar_moves_and_makes_room_for_lines(node):
    clear = "\r\x1b[K"
    assert run_on(Screen(), node) == (
        f"{clear}  5 Sora Sampler"
        f"{clear}  5 Sora Sampler             [{'#' * 18}{'.' * 6}] 3/4"
        f"{clear}    a notice\n"
        f"{clear}  5 Sora Sampler"
        f"{clear}  5 Sora Sampler               1.23 s\n"
    )


def test_an_unfinished_bar_is_taken_away(node):
    screen = Screen()
    terminal = import_from_pack("headless.terminal").Terminal(screen)
    terminal.node_started(node, "Sora Sampler")
    terminal.clear()
    assert screen.getvalue().endswith("Sora Sampler\r\x1b[K")


def test_of_nothing_to_do_a_bar_is_empty(node):
    screen = Screen()
    import_from_pack("headless.terminal").Terminal(screen).show_progress(0, 0)
    assert screen.getvalue().endswith(f"[{'.' * 24}] 0/0")
