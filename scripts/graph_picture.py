"""Makes the README's picture of a graph: a template that has run in a real ComfyUI, as its page shows it.

python scripts/graph_picture.py docs/images/graph.png    # needs what the browser tests need
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = "Extend Video"
SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Graph.CanvasInfo": False,
    "Comfy.NodeBadge.NodeSourceBadgeMode": "None",
    "Comfy.Minimap.Visible": False,
}
SCREEN = (2000, 1100)
MARGIN = 24  # pixels around the nodes
PLACES = """
const { ds, canvas } = window.app.canvas, box = canvas.getBoundingClientRect(), title = 30
const corners = window.app.graph.nodes.flatMap(({ pos, size }) =>
  [[pos[0], pos[1] - title], [pos[0] + size[0], pos[1] + size[1]]])
const shown = corners.map(([x, y]) =>
  [box.left + (x + ds.offset[0]) * ds.scale, box.top + (y + ds.offset[1]) * ds.scale])
const of = (axis, best) => Math[best](...shown.map((point) => point[axis]))
return [of(0, "min"), of(1, "min"), of(0, "max"), of(1, "max")]
"""


def main(arguments: list[str]) -> int:
    """Run the template and write the picture; returns the exit code."""
    if len(arguments) != 1:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from integration import browser
    from integration.comfy_server import ComfyServer, Installation, newest_front_end

    installation = Installation.find()
    if reason := installation.missing() or browser.missing():
        print(f"error: {reason}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as base:
        settings = Path(base) / "user" / "default" / "comfy.settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps(SETTINGS))
        server = ComfyServer(installation, Path(base), newest_front_end())
        with server, browser.opened(server.url) as page:
            pictured(page).save(arguments[0], optimize=True)
    return 0


def pictured(page: Any) -> Image.Image:
    """Open the template, run it, and cut the nodes out of the page."""
    page.driver.set_window_size(*SCREEN)
    page.open_workflow(ROOT / "workflows" / f"{WORKFLOW}.json")
    page.run_to_the_end()
    page.wait_for(page.videos)
    time.sleep(10)  # until what was said of the run is gone
    page.ask("window.app.extensionManager.command.execute('Workspace.ToggleFocusMode')")
    time.sleep(1)
    left, top, right, bottom = page.ask(PLACES)
    whole = Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB")
    return whole.crop((round(left) - MARGIN, round(top) - MARGIN, round(right) + MARGIN, round(bottom) + MARGIN))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
