"""Our umT5 gives the embeddings of transformers' UMT5EncoderModel, and of Wan's pipeline in diffusers.

In float64 the maths are compared, in float32 what a user sees. Largest errors measured, with outputs of spread 1.1:
1.4e-14 and 6.6e-6.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from small_umt5 import PROMPTS, spiece, tensors_of, umt5
from sora_core.models.wan.text_encoder import TextEncoder, TextEncoderConfig
from sora_core.models.wan.text_encoder.tokenizer import SentencePieceTokenizer
from sora_core.models.wan.text_encoder.umt5 import UMT5, distance_buckets

pytestmark = pytest.mark.slow

TOLERANCE = {torch.float64: 1e-13, torch.float32: 2e-5}
LENGTH = 300  # so that distances reach the last, widest class


@pytest.fixture(params=[torch.float64, torch.float32], ids=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


def ours(theirs: nn.Module, dtype: torch.dtype) -> UMT5:
    model = UMT5(600, 32, 48, 40, 4, 3, dtype=dtype)
    model.load_state_dict(tensors_of(theirs))
    return model.eval()


def inputs(length: int = LENGTH) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids [B L], and which count: all, a few, one."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, 600, (3, length), generator=generator)
    present = torch.arange(length) < torch.tensor([length, 11, 1])[:, None]
    return ids * present, present


@torch.no_grad()
def error(model: UMT5, theirs: nn.Module, length: int = LENGTH) -> float:
    ids, present = inputs(length)
    difference = model(ids, present) - theirs(ids, present.long()).last_hidden_state
    return (difference * present[..., None]).abs().max().item()


def test_embeddings_are_those_of_transformers(dtype: torch.dtype) -> None:
    theirs = umt5(dtype)
    assert 0.5 < theirs(*inputs()).last_hidden_state.std() < 2
    assert error(ours(theirs, dtype), theirs) <= TOLERANCE[dtype]


def test_the_comparison_notices_a_change_in_any_tensor() -> None:
    theirs = umt5(torch.float64)
    for name in tensors_of(theirs):
        model = ours(theirs, torch.float64)
        with torch.no_grad():
            model.get_parameter(name).mul_(1.01)
        assert error(model, theirs, length=20) > 1000 * TOLERANCE[torch.float64], name


def test_the_comparison_notices_padding_that_is_looked_at() -> None:
    theirs, (ids, present) = umt5(torch.float64), inputs()
    with torch.no_grad():
        seen = ours(theirs, torch.float64)(ids, torch.ones_like(present))
        expected = theirs(ids, present.long()).last_hidden_state
    assert (seen - expected)[1, :11].abs().max() > 0.01


@pytest.mark.parametrize("length", [1, 2, 8, 9, 130, 700])
def test_classes_of_distance_are_those_of_transformers(length: int) -> None:
    attention = umt5().encoder.block[0].layer[0].SelfAttention
    places = torch.arange(length)
    expected = attention._relative_position_bucket(places[None, :] - places[:, None])
    assert torch.equal(distance_buckets(length), expected)


def test_names_and_their_order_are_those_of_transformers() -> None:
    """Optimiser states of older trainings are kept in that order."""
    theirs = [name for name, _ in umt5().named_parameters()]
    assert [name for name, _ in UMT5(600, 32, 48, 40, 4, 3).named_parameters()] == theirs


def test_fresh_weights_are_spread_as_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.UMT5Config(
        vocab_size=300, d_model=128, d_kv=32, d_ff=256, num_heads=8, num_layers=2, feed_forward_proj="gated-gelu"
    )
    theirs = dict(transformers.UMT5EncoderModel(config).named_parameters())
    for name, weight in UMT5(300, 128, 256, 256, 8, 2).named_parameters():
        assert weight.std().item() == pytest.approx(theirs[name].std().item(), rel=0.25, abs=1e-6), name
        assert weight.mean().item() == pytest.approx(theirs[name].mean().item(), abs=0.15), name


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_give_the_embeddings_of_the_same_weights_in_float32(stored: torch.dtype) -> None:
    half = ours(umt5().to(stored), stored)
    wide = UMT5(600, 32, 48, 40, 4, 3).eval()
    wide.load_state_dict({name: weight.float() for name, weight in half.state_dict().items()})
    assert half(*inputs()).dtype == torch.float32
    assert torch.equal(half(*inputs()), wide(*inputs()))


def test_training_runs_in_the_dtype_of_the_weights() -> None:
    assert ours(umt5(), torch.bfloat16).train()(*inputs()).dtype == torch.bfloat16


def test_values_beyond_half_precision_are_no_trouble() -> None:
    model = ours(umt5(), torch.float16)
    with torch.no_grad():
        model.shared.weight.mul_(1e4)
        model.encoder.block[0].layer[1].DenseReluDense.wo.weight.mul_(1e4)
    assert model(*inputs()).isfinite().all()


def test_a_prompt_is_encoded_as_in_diffusers() -> None:
    """Cleaning, tokens, mask and padding of WanPipeline, with our tokenizer in the place of transformers'."""
    pipelines = pytest.importorskip("diffusers.pipelines.wan.pipeline_wan")
    theirs, tokenizer = umt5(torch.float64), SentencePieceTokenizer(spiece())
    config = TextEncoderConfig(600, 32, 40, 4, 3, max_tokens=512, inner_dim=48, clean_prompts=True)
    encoder = TextEncoder(config, tokenizer, dtype=torch.float64).eval()
    encoder.transformer.load_state_dict(tensors_of(theirs))

    def tokenize(prompts: list[str], max_length: int, **_: object) -> SimpleNamespace:
        ids = torch.zeros(len(prompts), max_length, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            tokens = [*tokenizer.encode(prompt)[: max_length - 1], 1]
            ids[row, : len(tokens)] = torch.tensor(tokens)
        return SimpleNamespace(input_ids=ids, attention_mask=(ids != 0).long())

    pipe = SimpleNamespace(_execution_device="cpu", text_encoder=theirs, tokenizer=tokenize)
    prompts = [*PROMPTS, 300 * "a red circle "]
    expected = pipelines.WanPipeline._get_t5_prompt_embeds(pipe, prompts, max_sequence_length=512)
    with torch.no_grad():
        embeddings = encoder.encode(prompts).embeddings
    assert embeddings.shape == expected.shape == (4, 512, 32)
    assert torch.equal(embeddings == 0, expected == 0)
    assert (embeddings - expected).abs().max() <= TOLERANCE[torch.float64]
