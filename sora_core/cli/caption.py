"""`python -m sora_core caption FOLDER`: writes clip.txt beside each clip.mp4, by the bundled captioner or a server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .expand import NANO, WAN, add_server_arguments

if TYPE_CHECKING:
    from ..captions.folder import Captioned, FolderReport
    from ..language import Captioner

FAILED = 1


def add_caption_command(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command, and what it does."""
    command.add_argument("folder", type=Path, metavar="FOLDER", help="folder with videos and pictures")
    add_server_arguments(command, "and the captioner of the model describes the videos")
    command.add_argument(
        "--model", default=NANO, help="bundled model or folder whose captioner describes videos (default: %(default)s)"
    )
    command.add_argument("--device", default="cpu", help="cpu, cuda, ..., for that captioner (%(default)s)")
    command.add_argument("--seed", type=int, default=0, help="for a server: the same seed asks for the same text")
    command.add_argument("--prefix", default="", metavar="TEXT", help="words before each caption, such as a trigger")
    command.add_argument("--suffix", default="", metavar="TEXT", help="words after each caption")
    command.add_argument("--recursive", action="store_true", help="also in the folders of it")
    command.add_argument("--overwrite", action="store_true", help="also files that have a caption; these are kept else")
    command.add_argument(
        "--jsonl",
        type=Path,
        metavar="FILE",
        help="also write all captions as lines of JSON, as musubi-tuner reads them",
    )
    command.add_argument(
        "--metadata",
        type=Path,
        metavar="FILE",
        help="also write a metadata.csv of video and prompt, as DiffSynth-Studio reads it with FOLDER as base path",
    )
    command.set_defaults(
        work=caption,
        interrupted="interrupted; the captions that were written stay, and the next run goes on after them",
        needs_less="scale the videos down",
    )


def caption(args: argparse.Namespace) -> int:
    """Caption a folder; prints a line for each file, and at the end what failed. Returns 1 if anything did."""
    from ..captions.folder import FolderTask, caption_folder, checked, shown
    from ..system.printable import printable

    tables = [table for table in (args.jsonl, args.metadata) if table is not None]
    for table in tables:
        _check_table(table)
    if len({table.resolve() for table in tables}) < len(tables):
        raise ValueError(f"--jsonl and --metadata both write {tables[0]}: give two names")
    checked(args.folder)
    task = FolderTask(
        args.folder, args.prefix, args.suffix, overwrite=args.overwrite, recursive=args.recursive, seed=args.seed
    )

    def tell(done: int, total: int, file: Captioned) -> None:
        what = "failed" if file.problem else "kept" if file.kept else " ".join(printable(file.text).split())
        print(f"{done}/{total} {shown(file.path, args.folder)}: {what}", flush=True)

    report = caption_folder(task, _captioner(args), on_done=tell)
    _write_tables(args, report)
    *failures, counts = report.lines()
    for line in failures:
        print(f"error: {line}", file=sys.stderr)
    print(counts)
    return FAILED if failures else 0


def _check_table(path: Path) -> None:
    """Raise for a place where no table can be written, or where a video, a picture or its caption lies."""
    from ..captions.files import PICTURES, VIDEOS

    media = VIDEOS | PICTURES
    is_caption = path.suffix == ".txt" and any(path.with_suffix(suffix).exists() for suffix in media)
    if path.suffix.lower() in media or is_caption:
        raise ValueError(
            f"{path} is the name of a video, a picture or a caption, which the table would replace: give another name, "
            "such as captions.jsonl or metadata.csv"
        )
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} does not exist")


def _write_tables(args: argparse.Namespace, report: FolderReport) -> None:
    from ..captions.tables import write_jsonl, write_metadata

    if args.jsonl is not None:
        write_jsonl(args.jsonl, report.captioned)
    if args.metadata is not None:
        write_metadata(args.metadata, report.captioned, args.folder)


def _captioner(args: argparse.Namespace) -> Captioner:
    if not args.llm_url:
        if args.llm_model:
            raise ValueError("--llm-model needs --llm-url, the base URL of the server that has it")
        if args.family not in (None, NANO):
            raise ValueError(f"without a server captions are those of {NANO}: give --llm-url and --llm-model")
        from ..captions.bundled import BundledCaptioner

        return BundledCaptioner.load(args.model, device=args.device)
    from ..language.captioning import ModelCaptioner
    from ..language.server import ChatServer
    from ..language.system_texts import family_named

    server = ChatServer(args.llm_url, args.llm_model, seconds=args.llm_seconds)
    return ModelCaptioner(server, family_named(WAN if args.family is None else args.family))
