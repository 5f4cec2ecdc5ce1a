"""Latents that memory has no room to decode in ComfyUI are kept where its Load Latent lists them (kept_latents.py).

Tests nodes/output/kept_latents.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "kept_latents", tmp_path_factory.mktemp("kept"))


def test_both_decoders_name_the_file_and_what_to_lower_and_the_host_unloads_its_models(report):
    (file,) = report["files"]
    for decoder in ("SoraVAEDecode", "SoraDecodeToVideo"):
        assert file in report["said"][decoder]
        assert "Lower the size" in report["said"][decoder]
        assert report["unloads"][decoder]


def test_load_latent_lists_the_file_and_gives_the_latents_back(report):
    assert report["files"] == report["listed"]
    assert report["apart"] == 0
