"""The ability nodes show what is known and what will be generated, from their inputs, in a real browser."""

from __future__ import annotations

import shutil
import time

import pytest

from integration.comfy_server import PACK

pytestmark = [pytest.mark.live, pytest.mark.slow]

SHOWN = {
    "Extend Video": ("SoraExtendVideo", "Timeline: source, 0 to 2.125 s, kept"),
    "Connect Videos": ("SoraConnectVideos", "Timeline: first, 0 to 2.125 s, kept; second, 3.125 to 5.25 s, kept"),
    "Keyframes": ("SoraKeyframe", "Timeline: key 1, 0 to 0.125 s, kept"),
    "Inpaint a Time Range": ("SoraTimeRange", "Timeline: source, 0 to 0.75 s, kept; source, 0.75 to 1.5 s"),
}
LABELS = (
    "return window.app.graph.nodes.filter(({ type }) => type === arguments[0])"
    ".map(node => node.widgets.find(({ name }) => name === 'sora_strip')?.element.getAttribute('aria-label') ?? '')"
)


@pytest.fixture(scope="module")
def page(browser, comfy):
    with browser.opened(comfy.url) as page:
        yield page


@pytest.mark.parametrize("title", SHOWN)
def test_a_node_shows_what_is_known_in_both_renderings(page, tmp_path, title):
    node, expected = SHOWN[title]
    page.open_workflow(PACK / "workflows" / f"{title}.json")
    try:
        for with_vue in (False, True):
            page.render(with_vue=with_vue)
            labels = page.wait_for(lambda: [label for label in page.ask(LABELS, node) if label])
            assert labels[0].startswith(expected)
            time.sleep(1)
            page.driver.save_screenshot(str(tmp_path / f"strip_{with_vue}.png"))
    finally:
        page.render(with_vue=False)


def test_a_changed_value_changes_the_strip_and_an_unknown_source_has_none(page, tmp_path):
    path = tmp_path / "another.json"  # a file that is open already is not opened again
    shutil.copy(PACK / "workflows" / "Extend Video.json", path)
    page.open_workflow(path)
    page.wait_for(lambda: [label for label in page.ask(LABELS, "SoraExtendVideo") if label])
    page.set_widgets("SoraExtendVideo", before=1.0)
    page.wait_for(lambda: page.ask(LABELS, "SoraExtendVideo") == ["Timeline: source, 1 to 3.125 s, kept"])
    page.ask(
        "const node = window.app.graph.nodes.find(({ type }) => type === 'SoraExtendVideo');"
        " node.disconnectInput(node.inputs.findIndex(({ name }) => name === 'source'))"
    )
    page.wait_for(lambda: page.ask(LABELS, "SoraExtendVideo") == [""])


def test_after_an_undo_the_strip_is_that_of_the_node(page):
    page.render(with_vue=True)
    try:
        page.open_workflow(PACK / "workflows" / "Extend Video.json")
        page.wait_for(lambda: [label for label in page.ask(LABELS, "SoraExtendVideo") if label])
        page.set_widgets("SoraExtendVideo", before=1.0)
        page.undo()
        shown = "return [...document.querySelectorAll('canvas[role=img]')].map(canvas => canvas.ariaLabel)"
        page.wait_for(lambda: page.ask(shown) == ["Timeline: source, 0 to 2.125 s, kept"])
        page.set_widgets("SoraExtendVideo", before=1.0)
        page.wait_for(lambda: page.ask(shown) == ["Timeline: source, 1 to 3.125 s, kept"])
    finally:
        page.render(with_vue=False)
