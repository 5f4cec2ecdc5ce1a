"""What the front end makes of the nodes' widgets."""

from __future__ import annotations

import math


def test_no_value_of_a_widget_is_rounded_by_the_front_end(nodes):
    """It keeps as many decimals as the first digit of the step has, so that a step of 0.25 would give 0.3."""
    for name, node in nodes.items():
        for declared in node.GET_SCHEMA().inputs:
            if declared.io_type == "FLOAT":
                step = declared.options["step"]
                decimals = max(0, -math.floor(math.log10(step)))
                for value in (step, declared.options["default"]):
                    assert round(value, decimals) == value, (name, declared.id)
