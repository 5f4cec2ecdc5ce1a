"""Starts a real ComfyUI on the CPU for tests, in folders of its own, and talks to it over HTTP."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.serving_program import ServingProgram, free_port

PACK = Path(__file__).resolve().parents[2]
PACK_NAME = "sora_video_under_test"
RUN_SECONDS = 240


@dataclass(frozen=True)
class Installation:
    """Where ComfyUI is and the interpreter that runs it: COMFYUI_PATH and COMFYUI_PYTHON, else ~/ComfyUI."""

    path: Path
    python: Path

    @classmethod
    def find(cls) -> Installation:
        path = Path(os.environ.get("COMFYUI_PATH", Path.home() / "ComfyUI"))
        return cls(path, Path(os.environ.get("COMFYUI_PYTHON", path / "venv" / "bin" / "python")))

    def missing(self) -> str | None:
        """What is not there; None where all is."""
        if not (self.path / "main.py").is_file():
            return f"no ComfyUI in {self.path} (set COMFYUI_PATH)"
        if not self.python.is_file():
            return f"no interpreter {self.python} (set COMFYUI_PYTHON)"
        return None


class ComfyServer:
    """A running ComfyUI; use it in a with statement."""

    def __init__(self, installation: Installation, base: Path, front_end: Path | None = None) -> None:
        self.base = base
        for folder in ("custom_nodes", "input", "output", "temp", "user", "models/diffusion_models"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        (base / "custom_nodes" / PACK_NAME).symlink_to(PACK, target_is_directory=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [str(installation.python), "main.py", "--cpu", "--listen", "127.0.0.1"]
        command += ["--port", str(self.port), "--base-directory", str(base), "--disable-auto-launch"]
        command += ["--database-url", "sqlite:///:memory:", "--disable-api-nodes"]
        command += ["--front-end-root", str(front_end)] if front_end else []
        self._program = ServingProgram(
            command,
            f"{self.url}/system_stats",
            base / "server.log",
            folder=installation.path,
            environment={"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        )

    def __enter__(self) -> ComfyServer:
        self._program.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.__exit__()

    @property
    def log(self) -> str:
        return self._program.log

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.load(answer)

    def get_bytes(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return answer.read()

    def post(self, path: str, document: Any) -> Any:
        """The parsed answer; also that of a refusal."""
        request = urllib.request.Request(
            self.url + path, json.dumps(document).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refusal:
            text = refusal.read()
        return json.loads(text) if text else None

    def queue(self, graph: dict[str, Any]) -> str:
        """Queue a graph; its prompt id."""
        answer = self.post("/prompt", {"prompt": graph, "client_id": "test"})
        assert "prompt_id" in answer, json.dumps(answer, indent=1)
        return answer["prompt_id"]

    def finish(self, prompt_id: str) -> dict[str, Any]:
        """Wait until a prompt has ended, in whichever way; its entry in the history."""
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline:
            history = self.get(f"/history/{prompt_id}")
            if prompt_id in history:
                return history[prompt_id]
            time.sleep(0.2)
        raise TimeoutError(f"prompt {prompt_id} did not end within {RUN_SECONDS} s\n{self.log[-3000:]}")

    def run(self, graph: dict[str, Any]) -> dict[str, Any]:
        """Queue a graph, wait, and demand success."""
        entry = self.finish(self.queue(graph))
        assert entry["status"]["status_str"] == "success", json.dumps(entry["status"], indent=1) + self.log[-3000:]
        return entry

    def saved_files(self, entry: dict[str, Any]) -> list[Path]:
        """What the output nodes of a finished prompt have written."""
        saved = [image for output in entry["outputs"].values() for image in output.get("images", [])]
        return [self.base / image["type"] / image["subfolder"] / image["filename"] for image in saved]


def newest_front_end() -> Path | None:
    """Static files of the comfyui-frontend-package in our own environment (the `browser` extra), if it is there."""
    try:
        import comfyui_frontend_package
    except ModuleNotFoundError:
        return None
    return Path(comfyui_frontend_package.__file__).parent / "static"
