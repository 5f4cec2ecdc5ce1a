"""In a real browser, with the newest front end: open the shipped workflow, press Run, see the video."""

from __future__ import annotations

import json
import urllib.parse

import pytest

from integration.comfy_server import PACK, newest_front_end
from integration.skipping import skip_loudly

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture
def browser():
    if newest_front_end() is None:
        skip_loudly("comfyui-frontend-package is not installed (the `browser` extra)")
    try:
        from integration import browser as module
    except ModuleNotFoundError:
        skip_loudly("selenium is not installed (the `browser` extra)")
    if reason := module.missing():
        skip_loudly(reason)
    return module


@pytest.fixture
def tiny_workflow(tmp_path):
    """The shipped workflow, set to the tiny model as a person would in the first node."""
    document = json.loads((PACK / "workflows" / "text_to_video.json").read_text())
    for node in document["nodes"]:
        if node["type"] == "SoraLoadModel":
            node["widgets_values"] = ["tiny"]
    path = tmp_path / "text_to_video.json"
    path.write_text(json.dumps(document))
    return path


def test_a_person_opens_the_workflow_presses_run_and_sees_the_video(browser, comfy, tiny_workflow, tmp_path):
    with browser.opened(comfy.url) as page:
        page.open_workflow(tiny_workflow)
        assert page.alerts() == []
        page.press_run()
        ((source, width, height),) = page.wait_for(page.videos)
        page.driver.save_screenshot(str(tmp_path / "after_run.png"))
        assert page.alerts() == []
    assert (width, height) == (64, 64)
    name = urllib.parse.parse_qs(urllib.parse.urlsplit(source).query)["filename"][0]
    assert (comfy.base / "output" / name).stat().st_size > 0


def test_the_workflow_of_the_browser_is_that_of_the_server(browser, comfy):
    with browser.opened(comfy.url) as page:
        page.open_workflow(PACK / "workflows" / "text_to_video.json")
        shown = page.as_api()
    shipped = json.loads((PACK / "workflows" / "api" / "text_to_video.json").read_text())
    assert set(shown) == set(shipped)
    for node_id, node in shipped.items():
        assert shown[node_id]["class_type"] == node["class_type"]
        inputs = {name: value for name, value in shown[node_id]["inputs"].items() if name != "codec"}  # a hidden widget
        assert inputs == node["inputs"]


def test_help_pages_texts_and_the_template_are_served(comfy):
    page = comfy.get_bytes("/extensions/sora_video_under_test/docs/SoraSampler.md").decode()
    assert page.startswith("# Sora Sampler")
    assert comfy.get("/i18n")["en"]["nodeDefs"]["SoraSampler"]["display_name"] == "Sora Sampler"
    assert "text_to_video" in comfy.get("/workflow_templates")["sora_video_under_test"]
    template = comfy.get("/api/workflow_templates/sora_video_under_test/text_to_video.json")
    assert template["version"] == 0.4
