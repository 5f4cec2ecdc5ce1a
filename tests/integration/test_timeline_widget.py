"""Sora Timeline's widget in a real browser: by mouse and by keys, saved, undone and run, in both renderings."""

from __future__ import annotations

import json
import time

import pytest

pytest.importorskip("selenium", reason="selenium is not installed (the `browser` extra)")
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.actions.mouse_button import MouseButton

from integration.timeline_page import (
    CANVAS,
    FILM,
    PROMPT,
    TEXT,
    built,
    drag,
    drawn,
    find,
    picture,
    place,
    press,
    status,
    view,
    words,
)

pytestmark = [pytest.mark.live, pytest.mark.slow]

CANVASES = "return [...document.querySelectorAll('.sora-timeline-canvas')]"


@pytest.fixture(scope="module")
def page(browser, comfy):
    with browser.opened(comfy.url) as page:
        yield page


@pytest.fixture(params=[False, True], ids=["classic", "nodes_2"])
def timeline(page, request):
    """A graph of a timeline with two sample clips."""
    yield built(page, with_vue=request.param)
    page.render(with_vue=False)


def test_the_text_is_shown_as_a_timeline_and_stays_as_it_is(timeline, tmp_path):
    timeline.driver.save_screenshot(str(tmp_path / "timeline.png"))
    assert timeline.widget("SoraTimeline", "timeline") == TEXT
    assert words(timeline) == [
        "clip1, 0 to 1 s, kept",
        "clip2, 2.125 to 4.125 s, level 0.5, ramp in 0.5 s",
        "prompt from 0 s: a red circle",
        "prompt from 2 s: a blue square",
    ]
    assert timeline.ask("return document.querySelector('.sora-timeline').clientWidth") > 600


def test_clips_are_moved_trimmed_levelled_and_undone_by_mouse(timeline, tmp_path):
    drag(timeline, (4, FILM), (9.1, FILM))
    assert [clip["at"] for clip in drawn(timeline)["clips"]] == [5, 17]
    drag(timeline, (33, FILM), (29.2, FILM))
    assert drawn(timeline)["clips"][1]["length"] == 12
    drag(timeline, (25, 50), (25, 68))
    assert drawn(timeline)["clips"][1]["level"] == pytest.approx(0.2, abs=0.051)
    drag(timeline, (16, PROMPT), (21.2, PROMPT))
    assert [prompt["at"] for prompt in drawn(timeline)["prompts"]] == [0, 21]
    timeline.driver.save_screenshot(str(tmp_path / "dragged.png"))
    timeline.undo()
    assert [prompt["at"] for prompt in drawn(timeline)["prompts"]] == [0, 16]


def test_undo_and_redo_reach_the_panel_and_it_goes_on(timeline):
    check_undo(timeline)


@pytest.mark.parametrize("with_vue", [False, True], ids=["classic", "nodes_2"])
def test_the_front_end_that_comes_with_comfyui_undoes_and_copies(browser, comfy_as_installed, with_vue):
    with browser.opened(comfy_as_installed.url) as page:
        check_undo(built(page, with_vue=with_vue))
        check_copies(built(page, with_vue=with_vue))


def check_copies(page) -> None:
    """The timeline with its clips, copied, and then in a subgraph: each link is where it was."""
    page.ask(
        "const { canvas, graph } = window.app; canvas.selectNodes(graph.nodes);"
        " canvas.copyToClipboard(graph.nodes); canvas.pasteFromClipboard()"
    )
    time.sleep(1)
    linked = (
        "graph.nodes.filter(({ type }) => type === 'SoraTimeline')"
        ".map(({ inputs }) => inputs.filter(({ link }) => link != null).map(({ name }) => name))"
    )
    clips = ["clips.clip1", "clips.clip2"]
    assert page.ask(f"const graph = window.app.graph; return {linked}") == [clips, clips]
    page.ask(
        "const { graph } = window.app;"
        " graph.convertToSubgraph(new Set([graph.nodes.find(({ type }) => type === 'SoraTimeline')]))"
    )
    time.sleep(1)
    assert page.ask(f"const graph = window.app.graph.nodes.find(node => node.subgraph).subgraph; return {linked}") == [
        clips
    ]


