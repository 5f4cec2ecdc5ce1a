"""Sora Caption Folder: writes a caption beside each video and picture of a folder in ComfyUI's input folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comfy_api.latest import io

from ...sora_core.captions.files import caption_file, is_inside, media_in
from ...sora_core.captions.folder import Captioned, FolderReport, FolderTask, caption_folder, checked
from ...sora_core.captions.tables import JSONL, METADATA, write_jsonl, write_metadata
from .. import host
from ..host.models import BUNDLED
from ..host.notices import cut
from ..host.time_left import CAPTIONING
from ..host.values import Clip
from ..io.schema import declare
from ..io.told import outputs, tell
from .captioners import chosen_captioner, family_input, local_inputs
from .language_models import server_inputs

NO_TABLE = "none"
MOST_TOLD = 5  # failures at the node; the report has them all
CAPTION = "{caption}"


class SoraCaptionFolder(io.ComfyNode):
    """Captions a folder for training."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraCaptionFolder",
            "language",
            display_name="Sora Caption Folder",
            description="Writes clip.txt beside each clip.mp4 of a folder, as every trainer reads it. Captions that "
            "are there are kept, and a file that fails is reported while the others go on. `python -m sora_core "
            "caption` does the same for any folder.",
            search_aliases=["caption dataset", "batch caption", "training captions", "lora dataset", "txt files"],
            is_output_node=True,
            inputs=[
                io.String.Input(
                    "folder",
                    default="",
                    tooltip="A folder inside ComfyUI's input folder, such as my_clips. Empty: the input folder itself.",
                ),
                family_input(),
                *server_inputs("A model of the server that sees pictures."),
                io.String.Input(
                    "words",
                    default=CAPTION,
                    tooltip="Words around each caption, such as a trigger word: ohwx, {caption}, 35mm film.",
                ),
                io.Boolean.Input("recursive", default=False, tooltip="Also the folders in it."),
                io.Boolean.Input("overwrite", default=False, tooltip="Replace captions that are there."),
                io.Combo.Input(
                    "table",
                    options=[NO_TABLE, JSONL, METADATA],
                    tooltip="Also write all captions in one file of the folder: captions.jsonl for musubi-tuner, "
                    "metadata.csv for DiffSynth-Studio.",
                ),
                *local_inputs(),
            ],
            outputs=[
                io.String.Output(
                    display_name="report", tooltip="Each file that failed with the reason, and how many were captioned."
                )
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, folder: str, recursive: bool, **_: Any) -> str:
        """What is in the folder, so that new files are captioned when the graph runs again."""
        try:
            paths = media_in(folder_in_input(folder), recursive=recursive)
            return repr([(path, _changed(path), caption_file(path).exists()) for path in paths])
        except (ValueError, OSError):  # which execute tells
            return ""

    @classmethod
    def execute(
        cls,
        folder: str,
        family: str,
        server_url: str,
        server_model: str,
        words: str,
        recursive: bool,
        overwrite: bool,
        table: str,
        model: str = BUNDLED,
        clip: Clip | None = None,
    ) -> Any:
        task = FolderTask(checked(folder_in_input(folder)), *around(words), overwrite=overwrite, recursive=recursive)
        captioner = chosen_captioner(family, server_url, server_model, model, clip)
        paths = media_in(task.folder, recursive=recursive)
        bar = _Bar(len(paths))
        report = caption_folder(task, captioner, poll=bar.poll, on_done=bar.tell, paths=paths)
        _write_table(table, report)
        *failures, counts = report.lines()
        tell(cls, [*map(cut, failures[:MOST_TOLD]), counts])
        return outputs(cls, "\n".join(report.lines()))


def around(words: str) -> tuple[str, str]:
    """Split words at where the caption stands; without that they stand before it."""
    before, _, after = words.partition(CAPTION)
    return before, after


class _Bar:
    """The progress bar of a folder, which asks for an interrupt too."""

    def __init__(self, files: int) -> None:
        self._done = 0
        self._bar = host.current().progress(max(1, files), CAPTIONING)

    def poll(self) -> None:
        self._bar.update(self._done)

    def tell(self, done: int, total: int, file: Captioned) -> None:
        self._done = done
        self.poll()


def _changed(path: Path) -> float:
    """When a file was written last; 0 for a link to nothing, which must not hide the other files."""
    return path.stat().st_mtime if path.exists() else 0.0


def _write_table(table: str, report: FolderReport) -> None:
    if table == JSONL:
        write_jsonl(report.folder / JSONL, report.captioned)
    elif table == METADATA:
        write_metadata(report.folder / METADATA, report.captioned, report.folder)


def folder_in_input(name: str) -> Path:
    """Return a folder inside the host's input folder. Raises ValueError for another place: graphs are shared."""
    root = host.current().input_folder()
    path = root / name.strip()
    if "\0" in name or not is_inside(path, root):
        raise ValueError(f"got the folder {name!r}, expected one inside the input folder {root}: copy it there")
    return path
