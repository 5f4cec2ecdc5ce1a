"""Generates docs/compatibility.md from what was measured in a real ComfyUI, which lies in docs/compatibility.json.

`python -m scripts.docs.compatibility COMFYUI [PYTHON]` measures anew, in minutes: it runs
tests/integration/compatibility.py with ComfyUI's interpreter (venv/bin/python in its folder where none is given), and
writes both files.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .declared import DocsError
from .marked import table

PATH, RECORD = "docs/compatibility.md", "docs/compatibility.json"
PROGRAM = "tests/integration/compatibility.py"
EQUAL = 5e-5
"""The largest error of what is called equal, in units of the spread of what the host makes; pixels are in 0..1."""
EQUAL_PIXELS = 2e-5
DESIGNED = {"levels": 1e-3, "patches": EQUAL, "windows": EQUAL, "rolling": EQUAL, "history": EQUAL}
"""The same for what differs by design, from what we mean; ComfyUI rounds levels on their way to the model."""
DIGITS = 2  # of errors in the record
WIDTH = 120

FAMILIES = {
    "nano": "nano (demo model), of this pack",
    "wan_2_1": "Wan 2.1 T2V",
    "wan_2_1_image": "Wan 2.1 I2V",
    "wan_fun_control": "Wan 2.1 Fun Control",
    "wan_camera": "Wan 2.1 Fun Camera",
    "wan_vace": "Wan 2.1 VACE",
    "wan_scail": "Wan SCAIL",
    "wan_scail_2": "Wan SCAIL-2",
    "wan_sound": "Wan 2.2 S2V",
    "wan_humo": "Wan HuMo",
    "wan_animate": "Wan 2.2 Animate",
    "wan_animate_2": "Wan Animate 2",
    "wan_dancer": "Wan Dancer",
    "wan_camera_2_2": "Wan 2.2 Fun Camera",
    "wan_causal": "Wan 2.1 T2V, causal",
    "wan_2_2": "Wan 2.2 TI2V 5B",
    "wan_2_2_a14b": "Wan 2.2 A14B, two experts",
    "mochi": "Mochi",
    "ltxv": "LTX-Video",
    "ltx_2": "LTX-2, frames alone",
    "ltx_2_sound": "LTX-2 with sound",
    "hunyuan": "HunyuanVideo",
    "hunyuan_image": "HunyuanVideo I2V",
    "hunyuan_skyreels": "SkyReels I2V",
    "hunyuan_1_5": "HunyuanVideo 1.5",
    "hunyuan_1_5_mean_flow": "HunyuanVideo 1.5, mean flow",
    "hunyuan_1_5_sr": "HunyuanVideo 1.5 SR",
    "kandinsky_5": "Kandinsky 5",
    "minimax_h3": "MiniMax-H3 with sound",
}
"""Rows of the page: their names in the record, and for people."""
ABILITIES = {
    "grid": "grid",
    "sampler": "sampler",
    "SoraAnimateImage": "animate",
    "SoraExtendVideo": "extend",
    "SoraConnectVideos": "connect",
    "SoraLoopVideo": "loop",
    "SoraKeyframe": "keyframe",
    "SoraInpaintVideo": "inpaint",
    "SoraInpaintVideo in time": "inpaint in time",
    "SoraOutpaintVideo": "outpaint",
    "SoraEditVideo": "edit",
    "SoraMorphVideos": "morph",
    "decoder": "decoder",
}
OPTIONS = {
    "SoraWindows": "windows",
    "SoraRollingWindow": "rolling window",
    "SoraHistoryGuidance": "history guidance",
    "sound": "sound",
}
COLUMNS = {**ABILITIES, **OPTIONS}
DESIGNS = {
    "levels": "**Edit and Morph** write noise levels between 0 and 1 into the noise_mask, at which sampling starts "
    "(SDEdit). ComfyUI's samplers read such values as a share and blend with the source in every step, which changes "
    "little. Without our mark for levels both samplers make the same of that LATENT: largest error {error}, since "
    "ComfyUI rounds such values on their way to the model.",
    "patches": "**Inpaint and Outpaint of Wan 2.2 TI2V 5B**: the model takes a timestep per token. ComfyUI tells it "
    "one level for a frame that is known in part, we tell it the level of each patch. Where ComfyUI's class is made to "
    "do the same, both agree: largest error {error}.",
    "windows": "**Sora Windows** is ours. Each window is what ComfyUI's sampler makes of a clip of its length with its "
    "known frames: largest error {error}.",
    "rolling": "**Sora Rolling Window** is ours, for models that take a timestep per token. Known frames stay what "
    "they are: largest error {error}.",
    "history": "**Sora History Guidance** is ours, for models that take a timestep per token. What it makes lies on "
    "the line through the predictions with and without known frames, where its scale says: largest error {error}.",
}
SAID = "Names and numbers in a message are those of the first family that is named."
HEAD = """# Compatibility

