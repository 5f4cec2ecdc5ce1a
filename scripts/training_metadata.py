"""Writes into a model's files what it was trained on, which `sora_core.train dit` writes by itself.

python scripts/training_metadata.py FOLDER --captions FILE --clips FRAMESxHEIGHTxWIDTH [FRAMESxHEIGHTxWIDTH ...]
FILE has a caption of the training on each line. The tensors stay as they are, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sora_core.canvas.shapes import VideoShape  # noqa: E402  (needs the path above)
from sora_core.checkpoint.model_folders import ModelFolder  # noqa: E402
from sora_core.models.trained_on import clips_metadata, words_metadata  # noqa: E402
from sora_core.system.atomic_file import atomic_path  # noqa: E402
from sora_core.tensors.safetensors_file import read_header  # noqa: E402


def main(arguments: list[str]) -> int:
    """Change both files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with dit.safetensors and text_encoder.safetensors")
    parser.add_argument("--captions", type=Path, required=True, metavar="FILE", help="one caption per line")
    parser.add_argument("--clips", type=_shape, required=True, nargs="+", metavar="SHAPE", help="such as 17x64x64")
    options = parser.parse_args(arguments)
    captions = [line.strip() for line in options.captions.read_text(encoding="utf-8").splitlines() if line.strip()]
    files = ModelFolder(options.folder)
    add_metadata(files.text_encoder, words_metadata(captions))
    add_metadata(files.dit, clips_metadata(options.clips))
    return 0


def add_metadata(path: Path, more: Mapping[str, str]) -> None:
    """Add entries to the metadata of a safetensors file. Raises CheckpointError for a file that is none."""
    read_header(path)
    old = path.read_bytes()
    end = 8 + int.from_bytes(old[:8], "little")
    header = json.loads(old[8:end])
    header["__metadata__"] = {**header.get("__metadata__", {}), **more}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    with atomic_path(path) as temporary:
        temporary.write_bytes(len(text).to_bytes(8, "little") + text + old[end:])


def _shape(text: str) -> VideoShape:
    try:
        return VideoShape(*map(int, text.split("x")))
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected FRAMESxHEIGHTxWIDTH such as 17x64x64") from None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
