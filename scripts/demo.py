"""`make demo` runs the text-to-video graph headless and writes out/demo.mp4 and a contact sheet.

The Makefile passes the prompt in the environment variable SORA_PROMPT; without it the graph's own is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from sora_core.system.ending import exit_code, signals_interrupt  # noqa: E402
from sora_core.system.leftovers import unfinished_folder  # noqa: E402

GRAPH = Path("workflows", "api", "text_to_video.json")
OUT = Path("out")
PROMPT_NODE = "3"
COLUMNS = 6


def main() -> int:
    """Run the graph and write the contact sheet; returns the exit code of what failed, else 0."""
    os.chdir(ROOT)
    started = time.monotonic()
    graph_text = json.loads(GRAPH.read_text(encoding="utf-8"))[PROMPT_NODE]["inputs"]["text"]
    prompt = os.environ.get("SORA_PROMPT", graph_text)
    if not prompt.strip():
        print('error: the prompt is empty; say what the video shows: make demo PROMPT="..."', file=sys.stderr)
        return 2
    print(f"Prompt: {prompt.encode(errors='backslashreplace').decode()}", flush=True)  # also if it is not valid Unicode
    out = OUT
    try:
        out.mkdir(exist_ok=True)
        with unfinished_folder(out, "demo") as folder:
            code, produced = run_graph(prompt, folder)
            if code != 0:
                return code
            sheet = write_sheet(produced, folder / "demo.png")
            os.replace(produced, out / "demo.mp4")
            os.replace(sheet, out / "demo.png")
    except KeyboardInterrupt as interrupt:
        return exit_code(interrupt)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Video:  {out / 'demo.mp4'}\nFrames: {out / 'demo.png'}\nAll of it: {time.monotonic() - started:.1f} s")
    return 0


def run_graph(prompt: str, folder: Path) -> tuple[int, Path]:
    """Run headless; returns its exit code and the video in `folder`. Its progress goes to the terminal."""
    command = [
        sys.executable,
        "-m",
        "headless",
        str(GRAPH),
        "--out",
        str(folder),
        "--set",
        f"{PROMPT_NODE}.text={prompt}",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()  # it cleans up after itself
            raise
    return code, next(folder.rglob("*.mp4"), folder)


def write_sheet(video: Path, target: Path) -> Path:
    """Write a contact sheet of every second frame of the video, or fewer of a long one."""
    import torch
    from PIL import Image

    from sora_core.video.contact_sheet import contact_sheet
    from sora_core.video.video_io import read_frames

    frames = list(read_frames(video))
    step = max(2, -(-len(frames) // (4 * COLUMNS)))
    sheet = contact_sheet(torch.stack(frames[::step]), COLUMNS)
    sheet.resize((2 * sheet.width, 2 * sheet.height), Image.Resampling.NEAREST).save(target)
    return target


if __name__ == "__main__":
    with signals_interrupt():
        sys.exit(main())
