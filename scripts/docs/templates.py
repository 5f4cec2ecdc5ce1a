"""Templates for the weights that people have: each family of families.py with each ability, as graphs with notes.

`make docs` writes them to workflows/api/FAMILY_ABILITY.json, and draws them as workflows/TITLE (MODEL).json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headless.pack import import_from_pack

from . import core_nodes
from .declared import WIDGETS
from .families import CANVAS_FPS, FAMILIES, Family, Link, ModelFile, Part

CONTEXT = 2.0  # seconds of a clip that the model sees
PICTURE = "example.png"  # ComfyUI's own
FILM = "big_buck_bunny"
RABBIT = "A big grey rabbit stands in a sunny meadow in front of its burrow and stretches, animated film."
MEADOW_SOUND = " Birds sing, and the rabbit yawns."


@dataclass(frozen=True)
class Recipe:
    """What is particular to an ability; of its parts, node 4 gives the canvas.

    note: how to use it. heard: what is added to the prompt of a model that makes sound. fps: for the decoder.
    video: what is saved, of node 6, the decoder, or later.
    """

    title: str
    note: str
    prompt: str
    heard: str
    parts: tuple[Part, ...]
    fps: Link = ("4", 1)
    video: Link = ("6", 0)


@dataclass(frozen=True)
class Template:
    """One graph in API format, with the text of its note."""

    family: Family
    ability: str
    graph: dict[str, Any]
    note: str

    @property
    def stem(self) -> str:
        """The name of its files."""
        return f"{self.family.stem}_{self.ability}"

    def text(self) -> str:
        """The file in API format."""
        return json.dumps(self.graph, indent=2) + "\n"


def text_to_video(family: Family) -> Recipe:
    """An empty canvas."""
    return Recipe(
        "Text to Video",
        "Write what you want to see into **Prompt** and press **Run**. **Sora Video Grid** sets aspect ratio, size "
        "and duration; it rounds them to what the model takes.",
        "A red fox trots through fresh snow between pine trees at sunrise. The camera follows it from the side.",
        " Its paws crunch in the snow, and a crow calls far away.",
        (_grid("4", family),),
        fps=("4", 4),
    )


def extend_video(family: Family) -> Recipe:
    """The end of a clip as context, and the whole clip before what is new."""
    return Recipe(
        "Extend Video",
        f"**Trim Video** gives the model the last {CONTEXT:g} seconds of your video as context, so that its length "
        "does not matter; `after` is what is added. **Sora Join Videos** puts all of your video before it, in "
        "its own size and rate, and fades over the context. **Prompt** says what is there and what happens next.",
        RABBIT,
        MEADOW_SOUND,
        (
            _film("30"),
            _trim("31", "30", -CONTEXT, 0.0, "Context: the end"),
            _ability("4", "SoraExtendVideo", family, source=("31", 0), after=family.seconds - CONTEXT),
            Part("32", "SoraJoinVideos", {"first": ("30", 0), "second": ("6", 0), "overlap": ("4", 2)}),
        ),
        video=("32", 0),
    )


def first_last_frame(family: Family) -> Recipe:
    """Two pictures, at the beginning and at the end."""
    common = {"vae": family.vae, "fps": ("32", 4)}
    last = {**common, "latent": ("33", 0), "source": ("31", 0), "from_end": True, **_sound(family)}
    return Recipe(
        "First and Last Frame",
        "Choose a picture in **First picture** and one in **Last picture**; both are cropped to the size of the "
        "canvas. **Prompt** says how the one becomes the other. `from_end` of **Last frame** keeps it the last one at "
        "any duration of **Sora Video Grid**. More **Sora Keyframe** nodes in between set more pictures.",
        "The camera moves smoothly from the first view to the last one.",
        " A calm wind blows.",
        (
            Part("30", "LoadImage", {"image": PICTURE}, "First picture"),
            Part("31", "LoadImage", {"image": PICTURE}, "Last picture"),
            _grid("32", family),
            Part(
                "33",
                "SoraKeyframe",
                {**common, "latent": ("32", 0), "source": ("30", 0), **_sound(family)},
                "First frame",
            ),
            Part("4", "SoraKeyframe", last, "Last frame"),
        ),
    )


def loop_video(family: Family) -> Recipe:
    """The beginning of a clip, and a way back to it."""
    return Recipe(
        "Loop Video",
        "**Trim Video** takes the part of your video that is to be repeated, all of which the model sees: 2 to 3 "
        "seconds suit it. `seconds` is how long the way back to its beginning takes. **Sora Join Videos** keeps "
        "the size, rate and sound of your video. **Prompt** says what is there.",
        RABBIT,
        MEADOW_SOUND,
        (
            _film("30"),
            _trim("31", "30", 0.0, CONTEXT, "What is repeated"),
            _ability("4", "SoraLoopVideo", family, source=("31", 0), seconds=2.0),
            _joined("31", overlap=("4", 3), last_overlap=("4", 4)),
        ),
        video=("34", 0),
    )


def connect_videos(family: Family) -> Recipe:
    """The end of one clip and the beginning of another."""
    return Recipe(
        "Connect Videos",
        f"The model sees the last {CONTEXT:g} seconds of **First video** and the first {CONTEXT:g} of **Second "
        "video**, each from a **Trim Video**. It makes what lies between, in `seconds`; the result has all three, in "
        "the size and rate of the first. **Prompt** describes what both show, and what happens between.",
        RABBIT,
        MEADOW_SOUND,
        (
            _film("30", "First video"),
            _film("31", "Second video"),
            _trim("32", "30", -CONTEXT, 0.0, "Its end"),
            _trim("33", "31", 0.0, CONTEXT, "Its beginning"),
            _ability("4", "SoraConnectVideos", family, first=("32", 0), second=("33", 0), seconds=1.0),
            _joined("32", overlap=("4", 2), last=("33", 0), last_overlap=("4", 3)),
        ),
        video=("34", 0),
    )


ABILITIES: Mapping[str, Callable[[Family], Recipe]] = {
    recipe.__name__: recipe for recipe in (text_to_video, extend_video, first_last_frame, loop_video, connect_videos)
}


def templates() -> Iterator[Template]:
    """All of them. The nodes need a host; see declared.install_host."""
    registry = node_registry()
    for family in FAMILIES:
        for ability, recipe_for in ABILITIES.items():
            recipe = recipe_for(family)
            parts = [*family.parts, *recipe.parts, *_common_parts(family, recipe, f"{family.stem}_{ability}")]
            schemas = {part.class_type: registry[part.class_type].GET_SCHEMA() for part in parts}
            graph = {part.id: _api_node(part, schemas[part.class_type], recipe.fps) for part in parts}
            yield Template(family, ability, graph, _note(family, recipe))


def node_registry() -> dict[str, Any]:
    """Nodes of the pack, of headless and those recorded, by name."""
    files = [file.name for family in FAMILIES for file in family.files()]
    pictures = sorted(path.name for path in import_from_pack("nodes.host.samples").SAMPLES.glob("*.png"))
    return {
        **import_from_pack("headless.registry").all_nodes(),
        **core_nodes.node_classes([*files, PICTURE, *pictures]),
    }


def _common_parts(family: Family, recipe: Recipe, stem: str) -> Iterator[Part]:
    """Prompts, sampler, decoder and file."""
    heard = recipe.heard if family.audio_vae else ""
    yield Part("2", "SoraEncodeText", {"clip": family.clip, "text": family.avoid}, "Negative prompt")
    yield Part("3", "SoraEncodeText", {"clip": family.clip, "text": recipe.prompt + heard}, "Prompt")
    sampling = {
        "model": family.model,
        "positive": family.positive,
        "negative": family.negative,
        "latent": ("4", 0),
        "seed": 7,
        "steps": family.steps,
        "guidance": family.guidance,
        "shift": family.shift,
        "solver": family.solver,
    }
    yield Part("5", "SoraSampler", sampling | ({"sigmas": family.sigmas} if family.sigmas else {}))
    decoded = {"samples": ("5", 0), "vae": family.vae, "fps": recipe.fps}
    yield Part("6", "SoraDecodeToVideo", {**decoded, **_sound(family)})
    yield Part("7", "SaveVideo", {"video": recipe.video, "filename_prefix": stem, "format.codec": "auto"})


def _grid(node_id: str, family: Family) -> Part:
    size = {"aspect_ratio": family.aspect_ratio, "size": family.size, "seconds": family.seconds, "fps": family.fps}
    return Part(node_id, "SoraVideoGrid", {**size, "vae": family.vae, **_sound(family)})


def _ability(node_id: str, class_type: str, family: Family, **inputs: Any) -> Part:
    common = {"vae": family.vae, "size": family.size, "fps": family.fps, **_sound(family)}
    return Part(node_id, class_type, {**common, **inputs})


def _film(node_id: str, title: str = "") -> Part:
    return Part(node_id, "SoraSampleClip", {"clip": FILM}, title)


def _trim(node_id: str, video: str, start: float, duration: float, title: str) -> Part:
    """Core's Trim Video. start: in seconds, from the end where negative. duration: 0 for all that follows."""
    return Part(node_id, "Video Slice", {"video": (video, 0), "start_time": start, "duration": duration}, title)


