"""What a LATENT says beside its samples: masks of core nodes, and places of clips in the batch they were taken from."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run
from sora_core.diffusion.sampler import initial_noise

adapters, jobs = import_from_pack("nodes.io.adapters"), import_from_pack("nodes.host.job")

BATCH, SHAPE = 3, (4, 2, 4, 4)  # clips, and [C T H W] of each, of which a multiple of 16 numbers is drawn
ROUNDING = 1e-5  # a batch is multiplied in another order than its clips
NOT_READ = "batch_index is not used"


@pytest.fixture
def model(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")


@pytest.fixture
def sample(nodes, model):
    """Sora Sampler on an empty canvas of the tiny model, or on one whose first frame is known: [B C T H W]."""
    text = run(nodes["SoraEncodeText"], clip=model[1], text="a red circle")[0]

    def go(clips, used=None, *, places=None, known=False):
        latent = {"samples": torch.zeros(clips, *SHAPE)}
        if places is not None:
            latent["batch_index"] = places
        if known:
            latent["noise_mask"] = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1, 1)
        how = {"positive": text, "negative": text, "seed": 5, "steps": 2, "guidance": 1.0, "shift": 3.0}
        (made,) = run(nodes["SoraSampler"], model=used or model[0], latent=latent, **how)
        return made["samples"]

    return go


def noise_level(samples, mask):
    return adapters.latent_noise_level({"samples": samples, "noise_mask": mask})


@pytest.mark.parametrize(
    "shape", [(2, 1, 3, 1, 1), (1, 1, 3, 1, 1), (2, 1, 1, 2, 5), (1, 1, 1, 1, 1), (1, 1, 3, 2, 5)], ids=str
)
def test_a_mask_stands_for_what_it_has_one_of(shape):
    """[B 1 T 1 1] is what core's LTXV Img To Video gives."""
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(noise_level(torch.zeros(2, 4, 3, 2, 5), mask), torch.ones(2, 1, 3, 2, 5) * mask)


@pytest.mark.parametrize("shape", [(2, 1, 2, 1, 1), (3, 1, 3, 1, 1), (1, 1, 3, 2, 4), (1, 3, 3, 1, 1)], ids=str)
def test_a_mask_of_other_sizes_is_refused_with_both(shape):
    with pytest.raises(ValueError, match=r"got a noise_mask of shape .*, expected \(2, 1, 3, 2, 5\) like the latent"):
        noise_level(torch.zeros(2, 4, 3, 2, 5), torch.ones(shape))


def test_a_fraction_of_a_core_mask_is_a_share_and_one_of_ours_a_noise_level():
    samples, level = torch.zeros(1, *SHAPE), torch.tensor([0.0, 0.3]).view(1, 1, 2, 1, 1).expand(1, 1, 2, 4, 4)
    of_core = {"samples": samples, "noise_mask": level}
    assert adapters.latent_share(of_core)[0, 0, :, 0, 0].tolist() == [1.0, pytest.approx(0.3)]
    ours = adapters.video_latent(adapters.latent_canvas(of_core))
    assert torch.equal(ours["noise_mask"], level)
    assert adapters.latent_share(ours) is None


def test_a_mask_of_zeros_and_ones_is_the_same_for_both():
    known = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1, 1).expand(1, 1, 2, 4, 4)
    latent = {"samples": torch.zeros(1, *SHAPE), "noise_mask": known}
    assert adapters.latent_share(latent) is adapters.latent_share({"samples": latent["samples"]}) is None
    assert set(adapters.video_latent(adapters.latent_canvas(latent))) == {"samples", "noise_mask"}


def test_a_place_that_a_guide_leaves_out_is_no_noise_level():
    level = torch.tensor([1.0, -1.0]).view(1, 1, 2, 1, 1)
    latent = {"samples": torch.zeros(1, *SHAPE), "noise_mask": level}
    assert adapters.latent_share(latent)[0, 0, :, 0, 0].tolist() == [1.0, -1.0]


