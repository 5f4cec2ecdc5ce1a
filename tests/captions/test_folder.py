"""A captioned folder: a file of text beside each video, what is there is kept, and every fault is one line."""

from __future__ import annotations

import os

import pytest

from chat_server import endless, failure, raw, serving, text
from media_folder import add_huge_picture, add_picture, add_video
from sora_core.captions.folder import MOST_ALIKE, FolderTask, caption_folder
from sora_core.language.captioning import ModelCaptioner
from sora_core.language.repair import AnswerError
from sora_core.language.results import BackEnd, Caption
from sora_core.language.server import ChatServer
from sora_core.language.system_texts import WAN

GOOD = "A grey square stands still on a plain table in soft light."
REFUSAL = text("I'm sorry, I can't help with that.")
GIBBERISH = text("xkcd qwrt zzzz bbbb " * 20)


class Known:
    """A Captioner that says how many frames it got; what is in `faults` it fails at."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults, self.described = list(faults), 0

    def describe(self, frames, fps, *, seed=0, poll=None):
        self.described += 1
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        return Caption(f"{frames.shape[0]} frames", BackEnd("known", "1"))


def asked(server, **options) -> ModelCaptioner:
    return ModelCaptioner(ChatServer(server.url, "see", **{"waits": (0.0, 0.0), "seconds": 20.0, **options}), WAN)


def problems(report) -> dict[str, str]:
    return {each.path.name: each.problem for each in report.failed}


def test_a_text_lies_beside_each_video_and_picture_with_the_words_around_it(tmp_path):
    add_video(tmp_path / "a.mp4")
    add_picture(tmp_path / "b.png")
    report = caption_folder(FolderTask(tmp_path, prefix="ohwx style, ", suffix="35mm film"), Known())
    assert (tmp_path / "a.txt").read_bytes() == b"ohwx style, 3 frames 35mm film\n"
    assert (tmp_path / "b.txt").read_text() == "ohwx style, 1 frames 35mm film\n"
    assert FolderTask(tmp_path, suffix=", film").worded("a dog ") == "a dog, film"
    assert FolderTask(tmp_path).worded(" a dog.\n") == "a dog."
    assert report.lines() == ["2 captions written, 0 kept, 0 files failed"]
    assert sorted(os.listdir(tmp_path)) == ["a.mp4", "a.txt", "b.png", "b.txt"]


def test_what_is_there_is_kept_unless_it_is_told_otherwise(tmp_path):
    add_video(tmp_path / "a.mp4")
    (tmp_path / "a.txt").write_text("by hand\n")
    known = Known()
    report = caption_folder(FolderTask(tmp_path), known)
    assert (known.described, report.lines()) == (0, ["0 captions written, 1 kept, 0 files failed"])
    assert report.captioned[0].text == "by hand"
    caption_folder(FolderTask(tmp_path, overwrite=True), known)
    assert (tmp_path / "a.txt").read_text() == "3 frames\n"


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        add_video(tmp_path / name)
    with pytest.raises(KeyboardInterrupt):
        caption_folder(FolderTask(tmp_path), Known(None, KeyboardInterrupt()))
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["a.txt"]
    known = Known()
    assert caption_folder(FolderTask(tmp_path), known).lines() == ["2 captions written, 1 kept, 0 files failed"]
    assert known.described == 2


def test_a_poll_ends_the_run_before_the_next_file(tmp_path):
    add_video(tmp_path / "a.mp4")

    def interrupt() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        caption_folder(FolderTask(tmp_path), Known(), poll=interrupt)


def test_folders_inside_are_captioned_where_that_is_asked_for(tmp_path):
    add_video(tmp_path / "deep" / "a.mp4")
    with pytest.raises(ValueError, match="has no videos or pictures"):
        caption_folder(FolderTask(tmp_path), Known())
    caption_folder(FolderTask(tmp_path, recursive=True), Known())
    assert (tmp_path / "deep" / "a.txt").exists()


def test_a_broken_video_and_a_huge_picture_in_the_middle_are_a_line_each(tmp_path):
    add_video(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(b"no video")
    (tmp_path / "c.mp4").touch()
    add_huge_picture(tmp_path / "d.png")
    add_video(tmp_path / "e.mp4")
    report = caption_folder(FolderTask(tmp_path), Known())
    assert list(problems(report)) == ["b.mp4", "c.mp4", "d.png"]
    assert "exceeds limit" in problems(report)["d.png"]
    assert len(report.lines()) == 4
    assert report.lines()[-1] == "2 captions written, 0 kept, 3 files failed"
    assert not any("\n" in line for line in report.lines())
    assert (tmp_path / "e.txt").exists()


def test_two_files_of_one_name_are_told_and_the_video_has_the_caption(tmp_path):
    add_video(tmp_path / "a.mp4")
    add_picture(tmp_path / "a.jpg")
    report = caption_folder(FolderTask(tmp_path), Known())
    assert problems(report) == {"a.jpg": "a.mp4 has the same name, and a.txt is its caption: rename one"}
    assert (tmp_path / "a.txt").read_text() == "3 frames\n"


def test_names_with_odd_characters_are_captioned_and_shown_in_one_line(tmp_path):
    odd = ["a b'c\"d.mp4", "%s {0} $HOME.mp4", "http:x.mp4", "-o.mp4", "\u7ea2\u7403.mp4", "new\nline\x1b[2J.mp4"]
    names = [*odd, os.fsdecode(b"latin\xe9.mp4")]
    for name in names:
        add_video(tmp_path / name)
    shown = []
    report = caption_folder(
        FolderTask(tmp_path), Known(), on_done=lambda done, total, file: shown.append((done, total))
    )
    assert problems(report) == {}
    assert {path.stem for path in tmp_path.glob("*.txt")} == {name.removesuffix(".mp4") for name in names}
    assert shown == [(done, 7) for done in range(1, 8)]
    report = caption_folder(FolderTask(tmp_path, overwrite=True), Known(*[ValueError("no\nway")] * 7))
    assert len(report.lines()) == 8
    assert not any("\n" in line or "\x1b" in line or "\udce9" in line for line in report.lines())
    assert "new\\nline\\x1b[2J.mp4: no way" in report.lines()


def test_links_that_lead_outside_are_not_followed_and_links_inside_are(tmp_path):
    folder = tmp_path / "clips"
    outside = add_video(tmp_path / "secret.mp4")
    add_video(folder / "a.mp4")
    (folder / "b.mp4").symlink_to(outside)
    (folder / "c.mp4").symlink_to(folder / "a.mp4")
    add_video(folder / "d.mp4")
    (tmp_path / "key").write_text("the key")
    (folder / "d.txt").symlink_to(tmp_path / "key")
    for overwrite in (False, True):
        report = caption_folder(FolderTask(folder, overwrite=overwrite), Known())
        assert {name: problem[:30] for name, problem in problems(report).items()} == {
            "b.mp4": "b.mp4 is a link to a place out",
            "d.mp4": "d.txt is a link to a place out",
        }
    assert (folder / "c.txt").exists()
    assert (tmp_path / "key").read_text() == "the key"


def test_a_folder_in_the_place_of_a_caption_is_told(tmp_path):
    add_video(tmp_path / "a.mp4")
    (tmp_path / "a.txt").mkdir()
    assert problems(caption_folder(FolderTask(tmp_path), Known())) == {"a.mp4": "a.txt is a folder: rename one of them"}


def test_pipes_in_a_folder_are_a_line_each_and_are_not_waited_for(tmp_path):
    for name in ("a.mp4", "b.png", "c.txt"):
        os.mkfifo(tmp_path / name)
    add_video(tmp_path / "c.mp4")
    found = problems(caption_folder(FolderTask(tmp_path), Known()))
    assert list(found) == ["a.mp4", "b.png", "c.mp4"]
    assert "a picture that can be read: it is not a file" in found["b.png"]
    assert found["c.mp4"] == "c.txt is not a file: rename one of them"


def test_words_that_no_file_can_hold_are_refused_before_anything_is_described(tmp_path):
    with pytest.raises(ValueError, match="expected text in UTF-8"):
        FolderTask(tmp_path, suffix="caf\udce9")


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_described(tmp_path, monkeypatch):
    add_video(tmp_path / "a.mp4")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="no permission to write captions in the folder"):
        caption_folder(FolderTask(tmp_path), Known())


def test_a_folder_inside_that_cannot_be_written_is_a_line(tmp_path, monkeypatch):
    add_video(tmp_path / "closed" / "a.mp4")
    add_video(tmp_path / "open" / "b.mp4")
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("closed"))
    known = Known()
    report = caption_folder(FolderTask(tmp_path, recursive=True), known)
    assert list(problems(report)) == ["a.mp4"]
    assert "no permission to write" in report.failed[0].problem
    assert known.described == 1


@pytest.mark.parametrize(("name", "error"), [("none", FileNotFoundError), ("a.mp4", NotADirectoryError)])
def test_what_is_no_folder_is_refused(tmp_path, name, error):
    add_video(tmp_path / "a.mp4")
    with pytest.raises(error, match=name):
        caption_folder(FolderTask(tmp_path / name), Known())


def test_every_fault_of_a_server_is_one_line_and_the_other_files_are_captioned(tmp_path):
    faults = {
        "refusal": ([REFUSAL, REFUSAL], "the answer is a refusal"),
        "gibberish": ([GIBBERISH, GIBBERISH], "the answer is no text"),
        "endless": ([endless(b"x" * 2**20)], "does not end its answer"),
        "status": ([failure(500, "out of memory")] * 3, "failed with status 500 (out of memory)"),
        "slow": ([endless(b" ", pause=0.2)], "did not answer within 3 seconds"),
        "json": ([raw(b'{"choices": [')], "answered with broken JSON"),
        "model": ([failure(404, "model not found")], "has no model 'see'"),
        "pictures": ([failure(413, "too large")], "does not take the request: the model may see no pictures"),
        "empty": ([text("")] * 2, "the answer is empty"),
    }
    answers = []
    for place, (name, (given, _)) in enumerate(faults.items()):
        add_video(tmp_path / f"{place}a {name}.mp4")
        add_video(tmp_path / f"{place}b good.mp4", frames=1)
        answers += [*given, text(GOOD)]
    with serving(*answers) as server:
        report = caption_folder(FolderTask(tmp_path), asked(server, seconds=3.0))
    assert [each.path.name[3:-4] for each in report.failed] == list(faults)
    for each, (name, (_, why)) in zip(report.failed, faults.items(), strict=True):
        assert why in each.problem, name
        assert "\n" not in each.problem
    assert {path.read_text() for path in tmp_path.glob("*.txt")} == {f"{GOOD}\n"}
    assert report.lines()[-1] == f"{len(faults)} captions written, 0 kept, {len(faults)} files failed"


def test_a_server_that_fails_again_and_again_is_not_asked_for_every_file(tmp_path):
    for place in range(MOST_ALIKE + 4):
        add_picture(tmp_path / f"{place}.png")
    with serving(failure(404)) as server:
        report = caption_folder(FolderTask(tmp_path), asked(server))
        assert len(server.asked) == MOST_ALIKE
    assert (len(report.failed), report.untried) == (MOST_ALIKE, 4)
    assert report.lines()[-2].endswith("failed in the same way: 4 more were not tried")


def test_answers_that_are_bad_do_not_end_the_run(tmp_path):
    for place in range(MOST_ALIKE + 2):
        add_picture(tmp_path / f"{place}.png")
    faults = [AnswerError("no")] * (MOST_ALIKE + 1)
    assert caption_folder(FolderTask(tmp_path), Known(*faults)).untried == 0


def test_a_bug_is_not_hidden_as_a_fault_of_a_file(tmp_path):
    add_picture(tmp_path / "a.png")
    with pytest.raises(RuntimeError, match="a bug"):
        caption_folder(FolderTask(tmp_path), Known(RuntimeError("a bug")))
    report = caption_folder(FolderTask(tmp_path), Known(MemoryError()))
    assert problems(report) == {"a.png": "out of memory: scale it down, or use a shorter part"}
