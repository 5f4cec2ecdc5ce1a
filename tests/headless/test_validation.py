"""Every mistake in a graph is named before anything runs: node, class, input, what was got and what is expected."""

from __future__ import annotations

import copy
import json

import pytest

from headless.pack import import_from_pack


def wrong(workflow, node, **inputs):
    graph = copy.deepcopy(workflow)
    graph[node]["inputs"].update(inputs)
    return graph


def without(workflow, node, name):
    graph = copy.deepcopy(workflow)
    del graph[node]["inputs"][name]
    return graph


def test_a_missing_node_class_is_named_with_the_nearest_one(refused, workflow):
    workflow["5"]["class_type"] = "SoraSampla"
    assert "node 5 (SoraSampla): no such node class; did you mean SoraSampler?" in refused(workflow)


def test_an_unknown_input_is_ignored_as_in_the_host_and_named(refused, workflow, caplog):
    assert "stepz" not in refused(wrong(workflow, "5", stepz=3, steps="many"))
    assert "node 5 (SoraSampler): input 'stepz' is ignored, expected one of" in caplog.text


def test_a_socket_of_the_wrong_type_is_named_with_both_types(refused, workflow):
    message = refused(wrong(workflow, "5", model=["1", 1]))
    assert "node 5 (SoraSampler), input 'model': got CLIP from output 1 of node 1 (SoraLoadModel)" in message
    assert "expected MODEL" in message


def test_a_missing_input_is_named(refused, workflow):
    assert "node 6 (SoraDecodeToVideo), input 'vae': missing, expected a link to a VAE" in refused(
        without(workflow, "6", "vae")
    )


@pytest.mark.parametrize(
    ("node", "inputs", "expected"),
    [
        ("5", {"steps": 0}, "got 0, expected a whole number from 1 to 1000"),
        ("5", {"steps": 1001}, "got 1001, expected a whole number from 1 to 1000"),
        ("5", {"steps": 2.5}, "got 2.5 (float), expected a whole number"),
        ("5", {"seed": -1}, "got -1, expected a whole number from 0 to 18446744073709551615"),
        ("5", {"seed": 2**64}, "got 1.84467e+19, expected a whole number from 0"),
        ("4", {"seconds": -1}, "got -1, expected a number from 0 to 600"),
        ("4", {"fps": "fast"}, 'got "fast" (str), expected a number from 1 to 120'),
        ("4", {"fps": float("nan")}, "expected a number from 1 to 120"),
        ("4", {"aspect_ratio": "7:9"}, "got \"7:9\" (str), expected one of '1:1'"),
        ("1", {"model": ["1"]}, "expected one of 'nano (demo model)', 'tiny'"),
        ("3", {"text": {"a": 1}}, 'got {"a": 1} (dict), expected a text'),
        ("3", {"text": "a \ud800"}, 'got "a \\ud800" (str), expected a text in Unicode'),
        ("5", {"model": "nano"}, 'got "nano" (str), expected a link to a MODEL'),
        ("5", {"model": ["99", 0]}, "got a link to node '99', which is not in the graph"),
        ("5", {"model": ["1", 3]}, "got output 3 of node 1 (SoraLoadModel), which has 3 outputs, counted from 0"),
        ("5", {"model": ["1", -1]}, "got output -1 of node 1"),
        ("7", {"format": "webm"}, "got \"webm\" (str), expected one of 'auto', 'mp4'"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(refused, workflow, node, inputs, expected):
    message = refused(wrong(workflow, node, **inputs))
    assert f"node {node} (" in message
    assert f"input '{next(iter(inputs))}'" in message
    assert expected in message


def test_an_unknown_model_is_named_with_those_that_there_are(refused, workflow):
    message = refused(wrong(workflow, "1", model="huge"))
    assert "node 1 (SoraLoadModel): got the model 'huge', expected one of 'nano (demo model)', 'tiny'" in message


@pytest.mark.parametrize("name", ["nano (demo model)", "nano (bundled)", "nano"])
def test_a_graph_with_a_former_name_of_the_bundled_model_is_valid(host, workflow, name):
    validate = import_from_pack("headless.validation").validate
    registry = import_from_pack("headless.registry").all_nodes()
    assert validate(parsed(wrong(workflow, "1", model=name)), registry)["1"].inputs == {"model": name}


def test_all_mistakes_are_reported_at_once(refused, workflow):
    graph = wrong(wrong(workflow, "5", steps=0), "4", fps=0)
    assert refused(graph).count("error: ") == 2


def test_a_cycle_is_shown_as_a_path(refused):
    graph = {
        "1": {"class_type": "SaveVideo", "inputs": {"video": ["2", 0], "filename_prefix": "x", "format": "auto"}},
        "2": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0], "filename_prefix": "x", "format": "auto"}},
    }
    message = refused(graph)
    assert "cycle: " in message
    assert "node 1 (SaveVideo) -> node 2 (SaveVideo)" in message


