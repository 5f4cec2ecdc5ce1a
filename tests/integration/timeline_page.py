"""Sora Timeline's widget on ComfyUI's page: a graph with one, and what a person does to it and reads in it."""

from __future__ import annotations

import json
import time
from typing import Any

from selenium.webdriver import ActionChains

TEXT = "length 4.125\n0-1 = clip1\n2.125-4.125 = clip2 level 0.5 ramp in 0.5\n0: a red circle\n2: a blue square"
BUILD = """
const [text, done] = arguments
const graph = window.app.graph
graph.clear()
window.app.canvas.ds.reset() // an earlier test may have zoomed
const add = (type, x, y) => {
  const node = window.LiteGraph.createNode(type)
  node.pos = [x, y]
  graph.add(node)
  return node
}
const timeline = add("SoraTimeline", 400, 60)
timeline.setSize([760, timeline.size[1]])
const clips = [add("SoraSampleClip", 40, 60), add("SoraSampleClip", 40, 420)]
const set = (node, name, value) => { const widget = node.widgets.find((one) => one.name === name); widget.value = value;
  widget.callback?.(value) }
set(clips[1], "clip", "square_up")
setTimeout(() => {
  for (const [index, clip] of clips.entries()) {
    const slot = timeline.inputs.findIndex((input) => input.name === `clips.clip${index + 1}`)
    clip.connect(0, timeline, slot)
  }
  set(timeline, "timeline", text)
  setTimeout(() => {
    const tracker = window.app.extensionManager.workflow.activeWorkflow.changeTracker
    ;(tracker.captureCanvasState ?? tracker.checkState).call(tracker)
    done()
  }, 1500)
}, 500)
"""
FRAMES, PAD, FILM, PROMPT = 33, 8, 60, 96
CANVAS = "return document.querySelector('.sora-timeline canvas')"


def built(page, *, with_vue: bool):
    """The page with that graph."""
    page.render(with_vue=with_vue)
    page.driver.execute_async_script(BUILD, TEXT)
    page.wait_for(lambda: page.ask(CANVAS))
    time.sleep(2)
    return page


def drawn(page) -> dict[str, Any]:
    """The timeline that the widget keeps."""
    return json.loads(page.widget("SoraTimeline", "timeline"))


def place(page, frame: float, y: float) -> tuple[float, float]:
    """A point of the panel, from the middle of its canvas, as the screen has it: a frame, and pixels from the top."""
    script = (
        "const { width, height } = arguments[0].getBoundingClientRect();"
        " return [width, height, arguments[0].clientWidth]"
    )
    width, height, own = page.ask(script, page.ask(CANVAS))
    scale = width / own
    return (PAD + frame * (own - 2 * PAD) / FRAMES) * scale - width / 2, y * scale - height / 2


def drag(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one (frame, y) to another with the left button."""
    canvas = page.ask(CANVAS)
    (x, y), (to_x, to_y) = place(page, *start), place(page, *end)
    actions = ActionChains(page.driver).move_to_element_with_offset(canvas, round(x), round(y)).click_and_hold()
    actions.move_by_offset(round((to_x - x) / 2), round((to_y - y) / 2))
    actions.move_by_offset(round(to_x - x) - round((to_x - x) / 2), round(to_y - y) - round((to_y - y) / 2)).release()
    actions.perform()
    time.sleep(0.3)


def press(page, *keys: str) -> None:
    """Keys on the canvas of the panel."""
    page.ask("arguments[0].focus()", page.ask(CANVAS))
    ActionChains(page.driver).send_keys(*keys).perform()
    time.sleep(0.3)


def words(page) -> list[str]:
    """The parts of the timeline, as a screen reader has them from the panel that can be seen."""
    return page.ask("return [...document.querySelectorAll('.sora-timeline li')].map(item => item.textContent)")


def status(page) -> str:
    """The line below the panel."""
    return page.ask("return document.querySelector('.sora-timeline-status').textContent")


def picture(page) -> str:
    """What the panel has drawn."""
    return page.ask("return arguments[0].toDataURL()", page.ask(CANVAS))


def view(page) -> tuple[float, ...]:
    """Scale and offset of the graph on the page, in whole pixels."""
    return tuple(page.ask("const { scale, offset } = window.app.canvas.ds; return [scale, ...offset.map(Math.round)]"))


def find(page) -> list[str]:
    """Ids of the timelines on the page, as text."""
    return page.ask(
        "return window.app.graph.nodes.filter(({ type }) => type === 'SoraTimeline').map(({ id }) => `${id}`)"
    )
