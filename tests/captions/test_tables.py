"""Tables of captions, in the forms that trainers read."""

from __future__ import annotations

import csv
import json
import os

from sora_core.captions.folder import Captioned
from sora_core.captions.tables import write_jsonl, write_metadata

TEXT = 'A sign says "hello, you".\nThen it falls.'


def test_lines_of_json_have_whole_paths_and_the_names_of_musubi(tmp_path):
    files = [Captioned(tmp_path / "a b.mp4", TEXT), Captioned(tmp_path / os.fsdecode(b"\xe9.png"), "x", kept=True)]
    write_jsonl(tmp_path / "captions.jsonl", files)
    video, picture = map(json.loads, (tmp_path / "captions.jsonl").read_text("utf-8").splitlines())
    assert video == {"video_path": str(tmp_path / "a b.mp4"), "caption": TEXT}
    assert picture == {"image_path": str(files[1].path), "caption": "x"}


def test_metadata_has_the_columns_of_diffsynth_and_paths_from_the_folder(tmp_path):
    files = [Captioned(tmp_path / "in" / "a,b.mp4", TEXT), Captioned(tmp_path / os.fsdecode(b"\xe9.png"), "x")]
    write_metadata(tmp_path / "metadata.csv", files, tmp_path)
    with (tmp_path / "metadata.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"video": "in/a,b.mp4", "prompt": TEXT}, {"video": os.fsdecode(b"\xe9.png"), "prompt": "x"}]