def check_undo(page) -> None:
    """A step, back, forth, and a step of the panel that is there then."""
    press(page, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    page.undo()
    assert page.widget("SoraTimeline", "timeline") == TEXT
    assert words(page)[0] == "clip1, 0 to 1 s, kept"
    page.ask("window.app.extensionManager.command.execute('Comfy.Redo')")
    page.wait_for(lambda: words(page)[0] == "clip1, 0.125 to 1.125 s, kept")
    press(page, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert drawn(page)["clips"][0]["at"] == 5
    assert words(page)[0] == "clip1, 0.625 to 1.625 s, kept"


def test_a_copy_and_a_subgraph_keep_the_links(timeline):
    check_copies(timeline)


def test_the_text_may_be_set_by_a_script(timeline):
    timeline.ask(
        "const node = window.app.graph.nodes.find(({ type }) => type === 'SoraTimeline');"
        " node.widgets.find(({ name }) => name === 'timeline').value = 'length 2\\n0-0.5 = clip1'"
    )
    assert words(timeline) == ["clip1, 0 to 0.5 s, kept"]


def test_all_of_it_goes_by_keys_and_the_node_stays(timeline):
    press(timeline, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert drawn(timeline)["clips"][0]["at"] == 1
    press(timeline, Keys.ARROW_LEFT, ".", ".", ".", "s")
    assert [(clip["input"], clip["at"], clip["length"]) for clip in drawn(timeline)["clips"]] == [
        ("clip1", 0, 3), ("clip1", 3, 5), ("clip2", 17, 16)
    ]  # fmt: skip
    press(timeline, Keys.PAGE_UP)
    assert drawn(timeline)["clips"][0]["level"] == 0.05
    press(timeline, Keys.DELETE)
    assert [clip["input"] for clip in drawn(timeline)["clips"]] == ["clip1", "clip2"]
    assert "SoraTimeline" in timeline.ask("return window.app.graph.nodes.map(node => node.type)")
    press(timeline, Keys.END, ",", "p", "red", Keys.ENTER)
    assert drawn(timeline)["prompts"][-1] == {"at": 32, "text": "red"}


def test_a_prompt_of_several_lines_stays_as_it_is(timeline, tmp_path):
    given = json.dumps({"version": 1, "fps": 8, "frames": 33, "prompts": [{"at": 0, "text": "one\ntwo"}]})
    timeline.set_widgets("SoraTimeline", timeline=given)
    press(timeline, Keys.ARROW_DOWN, Keys.ENTER)
    timeline.driver.save_screenshot(str(tmp_path / "writing.png"))
    ActionChains(timeline.driver).send_keys(Keys.ENTER).perform()
    assert timeline.widget("SoraTimeline", "timeline") == given
    press(timeline, Keys.ENTER)
    actions = ActionChains(timeline.driver).key_down(Keys.CONTROL).send_keys(Keys.END).key_up(Keys.CONTROL)
    actions.key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).send_keys("three", Keys.ENTER).perform()
    assert drawn(timeline)["prompts"][0]["text"] == "one\ntwo\nthree"


def test_another_file_is_shown_and_a_lost_connection_told(timeline):
    before = picture(timeline)
    timeline.set_widgets("SoraSampleClip", clip="square_up")
    timeline.wait_for(lambda: picture(timeline) != before)
    timeline.ask(
        "const node = window.app.graph.nodes.find(({ type }) => type === 'SoraTimeline');"
        " node.disconnectInput(node.inputs.findIndex(({ name }) => name === 'clips.clip2'))"
    )
    expected = "clip2 (2.125 to 4.125 s) is on the timeline but not connected: connected is clip1"
    timeline.wait_for(lambda: status(timeline) == expected)


def test_what_is_wrong_is_said_and_marked(timeline, tmp_path):
    drag(timeline, (4, FILM), (15.0, FILM))
    timeline.driver.save_screenshot(str(tmp_path / "overlap.png"))
    assert status(timeline).startswith("clip2 (2.125 to 4.125 s) overlaps clip1 (")


def test_the_text_comes_back_as_text_and_a_wrong_one_is_told(timeline, tmp_path):
    press(timeline, Keys.ARROW_DOWN, Keys.PAGE_UP)
    timeline.ask("[...document.querySelectorAll('.sora-timeline button')].find(b => b.textContent === 'Text').click()")
    text = timeline.widget("SoraTimeline", "timeline")
    assert text.splitlines()[:2] == ["length 4.125", "0-1 = clip1 level 0.05"]
    timeline.driver.save_screenshot(str(tmp_path / "text.png"))
    timeline.set_widgets("SoraTimeline", timeline="0-2 clip1")
    assert status(timeline).startswith('line 1: got "0-2 clip1"')


def test_it_is_saved_with_the_workflow(timeline):
    drag(timeline, (4, FILM), (9.1, FILM))
    timeline.ask("window.app.loadGraphData(window.app.graph.serialize())")
    timeline.wait_for(lambda: timeline.ask(CANVAS))
    time.sleep(2)
    assert drawn(timeline)["clips"][0]["at"] == 5
    assert timeline.as_api()[next(iter(find(timeline)))]["inputs"]["timeline"].startswith('{"version":1,')


def test_in_a_light_theme_it_is_light(timeline, tmp_path):
    def set_palette(name: str) -> None:
        script = (
            "const [name, done] = arguments;"
            " window.app.extensionManager.setting.set('Comfy.ColorPalette', name).then(() => done())"
        )
        timeline.driver.execute_async_script(script, name)
        time.sleep(1)

    set_palette("light")
    try:
        timeline.driver.save_screenshot(str(tmp_path / "light.png"))
        pixel = "return [...arguments[0].getContext('2d').getImageData(2, 200, 1, 1).data]"
        corner = timeline.ask(pixel, timeline.ask(CANVAS))
        assert min(corner[:3]) > 140
    finally:
        set_palette("dark")


def test_the_wheel_is_the_graphs_but_for_alt(timeline):
    def wheel(**keys: bool) -> tuple[bool, bool]:
        """Whether the timeline and whether the graph has another scale after a turn of the wheel."""
        graph, panel = view(timeline), picture(timeline)
        script = (
            "const [canvas, keys] = arguments; const { left, top } = canvas.getBoundingClientRect();"
            " canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: -400, bubbles: true, cancelable: true,"
            " clientX: left + 200, clientY: top + 40, ...keys }))"
        )
        timeline.ask(script, timeline.ask(CANVAS), keys)
        time.sleep(0.5)
        return picture(timeline) != panel, view(timeline) != graph

    timeline.ask("arguments[0].focus()", timeline.ask(CANVAS))
    time.sleep(0.3)
    assert wheel() == (False, True)
    assert wheel(altKey=True) == (True, False)
    assert wheel(ctrlKey=True) == (False, True)
    assert timeline.widget("SoraTimeline", "timeline") == TEXT


@pytest.mark.parametrize("has_space", [False, True], ids=["middle_button", "space"])
def test_the_graph_is_moved_over_the_panel(timeline, has_space):
    before = view(timeline)
    timeline.ask("arguments[0].focus()", timeline.ask(CANVAS))
    x, y = place(timeline, 4, FILM)
    actions = ActionChains(timeline.driver).move_to_element_with_offset(timeline.ask(CANVAS), round(x), round(y))
    if has_space:
        actions.key_down(" ").pause(0.2)
    pointer = actions.w3c_actions.pointer_action
    button = MouseButton.LEFT if has_space else MouseButton.MIDDLE
    pointer.pointer_down(button=button)
    actions.move_by_offset(30, 10).move_by_offset(30, 10)
    pointer.pointer_up(button=button)
    if has_space:
        actions.key_up(" ")
    actions.perform()
    time.sleep(0.5)
    scale, right, down = view(timeline)
    assert (right - before[1]) * scale == pytest.approx(60, abs=2)
    assert (down - before[2]) * scale == pytest.approx(20, abs=2)
    assert timeline.widget("SoraTimeline", "timeline") == TEXT


def chord(page, key: str) -> None:
    """A key with Ctrl."""
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()
    time.sleep(0.5)


def test_parts_are_copied_to_another_timeline_and_nodes_by_the_host(timeline):
    timeline.ask(
        "const node = window.LiteGraph.createNode('SoraTimeline'); node.pos = [400, 620]; window.app.graph.add(node);"
        " node.widgets.find(({ name }) => name === 'timeline').value = 'length 4\\n0: green'"
    )
    timeline.wait_for(lambda: len(timeline.ask(CANVASES)) == 2)
    one, two = sorted(timeline.ask(CANVASES), key=lambda canvas: canvas.rect["y"])
    values = (
        "return window.app.graph.nodes.filter(({ type }) => type === 'SoraTimeline')"
        ".map(({ widgets }) => widgets.find(({ name }) => name === 'timeline').value)"
    )
    press(timeline, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    chord(timeline, "c")
    timeline.ask("arguments[0].focus()", two)
    chord(timeline, "v")
    first, second = timeline.ask(values)
    assert first == TEXT
    copy = {"input": "clip2", "at": 0, "length": 16, "from": 0, "level": 0.5, "ramp_in": 4, "ramp_out": 0}
    assert json.loads(second)["clips"] == [copy]
    timeline.ask("arguments[0].focus()", one)
    ActionChains(timeline.driver).send_keys(Keys.ARROW_DOWN).perform()
    chord(timeline, "c")
    timeline.ask("arguments[0].focus()", two)
    ActionChains(timeline.driver).send_keys(*"........").perform()
    chord(timeline, "v")
    assert json.loads(timeline.ask(values)[1])["prompts"] == [
        {"at": 0, "text": "green"},
        {"at": 8, "text": "a red circle"},
    ]
    ActionChains(timeline.driver).send_keys(Keys.ESCAPE).perform()
    timeline.ask("window.app.canvas.selectNodes([window.app.graph.nodes.find(node => node.type === 'SoraSampleClip')])")
    chord(timeline, "c")
    chord(timeline, "v")
    assert timeline.ask("return window.app.graph.nodes.map(({ type }) => type)").count("SoraSampleClip") == 3


def test_the_monitor_shows_what_is_known_at_the_playhead(timeline):
    """Frame 0 is clip1's, frame 12 is invented, frame 20 is clip2's."""
    shown = []
    for steps in ([Keys.HOME], "............", "........"):
        press(timeline, *steps)
        shown.append(timeline.ask("return document.querySelector('.sora-timeline-monitor').toDataURL()"))
    assert len(set(shown)) == 3
    pixel = (
        "const canvas = document.querySelector('.sora-timeline-monitor');"
        " return [...canvas.getContext('2d').getImageData(canvas.width / 2, 4, 1, 1).data].slice(0, 3)"
    )
    press(timeline, *",,,,,,,,")
    red, _, blue = timeline.ask(pixel)
    assert red > 150 > blue  # the tone of what is invented


def test_in_app_mode_it_is_there_and_works(browser, comfy, tmp_path):
    """With Nodes 2.0; with classic nodes the host moves the panel back to its hidden graph at an undo."""
    with browser.opened(comfy.url) as page:
        built(page, with_vue=True)
        page.ask(
            "const data = window.app.graph.serialize();"
            " const { id } = window.app.graph.nodes.find(({ type }) => type === 'SoraTimeline');"
            " const linearData = { inputs: [[id, 'sora_timeline'], [id, 'fps']], outputs: [id] };"
            " data.extra = { ...data.extra, linearMode: true, linearData };"
            " window.app.loadGraphData(data, true, true, 'app_mode.json')"
        )
        page.wait_for(lambda: page.ask(CANVAS))
        time.sleep(3)
        page.ask(
            "[...document.querySelectorAll('button')].find(({ innerText }) => innerText.trim() === 'Skip')?.click()"
        )
        time.sleep(1)
        is_seen = "const { width, left } = arguments[0].getBoundingClientRect(); return width > 100 && left > 1000"
        assert page.ask(is_seen, page.ask(CANVAS))
        press(page, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
        assert drawn(page)["clips"][0]["at"] == 1
        page.driver.save_screenshot(str(tmp_path / "app_mode.png"))
        page.undo()
        assert words(page)[0] == "clip1, 0 to 1 s, kept"
        assert page.ask(is_seen, page.ask(CANVAS))
        page.render(with_vue=False)
