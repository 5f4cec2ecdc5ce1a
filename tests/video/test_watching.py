"""Watches: what a reader tells comes once, and asking whether to go on always reaches the caller."""

import logging

import pytest

from sora_core.video.watching import LOG, Once, Unheard


class Asked:
    def __init__(self):
        self.told, self.checks = [], 0

    def check(self):
        self.checks += 1
        if self.checks > 2:
            raise KeyboardInterrupt

    def tell(self, text):
        self.told.append(text)


def test_each_thing_is_told_once():
    asked = Asked()
    once = Once(asked)
    for text in ("a", "b", "a"):
        once.tell(text)
    assert asked.told == ["a", "b"]


@pytest.mark.parametrize("wrapper", [Once, Unheard])
def test_an_interrupt_reaches_the_reader_through_every_watch(wrapper):
    asked = wrapper(watch := Asked())
    asked.check()
    asked.check()
    with pytest.raises(KeyboardInterrupt):
        asked.check()
    Unheard(watch).tell("nothing")
    assert watch.told == []


def test_without_a_watch_faults_are_warnings_of_the_log(caplog):
    LOG.check()
    with caplog.at_level(logging.WARNING):
        LOG.tell("clip.mp4 is damaged")
    assert [record.getMessage() for record in caplog.records] == ["clip.mp4 is damaged"]
