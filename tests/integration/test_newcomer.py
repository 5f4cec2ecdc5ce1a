"""A newcomer in a real browser, with both front ends and both renderings: opens templates, runs them, makes mistakes.

Each of the four runs a share of the templates, so that all of them together take minutes. Screenshots lie in the
folder that is printed, outside the checkout: a person looks at them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.comfy_server import PACK_NAME
from integration.words import WORDS
from scripts.docs.blueprints import DESCRIPTIONS
from scripts.docs.titles import WORKFLOWS, titles

pytestmark = [pytest.mark.live, pytest.mark.slow]

SCREEN = (1920, 1080)
BUNDLED = sorted(path.stem for path in (WORKFLOWS / "notes").glob("*.md") if path.stem != "caption_folder")
"""Those that make a video."""
WAYS = [("comfy", False), ("comfy", True), ("comfy_as_installed", False), ("comfy_as_installed", True)]
NAMES = ["newest_classic", "newest_nodes_2", "installed_classic", "installed_nodes_2"]
SHARES = {way: BUNDLED[number :: len(WAYS)] for number, way in enumerate(NAMES)}
ENOUGH = {"steps": 2, "guidance": 1.0}
GRID_TELLS = "64x64, "  # what the node of the grid says of any clip


@pytest.fixture(scope="module")
def shots() -> Path:
    """Where screenshots go."""
    folder = Path(tempfile.mkdtemp(prefix="sora_newcomer_"))
    print(f"\nscreenshots of the newcomer: {folder}")
    return folder


@pytest.fixture(scope="module", params=zip(NAMES, WAYS, strict=True), ids=NAMES)
def visit(request: pytest.FixtureRequest, browser: Any, shots: Path) -> Iterator[tuple[str, Any, Path]]:
    """A page of one front end in one rendering, with its name and the beginning of names of its screenshots."""
    name, (server, with_vue) = request.param
    with browser.opened(request.getfixturevalue(server).url) as page:
        page.driver.set_window_size(*SCREEN)
        page.render(with_vue=with_vue)
        yield name, page, shots / name


def shot(page: Any, begun: Path, what: str) -> None:
    page.driver.save_screenshot(f"{begun}_{what}.png")


def made_small(page: Any, seconds: float) -> None:
    """The tiny model and few steps."""
    page.set_widgets("SoraLoadModel", model="tiny")
    page.set_widgets("SoraSampler", **ENOUGH)
    page.set_widgets("SoraVideoGrid", seconds=seconds)


def test_all_templates_are_offered_and_a_share_of_them_runs_and_shows_its_video_and_notices(visit):
    name, page, begun = visit
    for workflow in SHARES[name]:
        title = titles()[workflow]
        cards = page.browse_templates(PACK_NAME, titles().values())
        assert len(cards) > 10
        assert cards == [*titles().values()][: len(cards)]  # in the pack's order
        shot(page, begun, f"{workflow}_dialog")
        page.open_template(title)
        made_small(page, 2.5)  # a keyframe stands at 2 s
        shot(page, begun, f"{workflow}_opened")
        page.run_to_the_end()
        shot(page, begun, f"{workflow}_after_run")
        assert page.alerts() == [], title
        assert page.videos() or page.wait_for(page.videos), title
        notices = page.notices()
        assert all(len(line) < 60 for lines in notices.values() for line in lines), title
        assert notices.get("SoraVideoGrid", [GRID_TELLS])[0].startswith(GRID_TELLS), title


@pytest.mark.parametrize(("words", "wanted"), WORDS)
def test_words_in_english_and_chinese_find_the_node_among_the_first_three(visit, words, wanted):
    _, page, _ = visit
    assert wanted in page.found(words)[:3]


def test_what_was_open_is_there_after_a_reload_can_be_undone_and_runs(visit):
    _, page, begun = visit
    page.browse_templates(PACK_NAME, titles().values())
    page.open_template(titles()["text_to_video"])
    made_small(page, 1.0)
    nodes = page.ask("return window.app.graph.nodes.length")
    time.sleep(3)  # a moment after a change the page keeps it
    page.reload()
    page.wait_for(lambda: page.ask("return window.app.graph.nodes.length") == nodes)
    assert page.widget("SoraLoadModel", "model") == "tiny"
    page.set_widgets("SoraVideoGrid", seconds=1.5)
    page.undo()
    assert page.widget("SoraVideoGrid", "seconds") == 1.0
    page.run_to_the_end()
    shot(page, begun, "undone")
    assert page.alerts() == []
    assert page.notices()["SoraVideoGrid"] == ["64x64, 9 frames at 8 fps", "8 frames are rounded to 9"]


@pytest.mark.parametrize("workflow", DESCRIPTIONS)
def test_a_blueprint_is_offered_put_into_a_graph_and_runs(visit, workflow):
    name, page, begun = visit
    if name.endswith("nodes_2"):
        pytest.skip("what runs is the same in both renderings")
    title = f"{titles()[workflow]} (Sora)"
    page.ask("window.app.graph.clear()")
    page.insert_blueprint(title)
    page.ask(AROUND, {"steps": 2, "seconds": 1.0, "after": 1.0, "guidance": 1.0})
    page.run_to_the_end()
    shot(page, begun, f"blueprint_{workflow}")
    assert page.alerts() == []
    assert page.wait_for(page.videos)


AROUND = """
const graph = window.app.graph, node = graph.nodes[0], [values] = arguments
const add = (type, y) => {
  const added = window.LiteGraph.createNode(type)
  graph.add(added)
  added.pos = [0, y]
  return added
}
const model = add('SoraLoadModel', 0), save = add('SaveVideo', 0)
model.widgets.find(({ name }) => name === 'model').value = 'tiny'
save.pos = [800, 0]
node.connect(0, save, 0)
const makers = { VIDEO: 'SoraSampleClip', IMAGE: 'LoadImage', MASK: 'SolidMask' }
node.inputs.forEach(({ name, type, widget }, slot) => {
  const place = ['model', 'clip', 'vae'].indexOf(name)
  if (place >= 0) model.connect(place, node, slot)
  else if (makers[type] && !widget) add(makers[type], 200 + 350 * slot).connect(0, node, slot)
})
for (const each of graph.nodes.filter(({ type }) => type === 'SolidMask'))
  for (const widget of each.widgets) if (widget.name !== 'value') widget.value = 64
for (const widget of node.widgets ?? []) if (widget.name in values) widget.value = values[widget.name]
"""


def test_blueprints_are_listed_by_the_server_under_their_names(comfy):
    listed = comfy.get("/global_subgraphs").values()
    ours = {each["name"] for each in listed if each["info"]["node_pack"] == f"custom_nodes.{PACK_NAME}"}
    assert ours == {f"{titles()[name]} (Sora)" for name in DESCRIPTIONS}
