"""What is published says the same everywhere: the package, the recipe for conda, the README on an index."""

import re
import subprocess
import tomllib
from pathlib import Path

import yaml

import tiltproof

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RECIPE = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text())
#: Conda's packages of another name.
RENAMED = {"matplotlib": "matplotlib-base"}


def test_the_recipe_has_the_versions_of_the_package() -> None:
    assert RECIPE["context"]["version"] == tiltproof.__version__
    assert f">={RECIPE['context']['python_min']}" == PROJECT["requires-python"]


def test_the_recipe_asks_for_what_the_package_needs() -> None:
    needed = {}
    for each in PROJECT["dependencies"]:
        name, bound = re.fullmatch(r"([a-z0-9-]+)(>=.*)", each).groups()  # type: ignore[union-attr]
        needed[RENAMED.get(name, name)] = bound
    asked = dict(each.split(" ", 1) for each in RECIPE["requirements"]["run"])
    assert asked.pop("python") == ">=${{ python_min }}"
    assert asked == needed


def test_the_recipe_installs_the_command() -> None:
    entry = RECIPE["build"]["python"]["entry_points"]
    assert entry == [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]


def test_no_link_of_the_published_readme_is_relative() -> None:
    makefile = (ROOT / "Makefile").read_text()
    rules = re.findall(r"-e '(s#.*?#g?)'", makefile)
    text = subprocess.run(
        ["sed", *(part for rule in rules for part in ("-e", rule)), str(ROOT / "README.md")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert rules
    assert not re.findall(r"\]\((?!https://)", text)
