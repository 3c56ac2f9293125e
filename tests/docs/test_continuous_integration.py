"""The workflow and the hook that the docs offer are run, as far as this machine is a runner."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CLAIM = """schema = 1
[[claim]]
id = "lemma-1"
source = "Our paper, Lemma 1"
link = "z - 3"
for = {{ beta = "({lower}, oo)" }}
assert = "alpha(1, beta) > 0"
"""
TRUE, FALSE = CLAIM.format(lower="beta1"), CLAIM.format(lower="2")


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a runner runs it: bash that stops at the first error, the installed tools on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, **identity, **variables, "PATH": path, "HOME": str(folder)},
    )  # fmt: skip


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A repository of a paper with one claim."""
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "paper.claims.toml").write_text(TRUE)
    return folder


def steps() -> list[dict[str, Any]]:
    workflow = yaml.safe_load((DOCS / "github-workflow.yml").read_text())
    found: list[dict[str, Any]] = workflow["jobs"]["verify"]["steps"]
    return found


def test_the_page_shows_the_files() -> None:
    page = (DOCS / "continuous-integration.md").read_text()
    for name in ("github-workflow.yml", "pre-commit-config.yaml"):
        assert f"```yaml\n{(DOCS / name).read_text()}```" in page


def test_the_workflow_is_green_on_true_claims_and_red_when_one_turns_false(paper: Path) -> None:
    assert (
        shell("tiltproof verify --claims paper.claims.toml --json-out baseline.json", paper).returncode == 0
    )
    for text, expected in ((TRUE, 0), (FALSE, 1)):
        shutil.rmtree(paper / "verdicts", ignore_errors=True)
        (paper / "paper.claims.toml").write_text(text)
        [checked, shown] = [
            _run(step, paper) for step in steps() if "run" in step and step["name"] != "Install"
        ]
        assert (checked.returncode, shown.returncode) == (expected, 0), checked.stderr
        [kept] = [step["with"]["path"] for step in steps() if "upload-artifact" in step.get("uses", "")]
        assert {path.suffix for path in (paper / kept).iterdir()} == {".json", ".xml", ".md", ".html"}
    assert "REFUTED" in (paper / "summary.md").read_text()


def test_the_action_is_green_on_true_claims_and_red_when_one_turns_false(paper: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    [checked, shown] = [step for step in action["runs"]["steps"] if step["name"] != "Install"]
    inputs = {"CLAIMS": "paper.claims.toml\n\nother.claims.toml\n", "BASELINE": "", "OUTPUT": "out"}
    assert set(inputs) >= set(checked["env"]) | set(shown["env"])
    (paper / "other.claims.toml").write_text(TRUE.replace("lemma-1", "lemma-2"))
    for text, expected in ((TRUE, 0), (FALSE, 1)):
        (paper / "paper.claims.toml").write_text(text)
        assert shell(checked["run"], paper, **inputs).returncode == expected
        assert shell(shown["run"], paper, **inputs, GITHUB_STEP_SUMMARY="summary.md").returncode == 0
    assert {path.suffix for path in (paper / "out").iterdir()} == {".json", ".xml", ".md", ".html"}
    assert "REFUTED" in (paper / "summary.md").read_text()
    assert "lemma-2" in (paper / "out" / "verdicts.json").read_text()


def _run(step: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    return shell(step["run"], folder, GITHUB_STEP_SUMMARY="summary.md")


def test_the_workflow_installs_what_it_says() -> None:
    workflow = yaml.safe_load((DOCS / "github-workflow.yml").read_text())
    [install] = [step["run"] for step in steps() if step.get("name") == "Install"]
    assert "$TILTPROOF" in install
    assert f'name = "{workflow["env"]["TILTPROOF"]}"' in (ROOT / "pyproject.toml").read_text()
    assert all("uses" in step or "run" in step for step in steps())


def test_the_hook_passes_true_claims_and_stops_a_false_one(paper: Path, tmp_path: Path) -> None:
    """With the installed tool in place of the environment that pre-commit would build."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert "language: python\n" in manifest
    (hooks / ".pre-commit-hooks.yaml").write_text(manifest.replace("language: python", "language: system"))
    made = shell("git init -q . && git add -A && git commit -qm hooks && git tag v0.1.0", hooks)
    assert made.returncode == 0, made.stderr
    config = yaml.safe_load((DOCS / "pre-commit-config.yaml").read_text())
    config["repos"][0]["repo"] = str(hooks)
    (paper / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    assert shell("git init -q . && git add -A", paper).returncode == 0
    green = shell("pre-commit run", paper)
    assert green.returncode == 0, green.stdout + green.stderr
    (paper / "paper.claims.toml").write_text(FALSE)
    red = shell("git add -A && pre-commit run", paper)
    assert red.returncode == 1
    assert "REFUTED" in red.stdout
