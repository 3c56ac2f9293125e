"""A certificate changed at random is rejected, or still states something true.

Oracle: Gauss-Legendre quadrature in double precision on links written a second time in NumPy, which knows
nothing of the checker's integration, expressions or proofs.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy
from numpy.polynomial.hermite_e import hermeval
from tiltproof.crosscheck.certificate.check import check
from tiltproof.crosscheck.certificate.format import parse
from tiltproof.crosscheck.certificate.write import certificate
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.link import LinkError

Content = dict[str, Any]
Array = np.ndarray[Any, np.dtype[np.float64]]

#: A link a second time: its values, where it jumps or bends, t_max, GE.
LINKS: dict[str, tuple[Callable[[Array], Array], tuple[float, ...], float, int]] = {
    "tanh(z) - 9/10": (lambda z: np.tanh(z) - 0.9, (), np.inf, 1),
    "tanh(z)": (np.tanh, (), np.inf, 1),
    "z - 3": (lambda z: z - 3, (), np.inf, 1),
    "z**2 - 10": (lambda z: z**2 - 10, (), 0.5, 2),
    "z**2": (lambda z: z**2, (), 0.5, 2),
    "where(z > 0, -1, -3)": (lambda z: np.where(z > 0, -1.0, -3.0), (0.0,), np.inf, 1),
    "where(abs(z) < 1, 1, 0)": (lambda z: np.where(abs(z) < 1, 1.0, 0.0), (-1.0, 1.0), np.inf, 2),
    "clip(z, -1, 1)": (lambda z: np.clip(z, -1, 1), (-1.0, 1.0), np.inf, 1),
    "sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)": (
        lambda z: np.sign(z) * np.where(abs(z) < np.sqrt(2 * np.log(3)), 1.0, -2.0),
        (-np.sqrt(2 * np.log(3)), 0.0, np.sqrt(2 * np.log(3))), np.inf, 1,
    ),
}  # fmt: skip
CASES = [(link, "label", "none") for link in LINKS] + [
    ("z**2 - 10", "weight", "none"),
    ("tanh(z) - 9/10", "centered", "none"),
    ("z - 3", "label", "gaussian(1/2)"),
    ("tanh(z) - 9/10", "label", "uniform(1/2)"),
]
_MARGIN = 1e-6


@cache
def _rule(kinks: tuple[float, ...]) -> tuple[Array, Array]:
    ends = sorted({*np.linspace(-30, 30, 61), *kinks})
    x, w = np.polynomial.legendre.leggauss(24)
    middles, halves = (np.add(ends[1:], ends[:-1]) / 2), (np.diff(ends) / 2)
    z = (middles[:, None] + halves[:, None] * x).ravel()
    return z, (halves[:, None] * w).ravel()


@dataclass
class Truth:
    """What a link, signal and noise are, in doubles."""

    link: str
    signal: str
    noise: str

    def moment(self, power: int, k: int, t: float = 0.0) -> float:
        """E[s^power e^{ts} He_k]."""
        s, kinks, _, _ = LINKS[self.link]
        z, w = _rule(kinks)
        y = s(z)
        density = np.exp(t * y - z * z / 2) / np.sqrt(2 * np.pi)
        return float(np.sum(w * density * y**power * hermeval(z, [0] * k + [1])))

    def _slopes(self, t: float) -> tuple[float, float]:
        kind, _, scale = self.noise.partition("(")
        if kind == "none" or self.signal != "label":
            return 0.0, 0.0
        a = float(Fraction(scale.rstrip(")")))
        if kind == "gaussian":
            return a * a * t, a * a
        x = a * t
        return a * (1 / np.tanh(x) - 1 / x), a * a * (1 / x**2 - 1 / np.sinh(x) ** 2)

    def values(self, k: int, t: float) -> tuple[float, float]:
        """The signal and its slope at t."""
        h = [self.moment(n, k, t) for n in range(3)]
        if self.signal == "weight":
            return h[0], h[1]
        if self.signal == "centered":
            g = [self.moment(n, 0, t) for n in range(3)]
            return h[1] * g[0] - h[0] * g[1], h[2] * g[0] - h[0] * g[2]
        first, second = self._slopes(t)
        return h[1] + first * h[0], h[2] + first * h[1] + second * h[0]

    @cache  # noqa: B019 - some dozens of objects live as long as the test
    def zeros(self) -> list[float]:
        """Sign changes of the signal on (0, 16] or up to 15/16 of t_max, refined by bisection."""
        t_max, k = LINKS[self.link][2:]
        grid = np.linspace(0.01, min(16.0, 15 / 16 * t_max), 400)
        signs = [np.sign(self.values(k, t)[0]) for t in grid]
        found = []
        for low, high, a, b in zip(grid, grid[1:], signs, signs[1:], strict=False):
            if a != b:
                for _ in range(50):
                    middle = (low + high) / 2
                    low, high = (middle, high) if np.sign(self.values(k, middle)[0]) == a else (low, middle)
                found.append((low + high) / 2)
        return found

    def __hash__(self) -> int:
        return hash((self.link, self.signal, self.noise))


def lies(content: Content) -> Iterator[str]:
    """What an accepted certificate states falsely."""
    truth = Truth(content["link"], content["signal"], content["noise"])
    _, _, t_max, k = LINKS[truth.link]
    if content["t_max"] not in ("unknown", "oo" if t_max == np.inf else "1/2"):
        yield "t_max"
    witness = content["exponents"]["witness"]
    if content["exponents"]["generative"] != k or witness["order"] != k:
        yield "the generative exponent"
        return
    moment = truth.moment(witness["power"], k)
    if abs(moment) < 1e-9 or not _holds(witness["moment"], moment):
        yield "the witness"
    near = content["near_zero"]
    power = witness["power"] - (truth.signal != "weight")
    for t in np.linspace(0.05, 1, 6) * _float(near["to"]):
        size = truth.values(k, t)[0] * float(np.prod(range(1, power + 1))) / t**power
        if size * near["sign"] < _float(near["at_least"]) * (1 - _MARGIN):
            yield "the sign near t = 0"
    for cell in content["cells"]:
        yield from _lies_of_a_cell(truth, k, cell)
    yield from _lies_of_the_answer(truth, t_max, content)


def _lies_of_a_cell(truth: Truth, k: int, cell: Content) -> Iterator[str]:
    if "reason" in cell:
        return
    which, stated = (1, cell["slope"]) if "zero" in cell else (0, cell)
    for t in np.linspace(_float(cell["from"]), _float(cell["to"]), 7):
        size = truth.values(k, t)[which] * stated["sign"]
        if size < _float(stated["at_least"]) * (1 - _MARGIN) - 1e-12:
            yield f"the cell from {cell['from']}"
    if "zero" in cell:
        low, high = _float(cell["zero"]["lower"]), _float(cell["zero"]["upper"])
        if not any(low - 1e-9 <= t <= high + 1e-9 for t in truth.zeros()):
            yield "a zero"


def _lies_of_the_answer(truth: Truth, t_max: float, content: Content) -> Iterator[str]:
    betas = [1 / t for t in truth.zeros()]
    beta1 = betas[0] if betas else 1 / t_max
    listed, cells = content["exceptional"], content["cells"]
    end = _float(cells[-1]["to"] if cells else content["near_zero"]["to"])
    if not _holds(content["beta1"], beta1):
        yield "beta1"
    for stated in listed:
        if not any(_holds(stated, beta) for beta in betas):
            yield "an exceptional temperature"
    seen = [beta for beta in betas if content["complete"] or beta > 1 / end * (1 + 1e-9)]
    if not any("reason" in cell for cell in cells) and len(seen) > len(listed):
        yield "the list"
    if content["beyond"] is None and _float(content["searched_down_to"]) < 1 / end * (1 - 1e-9):
        yield "where zeros were searched"


def _float(text: str) -> float:
    return float(Fraction(text))


def _holds(stated: Content, value: float) -> bool:
    """Whether the enclosure holds the value, which its closed form, where there is one, equals."""
    slack = _MARGIN * max(1e-6, abs(value))
    form = stated["closed_form"]
    if form is not None and abs(float(sympy.sympify(form)) - value) > 1e-9 * max(1, abs(value)):
        return False
    return _float(stated["lower"]) - slack <= value <= _float(stated["upper"]) + slack


@cache
def _true(case: tuple[str, Any, str]) -> str:
    link, signal, noise = case
    return json.dumps(certificate(threshold_alone(link, signal, noise, 12), 12))


def _places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in pairs:
        found += _places(value, (*path, key))
    return found


_TEXTS = [
    "oo", "unknown", "0", "1/2", "1/2 + 1/10**200", "51/10", "5", "2/log(3)", "1 + sin(10**100)", "label",
    "weight", "centered", "none", "gaussian(1/2)", "gaussian(1)", "uniform(1/2)", *LINKS,
]  # fmt: skip


def _mutated(value: Any, rng: np.random.Generator, others: list[Any]) -> Any:
    """Another value of about the same kind."""
    if rng.random() < 0.02:
        return others[rng.integers(len(others))]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return int(rng.choice([-value, value + 1, value - 1]))
    if isinstance(value, str):
        try:
            number = Fraction(value)
        except (ValueError, ZeroDivisionError):
            return str(rng.choice(_TEXTS))
        if rng.random() < 0.05:
            return str(rng.choice(_TEXTS))
        shift = Fraction(int(rng.choice([-1, 1])), 10 ** int(rng.integers(0, 40)))
        changed = number * (1 + shift) if rng.random() < 0.8 else number + shift
        return str(changed)
    if isinstance(value, list):
        return [each for each in value if rng.random() < 0.7] if rng.random() < 0.8 else value + value[-1:]
    return None if rng.random() < 0.5 else value


def forged(rng: np.random.Generator) -> Content:
    """A true certificate with one to four places changed."""
    content: Content = json.loads(_true(CASES[rng.integers(len(CASES))]))
    for _ in range(rng.integers(1, 5)):
        places = _places(content)
        others = [json.loads(json.dumps(_at(content, place))) for place in places[:40]]
        # Mostly single values: a changed list or object is seldom a certificate at all.
        leaves = [place for place in places if not isinstance(_at(content, place), dict | list)]
        chosen = leaves if rng.random() < 0.8 else places
        *path, last = chosen[rng.integers(len(chosen))]
        parent = _at(content, tuple(path))
        parent[last] = _mutated(parent[last], rng, others)
        if rng.random() < 0.3 and last in ("lower", "upper"):
            # Widen, so that what is forged elsewhere has room.
            parent["lower"], parent["upper"] = "1/1000", "1000"
    return content


def _at(content: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        content = content[key]
    return content


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_oracle_finds_a_true_certificate_true(case: tuple[str, Any, str]) -> None:
    assert list(lies(json.loads(_true(case)))) == []


def _attack(seed: int, count: int) -> tuple[int, list[tuple[list[str], Content]]]:
    """How many of ``count`` forgeries are accepted, perhaps on a condition; and which of them are false."""
    rng = np.random.default_rng(seed)
    accepted, false = 0, []
    for _ in range(count):
        content = forged(rng)
        try:
            found = check(parse(content))
        except LinkError:
            continue
        if found.accepted:
            accepted += 1
            if wrong := list(lies(content)):
                false.append((wrong, content))
    return accepted, false


def test_no_forgery_of_a_few_is_accepted() -> None:
    assert _attack(1, 20)[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_no_forgery_is_accepted(seed: int) -> None:
    accepted, false = _attack(seed, 200)
    assert false == []
    assert accepted > 5, "the attack must also make certificates that are still true"
