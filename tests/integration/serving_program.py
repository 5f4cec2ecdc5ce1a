"""ServingProgram: a program that serves an address of this machine, started for tests and ended with them."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

START_SECONDS = 240


class ServingProgram:
    """A running program; use it in a with statement.

    health: URL that answers when it is up. log_file: for what it prints. environment: added to that of the tests.
    """

    def __init__(
        self,
        command: list[str],
        health: str,
        log_file: Path,
        *,
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.command, self.health, self.log_file = command, health, log_file
        self.folder, self.environment = folder, environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ServingProgram:
        environment = {**os.environ, **self.environment}
        environment.pop("PYTHONPATH", None)
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                preexec_fn=die_with_the_tests if sys.platform == "linux" else None,
            )
        try:
            self._wait_until_up(self._process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {process.returncode}:\n{self.log[-3000:]}")
            try:
                with urllib.request.urlopen(self.health, timeout=60):
                    return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError(f"{self.command[0]} did not start within {START_SECONDS} s:\n{self.log[-3000:]}")


def die_with_the_tests() -> None:
    """Ask Linux to end this process when its parent does: tests that are killed stop nothing themselves."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
