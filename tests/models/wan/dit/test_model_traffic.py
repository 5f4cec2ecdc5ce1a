"""What a GPU waits for in half precision, counted on the meta device: launches, casts, bytes, and memory at once."""

from __future__ import annotations

import pytest
import torch

from benchmarks.dit_traffic import SIZES, Counts, our_step, our_whole_step, ours, sized
from benchmarks.kernel_traffic import traffic_of
from sora_core.models.wan.dit import DiTConfig, Experts, VideoDiT

SMALL = sized(*SIZES["Wan 2.1 1.3B"])  # the goal is set for it at 1024 patches


@pytest.mark.slow
@pytest.mark.parametrize("build", [our_step, our_whole_step], ids=["text prepared", "text as it is"])
def test_blocks_of_wan_take_at_most_50_launches_each_and_1_6_gigabytes(build) -> None:
    counts = Counts.of(build, SMALL, 1024)
    assert counts.launches <= 32
    assert counts.gigabytes <= 1.45
    assert counts.launches + counts.outside / 4 <= 50, "with all that lies around four blocks"


@pytest.mark.slow
def test_no_block_casts_half_precision_to_memory() -> None:
    assert Counts.of(our_step, SMALL, 1024).casts == 0


@pytest.mark.slow
def test_float16_is_as_cheap_as_bfloat16() -> None:
    def launched(dtype: torch.dtype) -> tuple[int, int]:
        dit = ours(SMALL(2)).to(dtype)
        latents, text = torch.empty(1, 16, 4, 8, 8, dtype=dtype), torch.empty(1, 9, 4096, dtype=dtype)
        found = traffic_of(lambda: dit(latents.to("meta"), torch.empty(1, device="meta"), text.to("meta")))
        return found.launches, found.bytes

    assert launched(torch.float16) == launched(torch.bfloat16)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize(("dim", "ffn_dim"), [(1536, 8960), (3072, 14336), (5120, 13824)])
@pytest.mark.parametrize("batch", [1, 2])
def test_the_memory_of_a_step_is_known_beforehand(dtype: torch.dtype, dim: int, ffn_dim: int, batch: int) -> None:
    dit = VideoDiT(sized(dim, ffn_dim)(2), device="meta", dtype=dtype).requires_grad_(False)
    latents = torch.empty(batch, 16, 4, 32, 32, device="meta")
    prepared = dit.prepare(torch.empty(batch, 512, 4096, device="meta"))
    measured = traffic_of(lambda: dit(latents, torch.empty(batch, device="meta"), prepared)).peak
    assert 0.95 < dit.step_bytes(latents) / measured < 1.15


def test_a_timestep_per_token_and_two_experts_are_in_the_estimate() -> None:
    latents = torch.empty(1, 16, 3, 7, 8, device="meta")

    def dit(**options: bool) -> VideoDiT:
        return VideoDiT(DiTConfig(dim=256, ffn_dim=512, num_heads=2, num_layers=1, **options), device="meta")  # type: ignore[arg-type]

    needed = dit().step_bytes(latents)
    assert needed == 3 * 4 * 4 * 8 * 256 * 4  # tokens of the padded grid, widths, bytes
    assert dit(per_token_timesteps=True).step_bytes(latents) == needed // 8 * 11
    assert Experts(dit(), dit(), 0.9).step_bytes(torch.cat([latents, latents])) == 2 * needed
