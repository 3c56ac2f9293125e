"""The machine changes no answer: neither its processor, in whose order BLAS, NumPy and the C library add,
nor its time zone, its locale, its terminal or its number of cores."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from .apart import answers, printed

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
    "admissible": [
        "admissible",
        "tanh",
        "--epsilon",
        "0.5",
        "--n",
        "100000",
        "--features=-1,0,1",
        "--ridge",
        "1/1000",
    ],
    "threshold": ["threshold", "tanh(z) - 9/10", "--digits", "15"],
}
VERIFY = ["verify", "--no-cache", "--claim", "G1", "--claim", "P1", "--link", "sign", "--link", "z"]
#: For another processor the kernels are compiled anew, which takes seconds.
RECOVERIES = {
    "order 1": ["tanh(z) - 1/2", "--beta", "2", "--d", "100,1000"],
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
        f"verify: {link}": ["verify", "--no-cache", "--workers", "1", "--link", link]
        for link in ("tanh(z) - 9/10", "staircase", "z**2 - 10", "relu", "sin")
    },
}
WINDOWS = """
import multiprocessing, os, signal, sys
for module, name in ((signal, "SIGPIPE"), (signal, "pthread_sigmask"), (os, "O_NONBLOCK"), (os, "fchmod")):
    delattr(module, name)
sys.modules |= {"resource": None, "fcntl": None}
multiprocessing.get_all_start_methods = lambda: ["spawn"]
from tiltproof.interface.cli.main import main
if __name__ == "__main__":
    main()
"""
TRAINING = """
import numpy, tiltproof
from fractions import Fraction
from tiltproof.numerics.deployment.learning import BIASES
from tiltproof.numerics.deployment.readout import Recipe
from tiltproof.numerics.experiments.readouts import Experiment, train_many
print(tiltproof.train("tanh", [2, "1/2"], d=100, n2=2000, seed=3).as_json())
link, model = tiltproof.link("tanh"), Recipe(BIASES, Fraction(0), (-1.0, 1.0))
for pilot in (0, 500):
    setting = Experiment(model, link.tree, tiltproof.link.NOISELESS, Fraction(2), 0.97, None, pilot)
    found = train_many(setting, 500, 5, numpy.random.default_rng(0))
    print([column.tolist() for column in (found.gap, found.error, found.deviation)])
"""


def _settings(folder: Path) -> list[dict[str, str]]:
    one = {"OPENBLAS_NUM_THREADS": "1"}
    return [NEWER | one, OLDER | one | {"NUMBA_CACHE_DIR": str(folder)}]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the settings are those of x86")
def test_the_two_settings_add_in_different_orders(tmp_path: Path) -> None:
    adding = "import numpy as np; x = np.linspace(0, 1, 1001); print((np.exp(x) @ np.sin(x)).hex())"
    newer, older = (printed(["-c", adding], setting) for setting in _settings(tmp_path))
    assert newer != older


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What either processor answers to every question; the number of workers differs too."""
    folder = tmp_path_factory.mktemp("machines")
    return [
        answers(QUESTIONS | {"verify": [*VERIFY, "--workers", workers]}, setting)
        for workers, setting in zip(("1", "3"), _settings(folder), strict=True)
    ]


@pytest.mark.parametrize("question", [*QUESTIONS, "verify"])
def test_every_processor_gives_the_same_answer(question: str, both: list[dict[str, str]]) -> None:
    newer, older = both
    assert newer[question] == older[question]


@pytest.mark.slow
@pytest.mark.parametrize("question", WIDE)
def test_every_processor_gives_the_same_answer_to_more(question: str, tmp_path: Path) -> None:
    newer, older = (answers({question: WIDE[question]}, setting) for setting in _settings(tmp_path))
    assert newer == older


@pytest.mark.slow
def test_every_processor_trains_alike(tmp_path: Path) -> None:
    newer, older = (printed(["-c", TRAINING], setting) for setting in _settings(tmp_path))
    assert newer == older


def test_verify_runs_where_processes_are_spawned_and_signals_are_fewer(tmp_path: Path) -> None:
    """As on Windows, and on macOS but for the fork server."""
    (tmp_path / "windows.py").write_text(WINDOWS)
    (tmp_path / "a.claims.toml").write_text(
        'schema = 1\n[[claim]]\nid = "a"\nlink = "z"\nassert = "GE == 1"\n'
    )
    command = [
        sys.executable,
        "windows.py",
        "verify",
        "a.claims.toml",
        "--json-out",
        "a.json",
        "--workers",
        "2",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "a.json").read_text())["summary"]["PROVED"] == 1


def test_a_script_that_asks_for_processes_wherever_it_is_read_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import tiltproof\ntiltproof.verify(['L1'], ['z'])\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stderr.count("Traceback") == 1
    assert "below `if __name__ == '__main__':`" in done.stderr.splitlines()[-1]
