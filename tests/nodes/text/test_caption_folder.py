"""Sora Caption Folder: captions beside the files of a folder inside the input folder, and no other."""

from __future__ import annotations

import pytest

from chat_server import failure, serving, text
from headless.pack import import_from_pack
from media_folder import add_picture, add_video
from node_runs import run

GOOD = "A grey square stands still on a plain table in soft light."
GIVEN = {
    "folder": "clips",
    "family": "wan",
    "server_url": "",
    "server_model": "see",
    "words": "{caption}",
    "recursive": False,
    "overwrite": False,
    "table": "none",
    "model": "tiny",
}


@pytest.fixture
def clips(nodes, tmp_path):
    """The folder `clips` of the input folder, with a video and a picture."""
    folder = tmp_path / "input" / "clips"
    add_video(folder / "a.mp4")
    add_picture(folder / "b.png")
    folders = import_from_pack("headless.folders").Folders
    folders.install(folders(tmp_path / "input", tmp_path / "output"))
    return folder


def caption(nodes, **given) -> str:
    (report,) = run(nodes["SoraCaptionFolder"], **{**GIVEN, **given})
    return report


def test_each_file_gets_its_caption_and_a_table_is_written_where_that_is_asked_for(nodes, clips, said):
    with serving(text(GOOD)) as server:
        report = caption(nodes, server_url=server.url, words="ohwx", table="metadata.csv")
        assert report == "2 captions written, 0 kept, 0 files failed"
        assert caption(nodes, server_url=server.url, table="captions.jsonl").startswith("0 captions written, 2 kept")
    assert (clips / "a.txt").read_text() == f"ohwx {GOOD}\n"
    assert (clips / "metadata.csv").read_text() == f"video,prompt\na.mp4,ohwx {GOOD}\nb.png,ohwx {GOOD}\n"
    assert len((clips / "captions.jsonl").read_text().splitlines()) == 2
    assert said == [report, "0 captions written, 2 kept, 0 files failed"]


def test_the_folder_is_listed_once(nodes, clips, monkeypatch):
    listed = []
    for name in ("nodes.text.caption_folder", "sora_core.captions.folder"):
        module = import_from_pack(name)
        monkeypatch.setattr(
            module,
            "media_in",
            lambda *given, find=module.media_in, **more: listed.append(given) or find(*given, **more),
        )
    with serving(text(GOOD)) as server:
        caption(nodes, server_url=server.url)
    assert len(listed) == 1


def test_a_file_that_fails_is_in_the_report_and_the_others_have_captions(nodes, clips, said):
    with serving(failure(404), text(GOOD)) as server:
        failed, counts = caption(nodes, server_url=server.url).splitlines()
    assert failed.startswith("a.mp4: the server 127.0.0.1")
    assert said == [f"{failed[:56].rstrip()}...", counts]
    assert counts == "1 captions written, 0 kept, 1 files failed"


@pytest.mark.parametrize("folder", ["..", "../..", "/", "clips/../..", "escape", "a\0b"])
def test_a_folder_elsewhere_is_refused(nodes, clips, folder):
    (clips.parent / "escape").symlink_to(clips.parent.parent)
    with pytest.raises(ValueError, match="expected one inside the input folder") as raised:
        caption(nodes, folder=folder, server_url="http://localhost:1")
    assert str(clips.parent) in str(raised.value)


def test_a_folder_that_is_not_there_and_an_empty_one_are_told(nodes, clips):
    with pytest.raises(OSError, match="there is no folder"):
        caption(nodes, folder="none", server_url="http://localhost:1")
    with pytest.raises(ValueError, match="has no videos or pictures"):
        caption(nodes, folder="", server_url="http://localhost:1")


def test_a_graph_runs_again_when_files_are_added_and_not_when_nothing_changed(nodes, clips):
    state = nodes["SoraCaptionFolder"].fingerprint_inputs
    before = state(folder="clips", recursive=False, table="none")
    assert state(folder="clips", recursive=False, table="none") == before
    add_picture(clips / "c.png")
    assert state(folder="clips", recursive=False, table="none") != before
    assert state(folder="..", recursive=False) == ""


def test_a_link_to_nothing_does_not_hide_new_files(nodes, clips):
    state = nodes["SoraCaptionFolder"].fingerprint_inputs
    (clips / "lost.mp4").symlink_to("nothing.mp4")
    before = state(folder="clips", recursive=False)
    add_picture(clips / "c.png")
    assert state(folder="clips", recursive=False) != before


def test_the_user_interrupts_between_files_and_what_was_written_stays(nodes, clips, monkeypatch):
    class Bar:
        def __init__(self, total, work):
            assert total == 2

        def update(self, done, preview=None):
            if done == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(import_from_pack("nodes.host").current(), "progress", Bar, raising=False)
    with serving(text(GOOD)) as server, pytest.raises(KeyboardInterrupt):
        caption(nodes, server_url=server.url)
    assert [path.name for path in clips.glob("*.txt")] == ["a.txt"]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("{caption}", ("", "")),
        ("ohwx, {caption} film", ("ohwx, ", " film")),
        ("ohwx", ("ohwx", "")),
        ("", ("", "")),
        ("{x} {caption} {caption}", ("{x} ", " {caption}")),
    ],
)
def test_words_stand_around_a_caption_or_before_it(words, parts):
    assert import_from_pack("nodes.text.caption_folder").around(words) == parts
