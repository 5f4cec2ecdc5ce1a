"""Titles of the workflows: a graph in API format has a name for programs, and its drawing a title for people.

ComfyUI shows the names of files in its dialog of templates, without a title or a description beside them.
"""

from __future__ import annotations

from pathlib import Path

from .families import FAMILIES
from .templates import ABILITIES

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
ORDER = (
    "text_to_video",
    "animate_image",
    "extend_video",
    "connect_videos",
    "loop_video",
    "keyframes",
    "edit_video",
    "inpaint_video",
    "inpaint_time",
    "outpaint_video",
    "morph_videos",
    "long_video",
    "expanded_text_to_video",
    "video_to_prompt_to_video",
    "caption_folder",
    "one_timeline",
    "story_in_three_shots",
    "between_two_clips",
)
"""Workflows made by hand, from the first to try to the special ones."""


def titles() -> dict[str, str]:
    """Name in workflows/api -> title, in order: of those made by hand the heading of the note, then of the families."""
    by_hand = {name: _heading(WORKFLOWS / "notes" / f"{name}.md") for name in ORDER}
    families = {
        f"{family.stem}_{ability}": f"{recipe_for(family).title} ({family.title})"
        for family in FAMILIES
        for ability, recipe_for in ABILITIES.items()
    }
    return by_hand | families


def drawn(name: str) -> Path:
    """The drawing of a graph, for the canvas of ComfyUI."""
    return WORKFLOWS / f"{titles()[name]}.json"


def _heading(note: Path) -> str:
    return note.read_text(encoding="utf-8").partition("\n")[0].removeprefix("## ")