def test_a_clip_taken_out_of_a_batch_is_made_as_it_was_there(sample):
    batch = sample(BATCH)
    for places in ([2], [2, 0], [0, 1, 2]):
        assert (sample(len(places), places=places) - batch[places]).abs().max() < ROUNDING
    assert (sample(1) - batch[2:]).abs().max() > 0.1


def test_noise_is_that_of_the_places():
    text, latents = [[torch.zeros(1, 1, 1), {}]], torch.zeros(2, *SHAPE)
    job = jobs.SamplingJob(text, text, latents, latents[:, :1], 7, places=(2, 2))
    assert torch.equal(job.noise(), initial_noise((BATCH, *SHAPE), 7)[[2, 2]])


@pytest.mark.parametrize("places", [[0], [0, 1, 2], [0, -1]])
def test_places_that_do_not_fit_the_batch_are_refused(sample, places):
    with pytest.raises(ValueError, match="for 2 clips, expected one index >= 0 for each"):
        sample(2, places=places)


@pytest.mark.parametrize("wished", ["SoraRollingWindow", "SoraResample"])
def test_where_noise_is_drawn_more_than_once_the_user_is_told_that_places_are_not_read(
    nodes, model, sample, said, wished
):
    settings = {"context": 1, "active": 1, "noise": 0.0} if wished == "SoraRollingWindow" else {"jumps": 1}
    (changed,), jumps = run(nodes[wished], model=model[0], **settings), wished == "SoraResample"
    plain = sample(1, changed, known=jumps)
    assert not any(NOT_READ in text for text in said)
    assert torch.equal(sample(1, changed, places=[2], known=jumps), plain)
    assert NOT_READ in said[-1]
    said.clear()
    sample(2, changed, places=[0, 1], known=jumps)
    assert not any(NOT_READ in text for text in said), "in a whole batch each has its place"


def test_places_are_read_where_jumps_have_nothing_to_do(nodes, model, sample, said):
    (jumping,) = run(nodes["SoraResample"], model=model[0], jumps=1)
    assert (sample(1, jumping, places=[2]) - sample(BATCH)[2:]).abs().max() < ROUNDING
    assert NOT_READ not in "".join(said)


@pytest.mark.parametrize("shape", [(1, 1, 16, 24), (1, 16, 24), (16, 24)], ids=str)
def test_a_mask_of_pixels_as_core_sets_it_is_for_all_frames(shape):
    mask = torch.zeros(16, 24)
    mask[3, 9] = 0.5
    level = noise_level(torch.zeros(2, 4, 3, 2, 3), mask.reshape(shape))
    assert level.shape == (2, 1, 3, 2, 3)
    assert torch.equal(level[0, 0], torch.tensor([[0, 0.5, 0], [0, 0, 0]]).expand(3, -1, -1))


@pytest.mark.parametrize(("frames", "frame", "latent"), [(9, 0, 0), (9, 1, 1), (9, 4, 1), (9, 5, 2), (9, 8, 2)])
def test_a_mask_for_each_frame_opens_the_latents_that_hold_it(frames, frame, latent):
    mask = torch.zeros(frames, 1, 16, 16)
    mask[frame] = 1
    level = noise_level(torch.zeros(1, 4, 3, 2, 2), mask)[0, 0]
    assert level[latent].eq(1).all()
    assert level.sum() == 4


@pytest.mark.parametrize(("frame", "latent"), [(0, 0), (1, 1), (16, 4), (17, 5), (18, 6), (21, 6)])
def test_a_mask_for_each_frame_of_minimax_h3_opens_the_latents_of_its_chunks(frame, latent):
    mask = torch.zeros(22, 1, 16, 16)
    mask[frame] = 1
    level = noise_level(torch.zeros(1, 4, 7, 2, 2), mask)[0, 0]
    assert level.flatten(1).amax(dim=1).nonzero().tolist() == [[latent]]


@pytest.mark.parametrize("shape", [(2, 1, 16, 16), (1, 1, 1, 1), (1, 3, 3, 2, 2)], ids=str)
def test_a_mask_that_fits_no_video_is_explained(shape):
    with pytest.raises(ValueError, match=r"got a (noise_)?mask of"):
        noise_level(torch.zeros(1, 4, 3, 2, 2), torch.ones(shape))