<!-- generated from compatibility.json: `make docs` writes this page, `python -m scripts.docs.compatibility COMFYUI`
measures anew -->

What every node gives with every family of video MODELs of **ComfyUI {version}**, beside what ComfyUI's own sampler
(CFGGuider and SamplerCustomAdvanced, euler, the same sigmas, texts and seed), VAE and nodes give for the same. Each
family is ComfyUI's own class with few random weights, since weights of that size cannot be part of a test; nano has
its own. Every cell is a measurement by `tests/integration/compatibility.py`, and a live test measures again and fails
where this page says something else. The numbers are in [compatibility.json](compatibility.json).

* **equal**: no latent is off by more than {equal:g} of the spread of ComfyUI's latents, nor a decoded pixel by more
  than {pixels:g} of the range from black to white. The largest error of all cells that say so is {worst} for latents
  and sound, and {worst_pixels} for pixels. A grid is equal where the VAE encodes as many frames to just these latents,
  and decodes these to as many frames.
* **ours**: differs by design, and was measured to be what we mean ([below](#what-is-ours-by-design)).
* **no effect**: the node says so, and the result is that without it.
* **refused**: a message says what is wrong and what to do, before anything is sampled
  ([below](#what-is-said-where-something-is-refused)).
"""


def texts(root: Path) -> dict[str, str]:
    """Generate the page from the record: path -> text."""
    return {PATH: page(json.loads((root / RECORD).read_text(encoding="utf-8")))}


def status(column: str, cell: Mapping[str, Any]) -> str:
    """What the page says in a cell, by what was measured."""
    if "refused" in cell:
        return "refused"
    if "no effect" in cell:
        return "no effect"
    if "shapes" in cell:
        ours, theirs = cell["shapes"]
        return "equal" if ours == theirs else "differs"
    if "apart" in cell and cell["apart"] < (EQUAL_PIXELS if column == "decoder" else EQUAL):
        return "equal"
    return "ours" if "design" in cell and cell["designed"] < DESIGNED[cell["design"]] else "differs"


def statuses(record: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Family -> column -> what the page says."""
    return {
        name: {column: status(column, cell) for column, cell in row["cells"].items()}
        for name, row in record["rows"].items()
    }


def page(record: Mapping[str, Any]) -> str:
    """The page. Raises DocsError for a record whose families or columns are not those above."""
    if set(record["rows"]) != set(FAMILIES) or any(
        set(row["cells"]) != set(COLUMNS) for row in record["rows"].values()
    ):
        raise DocsError(f"{RECORD} has other families or columns than scripts/docs/compatibility.py: measure anew")
    head = HEAD.format(
        version=record["comfyui"],
        equal=EQUAL,
        pixels=EQUAL_PIXELS,
        worst=f"{_worst(record, set(COLUMNS) - {'decoder'}):.1g}",
        worst_pixels=f"{_worst(record, {'decoder'}):.1g}",
    )
    parts = [
        head,
        "## Canvases, sampler and decoder\n\n" + _table(record, ABILITIES),
        _filled("`inpaint in time` is Sora Inpaint Video with the masks of Sora Time Range." + _raised(record)),
        "## Options, and sound\n\n" + _table(record, OPTIONS),
        "## What is ours by design\n\n" + _designs(record),
        "## What is said where something is refused\n\n" + SAID + "\n\n" + _refusals(record),
        "## MODELs that are refused\n\n" + _refused_classes(record),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(record: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    said = statuses(record)
    rows = []
    for name, title in FAMILIES.items():
        row = record["rows"][name]
        cells = (said[name][column] for column in columns)
        rows.append((f"{title} (`{row['class']}`, `{row['vae']}`)", *cells))
    return table(("family (its class, and that of its VAE)", *columns.values()), rows)


def _worst(record: Mapping[str, Any], columns: set[str]) -> float:
    """The largest error of the cells that are called equal."""
    cells = [
        (column, cell) for row in record["rows"].values() for column, cell in row["cells"].items() if column in columns
    ]
    return max(cell["apart"] for column, cell in cells if "apart" in cell and status(column, cell) == "equal")


def _raised(record: Mapping[str, Any]) -> str:
    """Where the host's own sampler fails on our canvases."""
    raising = [
        FAMILIES[name]
        for name in FAMILIES
        if any("core raises" in cell for cell in record["rows"][name]["cells"].values())
    ]
    if not raising:
        return ""
    return (
        f" ComfyUI's own samplers raise an error on known places with {_listed(raising)}, whose class takes a mask of "
        "one channel and is given one of all; there the comparison is with what they make of the mask's first channel, "
        "which is what Sora Sampler gives them."
    )


def _designs(record: Mapping[str, Any]) -> str:
    """What each design is, with its largest error."""
    cells = [
        cell
        for row in record["rows"].values()
        for column, cell in row["cells"].items()
        if status(column, cell) == "ours"
    ]
    found = {name: [cell["designed"] for cell in cells if cell["design"] == name] for name in DESIGNS}
    worst = {name: f"{max(errors):.1g}" for name, errors in found.items() if errors}
    return "\n".join(_item(DESIGNS[name].format(error=error)) for name, error in worst.items())


def _refusals(record: Mapping[str, Any]) -> str:
    """Each message once, and the cells that have it; names in it are those of the first."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name in FAMILIES:
        for column, cell in record["rows"][name]["cells"].items():
            if words := cell.get("refused") or cell.get("no effect"):
                found.setdefault((column, re.sub(r"\b[A-Z]\w+\d?\w*\b|\d+", "", words)), []).append((name, words))
    lines = []
    for (column, _), cases in found.items():
        verb = "no effect" if "no effect" in record["rows"][cases[0][0]]["cells"][column] else "refused"
        names = _listed(FAMILIES[name] for name, _ in cases)
        lines.append(_item(f'**{COLUMNS[column]}**, {verb} for {names}: "{cases[0][1]}"'))
    return "\n".join(lines)


def _refused_classes(record: Mapping[str, Any]) -> str:
    """The host's classes that Sora Sampler refuses by name, by what is said."""
    groups: dict[str, list[str]] = {}
    for name, words in record["refused"].items():
        groups.setdefault(re.sub(r" \(\w+\)", "", words, count=1), []).append(name)
    count = len(record["taken"])
    head = f"Of ComfyUI's classes of models, {count} of videos are taken; Sora Sampler refuses the others by name:"
    return "\n".join([head, "", *(_item(f'"{words}": {", ".join(names)}') for words, names in groups.items())])


def _filled(text: str, first: str = "", following: str = "") -> str:
    """A paragraph in lines of WIDTH."""
    lines = textwrap.TextWrapper(
        WIDTH, initial_indent=first, subsequent_indent=following, break_long_words=False, break_on_hyphens=False
    )
    return lines.fill(text)


def _item(text: str) -> str:
    return _filled(text, "* ", "  ")


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def recorded(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a measurement: all of it, errors with two digits."""

    def kept(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.{DIGITS - 1}e}")
        if isinstance(value, dict):
            return {name: kept(one) for name, one in value.items()}
        return value

    return {name: kept(value) for name, value in measured.items()}


def measure(root: Path, comfyui: Path, python: Path) -> dict[str, Any]:
    """Run the program in a ComfyUI; raises CalledProcessError where it fails, with its messages on stderr."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), str(root / PROGRAM), str(comfyui), str(root), folder]
        done = subprocess.run(command, cwd=comfyui, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(arguments: list[str]) -> int:
    """Measure, and write record and page; returns the exit code."""
    if len(arguments) not in (1, 2):
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    root, comfyui = Path(__file__).resolve().parents[2], Path(arguments[0]).resolve()
    python = Path(arguments[1]) if len(arguments) == 2 else comfyui / "venv" / "bin" / "python"
    record = recorded(measure(root, comfyui, python))
    (root / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for name, text in texts(root).items():
        (root / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
