"""Layers of the transformer by hand: timesteps and places as angles, attention, and what time does to patches."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sora_core.models.wan.dit.layers import (
    Attention,
    Block,
    Head,
    ImageEmbedding,
    KeyValue,
    Modulation,
    TanhGELU,
    apply_rope,
    gated_add,
    modulate,
    rope_freqs,
    rotation_matrices,
    timestep_embedding,
    upcast,
)


def test_a_timestep_becomes_cosines_then_sines_of_falling_frequencies() -> None:
    embedded = timestep_embedding(torch.tensor([0.0, 500.0]), 4)
    assert embedded[0].tolist() == [1, 1, 0, 0]
    expected = [math.cos(500), math.cos(5), math.sin(500), math.sin(5)]
    assert embedded[1].tolist() == pytest.approx(expected, abs=1e-9)


def test_the_pairs_of_a_head_are_shared_out_over_time_height_and_width() -> None:
    table = rope_freqs(torch.tensor([[1.0, 2.0, 3.0]]), 16)  # two pairs each for h and w, the other four for t
    angles = [1, 0.1, 0.01, 0.001, 2, 0.02, 3, 0.03]
    assert table.shape == (1, 1, 8, 2)
    torch.testing.assert_close(table[0, 0, :, 0], torch.tensor(angles, dtype=torch.float64).cos())
    torch.testing.assert_close(table[0, 0, :, 1], torch.tensor(angles, dtype=torch.float64).sin())


def test_a_quarter_turn_takes_the_first_channel_of_a_pair_to_the_second() -> None:
    quarter = torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]])  # of the first pair; the second stands still
    turned = apply_rope(torch.tensor([1.0, 0.0, 0.5, -2.0]).view(1, 1, 1, 4), quarter)
    assert turned.flatten().tolist() == [0, 1, 0.5, -2]


def test_products_of_rotated_vectors_depend_on_the_distance_alone() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(2, 1, 1, 1, 12, dtype=torch.float64)
    near, far = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[4.0, 1.0, 7.0]])
    moved = torch.tensor([[10.0, 20.0, 5.0]])
    here = (apply_rope(q, rope_freqs(near, 12)) * apply_rope(k, rope_freqs(far, 12))).sum()
    there = (apply_rope(q, rope_freqs(near + moved, 12)) * apply_rope(k, rope_freqs(far + moved, 12))).sum()
    other = (apply_rope(q, rope_freqs(near, 12)) * apply_rope(k, rope_freqs(far + moved, 12))).sum()
    torch.testing.assert_close(here, there)
    assert abs(here - other) > 1e-3


def test_sums_that_decide_are_never_narrower_than_float32() -> None:
    widened = {dtype: upcast(torch.zeros(1, dtype=dtype)).dtype for dtype in (torch.bfloat16, torch.float64)}
    assert widened == {torch.bfloat16: torch.float32, torch.float64: torch.float64}
    table = rope_freqs(torch.zeros(2, 3), 12)
    assert apply_rope(torch.zeros(1, 2, 1, 12, dtype=torch.bfloat16), table).dtype is torch.bfloat16


def rounding_steps(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference of two tensors of half precision, in steps of their dtype at that place."""
    step = torch.finfo(one.dtype).eps * torch.maximum(one.abs(), other.abs()).double().log2().floor().exp2()
    return ((one.double() - other.double()).abs() / step.clamp(min=1e-9)).max().item()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_matrices_rotate_as_frequencies_do_with_one_rounding_of_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, freqs = torch.randn(2, 7, 3, 32).to(dtype), rope_freqs(40 * torch.rand(7, 3), 32)
    exact = apply_rope(x.double(), freqs)
    with torch.no_grad():
        rotated = apply_rope(x, rotation_matrices(freqs))
    assert rotated.dtype is dtype
    assert rotated.shape == x.shape
    assert rounding_steps(rotated, exact.to(dtype)) <= 1
    assert (rotated == exact.to(dtype)).float().mean() > 0.99
    torch.testing.assert_close(apply_rope(x.double(), rotation_matrices(freqs).double()), exact)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_without_gradients_half_precision_gives_the_bits_that_it_gives_with_them(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(2, 2, 3, 5, 8).to(dtype)
    shift, scale = (Modulation(torch.randn(2, 3, 1, 8)) for _ in range(2))
    rope, heads = rotation_matrices(rope_freqs(torch.rand(15, 3), 4)), x.view(2, 15, 2, 4)

    def results() -> list[torch.Tensor]:
        return [modulate(x, shift, scale), gated_add(x, y, scale), apply_rope(heads, rope), TanhGELU()(x.clone())]

    with_gradients = results()
    with torch.no_grad():
        without = results()
    assert [each.dtype for each in without] == 4 * [dtype]
    assert all(torch.equal(one, other) for one, other in zip(with_gradients, without, strict=True))


def test_gradients_flow_through_half_precision() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 2, 3, 8, dtype=torch.bfloat16, requires_grad=True)
    vector = torch.randn(1, 2, 1, 8, requires_grad=True)
    rope = rotation_matrices(rope_freqs(torch.rand(6, 3), 4))
    made = modulate(x, Modulation(vector), Modulation(vector)) + gated_add(x, 2 * x, Modulation(vector))
    (made.sum() + apply_rope(x.view(1, 6, 2, 4), rope).square().sum()).backward()
    assert all(each.grad is not None and each.grad.abs().min() > 0 for each in (x, vector))


def test_gelu_overwrites_its_input_only_where_nothing_records_gradients() -> None:
    x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    expected = F.gelu(x, approximate="tanh").detach()
    made = TanhGELU()(x)
    made.sum().backward()
    assert x.grad is not None
    assert x.tolist() == [-1, 0, 2]
    with torch.no_grad():
        overwritten = x.clone()
        assert torch.equal(TanhGELU()(overwritten), expected)
    assert torch.equal(overwritten, expected)


