"""The machine changes no answer: neither its processor, in whose order BLAS, NumPy and the C library add,
nor its time zone, its locale, its terminal or its number of cores."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NEWER = {"OPENBLAS_CORETYPE": "Haswell"}
OLDER = {
    "OPENBLAS_CORETYPE": "Prescott",
    # NumPy's names of these instructions, by version; it passes over those that it does not know.
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX X86_V3 X86_V4",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F",
    "NUMBA_CPU_NAME": "generic",
    "PYTHONHASHSEED": "4",
    # Another place and another terminal as well.
    "TZ": "Asia/Tokyo",
    "LC_ALL": "C",
    "COLUMNS": "40",
}

QUESTIONS = {
    "admissible": ["admissible", "sigmoid", "--epsilon", "0.4", "--n", "100000", "--noise", "gaussian(1/4)"],
    "recover": ["recover", "tanh(z) - 1/2", "--beta", "2", "--d", "100,1000", "--replicas", "8"],
    "threshold": ["threshold", "tanh(z) - 9/10", "--digits", "15"],
}
RECOVERIES = {
    "cos": ["cos", "--beta", "1", "--d", "100,1000"],
    "centered": ["cos", "--signal", "centered", "--beta", "1", "--d", "100,1000"],
    "noise": ["tanh", "--noise", "gaussian(1/2)", "--beta", "1", "--d", "100,1000"],
    "direct": ["tanh", "--direct", "--beta", "1", "--d", "50,100"],
    "order 3": ["sign(z*(z**2 - 2*log(2)))", "--beta", "2", "--d", "50,100"],
    "no weights": ["staircase", "--beta", "oo", "--d", "50,100"],
}
WIDE = {
    "exponents": ["exponents", "tanh(He(4,z)/5)"],
    "coefficients": ["coefficients", "sin", "--k", "0:8", "--beta", "1/2"],
    "policy": ["policy", "tanh", "--beta", "1"],
    "claim": ["claim", "V(beta) > 0", "--link", "sigmoid", "--for", "beta=(0.5,20)"],
    "admissible: ends": ["admissible", "tanh", "--epsilon", "0.19", "--n", "1000000"],
    "admissible: overlap": ["admissible", "tanh", "--epsilon", "0.6", "--n", "100000", "--overlap", "0.97"],
    "admissible: clip": [
        "admissible",
        "z**2",
        "--epsilon",
        "0.47",
        "--n",
        "1000000",
        "--clip",
        "0,6",
        "--target",
        "1.5",
    ],
    "admissible: none": ["admissible", "sin", "--epsilon", "0.2", "--n", "1000"],
    "admissible: kinks": ["admissible", "clip(z,-1,2)", "--epsilon", "0.5", "--n", "10000000"],
    **{f"recover: {name}": ["recover", *more, "--replicas", "16"] for name, more in RECOVERIES.items()},
    **{
        f"verify: {link}": ["verify", "--workers", "1", "--link", link]
        for link in ("tanh(z) - 9/10", "staircase", "z**2 - 10", "relu", "sin")
    },
}
TRAINING = """
import numpy, tiltproof
from fractions import Fraction
from tiltproof.numerics.deployment.learning import BIASES
from tiltproof.numerics.deployment.readout import Recipe
from tiltproof.numerics.experiments.coverage import Experiment, train_many
print(tiltproof.train("tanh", [2, "1/2"], d=100, n2=2000, seed=3).as_json())
link, model = tiltproof.link("tanh"), Recipe(BIASES, Fraction(0), (-1.0, 1.0))
for pilot in (0, 500):
    setting = Experiment(model, link.tree, tiltproof.link.NOISELESS, Fraction(2), 0.97, None, pilot)
    found = train_many(setting, 500, 5, numpy.random.default_rng(0))
    print([column.tolist() for column in (found.gap, found.error, found.deviation)])
"""


def _run(arguments: list[str], processor: dict[str, str], folder: Path) -> str:
    apart = processor | {"NUMBA_CACHE_DIR": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=os.environ | apart
    )
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


def _answer(question: list[str], processor: dict[str, str], folder: Path) -> str:
    written = _run(["-m", "tiltproof", *question, "--json"], processor, folder)
    return json.dumps(_untimed(json.loads(written)), indent=1)


def _untimed(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _untimed(value) for key, value in answer.items() if key != "seconds"}
    return [_untimed(value) for value in answer] if isinstance(answer, list) else answer


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the settings are those of x86")
def test_the_two_settings_add_in_different_orders(tmp_path: Path) -> None:
    adding = "import numpy as np; x = np.linspace(0, 1, 1001); print((np.exp(x) @ np.sin(x)).hex())"
    assert _run(["-c", adding], NEWER, tmp_path) != _run(["-c", adding], OLDER, tmp_path)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_processor_gives_the_same_answer(question: str, tmp_path: Path) -> None:
    newer, older = (_answer(QUESTIONS[question], processor, tmp_path) for processor in (NEWER, OLDER))
    assert newer == older


def test_the_number_of_workers_changes_no_evidence(tmp_path: Path) -> None:
    question = ["verify", "--claim", "G1", "--claim", "P1", "--link", "sign", "--link", "z"]
    alone, shared = (
        _answer([*question, "--workers", n], processor, tmp_path)
        for n, processor in (("1", NEWER), ("3", OLDER))
    )
    assert alone == shared


@pytest.mark.slow
@pytest.mark.parametrize("question", WIDE)
def test_every_processor_gives_the_same_answer_to_more(question: str, tmp_path: Path) -> None:
    newer, older = (_answer(WIDE[question], processor, tmp_path) for processor in (NEWER, OLDER))
    assert newer == older


@pytest.mark.slow
def test_every_processor_trains_alike(tmp_path: Path) -> None:
    newer, older = (_run(["-c", TRAINING], processor, tmp_path) for processor in (NEWER, OLDER))
    assert newer == older
