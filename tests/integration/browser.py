"""A headless Chromium on ComfyUI's page, through selenium."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1600,1000")
PATIENCE = 120
CARD = "template-workflow-"  # begins the name of a card in the dialog of templates
STORES = "document.querySelector('#vue-app').__vue_app__.config.globalProperties.$pinia._s"
OPTIONAL_SHAPE = 7  # the hollow circle of a socket that may stay open


def missing() -> str | None:
    """Which program is not installed; None where both are."""
    wanted = {"chromium": _chromium(), "chromedriver": shutil.which("chromedriver")}
    lacking = [name for name, path in wanted.items() if path is None]
    return f"no {' and no '.join(lacking)} on the path" if lacking else None


@contextmanager
def opened(url: str) -> Iterator[ComfyPage]:
    """The page, loaded; the browser is closed afterwards."""
    options = webdriver.ChromeOptions()
    options.binary_location = _chromium() or ""
    for argument in ARGUMENTS:
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.set_script_timeout(PATIENCE)
        driver.get(url)
        page = ComfyPage(driver)
        page.wait_until_loaded()
        yield page
    finally:
        driver.quit()


class ComfyPage:
    """What a person does on the page, and what they see."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def ask(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not (answer := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {PATIENCE} s; the page says: {self.alerts()}")
            time.sleep(0.3)
        return answer

    def open_workflow(self, path: Path) -> None:
        """As with Workflow > Open: the file goes through the page's own file input. Messages of before are closed."""
        self.ask("const { toast } = window.app.extensionManager; (toast.dismissAll ?? toast.removeAll).call(toast)")
        self.ask("window.firstNode = window.app.graph.nodes[0]")
        chooser = self.ask("return document.querySelector('#comfy-file-input')")
        self.ask("arguments[0].style.display = 'block'", chooser)
        chooser.send_keys(str(path))
        self.wait_for(self.has_other_nodes)
        types = {node["type"] for node in json.loads(path.read_text())["nodes"]}
        self.wait_for(lambda: types <= {*self.ask("return window.app.graph.nodes.map(node => node.type)")})
        time.sleep(1)

    def has_other_nodes(self) -> bool:
        """Whether the graph's first node is not that of window.firstNode."""
        return self.ask("return ![undefined, window.firstNode].includes(window.app.graph.nodes[0])")

    def as_api(self) -> dict[str, Any]:
        """What the page would post: the graph in API format."""
        script = "const done = arguments[0]; window.app.graphToPrompt().then(prompt => done(prompt.output))"
        return self.driver.execute_async_script(script)

    def saved_and_posted(self, change: str) -> dict[str, Any]:
        """Change the graph by a script, then: {workflow: as it would be saved, output: as it would be posted}.

        The script has `graph`, and `first(...types)`, its first node of one of these types.
        """
        script = (
            "const done = arguments[0]; const graph = window.app.graph;"
            " const first = (...types) => graph.nodes.find(node => types.includes(node.type));"
            " const made = type => { const node = window.LiteGraph.createNode(type); graph.add(node); return node };"
            f" {change};"
            " window.app.graphToPrompt().then(({workflow, output}) =>"
            " done(JSON.parse(JSON.stringify({workflow, output}))))"
        )
        return self.driver.execute_async_script(script)

    def unknown_types(self) -> list[str]:
        """Types of nodes that the page does not know and shows in red."""
        return self.ask(
            "return window.app.graph.nodes.filter(node => node.has_errors || "
            "!(node.type in window.LiteGraph.registered_node_types)).map(node => node.type)"
        )

    def open_inputs(self) -> list[str]:
        """Inputs that must be given, and are neither linked nor widgets."""
        return self.ask(
            "return window.app.graph.nodes.flatMap(node => (node.inputs ?? [])"
            f".filter(input => input.link == null && !input.widget && input.shape !== {OPTIONAL_SHAPE})"
            ".map(input => node.type + '.' + input.name))"
        )

    def links(self) -> set[tuple[Any, ...]]:
        """(source, its slot, target, its slot) of each."""
        script = (
            "return [...window.app.graph.links.values()]"
            ".map(link => [link.origin_id, link.origin_slot, link.target_id, link.target_slot].map(Number))"
        )
        return {tuple(link) for link in self.ask(script)}

    def boxes(self) -> dict[str, tuple[float, ...]]:
        """Left, top, right and bottom of each node, with its title."""
        script = (
            "return window.app.graph.nodes.map(node => [`${node.id} ${node.title}`, ...Array.from(node.boundingRect)])"
        )
        return {name: (x, y, x + width, y + height) for name, x, y, width, height in self.ask(script)}

    def press_run(self) -> None:
        self.ask("document.querySelector('[data-testid=queue-button]').click()")

    def videos(self) -> list[tuple[str, int, int]]:
        """Source, width and height of each video that can be seen and has loaded."""
        return self.ask(
            "return [...document.querySelectorAll('video')].filter(video => video.readyState >= 2)"
            ".map(video => [video.currentSrc, video.videoWidth, video.videoHeight])"
        )

    def render(self, *, with_vue: bool) -> None:
        """Nodes 2.0, or the classic ones on the canvas."""
        script = (
            "const [on, done] = arguments;"
            " window.app.extensionManager.setting.set('Comfy.VueNodes.Enabled', on).then(() => done())"
        )
        self.driver.execute_async_script(script, with_vue)
        time.sleep(1)

    def browse_templates(self, pack: str, titles: Collection[str]) -> list[str]:
        """As with Workflow > Browse Templates and a click on a pack: the first cards, which all are of these titles."""
        self.ask("window.app.extensionManager.command.execute('Comfy.BrowseTemplates')")
        entry = (
            "return [...document.querySelectorAll('[role=dialog] *')]"
            ".filter(element => element.innerText?.trim() === arguments[0]).at(-1)"
        )
        self.ask("arguments[0].click()", self.wait_for(lambda: self.ask(entry, pack)))  # the dialog may still move
        return self.wait_for(lambda: [] if set(found := self.cards()) - set(titles) else found)

    def cards(self) -> list[str]:
        """Titles of the cards in the open dialog, once pictures are there of those that are on the screen."""
        script = (
            f"const cards = [...document.querySelectorAll('[data-testid^=\"{CARD}\"]')];"
            " const images = cards.flatMap(card => [...card.querySelectorAll('img')]);"
            " return images.length && images.every(({ naturalWidth }) => naturalWidth > 0)"
            f" ? cards.map(card => card.dataset.testid.slice({len(CARD)})) : []"
        )
        return self.ask(script)

    def open_template(self, title: str) -> None:
        """Search in the open dialog, which shows two dozen cards at first, and click on the card."""
        card = f'document.querySelector(`[data-testid="{CARD}${{arguments[0]}}"]`)'
        shown = f"return {card} && document.querySelectorAll('[data-testid^=\"{CARD}\"]').length"
        (field, *_) = self.driver.find_elements("css selector", "[role=dialog] input")
        many = self.ask(f"return document.querySelectorAll('[data-testid^=\"{CARD}\"]').length")
        field.send_keys(title)
        self.wait_for(lambda: 0 < (self.ask(shown, title) or 0) < many)  # a click on a card that is replaced is lost
        time.sleep(1)
        self.ask(f"window.firstNode = window.app.graph.nodes[0]; {card}.click()", title)
        self.wait_for(self.has_other_nodes)
        time.sleep(1)

    def insert_blueprint(self, name: str) -> None:
        """A blueprint as a node of the graph, as the search for nodes puts it there."""
        script = (
            f"const stores = {STORES};"
            " const found = stores.get('nodeDef').nodeSearchService.searchNode(arguments[0], []);"
            " const { name } = found.find(({ display_name }) => display_name === arguments[0]);"
            " const { nodes, definitions } = stores.get('subgraph').getBlueprint(name);"
            " window.app.canvas._deserializeItems({ nodes, subgraphs: definitions.subgraphs }, { position: [400, 0] })"
        )
        self.ask(script, name)

    def set_widgets(self, node_type: str, **values: Any) -> None:
        """Set widgets of all nodes of a type."""
        script = (
            "for (const node of window.app.graph.nodes.filter(({ type }) => type === arguments[0]))"
            " for (const widget of node.widgets) if (widget.name in arguments[1]) {"
            " widget.value = arguments[1][widget.name]; widget.callback?.(widget.value) }"
            " const tracker = window.app.extensionManager.workflow.activeWorkflow.changeTracker;"
            " (tracker.captureCanvasState ?? tracker.checkState).call(tracker)"  # older front ends have the second
        )
        self.ask(script, node_type, values)

    def widget(self, node_type: str, name: str) -> Any:
        """The value of a widget of the first node of a type."""
        script = (
            "return window.app.graph.nodes.find(({ type }) => type === arguments[0])"
            ".widgets.find(({ name }) => name === arguments[1]).value"
        )
        return self.ask(script, node_type, name)

    def undo(self) -> None:
        self.ask("window.app.extensionManager.command.execute('Comfy.Undo')")
        time.sleep(1)

    def reload(self) -> None:
        """The page anew, with the workflow that was open."""
        self.driver.refresh()
        self.wait_until_loaded()

    def wait_until_loaded(self) -> None:
        """Until there is a canvas, and the page has opened a workflow on it."""
        self.wait_for(lambda: self.ask("return !!(window.app?.graph && document.querySelector('canvas'))"))
        time.sleep(2)

    def run_to_the_end(self) -> None:
        """Press Run, and wait until no job is left."""
        self.press_run()
        time.sleep(1)
        self.wait_for(self.is_idle)
        time.sleep(1)

    def speak(self, locale: str) -> None:
        """Set the language as a person does, and load the page again."""
        script = (
            "const [locale, done] = arguments;"
            " window.app.extensionManager.setting.set('Comfy.Locale', locale).then(() => done())"
        )
        self.driver.execute_async_script(script, locale)
        self.reload()

    def titles(self) -> list[str]:
        return self.ask("return window.app.graph.nodes.map(node => node.title)")

    def is_idle(self) -> bool:
        """Whether no job is running or waiting."""
        script = (
            "const done = arguments[0]; fetch('/queue').then(answer => answer.json())"
            ".then(queue => done(queue.queue_running.length + queue.queue_pending.length === 0))"
        )
        return self.driver.execute_async_script(script)

    def notices(self) -> dict[str, list[str]]:
        """Type of each node that shows notices, and the lines that can be seen."""
        script = (
            "const box = element => element.getBoundingClientRect();"
            " const seen = line => box(line).height > 4 && box(line).bottom <= box(line.parentElement).bottom + 1;"
            " const found = {}; for (const node of window.app.graph.nodes) {"
            " const widget = node.widgets?.find(({ name }) => name === 'sora_notices');"
            " const lines = [...(widget?.element?.children ?? [])].filter(seen).map(line => line.textContent);"
            " if (lines.length) found[node.type] = lines } return found"
        )
        return self.ask(script)

    def found(self, words: str) -> list[str]:
        """Names of the nodes that the search for nodes shows, in its order."""
        script = (
            f"const stores = {STORES};"
            " return stores.get('nodeDef').nodeSearchService.searchNode(arguments[0], []).map(node => node.name)"
        )
        return self.ask(script, words)

    def reads(self, text: str) -> bool:
        """Whether a text is on the page."""
        return self.ask("return document.body.innerText.includes(arguments[0])", text)

    def alerts(self) -> list[str]:
        """Texts of dialogs, and of notices that something is wrong."""
        toasts = ".p-toast-message-error, .p-toast-message-warn, [data-toast-kind=error], [data-toast-kind=warn]"
        boxes = ".p-dialog, [role=alertdialog], [data-testid=error-overlay]"
        script = "return [...document.querySelectorAll(arguments[0])].map(element => element.innerText)"
        return [text for text in self.ask(script, f"{toasts}, {boxes}") if text.strip()]


def _chromium() -> str | None:
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
