"""A headless Chromium on ComfyUI's page, through selenium."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1600,1000")
PATIENCE = 120
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
        page.wait_for(lambda: page.ask("return !!(window.app && window.app.graph && document.querySelector('canvas'))"))
        time.sleep(2)  # the page opens its own default workflow after that
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
        """As with Workflow > Open: the file goes through the page's own file input."""
        tab = "return window.app.extensionManager.workflow.activeWorkflow?.key"
        before = self.ask(tab)
        chooser = self.ask("return document.querySelector('#comfy-file-input')")
        self.ask("arguments[0].style.display = 'block'", chooser)
        chooser.send_keys(str(path))
        self.wait_for(lambda: self.ask(tab) != before)
        self.wait_for(lambda: "SoraSampler" in self.ask("return window.app.graph.nodes.map(node => node.type)"))
        time.sleep(1)

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

    def speak(self, locale: str) -> None:
        """Set the language as a person does, and load the page again."""
        script = (
            "const [locale, done] = arguments;"
            " window.app.extensionManager.setting.set('Comfy.Locale', locale).then(() => done())"
        )
        self.driver.execute_async_script(script, locale)
        self.driver.refresh()
        self.wait_for(lambda: self.ask("return !!(window.app && window.app.graph && document.querySelector('canvas'))"))
        time.sleep(2)

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
            "const stores = document.querySelector('#vue-app').__vue_app__.config.globalProperties.$pinia._s;"
            " return stores.get('nodeDef').nodeSearchService.searchNode(arguments[0], []).map(node => node.name)"
        )
        return self.ask(script, words)

    def reads(self, text: str) -> bool:
        """Whether a text is on the page."""
        return self.ask("return document.body.innerText.includes(arguments[0])", text)

    def alerts(self) -> list[str]:
        """Texts of dialogs, and of notices that something is wrong."""
        script = (
            "return [...document.querySelectorAll('.p-dialog, .p-toast-message-error, .p-toast-message-warn,"
            " [role=alertdialog]')].map(element => element.innerText)"
        )
        return [text for text in self.ask(script) if text.strip()]


def _chromium() -> str | None:
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