def _joined(first: str, **inputs: Any) -> Part:
    """What was decoded, with the videos that it was made of in their own size, rate and sound."""
    return Part("34", "SoraJoinVideos", {"first": (first, 0), "second": ("6", 0), **inputs})


def _sound(family: Family) -> dict[str, Link]:
    return {"audio_vae": family.audio_vae} if family.audio_vae else {}


def _api_node(part: Part, schema: Any, fps: Link) -> dict[str, Any]:
    """A node in API format, with every widget's value in the order of the schema. fps: where CANVAS_FPS comes from."""
    unknown = set(part.inputs) - {declared.id for declared in schema.inputs}
    assert not unknown, f"{part.class_type} has no input {', '.join(sorted(unknown))}"
    inputs = {}
    for declared in schema.inputs:
        if declared.id in part.inputs:
            inputs[declared.id] = _api_value(part.inputs[declared.id], fps)
        elif declared.io_type in WIDGETS and not _is_left_out(declared, part):
            choices = declared.options.get("options", ("",))
            inputs[declared.id] = declared.options.get("default", choices[0])
    title = part.title or schema.display_name
    return {"class_type": part.class_type, "inputs": inputs, "_meta": {"title": title}}


def _is_left_out(declared: Any, part: Part) -> bool:
    """Whether a widget is added by the front end itself, or hidden."""
    return declared.extra_dict.get("hidden") or (declared.optional and part.class_type == "SaveVideo")


def _api_value(value: Any, fps: Link) -> Any:
    if isinstance(value, ModelFile):
        return value.name
    value = fps if value == CANVAS_FPS else value
    return list(value) if isinstance(value, tuple) else value


def _note(family: Family, recipe: Recipe) -> str:
    """The text of the note, but for how to use another source."""
    files = "\n".join(f"- [{file.name}]({file.url}) in `models/{file.directory}`" for file in family.files())
    return (
        f"## {recipe.title} ({family.title})\n\n{recipe.note}\n\n{family.about}\n\n"
        f"ComfyUI offers to download files that are missing. By hand:\n\n{files}"
    )
