"""Templates for the weights that people have: what scripts/docs makes of families and abilities (templates.py)."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from headless.pack import import_from_pack
from scripts.docs import core_nodes
from scripts.docs.declared import install_host
from scripts.docs.families import FAMILIES, WAN_2_2_5B, Part
from scripts.docs.templates import ABILITIES, templates
from scripts.docs.titles import ORDER, WORKFLOWS, drawn, titles

FOLDERS = {
    "ckpt_name": "checkpoints",
    "clip_name": "text_encoders",
    "lora_name": "loras",
    "text_encoder": "text_encoders",
    "unet_name": "diffusion_models",
    "vae_name": "vae",
}
"""Where ComfyUI's loaders look for the file of an input."""
BOXES = {
    "wan2_1_1_3b": (81, 480, 848),
    "wan2_2_5b": (121, 704, 1280),
    "wan2_2_a14b": (81, 640, 640),
    "ltx_2": (121, 512, 960),
}
COMPRESSIONS = {"wan2_1_1_3b": (4, 8, 8), "wan2_2_5b": (4, 16, 16), "wan2_2_a14b": (4, 8, 8), "ltx_2": (8, 32, 32)}


@pytest.fixture(scope="module")
def made():
    """All templates by name."""
    install_host()
    return {template.stem: template for template in templates()}


def test_every_family_has_every_ability(made):
    assert list(made) == [f"{family.stem}_{ability}" for family in FAMILIES for ability in ABILITIES]
    assert len(made) == 25


def test_titles_are_the_names_of_the_drawings_and_of_their_pictures_and_of_nothing_else():
    graphs = {path.stem for path in (WORKFLOWS / "api").glob("*.json")}
    assert set(titles()) == graphs
    assert set(ORDER) == {path.stem for path in (WORKFLOWS / "notes").glob("*.md")}
    assert len(set(titles().values())) == len(graphs)
    for kind in ("json", "jpg"):
        assert {path.stem for path in WORKFLOWS.glob(f"*.{kind}")} == set(titles().values())


def test_a_title_is_words_with_a_large_first_letter_and_a_name_that_any_system_takes():
    for title in titles().values():
        assert re.fullmatch(r"[A-Z][A-Za-z]*( [A-Za-z0-9]+)*( \([A-Z][\w .-]+\))?", title), title


def test_the_front_end_can_offer_every_file_where_its_loader_looks_for_it(made):
    for name, template in made.items():
        nodes = json.loads(drawn(name).read_text())["nodes"]
        offered = {str(node["id"]): node["properties"]["models"] for node in nodes if "models" in node["properties"]}
        for node_id, node in template.graph.items():
            files = {value: FOLDERS[key] for key, value in node["inputs"].items() if key in FOLDERS}
            assert {model["name"]: model["directory"] for model in offered.get(node_id, [])} == files
            for model in offered.get(node_id, []):
                assert model["url"].startswith("https://huggingface.co/")
                assert model["url"].endswith(f"/{model['name']}")
                assert f"[{model['name']}]({model['url']}) in `models/{model['directory']}`" in template.note


def test_models_that_make_sound_get_their_audio_vae_wherever_there_is_an_input_for_it(made):
    for family in FAMILIES:
        for ability in ABILITIES:
            graph = made[f"{family.stem}_{ability}"].graph
            given = [node["inputs"].get("audio_vae") for node in graph.values() if "vae" in node["inputs"]]
            assert set(map(str, given)) == {str(list(family.audio_vae) if family.audio_vae else None)}


@pytest.mark.parametrize("stem", BOXES)
def test_sizes_and_lengths_are_those_that_the_model_is_run_at(stem):
    (family,) = (family for family in FAMILIES if family.stem == stem)
    grid = import_from_pack("nodes.canvas.video_grid").Grid(
        family.aspect_ratio, family.size, family.seconds, family.fps
    )
    compression = import_from_pack("sora_core.canvas.shapes").Compression(*COMPRESSIONS[stem])
    shape = grid.shape(compression)
    assert (shape.frames, shape.height, shape.width) == BOXES[stem]


def test_the_steps_of_a14b_are_shared_equally_by_its_experts(made):
    graph = made["wan2_2_a14b_text_to_video"].graph
    sampling = graph["5"]["inputs"]
    levels = import_from_pack("sora_core.diffusion.schedule").shifted_sigmas(sampling["steps"], sampling["shift"])
    assert [level >= graph["14"]["inputs"]["boundary"] for level in levels[:-1].tolist()] == [True, True, False, False]


def test_the_rate_of_ltx_2_is_that_of_its_canvas(made):
    for ability in ABILITIES:
        graph = made[f"ltx_2_{ability}"].graph
        assert graph["8"]["inputs"]["frame_rate"] == graph["6"]["inputs"]["fps"]


def test_an_input_that_a_node_does_not_have_is_refused(monkeypatch):
    install_host()
    wrong = replace(WAN_2_2_5B, parts=(Part("10", "UNETLoader", {"unet": WAN_2_2_5B.files()[0]}),))
    monkeypatch.setattr("scripts.docs.templates.FAMILIES", (wrong,))
    with pytest.raises(AssertionError, match="UNETLoader has no input unet"):
        list(templates())


def test_a_choice_of_files_is_recorded_without_them_in_both_ways_that_comfyui_writes_it():
    required = {
        "unet_name": [["a.safetensors"]],
        "ckpt_name": ["COMBO", {"options": ["b.safetensors"], "multiselect": False}],
        "type": [["wan", "sd3"], {"tooltip": "Kind."}],
        "device": ["COMBO", {"options": ["default", "cpu"], "advanced": True}],
    }
    optional = {"scale": ["FLOAT", {"default": 1.0, "min": 0.0, "tooltip": "Scale."}]}
    found = core_nodes.described(
        {
            "name": "Loader",
            "display_name": None,
            "input": {"required": required, "optional": optional},
            "input_order": {"required": list(required), "optional": list(optional)},
            "output": ["MODEL"],
            "output_name": ["model"],
        }
    )
    assert found == {
        "title": "Loader",
        "inputs": [
            {"name": "unet_name", "type": "COMBO", "optional": False},
            {"name": "ckpt_name", "type": "COMBO", "optional": False},
            {"name": "type", "type": "COMBO", "optional": False, "options": ["wan", "sd3"]},
            {"name": "device", "type": "COMBO", "optional": False, "options": ["default", "cpu"]},
            {"name": "scale", "type": "FLOAT", "optional": True, "default": 1.0, "min": 0.0},
        ],
        "outputs": [["model", "MODEL"]],
    }


def test_every_recorded_node_is_one_that_is_asked_for():
    assert list(json.loads(core_nodes.RECORD.read_text())) == list(core_nodes.NAMES)
