"""What the tool answers does not depend on PYTHONHASHSEED, on which the order of every set depends."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

STEPS = "where(z < -5/2, 0, where(z < 0, sqrt(2), where(z < 5/2, 1, sqrt(3 + 2*sqrt(2)))))"
QUESTIONS = {
    "exponents": ["exponents", STEPS, "--json"],
    "threshold": ["threshold", STEPS, "--signal", "centered", "--json"],
    "threshold under noise": ["threshold", "staircase", "--noise", "rademacher(1/2)", "--json"],
    "verify": ["verify", "--json", "--workers", "1", *(f"--claim={c}" for c in ("G1", "G2", "H3", "T6")),
               "--link", STEPS, "--link", "staircase", "--link", "max(z, 1, -z)"],
}  # fmt: skip


#: Runs the questions of its argument one after the other.
ASK = """
import json, runpy, sys
for question in json.loads(sys.argv[1]):
    sys.argv = ["tiltproof", *question]
    try:
        runpy.run_module("tiltproof", run_name="__main__")
    except SystemExit as ended:
        print("\\f", end="")
"""


@cache
def _answers(seed: str) -> dict[str, str]:
    """What one process with this seed answers to every question."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(list(QUESTIONS.values()))],
        stdout=subprocess.PIPE, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": seed},
    )  # fmt: skip
    texts = done.stdout.split("\f")[:-1]
    found = {question: json.loads(text) for question, text in zip(QUESTIONS, texts, strict=True)}
    return {question: json.dumps(_untimed(answer), indent=1) for question, answer in found.items()}


def _untimed(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _untimed(value) for key, value in answer.items() if key != "seconds"}
    return [_untimed(value) for value in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_hash_seed_gives_the_same_answer(question: str) -> None:
    answers = {_answers(seed)[question] for seed in ("0", "1", "4")}
    assert len(answers) == 1
    assert answers.pop() != "null"


def test_weights_of_equal_exponents_are_added_in_the_threshold() -> None:
    beta1 = json.loads(_answers("0")["threshold"])["beta1"]
    assert abs(float(beta1["lower"]) - 0.6197836) < 1e-7