def test_a_graph_without_an_output_node_is_refused(refused, workflow):
    del workflow["7"]
    assert "the graph has no output node; expected at least one of PreviewAny, SaveImage" in refused(workflow)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("99.text=x", "--set: no node '99', expected one of 1, 2, 3"),
        ("3.txt=x", "--set: node 3 (SoraEncodeText) has no input 'txt', expected one of clip, text"),
        ("nonsense", "--set: got 'nonsense', expected NODE.INPUT=VALUE"),
        ("5.steps=many", 'got "many" (str), expected a whole number from 1 to 1000'),
    ],
)
def test_a_setting_that_does_not_fit_is_explained(refused, workflow, setting, expected):
    assert expected in refused(workflow, "--set", setting)


def test_a_number_of_too_many_digits_is_refused_in_the_file_and_on_the_command_line(refused, workflow):
    digits = "1" * 5000
    assert "node 5 (SoraSampler), input 'seed': got Infinity" in refused(
        json.dumps(workflow).replace('"seed": 7', f'"seed": {digits}')
    )
    assert "node 5 (SoraSampler), input 'seed': got" in refused(workflow, "--set", f"5.seed={digits}")


@pytest.mark.parametrize(("given", "read"), [(True, 1), (3.0, 3), ("4", 4), ("5.0", 5), (1e17, 10**17), (2**63, 2**63)])
def test_a_whole_number_is_read_as_one_in_whichever_form_it_comes(given, read, workflow):
    validate = import_from_pack("headless.validation").validate
    registry = import_from_pack("headless.registry").all_nodes()
    workflow["1"]["inputs"]["model"] = "nano (demo model)"
    value = validate(parsed(wrong(workflow, "5", seed=given)), registry)["5"].inputs["seed"]
    assert (value, type(value)) == (read, int)


def parsed(graph):
    return import_from_pack("headless.graph").parse_graph(graph)


def test_ten_thousand_unknown_nodes_are_a_few_lines(refused, workflow):
    workflow |= {f"x{n}": {"class_type": f"Unknown{n}", "inputs": {}} for n in range(10_000)}
    lines = refused(workflow).splitlines()
    assert "node x0 (Unknown0): no such node class" in lines[0]
    assert lines[-1] == "error: and 9,980 more of them"
    assert len(lines) == 21


def test_names_of_millions_of_letters_are_shown_in_part(refused, workflow):
    workflow["a" * 5_000_000] = {"class_type": "b" * 5_000_000, "inputs": {}}
    assert len(refused(workflow)) < 3000


def test_inputs_that_are_ignored_are_a_few_lines(command, workflow, caplog):
    workflow["5"]["inputs"] |= {f"x{n}": 1 for n in range(1000)}
    assert command(workflow, "--set", "4.seconds=0") == 0
    assert len(caplog.records) == 21
    assert caplog.records[-1].message == "and 980 more of them"
