"""In a real browser, with the newest front end: open each shipped workflow; press Run and see the video."""

from __future__ import annotations

import itertools
import json
import time
import urllib.parse

import pytest

from headless.pack import import_from_pack
from integration.comfy_server import PACK
from integration.words import WORDS
from scripts.docs.titles import drawn, titles

pytestmark = [pytest.mark.live, pytest.mark.slow]


LOADERS = ("UNETLoader", "CLIPLoader", "VAELoader", "CheckpointLoaderSimple")
WORKFLOWS = list(titles())


@pytest.fixture
def tiny_workflow(tmp_path):
    """The shipped workflow, set to the tiny model as a person would in the first node."""
    document = json.loads(drawn("text_to_video").read_text())
    for node in document["nodes"]:
        if node["type"] == "SoraLoadModel":
            node["widgets_values"] = ["tiny"]
    path = tmp_path / "text_to_video.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def page(browser, comfy):
    """One browser for all tests here."""
    with browser.opened(comfy.url) as page:
        yield page


def test_a_person_opens_the_workflow_presses_run_and_sees_the_video(page, comfy, tiny_workflow, tmp_path):
    page.open_workflow(tiny_workflow)
    assert page.alerts() == []
    page.press_run()
    ((source, width, height),) = page.wait_for(page.videos)
    page.driver.save_screenshot(str(tmp_path / "after_run.png"))
    assert page.alerts() == []
    assert (width, height) == (64, 64)
    name = urllib.parse.parse_qs(urllib.parse.urlsplit(source).query)["filename"][0]
    assert (comfy.base / "output" / name).stat().st_size > 0


HIDDEN = ("codec", "frames")
DEFAULTS = {
    "context": 0,
    "batch_size": 1,
    "before": 0,
    "before_overlap": 0,
    "last_overlap": 0,
    "from_end": False,
    "unload": False,
}  # of optional inputs, which the browser posts and our files leave out


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_opens_whole_and_the_browser_posts_what_servers_run(page, name):
    path = drawn(name)
    page.open_workflow(path)
    nodes = json.loads(path.read_text())["nodes"]
    missing = {node["type"] for node in nodes if "models" in node["properties"] or node["type"] == "LoadImage"}
    assert set(page.unknown_types()) <= missing  # a node whose file is not there is red too
    assert page.alerts() == [] or missing
    assert page.open_inputs() == []
    assert page.links() == {tuple(link[1:5]) for link in json.loads(path.read_text())["links"]}
    boxes = page.boxes()
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one} and {other} overlap"
    shown, shipped = page.as_api(), json.loads((PACK / "workflows" / "api" / f"{name}.json").read_text())
    assert set(shown) == set(shipped)
    for node_id, node in shipped.items():
        assert shown[node_id]["class_type"] == node["class_type"]
        posted = shown[node_id]["inputs"]
        unnamed = {name: value for name, value in posted.items() if name not in node["inputs"] and name not in HIDDEN}
        assert unnamed.items() <= DEFAULTS.items()
        assert {name: posted[name] for name in node["inputs"]} == node["inputs"]


