"""Workflows, forms and hooks are valid, run what the Makefile runs, and are allowed no more than they need."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from project_files import PROJECT, requirements
from source_tree import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
PINNED = re.compile(r"[\w-]+/[\w.-]+@(v\d+|release/v\d+)|\./\.github/workflows/\w+\.yml")
LARGEST = 500  # kilobytes of a file outside the assets


def parsed(path: Path | str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def triggers(workflow: Any) -> Any:
    """What starts it: YAML reads the bare word "on" as true."""
    return workflow[True]


def jobs(path: Path) -> dict[str, Any]:
    return parsed(path)["jobs"]


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job.get("steps", [])]


def git(*arguments: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.splitlines()


def test_every_yaml_file_is_valid():
    names = [name for name in git("ls-files") if name.endswith((".yml", ".yaml", ".cff"))]
    assert {".github/dependabot.yml", ".pre-commit-config.yaml", "CITATION.cff"} <= {*names}
    assert [name for name in names if not isinstance(parsed(name), dict)] == []


def test_tests_run_on_every_python_that_the_package_names_and_on_three_systems():
    matrix = parsed(".github/workflows/test.yml")["jobs"]["test"]["strategy"]["matrix"]
    named = [c.rsplit(" ", 1)[1] for c in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert matrix["python"] == named
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert min(named, key=lambda version: int(version.split(".")[1])) == PROJECT["project"]["requires-python"][2:]


def test_windows_runs_the_commands_of_make_test():
    recipes = dict(re.findall(r"^([a-z-]+):.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    expected = [line.strip() for target in ("lint", "test") for line in recipes[target].splitlines()]
    (step,) = [s for s in steps(ROOT / ".github/workflows/test.yml") if s.get("if") == "runner.os == 'Windows'"]
    install, *commands = step["run"].splitlines()
    assert install == "python scripts/install.py .venv test"
    assert commands == [line.replace("$(BIN)", ".venv/Scripts") for line in expected]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more(path):
    workflow = parsed(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    assert "pull_request_target" not in triggers(workflow)
    for job in workflow["jobs"].values():
        assert job.get("permissions", {"id-token": "write"}) == {"id-token": "write"}
        assert "uses" in job or job["timeout-minutes"] <= 90


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_major_version(path):
    used = [part["uses"] for part in [*jobs(path).values(), *steps(path)] if "uses" in part]
    assert used
    assert [name for name in used if not PINNED.fullmatch(name)] == []


def test_a_tag_is_tested_and_checked_before_it_is_published():
    workflow = parsed(".github/workflows/publish.yml")
    assert triggers(workflow) == {"push": {"tags": ["v*"]}}
    allowed = [name for name, job in workflow["jobs"].items() if "permissions" in job]
    assert allowed == ["publish"]
    publish = workflow["jobs"]["publish"]
    assert (publish["needs"], publish["environment"]) == (["test", "build"], "pypi")
    assert publish["permissions"] == {"id-token": "write"}
    assert workflow["jobs"]["test"]["uses"] == "./.github/workflows/test.yml"
    assert "workflow_call" in triggers(parsed(".github/workflows/test.yml"))


def test_the_comfy_registry_gets_a_version_when_pyproject_changes_on_main():
    path = ROOT / ".github" / "workflows" / "registry.yml"
    assert triggers(parsed(path))["push"] == {"branches": ["main"], "paths": ["pyproject.toml"]}
    (step,) = [step for step in steps(path) if step.get("uses", "").startswith("Comfy-Org/publish-node-action@")]
    assert step["with"] == {"personal_access_token": "${{ secrets.REGISTRY_ACCESS_TOKEN }}"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_has_a_name_and_questions(path):
    form = parsed(path)
    assert {"name", "description", "labels", "body"} <= {*form}
    assert all(question["type"] in ("textarea", "input", "dropdown") for question in form["body"])
    assert all(question["attributes"]["label"] for question in form["body"])
    ids = [question["id"] for question in form["body"]]
    assert len(ids) == len({*ids})
    assert any(question.get("validations", {}).get("required") for question in form["body"])


def test_there_are_forms_for_bugs_and_ideas_and_a_private_way_for_vulnerabilities():
    assert [path.stem for path in FORMS] == ["bug", "idea"]
    (link,) = parsed(".github/ISSUE_TEMPLATE/config.yml")["contact_links"]
    assert link["url"] in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_hooks_format_with_the_ruff_that_is_pinned_and_stop_large_files():
    hooks = {hook["id"]: (repo, hook) for repo in parsed(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]}
    (pin,) = [r.specifier for r in requirements("constraints.txt") if r.name == "ruff"]
    for name in ("ruff-check", "ruff-format"):
        assert f"=={hooks[name][0]['rev'].removeprefix('v')}" == str(pin)
    large = hooks["check-added-large-files"][1]
    assert large["args"] == [f"--maxkb={LARGEST}"]
    files = [name for name in git("ls-files") if not re.search(large["exclude"], name)]
    assert [name for name in files if (ROOT / name).is_file() and (ROOT / name).stat().st_size > 1000 * LARGEST] == []


def test_git_has_no_links_and_ignores_those_that_make_needs():
    assert [line for line in git("ls-files", "--stage") if line.startswith("120000")] == []
    ignored = [os.path.basename(line) for line in git("check-ignore", "--no-index", ".venv", "out", "runs")]
    assert ignored == [".venv", "out", "runs"]


def test_the_citation_is_what_the_format_demands():
    citation = parsed("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= {*citation}
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "software")
    assert [{"name": author["name"]} for author in citation["authors"]] == PROJECT["project"]["authors"]
    assert citation["license"] == PROJECT["project"]["license"]
    assert citation["repository-code"] == PROJECT["project"]["urls"]["Repository"]
    assert "version" not in citation  # which is written once
