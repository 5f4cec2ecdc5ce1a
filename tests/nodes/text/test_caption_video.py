"""Sora Caption Video: the bundled captioner, a server or a CLIP describe a video, and what is wrong in one line."""

from __future__ import annotations

import pytest
import torch

from chat_server import endless, failure, serving, text
from headless.pack import import_from_pack
from media_folder import add_video
from node_runs import run
from sora_core.video.video_io import write_video
from tiny_captioner import BLACK, WHITE, save_captioner

GOOD = "A grey square stands still on a plain table in soft light."
GIVEN = {"family": "nano", "seed": 1, "server_url": "", "server_model": "", "fps": 8.0, "model": "tiny"}


@pytest.fixture
def host(nodes, tmp_path, captioned_model_folder):
    """The host; its model "tiny" has a captioner."""
    (tmp_path / "models" / "tiny").unlink()
    (tmp_path / "models" / "tiny").symlink_to(captioned_model_folder, target_is_directory=True)
    return import_from_pack("nodes.host").current()


def caption(nodes, source, **given):
    return run(nodes["SoraCaptionVideo"], source=source, **{**GIVEN, **given})


def test_a_batch_of_images_is_described_by_the_captioner_of_a_model(nodes, host, said):
    told, facts = caption(nodes, torch.ones(17, 64, 64, 3))
    assert told == WHITE
    assert "colour of object 1: blue" in facts.splitlines()
    assert caption(nodes, torch.zeros(1, 64, 64, 4))[0] == BLACK
    assert said == []


def test_a_video_file_is_described_and_its_sound_is_not_read(nodes, host, tmp_path, monkeypatch):
    protocol = import_from_pack("nodes.host.protocol")
    monkeypatch.setattr(protocol, "read_sound", lambda *given, **more: pytest.fail("sound was read"))
    video = host.video_from_file(add_video(tmp_path / "a.mp4", shade=255, frames=17, side=64))
    assert caption(nodes, video)[0] == WHITE


def test_of_a_video_that_a_server_describes_only_the_frames_that_it_sees_are_kept(nodes, host, tmp_path):
    write_video(tmp_path / "long.mp4", [torch.zeros(16, 16, 3, dtype=torch.uint8)] * 100, 10.0)
    with serving(text(GOOD)) as server:
        given = {"family": "wan", "server_url": server.url, "server_model": "see"}
        told, facts = caption(nodes, host.video_from_file(tmp_path / "long.mp4"), **given)
    assert told == GOOD
    assert "colour: gray" in facts
    content = server.asked[0].body["messages"][1]["content"]
    assert [each["type"] for each in content] == ["image_url"] * 8 + ["text"]
    assert content[-1]["text"].endswith("9.90 seconds.")


def test_what_was_cut_off_is_told(nodes, host, said):
    caption(nodes, torch.zeros(17, 64, 160, 3))
    assert said == ["The captioner saw the middle 40% of the picture", "It was trained on 64x64 and the like"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"model": "nano (demo model)"}, "has no captioner yet"),
        ({"model": "gone"}, "there is no model 'gone'"),
        ({"family": "wan"}, "no language model was given"),
        ({"server_url": "http://localhost:1"}, "no model was given"),
        ({"server_url": "localhost"}, "expected an http or https address"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(nodes, host, given, why, monkeypatch):
    folders = import_from_pack("sora_core.checkpoint.model_folders").ModelFolder
    monkeypatch.setattr(folders, "captioner", property(lambda folder: folder.path / "none"))
    with pytest.raises(ValueError, match=why) as raised:
        caption(nodes, torch.zeros(1, 8, 8, 3), **given)
    assert "\n" not in str(raised.value)


def test_a_server_that_fails_and_one_that_only_refuses_are_told(nodes, host):
    with serving(failure(404), text("I'm sorry, I can't.")) as server:
        given = {"server_url": server.url, "server_model": "see"}
        with pytest.raises(OSError, match="has no model 'see'"):
            caption(nodes, torch.zeros(1, 8, 8, 3), **given)
        with pytest.raises(ValueError, match="gave no description: the answer is a refusal"):
            caption(nodes, torch.zeros(1, 8, 8, 3), **given)


def test_the_user_interrupts_while_the_server_thinks(nodes, host, monkeypatch):
    calls = []

    class Bar:
        def update(self, done, preview=None):
            calls.append(done)
            if len(calls) > 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(host, "progress", lambda total, work: Bar(), raising=False)
    with serving(endless(b" ", pause=0.05)) as server, pytest.raises(KeyboardInterrupt):
        caption(nodes, torch.zeros(1, 8, 8, 3), server_url=server.url, server_model="see")
    assert calls == [0, 0, 0]


def test_a_clip_describes_and_is_unloaded_where_that_is_asked_for(nodes, host, monkeypatch):
    unloaded = []

    class Model:
        backend = import_from_pack("sora_core.language").BackEnd("clip", "1")

        def reply(self, messages, *, words, seed, poll):
            return f"{GOOD} There are {len(messages[1].pictures)} frames."

    monkeypatch.setattr(host, "language_model", lambda clip, *, pictures: Model() if pictures else None, raising=False)
    monkeypatch.setattr(host, "unload", unloaded.append, raising=False)
    clip = object()
    assert caption(nodes, torch.zeros(3, 8, 8, 3), clip=clip)[0] == f"{GOOD} There are 3 frames."
    assert unloaded == []
    caption(nodes, torch.zeros(3, 8, 8, 3), clip=clip, unload=True)
    assert unloaded == [clip]
    with pytest.raises(ValueError, match="got both clip and server_url"):
        caption(nodes, torch.zeros(3, 8, 8, 3), clip=clip, server_url="http://localhost:1")


def test_a_captioner_beside_a_model_is_found_when_it_is_made(nodes, tmp_path, tiny_model_folder):
    folder = tmp_path / "models" / "tiny"
    folder.unlink()
    folder.mkdir()
    for file in tiny_model_folder.iterdir():
        (folder / file.name).symlink_to(file)
    with pytest.raises(ValueError, match="has no captioner yet"):
        caption(nodes, torch.zeros(17, 64, 64, 3))
    save_captioner(folder, BLACK)
    assert caption(nodes, torch.zeros(17, 64, 64, 3))[0] == BLACK
