"""The command that captions a folder: a line for each file, what failed at the end, and exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from chat_server import failure, serving, text
from media_folder import add_picture, add_video
from project_files import ROOT
from sora_core.cli.generate import main
from tiny_captioner import BLACK, WHITE

GOOD = "A grey square stands still on a plain table in soft light."


def caption(folder, *more) -> int:
    return main(["caption", str(folder), *map(str, more)])


def test_a_folder_is_captioned_by_the_model_and_a_second_run_keeps_all(tmp_path, captioned_model_folder, capsys):
    add_video(tmp_path / "a.mp4", shade=0, frames=17, side=64)
    add_video(tmp_path / "b.mp4", shade=255, frames=17, side=64)
    assert caption(tmp_path, "--model", captioned_model_folder) == 0
    assert (tmp_path / "a.txt").read_text() == f"{BLACK}\n"
    assert capsys.readouterr() == (
        f"1/2 a.mp4: {BLACK}\n2/2 b.mp4: {WHITE}\n2 captions written, 0 kept, 0 files failed\n",
        "",
    )
    assert caption(tmp_path, "--model", captioned_model_folder) == 0
    assert capsys.readouterr().out == "1/2 a.mp4: kept\n2/2 b.mp4: kept\n0 captions written, 2 kept, 0 files failed\n"


def test_a_server_captions_in_the_form_of_a_family_with_words_around_and_both_tables(tmp_path, capsys):
    clips = tmp_path / "clips"
    add_video(clips / "deep" / "a.mp4")
    with serving(text(GOOD)) as server:
        given = ["--llm-url", server.url, "--llm-model", "see", "--family", "ltx", "--recursive", "--prefix", "ohwx"]
        tables = ["--jsonl", tmp_path / "all.jsonl", "--metadata", clips / "metadata.csv"]
        assert caption(clips, *given, *tables) == 0
    assert "LTX-2" in server.asked[0].body["messages"][0]["content"]
    assert (clips / "deep" / "a.txt").read_text() == f"ohwx {GOOD}\n"
    assert (clips / "metadata.csv").read_text() == f"video,prompt\ndeep/a.mp4,ohwx {GOOD}\n"
    assert json.loads((tmp_path / "all.jsonl").read_text()) == {
        "video_path": str(clips / "deep" / "a.mp4"),
        "caption": f"ohwx {GOOD}",
    }
    assert capsys.readouterr().err == ""


def test_what_failed_stands_at_the_end_with_the_count_and_the_code_is_1(tmp_path, capsys):
    add_video(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(b"no video")
    add_picture(tmp_path / "c.png")
    with serving(failure(404), text(GOOD)) as server:
        tables = ["--metadata", tmp_path / "metadata.csv"]
        assert caption(tmp_path, "--llm-url", server.url, "--llm-model", "see", *tables) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "1/3 a.mp4: failed"
    assert out.splitlines()[-1] == "1 captions written, 0 kept, 2 files failed"
    assert [line.split(":")[1] for line in err.splitlines()] == [" a.mp4", " b.mp4"]
    assert (tmp_path / "metadata.csv").read_text() == f"video,prompt\nc.png,{GOOD}\n"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--model", "tiny"], "there is no model 'tiny'"),
        (["--family", "wan"], "give --llm-url and --llm-model"),
        (["--llm-model", "see"], "--llm-model needs --llm-url"),
        (["--llm-url", "localhost:1", "--llm-model", "see"], "expected an http or https address"),
        (["--llm-url", "http://h", "--llm-model", "m", "--family", "sdxl"], "got the model family"),
        (["--jsonl", "none/a.jsonl"], "the folder none does not exist"),
        (["--metadata", "."], ". is a folder; give the name of a file"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(tmp_path, given, why, capsys):
    add_video(tmp_path / "a.mp4")
    assert caption(tmp_path, *given) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("name", ["a.mp4", "new.MP4", "b.png", "a.txt"])
def test_a_table_never_replaces_a_video_a_picture_or_a_caption(tmp_path, name, capsys):
    add_video(tmp_path / "a.mp4")
    add_picture(tmp_path / "b.png")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for option in ("--jsonl", "--metadata"):
        assert caption(tmp_path, option, tmp_path / name, "--llm-url", "http://localhost:1", "--llm-model", "see") == 2
        assert f"{name} is the name of a video, a picture or a caption" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_two_tables_of_one_name_are_refused(tmp_path, capsys):
    add_video(tmp_path / "a.mp4")
    tables = ["--jsonl", tmp_path / "table", "--metadata", tmp_path / "table"]
    assert caption(tmp_path, *tables, "--llm-url", "http://localhost:1", "--llm-model", "see") == 2
    assert "--jsonl and --metadata both write" in capsys.readouterr().err


def test_a_model_without_a_captioner_and_a_folder_that_is_none_are_one_line(tmp_path, tiny_model_folder, capsys):
    assert caption(tmp_path, "--model", tiny_model_folder) == 2
    assert "has no captioner yet" in capsys.readouterr().err
    assert caption(tmp_path / "none") == 2
    assert capsys.readouterr().err == f"error: there is no folder {tmp_path / 'none'}\n"


@pytest.mark.posix
@pytest.mark.slow
def test_a_run_that_is_ended_says_that_it_goes_on(tmp_path):
    add_video(tmp_path / "a.mp4")
    add_video(tmp_path / "b.mp4")

    def end(handler) -> None:
        run.send_signal(signal.SIGTERM)

    with serving(text(GOOD), end) as server:
        given = ["--llm-url", server.url, "--llm-model", "see"]
        run = subprocess.Popen(
            [sys.executable, "-m", "sora_core", "caption", str(tmp_path), *given],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        out, err = run.communicate(timeout=300)
    assert run.returncode == 143
    assert err == "interrupted; the captions that were written stay, and the next run goes on after them\n"
    assert out == f"1/2 a.mp4: {GOOD}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "a.txt", "b.mp4"]
