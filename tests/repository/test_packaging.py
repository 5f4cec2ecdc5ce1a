"""The files that installers read agree with each other and keep the host's rules (nothing is installed here)."""

from __future__ import annotations

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from project_files import PROJECT, requirements
from source_tree import ROOT, python_files

# The oldest versions that a supported host may have beside us: requirements must not ask for newer ones.
HOST_FLOOR = {
    "av": "16.0.0",
    "numpy": "1.25.0",
    "safetensors": "0.4.2",
    "tokenizers": "0.13.3",
}
BROUGHT_BY_HOST_IN_OWN_BUILD = {"torch", "torchvision", "torchaudio"}


def declared(*extras: str) -> list[Requirement]:
    project = PROJECT["project"]
    return [Requirement(r) for r in [*project["dependencies"], *(r for e in extras for r in dependencies_of(e))]]


def dependencies_of(extra: str) -> list[str]:
    return PROJECT["project"]["optional-dependencies"][extra]


def test_requirements_never_touch_the_hosts_torch():
    assert not {r.name for r in requirements("requirements.txt")} & BROUGHT_BY_HOST_IN_OWN_BUILD


def test_requirements_ask_for_nothing_newer_than_the_oldest_host():
    for requirement in requirements("requirements.txt"):
        floor = HOST_FLOOR.get(requirement.name)
        assert not requirement.specifier or (floor and requirement.specifier.contains(floor)), str(requirement)


def test_requirements_list_what_the_core_depends_on_except_torch():
    assert {r.name for r in requirements("requirements.txt")} == {r.name for r in declared()} - {"torch"}


def test_no_dependency_has_an_upper_bound():
    extras = PROJECT["project"]["optional-dependencies"]
    specifiers = [s for r in [*declared(*extras), *requirements("requirements.txt")] for s in r.specifier]
    assert {s.operator for s in specifiers} <= {">="}


def test_constraints_pin_exactly_and_agree_with_what_is_declared():
    pins = requirements("constraints.txt")
    bounds = {r.name: r.specifier for r in declared("test", "browser", "docs")}
    for pin in pins:
        ((operator, version),) = [(s.operator, s.version) for s in pin.specifier]
        assert operator == "==", str(pin)
        assert bounds.get(pin.name, SpecifierSet()).contains(version), str(pin)


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_constraints_pin_each_dependency_once_on_every_python(python):
    names = [
        r.name
        for r in requirements("constraints.txt")
        if not r.marker or r.marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"})
    ]
    assert len(names) == len(set(names))
    assert {r.name for r in declared("test", "docs")} <= set(names)


def test_torch_is_pinned_to_the_version_that_results_were_measured_with():
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_the_name_suits_the_host_registry():
    name = PROJECT["project"]["name"]
    assert re.fullmatch(r"[a-z][a-z0-9-]*", name)
    assert "comfyui" not in name
    assert {"PublisherId", "DisplayName", "Icon", "requires-comfyui"} <= set(PROJECT["tool"]["comfy"])


def test_the_version_is_written_once_and_the_changelog_knows_it():
    version = PROJECT["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assigned = [p for p in python_files() if re.search(r"^__version__ *= *[\"']", p.read_text(encoding="utf-8"), re.M)]
    assert assigned == []


def test_the_installed_metadata_is_that_of_this_checkout():
    try:
        installed = metadata.metadata("sora-video")
    except metadata.PackageNotFoundError:
        pytest.skip("not installed in this environment")
    assert installed["Version"] == PROJECT["project"]["version"]
    assert installed["Requires-Python"] == PROJECT["project"]["requires-python"]


def test_the_bundled_assets_and_the_mark_of_a_typed_package_are_package_data():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["sora_core"]
    files = {p for p in (ROOT / "sora_core" / "assets").rglob("*") if p.is_file()} | {ROOT / "sora_core" / "py.typed"}
    packaged = {p for pattern in patterns for p in (ROOT / "sora_core").glob(pattern) if p.is_file()}
    assert files == packaged


def test_the_project_page_has_its_links_and_authors():
    urls = PROJECT["project"]["urls"]
    assert {*urls} == {"Homepage", "Documentation", "Repository", "Issues", "Changelog"}
    assert all(url.startswith("https://github.com/sora-video/sora-video") for url in urls.values())
    inside = [url.split("/main/")[1] for url in urls.values() if "/main/" in url]
    assert inside
    assert [name for name in inside if not (ROOT / name).exists()] == []
    assert PROJECT["project"]["authors"] == [{"name": "The Sora Video developers"}]


def test_the_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) > 11_000
