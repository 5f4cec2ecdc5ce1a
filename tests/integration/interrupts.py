"""Interrupts in every phase of a run inside ComfyUI: how much more is done after the user has asked.

Run by ComfyUI's interpreter: `interrupts.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from in_process import Comfy

FRAMES, ASKED_AFTER = 33, 3  # chunks of a phase that are done when the user asks


class Phases:
    """Counts chunks of work, and asks for an interrupt when the third of them is done."""

    def __init__(self, comfy: Comfy, temp: Path) -> None:
        self.management = importlib.import_module("comfy.model_management")
        self.comfy, self.temp, self.found = comfy, temp, {}
        self.done = 0

    def count(self, *_: Any) -> None:
        self.done += 1
        if self.done == ASKED_AFTER:
            self.management.interrupt_current_processing(True)

    def counted(self, frames: Iterator[Any]) -> Iterator[Any]:
        for frame in frames:
            yield frame
            self.count()

    def run(self, phase: str, work: Callable[[], Any]) -> None:
        """Chunks that were done after the interrupt, in all that there are, and the files that are left."""
        self.done, before = -(10**6), set(self.temp.iterdir())
        work()
        whole, self.done = self.done + 10**6, 0
        left = set(self.temp.iterdir()) - before
        for file in left:  # of the run that was not interrupted
            file.unlink()
        try:
            work()
            raise AssertionError(f"{phase} was not interrupted")
        except self.management.InterruptProcessingException:
            more = self.done - ASKED_AFTER
        finally:
            self.management.interrupt_current_processing(False)
        files = [file.name for file in set(self.temp.iterdir()) - before - left]
        self.found[phase] = {"whole": whole, "more": more, "files": files}


def main(comfyui: str, pack: str, folder: Path) -> dict[str, Any]:
    """Everything that the tests look at."""
    comfy = Comfy(comfyui, pack, folder)
    paths = importlib.import_module("folder_paths")
    temp = Path(paths.get_temp_directory())
    temp.mkdir(parents=True, exist_ok=True)
    comfy.part("sora_core.models.wan.vae.streaming").CHUNK_PIXELS = 1  # one latent at a time, as of large frames
    phases = Phases(comfy, temp)
    model, clip, vae = comfy.run("SoraLoadModel", model="nano (demo model)")
    text, *_ = comfy.run("SoraEncodeText", clip=clip, text="a red circle moves right on a black background")
    latent = {"samples": torch.zeros(1, vae.latent_channels, FRAMES // 4 + 1, 8, 8)}
    (film,) = comfy.run("SoraDecodeToVideo", samples=latent, vae=vae, fps=8.0)
    coder, images = vae.first_stage_model.vae, torch.rand(FRAMES, 64, 64, 3)
    encode = {"vae": vae, "size": 64, "fps": 8.0}

    reading = comfy.part("sora_core.video.decoding")
    packets = reading.packets
    reading.packets = lambda *given, **named: phases.counted(packets(*given, **named))
    phases.run("read", lambda: comfy.run("SoraEncodeVideo", source=film, **encode))
    reading.packets = packets

    hook = coder.encoder.register_forward_hook(phases.count)
    phases.run("encode a film", lambda: comfy.run("SoraEncodeVideo", source=film, **encode))
    phases.run("encode images", lambda: comfy.run("SoraEncodeVideo", source=images, **encode))
    hook.remove()

    settings = {"seed": 1, "steps": 6, "guidance": 1.0, "shift": 3.0, "positive": text, "negative": text}
    windowed, *_ = comfy.run("SoraWindows", model=model, context=1, new=4, noise=0.0)
    for phase, of in (("sample", model), ("sample in windows", windowed)):
        hook = of.model.diffusion_model.register_forward_hook(phases.count)
        phases.run(phase, lambda of=of: comfy.run("SoraSampler", model=of, latent=latent, **settings))
        hook.remove()

    hook = coder.decoder.register_forward_hook(phases.count)
    phases.run("decode", lambda: comfy.run("SoraVAEDecode", samples=latent, vae=vae))
    phases.run("decode to a file", lambda: comfy.run("SoraDecodeToVideo", samples=latent, vae=vae, fps=8.0))
    hook.remove()

    joining = comfy.part("sora_core.video.film_joining").JoinedFilm
    frames, nodes = joining.frames, comfy.part("nodes.output.join_videos")
    joining.frames = lambda film: phases.counted(frames(film))
    joined = {"first": images, "second": images, "overlap": 4}
    phases.run("join", lambda: comfy.run("SoraJoinVideos", **joined))
    nodes.HELD = 0
    hidden = comfy.ours["SoraJoinVideos"]
    phases.run("join to a file", lambda: hidden.PREPARE_CLASS_CLONE(None).execute(**joined))
    joining.frames = frames

    finishing = comfy.part("nodes.io.finished_file")
    read_frames = finishing.read_frames
    finishing.read_frames = lambda path: phases.counted(read_frames(path))
    lossless, write = Path(film.lossless), finishing.write_finished
    phases.run("write", lambda: write(lossless, temp / "written.mp4"))
    finishing.read_frames = read_frames

    encoder = comfy.part("nodes.canvas.clip_encoder")
    region_of = encoder.region_of
    encoder.region_of = lambda *given: (phases.count(), region_of(*given))[1]
    inpaint = {"source": images, "region": torch.ones(FRAMES, 64, 64), **encode}
    phases.run("fit masks", lambda: comfy.run("SoraInpaintVideo", **inpaint))
    return phases.found


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
