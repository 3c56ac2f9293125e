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


@cache
def _answer(question: str, seed: str) -> bytes:
    command = [sys.executable, "-m", "tiltproof", *QUESTIONS[question]]
    done = subprocess.run(
        command, capture_output=True, check=False, env=os.environ | {"PYTHONHASHSEED": seed}
    )
    return json.dumps(_untimed(json.loads(done.stdout)), indent=1).encode()


def _untimed(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _untimed(value) for key, value in answer.items() if key != "seconds"}
    return [_untimed(value) for value in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_hash_seed_gives_the_same_answer(question: str) -> None:
    answers = {_answer(question, seed) for seed in ("0", "1", "4")}
    assert len(answers) == 1
    assert answers.pop() != b"null"


def test_weights_of_equal_exponents_are_added_in_the_threshold() -> None:
    beta1 = json.loads(_answer("threshold", "0"))["beta1"]
    assert abs(float(beta1["lower"]) - 0.6197836) < 1e-7