@pytest.mark.parametrize("own", [torch.float32, torch.bfloat16, torch.float8_e4m3fn])
def test_a_layers_own_modulation_is_added_in_the_dtype_of_the_values(own: torch.dtype) -> None:
    layer = torch.tensor([[[0.1], [0.2]]]).to(own)
    first, second = Modulation(torch.ones(1, 1, 1, 2, 1)).parts(layer)
    assert first.values.dtype is second.values.dtype is torch.float32
    assert [each.values.item() for each in (first, second)] == (1 + layer.float()).flatten().tolist()


@pytest.fixture
def attention() -> Attention:
    torch.manual_seed(0)
    return Attention(8, 2, 1e-6, ops=nn, dtype=torch.float64)


def test_of_a_single_place_attention_sees_its_value_whatever_is_asked(attention: Attention) -> None:
    context = torch.randn(2, 1, 8, dtype=torch.float64)
    seen = attention(torch.randn(2, 5, 8, dtype=torch.float64), attention.key_value(context))
    torch.testing.assert_close(seen, attention.o(attention.v(context)).expand(-1, 5, -1))


def test_attention_is_a_softmax_over_each_head_of_normed_queries_and_keys(attention: Attention) -> None:
    x, context = torch.randn(1, 3, 8, dtype=torch.float64), torch.randn(1, 4, 8, dtype=torch.float64)
    q, k = F.rms_norm(attention.q(x), (8,), eps=1e-6), F.rms_norm(attention.k(context), (8,), eps=1e-6)
    v = attention.v(context)
    heads = []
    for head in (slice(0, 4), slice(4, 8)):
        weights = (q[..., head] @ k[..., head].mT / 2).softmax(-1)  # the root of 4 channels
        heads.append(weights @ v[..., head])
    torch.testing.assert_close(attention(x, attention.key_value(context)), attention.o(torch.cat(heads, dim=-1)))


def test_two_contexts_have_a_softmax_each_and_are_added(attention: Attention) -> None:
    x, one, two = torch.randn(3, 1, 3, 8, dtype=torch.float64)
    seen = attention.key_value(one), attention.key_value(two)
    alone = [attention(x, each) - attention.o.bias for each in seen]
    torch.testing.assert_close(attention(x, *seen), sum(alone) + attention.o.bias)
    together = KeyValue(*(torch.cat(parts, dim=1) for parts in zip(*seen, strict=True)))
    assert not torch.allclose(attention(x, *seen), attention(x, together))


def test_time_scales_shifts_and_gates_each_group_of_patches_by_its_own_values() -> None:
    x = torch.ones(1, 2, 3, 1)  # two groups of three patches
    shift, scale = (Modulation(torch.tensor(values).view(1, 2, 1, 1)) for values in ([10.0, 20.0], [1.0, -1.0]))
    assert modulate(x, shift, scale).flatten().tolist() == [12] * 3 + [20] * 3
    assert gated_add(x, 2 * x, scale).flatten().tolist() == [3] * 3 + [-1] * 3


def test_groups_of_few_levels_look_their_values_up() -> None:
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(2, 1, 2, 1)  # two vectors for each of two levels
    time = Modulation(values, torch.tensor([[0, 1, 1]]))
    first, second = time.parts(torch.tensor([[[10.0], [20.0]]]))
    assert first.per_group().flatten().tolist() == [11, 13, 13]
    assert second.per_group().flatten().tolist() == [22, 24, 24]


def test_a_block_whose_gates_are_shut_adds_what_the_text_says_alone() -> None:
    torch.manual_seed(0)
    sizes = {"cross_attn_norm": False, "image_tokens": False}
    block = Block(12, 16, 2, 1e-6, ops=nn, dtype=torch.float64, **sizes)
    x, text = torch.randn(1, 2, 3, 12, dtype=torch.float64), torch.randn(1, 4, 12, dtype=torch.float64)
    shut = torch.zeros(1, 2, 1, 6, 12, dtype=torch.float64)
    shut[..., [2, 5], :] = -block.modulation.detach()[:, [2, 5]]
    seen, rotary = block.key_values(text), rope_freqs(torch.zeros(6, 3), 6)
    expected = x + block.cross_attn(x.flatten(1, 2), *seen).view_as(x)
    torch.testing.assert_close(block(x, Modulation(shut), seen, rotary), expected)
    assert not torch.allclose(block(x, Modulation(torch.ones_like(shut)), seen, rotary), expected)


def test_the_head_norms_steers_and_projects() -> None:
    torch.manual_seed(0)
    head = Head(4, 3, 1e-6, ops=nn, dtype=torch.float64)
    nn.init.zeros_(head.modulation)
    x = torch.randn(1, 2, 2, 4, dtype=torch.float64)
    time = Modulation(torch.full((1, 2, 1, 1, 4), 0.5, dtype=torch.float64))
    expected = head.head(F.layer_norm(x, (4,), eps=1e-6) * 1.5 + 0.5).flatten(1, 2)
    torch.testing.assert_close(head(x, time), expected)


def test_positions_of_image_tokens_are_added_where_a_model_has_them() -> None:
    torch.manual_seed(0)
    embedding = ImageEmbedding(6, 4, 5, ops=nn)
    assert embedding.emb_pos is not None
    nn.init.normal_(embedding.emb_pos)
    tokens = torch.randn(2, 3, 6)
    torch.testing.assert_close(embedding(tokens), embedding.proj(tokens + embedding.emb_pos[:, :3]))
    assert ImageEmbedding(6, 4, 0, ops=nn).emb_pos is None
