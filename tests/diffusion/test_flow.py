"""The rectified-flow identities, by hand."""

import torch

from sora_core.diffusion import flow


def test_values_by_hand():
    clean, noise, level = torch.tensor([2.0, 2.0]), torch.tensor([-2.0, 6.0]), torch.tensor([0.25, 0.5])
    noisy = flow.add_noise(clean, noise, level)
    assert noisy.tolist() == [1.0, 4.0]
    velocity = flow.velocity_target(clean, noise)
    assert velocity.tolist() == [-4.0, 4.0]
    assert flow.clean_from_velocity(noisy, velocity, level).tolist() == [2.0, 2.0]


def test_level_zero_is_clean_and_level_one_is_noise_bit_for_bit():
    clean, noise = torch.randn(2, 3, 4, 5, 6), torch.randn(2, 3, 4, 5, 6)
    assert torch.equal(flow.add_noise(clean, noise, torch.zeros(2, 1, 4, 1, 1)), clean)
    assert torch.equal(flow.add_noise(clean, noise, torch.ones(2, 1, 1, 1, 1)), noise)


def test_velocity_is_the_derivative_of_noisy_by_level():
    clean, noise = torch.randn(2, 1000, dtype=torch.float64).unbind()
    low, high = (flow.add_noise(clean, noise, torch.tensor(t, dtype=torch.float64)) for t in (0.3, 0.4))
    torch.testing.assert_close((high - low) / 0.1, flow.velocity_target(clean, noise))