CHANGES = {
    "none": "",
    "a node is muted": "const sampler = first('SoraSampler');"
    " const text = sampler.getInputNode(sampler.findInputSlot('negative')); if (text) text.mode = 2",
    "nodes are bypassed": "for (const node of graph.nodes) if (['SoraJoinVideos', 'SoraPasteBack', 'SoraWindows', "
    "'SoraKeyframe', 'ModelSamplingSD3'].includes(node.type)) node.mode = 4",
    "a value is a primitive": "const sampler = first('SoraSampler'); const value = made('PrimitiveNode');"
    " value.connect(0, sampler, sampler.findInputSlot('seed')); value.widgets[0].value = 321",
    "a link has reroutes": "const sampler = first('SoraSampler'); const slot = sampler.findInputSlot('latent');"
    " const link = graph.links.get(sampler.inputs[slot].link); const source = graph.getNodeById(link.origin_id);"
    " const [one, two] = [made('Reroute'), made('Reroute')]; source.connect(link.origin_slot, one, 0);"
    " one.connect(0, two, 0); two.connect(0, sampler, slot)",
    "two nodes are a subgraph": "graph.convertToSubgraph(new Set([first('SoraSampler'), first('SoraDecodeToVideo')]))",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Nodes of headless by name."""
    terminal, temp = import_from_pack("headless.terminal").Terminal(), tmp_path_factory.mktemp("temp")
    host = import_from_pack("headless.host").HeadlessHost(model_roots=[], temp=temp, device="cpu", terminal=terminal)
    import_from_pack("nodes.host").install(host)
    return import_from_pack("headless.registry").all_nodes()


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("name", WORKFLOWS)
def test_headless_makes_of_a_saved_workflow_what_the_browser_posts(page, registry, name, change):
    if name == "caption_folder" and "SoraSampler" in CHANGES[change]:
        pytest.skip("has no sampler to change")
    page.open_workflow(drawn(name))
    made = page.saved_and_posted(CHANGES[change])
    if any(node["type"] not in registry for node in made["workflow"]["nodes"] if node["type"] in LOADERS):
        pytest.skip("has nodes of core that headless does not have")
    converted = import_from_pack("headless.ui_format").to_api_format(made["workflow"], registry, lambda _: None)
    posted = made["output"]
    assert {number: node["class_type"] for number, node in converted.items()} == {
        number: node["class_type"] for number, node in posted.items()
    }
    for number, node in converted.items():
        more = {key: value for key, value in posted[number]["inputs"].items() if key not in node["inputs"]}
        assert {key: value for key, value in more.items() if key not in HIDDEN}.items() <= DEFAULTS.items()
        assert {key: posted[number]["inputs"].get(key) for key in node["inputs"]} == node["inputs"]


def with_widget(name, path, node_type, place, value):
    """A shipped workflow with the tiny model and another value of a widget, as a file."""
    document = json.loads(drawn(name).read_text())
    for node in document["nodes"]:
        if node["type"] == "SoraLoadModel":
            node["widgets_values"] = ["tiny"]
        if node["type"] == node_type:
            node["widgets_values"][place] = value
    path.write_text(json.dumps(document))
    return path


def test_why_a_value_is_refused_before_the_run_is_on_the_page(page, tmp_path):
    page.open_workflow(with_widget("inpaint_time", tmp_path / "refused.json", "SoraTimeRange", 1, 0.5))
    page.press_run()
    sentence = "end is 0.5 s and start 0.75 s: set end to a later time than start"
    assert page.wait_for(lambda: [text for text in page.alerts() if sentence in text])


@pytest.mark.parametrize(
    ("with_vue", "seconds", "frames"), [(False, 1.0, 9), (True, 1.5, 13)], ids=["classic", "nodes_2"]
)
def test_notices_stay_at_their_nodes_after_the_run_and_after_one_that_changes_nothing(
    page, tmp_path, with_vue, seconds, frames
):
    page.open_workflow(with_widget("text_to_video", tmp_path / f"grid_{frames}.json", "SoraVideoGrid", 2, seconds))
    page.render(with_vue=with_vue)
    try:
        page.press_run()
        page.wait_for(page.notices)
        page.wait_for(page.is_idle)
        time.sleep(3)  # the page clears its own previews when a job ends
        page.driver.save_screenshot(str(tmp_path / "notices.png"))
        told = [f"64x64, {frames} frames at 8 fps", f"{frames - 1} frames are rounded to {frames}"]
        assert page.notices()["SoraVideoGrid"] == told
        page.press_run()
        time.sleep(2)
        page.wait_for(page.is_idle)
        assert page.notices()["SoraVideoGrid"] == told
        assert page.alerts() == []
    finally:
        page.render(with_vue=False)


def test_an_error_of_a_node_is_read_without_a_click_in_its_own_words(page, tmp_path):
    page.open_workflow(with_widget("keyframes", tmp_path / "one.json", "SoraKeyframe", 0, 20.0))
    page.press_run()
    page.wait_for(lambda: page.reads("got 20 s, expected a time on the canvas"))
    page.driver.save_screenshot(str(tmp_path / "error.png"))


def test_what_is_refused_before_the_run_is_marked_and_nothing_runs(page, comfy, tmp_path):
    before = len(comfy.get("/history"))
    page.open_workflow(with_widget("extend_video", tmp_path / "two.json", "SoraExtendVideo", 1, 0.0))
    page.press_run()
    script = "return window.app.lastNodeErrors && Object.values(window.app.lastNodeErrors)"
    (problem,) = page.wait_for(lambda: page.ask(script))
    assert problem["class_type"] == "SoraExtendVideo"
    assert "before and after are both 0 s" in problem["errors"][0]["details"]
    assert len(comfy.get("/history")) == before


@pytest.mark.parametrize(("words", "wanted"), WORDS)
def test_the_search_shows_a_node_among_the_first_three_beside_those_of_the_host(page, words, wanted):
    assert wanted in page.found(words)[:3]


def test_a_graph_whose_decoder_has_the_former_name_of_an_input_opens_with_its_link(page, tmp_path):
    document = json.loads(drawn("loop_video").read_text())
    (decoder,) = (node for node in document["nodes"] if node["type"] == "SoraDecodeToVideo")
    (socket,) = (socket for socket in decoder["inputs"] if socket["name"] == "loop_frames")
    socket["name"] = socket["widget"]["name"] = "frames"
    (tmp_path / "loop.json").write_text(json.dumps(document))
    page.open_workflow(tmp_path / "loop.json")
    inputs = page.as_api()[str(decoder["id"])]["inputs"]
    shipped = json.loads((PACK / "workflows" / "api" / "loop_video.json").read_text())
    assert inputs["loop_frames"] == shipped[str(decoder["id"])]["inputs"]["loop_frames"]
    assert page.alerts() == []


def test_help_pages_texts_and_the_template_are_served(comfy):
    page = comfy.get_bytes("/extensions/sora_video_under_test/docs/SoraSampler.md").decode()
    assert page.startswith("# Sora Sampler")
    assert comfy.get("/i18n")["en"]["nodeDefs"]["SoraSampler"]["display_name"] == "Sora Sampler"
    assert set(titles().values()) == set(comfy.get("/workflow_templates")["sora_video_under_test"])
    template = comfy.get("/api/workflow_templates/sora_video_under_test/Text%20to%20Video.json")
    assert template["version"] == 0.4


def test_in_chinese_nodes_their_notices_and_their_help_are_chinese(page, comfy, tmp_path):
    page.speak("zh")
    try:
        page.open_workflow(with_widget("text_to_video", tmp_path / "chinese.json", "SoraVideoGrid", 2, 1.25))
        texts = json.loads((PACK / "locales" / "zh" / "nodeDefs.json").read_text())
        assert texts["SoraVideoGrid"]["display_name"] in page.titles()
        page.press_run()
        page.wait_for(lambda: "SoraVideoGrid" in page.notices())
        notices = page.notices()["SoraVideoGrid"]
        page.driver.save_screenshot(str(tmp_path / "chinese.png"))
        help_page = comfy.get_bytes("/extensions/sora_video_under_test/docs/SoraVideoGrid/zh.md").decode()
        assert notices[0] == "64x64\uff0c13 \u5e27\uff0c8 fps"
        assert help_page.startswith(f"# {texts['SoraVideoGrid']['display_name']}\n")
    finally:
        page.speak("en")
