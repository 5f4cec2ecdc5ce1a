"""Footage: frames of sources in a row are cut and held by their numbers alone; nothing is read."""

from __future__ import annotations

import torch

from headless.pack import import_from_pack

footage = import_from_pack("nodes.canvas.footage")


class Unread:
    """A source that must not be read."""


def row(*parts):
    return [footage.Footage(Unread(), torch.tensor(part)) for part in parts]


def numbers(row):
    return [one.shown.tolist() for one in row]


def test_the_first_frames_of_a_row_go_over_its_parts():
    given = row([3, 4, 5], [0, 1], [7])
    assert numbers(footage.first_of_row(given, 2)) == [[3, 4]]
    assert numbers(footage.first_of_row(given, 4)) == [[3, 4, 5], [0]]
    assert numbers(footage.first_of_row(given, 9)) == [[3, 4, 5], [0, 1], [7]]


def test_a_row_is_held_at_its_ends():
    assert numbers(footage.held_row(row([3, 4], [0, 1]), 2, 1)) == [[3, 3, 3, 4], [0, 1, 1]]
    assert numbers(footage.held_row(row([3, 4]), 1, 2)) == [[3, 3, 4, 4, 4]]
    assert numbers(footage.held_row(row([3]), 0, 0)) == [[3]]


def test_the_frames_of_a_row_are_those_of_its_parts():
    assert footage.frames_in_row(row([3, 4], [0, 1], [5])) == 5
