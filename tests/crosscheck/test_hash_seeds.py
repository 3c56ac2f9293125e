"""What the tool answers does not depend on PYTHONHASHSEED, on which the order of every set depends."""

import json
from functools import cache

import pytest

from ..commands.apart import answers

STEPS = "where(z < -5/2, 0, where(z < 0, sqrt(2), where(z < 5/2, 1, sqrt(3 + 2*sqrt(2)))))"
VERIFY = ["verify", "--no-cache", "--workers", "1", "--claim", "G2", "--claim", "H3"]
QUESTIONS = {
    "exponents": ["exponents", STEPS],
    "threshold": ["threshold", STEPS, "--signal", "centered"],
    "verify": [*VERIFY, "--claim", "G1", "--claim", "T6", "--link", STEPS],
}
WIDE = {
    "threshold under noise": ["threshold", "staircase", "--noise", "rademacher(1/2)"],
    "verify kinks": [*VERIFY, "--link", "max(z, 1, -z)"],
}


@cache
def _answers(seed: str, wide: bool = False) -> dict[str, str]:
    return answers(WIDE if wide else QUESTIONS, {"PYTHONHASHSEED": seed})


@pytest.mark.parametrize(
    "question", [*QUESTIONS, *(pytest.param(question, marks=pytest.mark.slow) for question in WIDE)]
)
def test_every_hash_seed_gives_the_same_answer(question: str) -> None:
    found = {_answers(seed, question in WIDE)[question] for seed in ("0", "4")}
    assert len(found) == 1
    assert found.pop() != "null"


def test_weights_of_equal_exponents_are_added_in_the_threshold() -> None:
    beta1 = json.loads(_answers("0")["threshold"])["beta1"]
    assert abs(float(beta1["lower"]) - 0.6197836) < 1e-7
