"""Colours of all domains: told apart by eye and by word."""

from itertools import combinations

import torch

from sora_core.world import COLOUR_WORDS, Colour


def test_any_two_colours_differ_clearly() -> None:
    for one, other in combinations(Colour, 2):
        assert (torch.tensor(one.rgb) - torch.tensor(other.rgb)).norm() > 0.3, (one, other)


def test_no_word_names_two_colours() -> None:
    words = [word for colour in Colour for word in set(COLOUR_WORDS[colour])]
    assert len(words) == len(set(words))
