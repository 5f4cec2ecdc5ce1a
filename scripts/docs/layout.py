"""Where the nodes of a drawn graph lie: in columns, from what is loaded to what is saved, whole on a screen of 1080p.

Every node is of a stage. Some stages share a column where there is room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Node = dict[str, Any]  # a drawn one, as the front end saves it

SCREEN = (1850, 800)  # pixels of the canvas at 1920x1080 that no bar of the front end covers
CORNER = (60, 125)  # where they begin
TITLE, GAP, BETWEEN = 30, 16, 40  # pixels: a node's title, above its place; below a node; between columns
NOTICES = 48  # below a node that may tell its user something, in Nodes 2.0 with the name of its pack
PREVIEW = 200  # below the sampler, which shows its frames while it runs
LANE = 60  # above the nodes, where the links of a VAE run
WIDTH, WIDTHS = 250, {"SoraEncodeText": 280, "SaveVideo": 340, "MarkdownNote": 280, "SoraTimeline": 560}
MORE_HEIGHT = {  # for a text field, or a picture
    "SoraEncodeText": 70,
    "SoraExpandPrompt": 60,
    "PreviewAny": 180,
    "StringReplace": 200,
    "SoraSampleClip": 200,
    "LoadImage": 230,
    "LoadVideo": 200,
    "SaveVideo": 280,
    "SoraTimeline": 180,
}
STRIP = 104  # below an ability node whose source is known, where web/sora_strips.js shows its timeline
WITH_STRIP = (
    "SoraAnimateImage",
    "SoraConnectVideos",
    "SoraEditVideo",
    "SoraExtendVideo",
    "SoraInpaintVideo",
    "SoraKeyframe",
    "SoraLoopVideo",
    "SoraTimeRange",
)
STAGES = (
    ("loaders", "sources"),
    ("modifiers", "texts", "parts"),
    ("canvas", "options"),
    ("sampler", "decoder"),
    ("output", "save"),
)  # in order; those of one line share a column where there is room
FLOWS = ("sources",)  # a stage that may begin in one column and go on in the next
OF_TYPE = {
    "SoraSampleClip": "sources",
    "LoadImage": "sources",
    "LoadVideo": "sources",
    "LoraLoaderModelOnly": "modifiers",
    "SoraTwoExperts": "modifiers",
    "SoraTimeRange": "parts",
    "LTXVConditioning": "options",
    "LTXVScheduler": "options",
    "SoraSampler": "sampler",
    "SoraDecodeToVideo": "decoder",
    "SoraVAEDecode": "decoder",
    "SaveVideo": "save",
    "PreviewAny": "parts",
}
OF_MENU = {"load": "loaders", "language": "texts", "canvas": "canvas", "sample": "options", "output": "output"}
NEGATIVE = "Negative prompt"  # below the other one
CORE = "parts"  # nodes of ComfyUI that stand in no table: they make something of the sources


def height(node_type: str, rows: int, widgets: int) -> int:
    """Height of a node in pixels. rows: sockets of the longer side."""
    return 20 * rows + 24 * widgets + 14 + MORE_HEIGHT.get(node_type, 0)


def width(node_type: str) -> int:
    """Width of a node in pixels."""
    return WIDTHS.get(node_type, WIDTH)


def stage(node_type: str, category: str) -> str:
    """Which stage a node is of. category: as its schema has it."""
    loads = node_type.endswith(("Loader", "LoaderSimple")) or node_type in ("LTXAVTextEncoderLoader",)
    return OF_TYPE.get(node_type) or ("loaders" if loads else OF_MENU.get(category.rpartition("/")[2], CORE))


def place(nodes: Sequence[Node], stages: Mapping[int, str], links: Sequence[Sequence[Any]], note: Node | None) -> None:
    """Give nodes their places, by the stage of each id; a note gets the first place that is free."""
    depths = _depths(links)
    in_order = sorted(nodes, key=lambda node: (depths.get(node["id"], 0), node.get("title") == NEGATIVE))
    columns = list(_columns(in_order, stages))
    if note:
        room = [column for column in columns if _bottom(column) + note["size"][1] <= SCREEN[1]]
        if not room:
            columns.append([])
        (room or columns[-1:])[0].append(note)
    left = 0
    for column in columns:
        top = 0
        for node in column:
            node["pos"], top = [left, top], top + _taken(node)
        left += max(node["size"][0] for node in column) + BETWEEN


def view(nodes: Sequence[Node]) -> dict[str, Any]:
    """Scale and offset at which the front end opens the graph: all of it, at most as large as it is."""
    right = max(node["pos"][0] + node["size"][0] for node in nodes)
    bottom = max(node["pos"][1] + node["size"][1] for node in nodes)
    scale = round(min(1.0, SCREEN[0] / right, SCREEN[1] / bottom), 3)
    return {"scale": scale, "offset": [round(side / scale, 1) for side in CORNER]}


def _depths(links: Sequence[Sequence[Any]]) -> dict[int, int]:
    """How many nodes stand in a row before each node that gets something."""
    depths: dict[int, int] = {}

    def depth(node_id: int) -> int:
        if node_id not in depths:
            depths[node_id] = max((1 + depth(link[1]) for link in links if link[3] == node_id), default=0)
        return depths[node_id]

    for link in links:
        depth(link[3])
    return depths


def _columns(nodes: Sequence[Node], stages: Mapping[int, str]) -> Iterator[list[Node]]:
    for together in STAGES:
        column: list[Node] = []
        for name in together:
            these = [node for node in nodes if stages[node["id"]] == name]
            if column and name not in FLOWS and _bottom([*column, *these]) - GAP > SCREEN[1]:
                yield column
                column = []
            for node in these:
                if column and _bottom(column) + _taken(node) - GAP - TITLE > SCREEN[1]:
                    yield column
                    column = []
                column.append(node)
        if column:
            yield column


def _taken(node: Node) -> int:
    """How much of a column a node takes, up to the body of the next one."""
    told = NOTICES if node["type"].startswith("Sora") else 0
    shown = STRIP if node["type"] in WITH_STRIP else PREVIEW if node["type"] == "SoraSampler" else 0
    return int(node["size"][1]) + told + shown + GAP + TITLE


def _bottom(column: Sequence[Node]) -> int:
    """Where the body of another node would begin."""
    return sum(map(_taken, column))


def routed(links: Sequence[Sequence[Any]], nodes: Sequence[Node]) -> dict[str, Any]:
    """Points above the nodes through which all links of a VAE run that go to more than two nodes.

    links: number, source, its slot, target, its slot, type. Returns what belongs into the `extra` of a workflow.
    """
    left = {node["id"]: node["pos"][0] for node in nodes}
    of_vae = [link for link in links if link[5] == "VAE"]
    reroutes: list[dict[str, Any]] = []
    extensions: list[dict[str, int]] = []
    for source in dict.fromkeys((link[1], link[2]) for link in of_vae):
        these = [link for link in of_vae if (link[1], link[2]) == source]
        if len({link[3] for link in these}) < 3:
            continue
        parent = 0
        for x in sorted({left[link[3]] for link in these}):
            number = len(reroutes) + 1
            passing = [link[0] for link in these if left[link[3]] >= x]
            reroute = {"id": number, "pos": [x - BETWEEN // 2, -LANE], "linkIds": passing}
            reroutes.append({**reroute, "parentId": parent} if parent else reroute)
            extensions += [{"id": link[0], "parentId": number} for link in these if left[link[3]] == x]
            parent = number
    return {"reroutes": reroutes, "linkExtensions": extensions} if reroutes else {}
