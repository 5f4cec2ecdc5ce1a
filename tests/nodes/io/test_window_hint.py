"""Windows for latents that are longer than what their model was trained on."""

from headless.pack import import_from_pack

hints = import_from_pack("nodes.io.window_hint")


def test_only_a_latent_that_is_far_longer_gets_windows_of_what_its_model_saw():
    assert hints.hint(19, 13) == {}
    windows = hints.hinted_windows(hints.hint(20, 13))
    assert (windows.context, windows.new) == (4, 9)
    assert hints.hinted_windows({"samples": None}) is None
