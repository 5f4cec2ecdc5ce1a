"""Our VAE inside ComfyUI where memory is short: which way frames go, what comes out, and what is taken meanwhile.

Run by ComfyUI's interpreter: `tiled_vae.py COMFYUI PACK FOLDER`. Prints what was found as one line of JSON. The CPU
plays a device of its own with as little memory as is said.
"""

from __future__ import annotations

import json
import random
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from in_process import Comfy, largest
from torch.utils._python_dispatch import TorchDispatchMode

WIDTH, HEIGHT, FRAMES, FPS = 256, 160, 9, 8.0
CPU = torch.device("cpu")
LEAST = 128  # pixels to a side of a tile, so that the clip can be small
PLENTY = 10**15
NEVER = 10**9


@dataclass
class Bench:
    """The bundled VAE with a clip of its world."""

    comfy: Comfy
    vae: Any
    clip: torch.Tensor  # IMAGEs
    latents: torch.Tensor

    @classmethod
    def of(cls, comfy: Comfy) -> Bench:
        """Latents come from whole frames."""
        world, shapes = comfy.part("sora_core.world.flat"), comfy.part("sora_core.canvas.shapes")
        scenes = world.sample_scenes(world.held_out()[:1], random.Random(0))
        pixels = world.render(scenes, shapes.VideoShape(FRAMES, HEIGHT, WIDTH), FPS)
        *_, vae = comfy.run("SoraLoadModel", model="nano (demo model)")
        clip = pixels[0].movedim(0, -1).add(1).div(2)
        return cls(comfy, vae, clip, vae.first_stage_model.encode(pixels))

    @property
    def native_vae(self) -> Any:
        """The module of the pack."""
        return self.comfy.part("nodes.comfy.vae")

    @property
    def core(self) -> Any:
        """The VAE as the core has it."""
        return self.vae.first_stage_model.vae

    def decoding(self, latents: torch.Tensor | None = None) -> Any:
        """What it takes to decode."""
        shape = (self.latents if latents is None else latents).shape
        return self.vae.first_stage_model.decoding(shape, torch.float32)

    def encoding(self) -> Any:
        """What it takes to encode."""
        return self.vae.first_stage_model.encoding((1, 3, FRAMES, HEIGHT, WIDTH), torch.float32)

    def all_ways(self, shares: bool = False) -> list[Any]:
        """Ways in which the clip could go."""
        return list(self.decoding()._all_tilings(None if shares else CPU))

    def decoded(self, latents: torch.Tensor | None = None) -> list[torch.Tensor]:
        """Chunks of the stream."""
        return list(self.vae.decode_stream(self.latents if latents is None else latents))

    def encoded(self) -> torch.Tensor:
        """Latents by the host's node."""
        return self.comfy.run("VAEEncode", vae=self.vae, pixels=self.clip)[0]["samples"]

    def decoded_by(self, way: Any, latents: torch.Tensor | None = None) -> torch.Tensor:
        """Frames by the core alone."""
        statistics = self.vae.first_stage_model.statistics
        normal = statistics.normalise(self.latents if latents is None else latents)
        return torch.cat(list(way.decode_stream(self.core, normal) if way else self.core.decode_stream(normal)), 2)

    def encoded_by(self, way: Any) -> torch.Tensor:
        """Latents by the core alone."""
        pixels = self.clip.movedim(-1, 0)[None].mul(2).sub(1)
        coded = way.encode_stream(self.core, [pixels]) if way else self.core.encode_stream([pixels])
        return self.vae.first_stage_model.statistics.denormalise(torch.cat(list(coded), 2))

    @contextmanager
    def memory(self, free: int, room: int = PLENTY, shares: bool = False) -> Iterator[None]:
        """The host believes in so much on the device and beside it."""
        import comfy.model_management as management

        here = self.native_vae
        was, kinds = management.get_free_memory, here.SHARES_MEMORY

        def get_free_memory(device: Any = None, torch_free_too: bool = False) -> Any:
            found = room if device is here.CPU else free  # the device that is played is another object
            return (found, found) if torch_free_too else found

        management.get_free_memory, here.SHARES_MEMORY = get_free_memory, kinds if shares else set()
        try:
            yield
        finally:
            management.get_free_memory, here.SHARES_MEMORY = was, kinds

    @contextmanager
    def limited(self, places: int = NEVER, after: int = 0, failures: int = NEVER) -> Iterator[list[list[int]]]:
        """Grids as they are coded; one of more places fails, once `after` were, at most so often."""
        kind, seen, left = type(self.core), [], [failures]
        decode, encode = kind._decode_chunk, kind._encode_chunk

        def guarded(chunk: torch.Tensor, scale: int, work: Callable[[], Any]) -> Any:
            grid = [side // scale for side in chunk.shape[-2:]]
            if grid[0] * grid[1] > places and len(seen) >= after and left[0] > 0:
                left[0] -= 1
                raise torch.OutOfMemoryError
            seen.append(grid)
            return work()

        kind._decode_chunk = lambda vae, x, cache: guarded(x, 1, lambda: decode(vae, x, cache))
        kind._encode_chunk = lambda vae, x, cache: guarded(x, 8, lambda: encode(vae, x, cache))
        try:
            yield seen
        finally:
            kind._decode_chunk, kind._encode_chunk = decode, encode


def unlike(grids: list[list[int]]) -> list[list[int]]:
    """Each once, in the order in which they came."""
    return [list(grid) for grid in dict.fromkeys(map(tuple, grids))]


def plenty(bench: Bench) -> dict[str, Any]:
    """Enough memory, as ever; and a frame too small to be cut where there is none."""
    small = bench.latents[..., :12, :16]
    with bench.limited() as grids:
        decoded, encoded = torch.cat(bench.decoded(), 2), bench.encoded()
    with bench.memory(0), bench.limited() as of_small:
        cropped = torch.cat(bench.decoded(small), 2)
    return {
        "grids": unlike(grids),
        "decoded": largest(decoded, bench.decoded_by(None)),
        "encoded": largest(encoded, bench.encoded_by(None)),
        "grids of small": unlike(of_small),
        "small": largest(cropped, bench.decoded_by(None, small)),
    }


def short(bench: Bench) -> list[dict[str, Any]]:
    """For each way just the memory that it takes."""
    found, whole = [], (bench.decoded_by(None), bench.encoded_by(None))
    for way in bench.all_ways():
        with bench.memory(bench.decoding().on_device(way)), bench.limited() as grids:
            decoded = torch.cat(bench.decoded(), 2)
        with bench.memory(bench.encoding().on_device(way)), bench.limited() as of_encoder:
            encoded = bench.encoded()
        found.append(
            {
                "size": None if way is None else way.size,
                "grids": [unlike(grids), unlike(of_encoder)],
                "own": [largest(decoded, bench.decoded_by(way)), largest(encoded, bench.encoded_by(way))],
                "largest": [largest(decoded, whole[0]), largest(encoded, whole[1])],
                "mean": [
                    (one - other).abs().mean().item() for one, other in zip((decoded, encoded), whole, strict=True)
                ],
            }
        )
    return found


def ladder(bench: Bench) -> dict[str, list[Any]]:
    """Sizes of tiles for 1920x1080 by Wan 2.1's VAE, on a device with memory of its own and on the CPU."""
    here, shape = bench.native_vae, bench.comfy.part("sora_core.canvas.shapes").VideoShape(81, 1080, 1920)
    need, found = here.StreamMemory(shape, 8, 192, 2), {}
    for name, shares in (("own", False), ("shared", True)):
        ways = []
        for free in (PLENTY, 16e9, 10e9, 6e9, 3e9, 0):
            with bench.memory(free, shares=shares):
                way = need.tilings(torch.device("cpu"))[0]
            ways.append(None if way is None else [way.size, way.overlap, way.offload is not None])
        found[name] = ways
    return found


def no_room(bench: Bench) -> dict[str, Any]:
    """Nowhere to park: on a device of its own, and on one that shares the CPU's memory."""
    with bench.memory(0, room=0), bench.limited() as grids:
        bench.decoded()
    with bench.memory(0, room=0, shares=True), bench.limited() as shared:
        decoded = torch.cat(bench.decoded(), 2)
    way = bench.all_ways(shares=True)[1]
    return {"own": unlike(grids), "shared": unlike(shared), "error": largest(decoded, bench.decoded_by(way))}


def nodes(bench: Bench) -> dict[str, Any]:
    """Every node that codes, with memory for tiles alone; the host's tiled ones beside what they give with plenty."""
    latent = {"samples": bench.latents}
    tiles = {"tile_size": 128, "overlap": 32, "temporal_size": 64, "temporal_overlap": 8}

    def coded() -> dict[str, torch.Tensor]:
        run, vae = bench.comfy.run, bench.vae
        (video,) = run("SoraDecodeToVideo", samples=latent, vae=vae, fps=FPS)
        return {
            "SoraVAEDecode": run("SoraVAEDecode", samples=latent, vae=vae)[0],
            "SoraDecodeToVideo": video.get_components().images,
            "VAEDecode": run("VAEDecode", samples=latent, vae=vae)[0],
            "VAEEncode": run("VAEEncode", pixels=bench.clip, vae=vae)[0]["samples"],
            "VAEDecodeTiled": run("VAEDecodeTiled", samples=latent, vae=vae, **tiles)[0],
            "VAEEncodeTiled": run("VAEEncodeTiled", pixels=bench.clip, vae=vae, **tiles)[0]["samples"],
        }

    expected = coded()
    with bench.memory(0):
        found = coded()
    return {name: [list(x.shape), (x - expected[name]).abs().mean().item()] for name, x in found.items()}


def out_of_memory(bench: Bench) -> dict[str, Any]:
    """Errors at the first chunk and in the middle; the frames are those of the way that worked from then on."""
    ways, said = bench.all_ways(), []
    last = ways[-1].size // 8
    bench.native_vae.log.warning = lambda text, *values: said.append(text % values)
    cases = {
        "first": {"places": last * last},
        "middle": {"places": last * last, "after": 2},
        "once": {"failures": 1, "places": 0, "after": 1},
    }
    found = {}
    for name, how in cases.items():
        said.clear()
        with bench.memory(PLENTY), bench.limited(**how) as grids:
            chunks = bench.decoded()
        messages = list(said)
        with bench.memory(PLENTY), bench.limited(**how):
            encoded = bench.encoded()
        given = 0 if name == "first" else sum(chunk.shape[2] for chunk in chunks[: how["after"]])
        rest = ways[1] if name == "once" else ways[-1]
        expected = torch.cat([bench.decoded_by(None)[:, :, :given], bench.decoded_by(rest)[:, :, given:]], 2)
        found[name] = {
            "said": messages,
            "grids": unlike(grids),
            "lengths": [chunk.shape[2] for chunk in chunks],
            "decoded": largest(torch.cat(chunks, 2), expected),
            "encoded": (encoded - bench.encoded_by(None)).abs().mean().item(),
        }
    with bench.memory(PLENTY), bench.limited(places=0, failures=len(ways)):
        host = bench.comfy.part("nodes.host").current()
        chunks = list(host.decode_chunks(bench.vae, bench.latents))
    found["host"] = {
        "lengths": [chunk.shape[2] for chunk in chunks],
        "decoded": largest(torch.cat(chunks, 2).clamp(-1, 1), bench.decoded_by(None).clamp(-1, 1)),
    }
    try:
        with bench.memory(PLENTY), bench.limited(places=0):
            bench.decoded()
    except torch.OutOfMemoryError:
        found["never"] = "out of memory"
    del bench.native_vae.log.warning
    return found


def batch(bench: Bench) -> list[float]:
    """Two clips at once need twice the memory."""
    two = torch.cat([bench.latents, bench.latents.flip(-1)])
    way = bench.all_ways()[-1]
    with bench.memory(bench.decoding(two).on_device(way)):
        error = largest(torch.cat(bench.decoded(two), 2), bench.decoded_by(way, two))
    return [bench.decoding(two).on_device() / bench.decoding().on_device(), error]


class Live(TorchDispatchMode):
    """Counts bytes of all tensors that are made and not yet freed; `peak` is the most there were."""

    def __init__(self, known: torch.nn.Module) -> None:
        super().__init__()
        self._sizes = {weight.untyped_storage()._cdata: 0 for weight in known.parameters()}
        self._now = self.peak = 0

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = operation(*args, **(kwargs or {}))
        for tensor in torch.utils._pytree.tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._add(tensor.untyped_storage())
        return made

    def _add(self, storage: Any) -> None:
        key = storage._cdata
        if key not in self._sizes:
            self._sizes[key] = storage.nbytes()
            self._now += storage.nbytes()
            self.peak = max(self.peak, self._now)
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self._now -= self._sizes.pop(key)


def estimates(bench: Bench) -> dict[str, float]:
    """What is really taken, of what is reckoned with: 1920x1088 in bfloat16 by VAEs without numbers, of real widths."""
    vae = bench.comfy.part("sora_core.models.wan.vae")
    configs = {
        "wan_2_1": vae.VAEConfig(),
        "wan_2_2": vae.VAEConfig(dim=160, decoder_dim=256, z_dim=48, patch_size=2, shortcuts=True),
        "nano": bench.core.config,
    }
    attention, found = torch.nn.functional.scaled_dot_product_attention, {}
    torch.nn.functional.scaled_dot_product_attention = lambda q, *_: torch.empty_like(q)  # meta has no kernel for it
    for name, config in configs.items():
        coder = bench.native_vae.RawVAE(vae.VideoVAE(config, device="meta", dtype=torch.bfloat16))
        pixels = torch.empty(1, 3, 5, 1088, 1920, device="meta", dtype=torch.bfloat16)
        latents = coder.vae.encode(pixels)
        for way in (None, vae.Tiles(768, 192)):
            streams = {
                "decode": way.decode_stream(coder.vae, latents) if way else coder.vae.decode_stream(latents),
                "encode": way.encode_stream(coder.vae, [pixels]) if way else coder.vae.encode_stream([pixels]),
            }
            needs = (coder.decoding(latents.shape, latents.dtype), coder.encoding(pixels.shape, pixels.dtype))
            for (what, stream), need in zip(streams.items(), needs, strict=True):
                with Live(coder) as live:
                    for _ in stream:
                        pass
                found[f"{name} {what} {'tiles' if way else 'whole'}"] = live.peak / need.on_device(way)
    torch.nn.functional.scaled_dot_product_attention = attention
    return found


def main(comfyui: str, pack: str, folder: Path) -> None:
    """All of it."""
    bench = Bench.of(Comfy(comfyui, pack, folder))
    report = {"ladder": ladder(bench)}
    bench.native_vae.LEAST = LEAST
    report |= {
        "plenty": plenty(bench),
        "short": short(bench),
        "no_room": no_room(bench),
        "nodes": nodes(bench),
        "out_of_memory": out_of_memory(bench),
        "batch": batch(bench),
        "estimates": estimates(bench),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    with torch.inference_mode():
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
