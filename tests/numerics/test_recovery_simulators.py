"""The chain and the d-dimensional algorithm have one law; slopes agree with NumPy.

Oracle: direct simulation in R^d, which shares no update code with the chain.
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from tiltproof.link import LinkError, Target, parse
from tiltproof.link.label import Noise
from tiltproof.numerics.lowering.derivative import derivative
from tiltproof.numerics.lowering.pointwise import Array, compile_numpy
from tiltproof.numerics.recovery.chain import run_chain
from tiltproof.numerics.recovery.kernel import program, run
from tiltproof.numerics.recovery.training import Course, Run, Training, run_direct

#: Two samples of this size differ noticeably (power 0.99) when their laws are 0.05 apart.
SAMPLES = 8000
ALARM = 1e-5
NEVER = 2.0


def training(
    link: str = "tanh(z) - 9/10", activation: str = "He(3, z)/6 + z", step: float = 0.3, batch: int = 1
) -> Training:
    noise = Noise("gaussian", Fraction(1, 2))
    target = Target(parse(link), Fraction(1, 2), noise=noise)
    return Training(target, parse(activation).tree, step, batch)


def starts(seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.4, 0.4, SAMPLES), rng.choice([-1.0, 1.0], SAMPLES)


CASES = [
    (training(), 5, 6),
    (training(batch=3), 5, 4),
    (training(activation="relu(z - 1/2)"), 5, 6),
    (training(activation="tanh(z)"), 2, 5),
    (training(activation="z*sigmoid(z)"), 3, 5),
    (training(step=0.1), 50, 12),
]


@pytest.mark.parametrize(("of", "d", "steps"), CASES, ids=lambda value: str(value)[:20])
def test_the_chain_has_the_law_of_the_direct_algorithm(of: Training, d: int, steps: int) -> None:
    course = Course(steps, stop_at=NEVER)
    direct = run_direct(of, d, *starts(2), course, np.random.default_rng(1)).final
    chain = run_chain(of, d, *starts(3), course, np.random.default_rng(4)).final
    assert stats.ks_2samp(chain, direct).pvalue > ALARM


RUNNERS: dict[str, Callable[[Training, Array, Array, np.random.Generator], Run]] = {
    "chain": lambda of, m, a, rng: run_chain(of, 20, m, a, Course(400, 12), rng),
    "direct": lambda of, m, a, rng: run_direct(of, 20, m, a, Course(400, 12), rng),
}


@pytest.mark.parametrize("name", RUNNERS)
def test_a_run_keeps_its_book(name: str) -> None:
    ms = np.array([0.1, 0.2, 0.6])
    found = RUNNERS[name](training(step=0.05), ms, np.ones(3), np.random.default_rng(8))
    assert found.overlaps.shape == (3, len(found.grid))
    assert found.grid[0] == 1
    assert found.grid[-1] == 400
    assert found.steps[2] == 0
    stopped = found.steps >= 0
    assert (np.abs(found.final[stopped]) >= 0.5).all()
    assert (np.abs(found.final[~stopped]) < 0.5).all()
    assert np.allclose(found.overlaps[:, -1], found.final)
    again = RUNNERS[name](training(step=0.05), ms, np.ones(3), np.random.default_rng(8))
    assert np.array_equal(found.overlaps, again.overlaps)


EXPRESSIONS = [
    "z**3/3 - z", "He(4, tanh(z))", "tanh(z)*exp(-z**2)", "sigmoid(3*z)", "softplus(z)", "gelu(z)", "erf(z)",
    "relu(z - 1)", "abs(z)", "clip(z**2, 1/2, 2)", "max(z, -z, 1)", "min(z, 1/3)", "sqrt(1 + z**2)",
    "log(1 + z**2)", "atan(z)/2", "cosh(z/2)", "sinh(z/3)", "sin(z)*cos(2*z)",
    "where(abs(z) < 1 and z < 2, z**2, z)",
    "z/(1 + z**2)", "2**z", "tan(tanh(z))", "-sign(z)*z", "Heaviside(z)*z",
    "silu(z)", "expm1(z)/2", "log1p(z**2)", "swish(arctan(z))",
]  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_derivative_and_program_agree_with_numpy(text: str) -> None:
    tree = parse(text).tree
    z = np.linspace(-3.03, 3.07, 41)
    f, slope = compile_numpy(tree), compile_numpy(derivative(tree))
    differences = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6
    assert np.allclose(slope(z), differences, rtol=1e-5, atol=1e-6)
    for part, values in ((tree, f(z)), (derivative(tree), slope(z))):
        code = program(part)
        stack = np.empty(code.depth)
        found = [run(code.codes, code.values, stack, float(x)) for x in z]
        assert np.allclose(found, values, rtol=1e-12, atol=1e-12)


def test_a_line_has_no_room_to_recover_in() -> None:
    with pytest.raises(LinkError, match="from 2"):
        run_chain(training(), 1, np.array([0.1]), np.array([1.0]), Course(3), np.random.default_rng(0))


def test_an_activation_with_a_jump_has_no_gradient() -> None:
    with pytest.raises(LinkError, match="jump"):
        run_chain(
            training(activation="sign(z)"), 5, np.array([0.1]), 1.0, Course(3), np.random.default_rng(0)
        )
