"""A job from Sora Timeline's widget, in both front ends and both renderings: its seams and video stand in the strip."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("selenium", reason="selenium is not installed (the `browser` extra)")
from selenium.webdriver import Keys

from integration.timeline_page import CANVAS, TEXT, built, drawn, picture, press, status, words

pytestmark = [pytest.mark.live, pytest.mark.slow]

WAYS = [("comfy", False), ("comfy", True), ("comfy_as_installed", False), ("comfy_as_installed", True)]
NAMES = ["newest_classic", "newest_nodes_2", "installed_classic", "installed_nodes_2"]
TO_THE_END = """
const graph = window.app.graph, done = arguments[0]
const timeline = graph.nodes.find(({ type }) => type === "SoraTimeline")
const add = (type, x, y, values) => {
  const node = window.LiteGraph.createNode(type)
  graph.add(node)
  node.pos = [x, y]
  for (const widget of node.widgets ?? []) if (widget.name in values) widget.value = values[widget.name]
  return node
}
const link = (from, output, to, input) => from.connect(
  from.outputs.findIndex(({ type }) => type === output), to, to.inputs.findIndex(({ name }) => name === input))
const model = add("SoraLoadModel", 40, 760, { model: "tiny" })
const sampler = add("SoraSampler", 400, 760, { steps: 2, guidance: 1 })
const decoder = add("SoraDecodeToVideo", 760, 760, {})
const save = add("SaveVideo", 1200, 60, {})
for (const widget of timeline.widgets) if (widget.name === "size") widget.value = 64
link(model, "VAE", timeline, "vae")
link(model, "CLIP", timeline, "clip")
link(model, "MODEL", sampler, "model")
link(timeline, "CONDITIONING", sampler, "positive")
link(timeline, "LATENT", sampler, "latent")
link(sampler, "LATENT", decoder, "samples")
link(model, "VAE", decoder, "vae")
link(decoder, "VIDEO", save, "video")
const tracker = window.app.extensionManager.workflow.activeWorkflow.changeTracker
setTimeout(() => { (tracker.captureCanvasState ?? tracker.checkState).call(tracker); done() }, 500)
"""
JOINS = [5, 17]  # clip1 fills latent frames up to frame 5; clip2 begins at 17


@pytest.fixture(scope="module", params=zip(NAMES, WAYS, strict=True), ids=NAMES)
def page(request, browser):
    _, (server, with_vue) = request.param
    with browser.opened(request.getfixturevalue(server).url) as page:
        page.driver.set_window_size(1920, 1080)
        built(page, with_vue=with_vue)
        page.driver.execute_async_script(TO_THE_END)
        yield page


def joins(page) -> list[str]:
    """What is told of joins to a screen reader."""
    return [line for line in words(page) if line.startswith("join at")]


def monitor(page):
    """The monitor, and whether it shows something."""
    return page.ask("return document.querySelector('.sora-timeline-monitor')")


def monitored(page) -> str:
    """The picture in the monitor."""
    return page.ask("return arguments[0].toDataURL()", monitor(page))


def test_a_run_shows_its_seams_and_its_video_which_follow_undo_and_edits_and_are_not_there_after_a_reload(
    page, tmp_path
):
    assert joins(page) == []
    before = picture(page)
    page.run_to_the_end()
    assert page.alerts() == []
    page.wait_for(lambda: len(joins(page)) == len(JOINS))
    for line, frame in zip(joins(page), JOINS, strict=True):
        assert line.startswith(f"join at {frame / 8:g} s: colour ")
        assert all(name in line for name in ("colour", "flicker"))
    page.wait_for(lambda: page.ask("return arguments[0].tabIndex", monitor(page)) == 0)
    assert picture(page) != before
    check_playhead(page)
    page.driver.save_screenshot(str(tmp_path / "after_run.png"))
    check_playing(page)
    check_edit_and_undo(page)
    page.driver.save_screenshot(str(tmp_path / "undone.png"))
    given = page.widget("SoraTimeline", "timeline")
    page.reload()
    page.wait_for(lambda: page.ask(CANVAS))
    time.sleep(2)
    assert page.widget("SoraTimeline", "timeline") == given
    assert joins(page) == []


def check_playhead(page) -> None:
    """The monitor shows the frame at the playhead, and the line of words the join there."""
    press(page, Keys.ESCAPE, Keys.HOME)
    time.sleep(1)
    at_begin = monitored(page)
    press(page, *".....")
    assert status(page).startswith("join at 0.625 s: colour ")
    time.sleep(1)
    assert monitored(page) != at_begin


def check_playing(page) -> None:
    """K plays the video, and the playhead goes along."""
    press(page, Keys.HOME)
    press(page, "k")
    page.wait_for(lambda: "playhead at 0 s" not in status_of_playhead(page))
    press(page, "k")


def status_of_playhead(page) -> str:
    """The line of words after the panel is shown anew."""
    press(page, Keys.ESCAPE)
    return status(page)


def check_edit_and_undo(page) -> None:
    """Moved clips have other joins; undone, they have theirs; another prompt changes none."""
    press(page, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert drawn(page)["clips"][0]["at"] == 1
    assert joins(page) == []
    page.undo()
    assert page.widget("SoraTimeline", "timeline") == TEXT
    page.wait_for(lambda: len(joins(page)) == len(JOINS))
    press(page, Keys.END, ",", "p", "red", Keys.ENTER)
    assert len(drawn(page)["prompts"]) == 3
    assert len(joins(page)) == len(JOINS)
