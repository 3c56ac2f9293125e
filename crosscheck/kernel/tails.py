"""How far s^i e^{ts} He_k reaches: bounds of a link for t from 0 to T, and radii that leave little outside.

|s| <= P |z|^m and t s <= a z^2 + b with a < 1/2 where |z| >= r: `formal/tilt.v` makes tails of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ...link import Link, LinkError
from ...theory.exact.polynomial import rational_polynomial
from .link import Coq, Growth, Written, hermite_size, number

#: Of what is left of 1/2 - a, for the decay and for the powers of z.
_DECAY, _POWERS = Fraction(3, 4), Fraction(6, 25)
_FARTHEST = 200
_MOST_RADIUS = 30


@dataclass(frozen=True, slots=True)
class Tails:
    """P, a and b as terms, what they come to, and the lemma ``s_grows`` that proves them. end: r."""

    lemma: str
    size: str
    degree: int
    a: str
    b: str
    about: float
    rate: Fraction
    log_b: float
    end: int = 1

    @property
    def rates(self) -> tuple[Fraction, Fraction]:
        """c and d of `tail_term`: the decay e^{-c z^2} that is shown, and what powers of z take."""
        room = Fraction(1, 2) - self.rate
        return room * _DECAY, room * _POWERS

    def powers(self, k: int, i: int) -> int:
        """n with m i + k <= 2 n + 3."""
        return max(0, math.ceil((self.degree * i + k - 3) / 2))

    def radius(self, k: int, i: int, least: float) -> Fraction:
        """r, in quarters, beyond which at most ``least`` is left of E[|s|^i e^{ts} |He_k|]."""
        n, (c, d) = self.powers(k, i), self.rates
        log_size = i * math.log(max(self.about, 1e-9)) + math.log(hermite_size(k)) + self.log_b
        log_size += (n + 1) * math.log((n + 1) / d) - math.log(c) - math.log(least)
        r = max(Fraction(math.ceil(4 * math.sqrt(max(log_size, 1.0) / c)), 4), Fraction(self.end))
        if r > _FARTHEST:
            raise LinkError("e^(s/beta) comes too close to e^(z^2/2) at that temperature: take a larger beta")
        return r


def tails(link: Link, made: Written, T: Fraction) -> Tails:
    """The bounds of a link for 0 <= t <= T. Raises LinkError where these proofs see none."""
    growth, t = made.growth, number(T).at(0)
    if growth is None:
        raise LinkError(
            f"'{link}' is neither bounded nor of polynomial growth as far as these proofs see: take a link "
            "such as tanh(z), clip(He(3,z),-4,4) or z**2"
        )
    if bounds := made.bounds:
        largest = max(map(abs, bounds))
        low, high, size = (number(each).at(0) for each in (*bounds, largest))
        proof = f"exact (bounded_range s {t} {low} {high} {size} s_between ltac:(lra) ltac:(lra))."
        return _tails(T, Growth("", size, 0, float(largest)), "0", f"({t} * {size})", proof,
                      Fraction(0), float(T * largest))  # fmt: skip
    shape = rational_polynomial(link.tree)
    q = [] if shape is None else [Fraction(int(c.p), int(c.q)) for c in shape.coeffs()]
    if len(q) == 3:
        return _quadratic(T, growth, q, made.stated)
    if growth.degree <= 1:
        proof = f"exact (linear_range s {t} {growth.size} {growth.degree} {growth.proof} ltac:(lia))."
        b = f"(2 * ({t} * {growth.size}) ^ 2)"
        grown = Growth("", growth.size, 1, growth.about)
        return _tails(T, grown, "(1 / 8)", b, proof, Fraction(1, 8), 2 * (growth.about * float(T)) ** 2)
    if made.image.hi < math.inf:
        top = Fraction(max(0, math.floor(made.image.hi) + 1))
        return _above(T, growth, top, 1, "clear far. revert z. unfold s. between_two.")
    if len(q) % 2 and q[-1] < 0:
        return _falling(T, growth, q, made.stated)
    raise LinkError(
        f"'{link}' is not seen to keep e^(s/beta) integrable by these proofs: take a link that is bounded, "
        "bounded above, of linear growth or a quadratic polynomial"
    )


def _tails(T: Fraction, growth: Growth, a: str, b: str, proof: str, rate: Fraction, log_b: float,
           end: int = 1) -> Tails:  # fmt: skip
    lemma = (
        f"Lemma s_grows : forall t z, 0 <= t <= {number(T).at(49)} -> {end} <= Rabs z ->\n"
        f"  Rabs (s z) <= {growth.size} * Rabs z ^ {growth.degree} /\\ t * s z <= {a} * z ^ 2 + {b}.\n"
        f"Proof. {proof} Qed.\n"
    )
    return Tails(lemma, growth.size, growth.degree, a, b, growth.about, rate, log_b, end)


def _quadratic(T: Fraction, growth: Growth, q: list[Fraction], stated: Coq) -> Tails:
    low, middle, high = q
    room = Fraction(1, 2) - T * max(high, Fraction(0))
    if room <= 0:
        raise LinkError(f"at beta = {1 / T} alpha is infinite: take beta above {2 * high}")
    share = room / 4
    most, top = max(low, Fraction(0)), max(high, Fraction(0))
    t, e, q0, q1, q2, N, Q = (number(x).at(0) for x in (T, share, *q, most, top))
    proof = (
        f"apply (quadratic_range s {t} {growth.size} {e} {q0} {q1} {q2} {N} {Q} {growth.degree}); try lra; "
        f"[exact {growth.proof} | intros x; {_plain(stated)}field]."
    )
    log_b = float(T * most + (T * middle) ** 2 / (4 * share))
    b = f"({t} * {N} + ({t} * {q1}) ^ 2 / (4 * {e}))"
    return _tails(T, growth, f"({t} * {Q} + {e})", b, proof, T * top + share, log_b)


def _plain(stated: Coq) -> str:
    """The link with its Hermite polynomials written out."""
    orders = sorted({int(word) for word in _after(stated.text, "He")})
    return "unfold s; " + "".join(f"rewrite ?He_{order}; " for order in orders)


def _after(text: str, name: str) -> list[str]:
    words = text.replace("(", " ").replace(")", " ").split()
    return [after for word, after in pairwise(words) if word == name]


def _above(T: Fraction, growth: Growth, top: Fraction, end: int, proof: str) -> Tails:
    t, hi = (number(x).at(0) for x in (T, top))
    whole = (
        f"apply (above_range s {t} {growth.size} {hi} {end} {growth.degree}); "
        f"[lra | exact {growth.proof} | lra |]. intros z far. {proof}"
    )
    return _tails(T, growth, "0", f"({t} * {hi})", whole, Fraction(0), float(T * top), end)


def _falling(T: Fraction, growth: Growth, q: list[Fraction], stated: Coq) -> Tails:
    """A polynomial of even degree with a negative leading coefficient: below 0 where |z| >= r."""
    n = len(q) - 1
    for r in range(1, _MOST_RADIUS):
        if sum(abs(c) / Fraction(r) ** (n - j) for j, c in enumerate(q[:-1])) < -q[-1]:
            break
    else:
        raise LinkError(f"a polynomial that is above 0 beyond {_MOST_RADIUS} is out of reach of these proofs")
    terms = [f"{number(c).at(49)} * u ^ {n - j}" for j, c in enumerate(q) if c]
    proof = (
        f"apply (falling s (fun u => {' + '.join(reversed(terms))}) {n // 2} {r}); "
        f"[lra | intros x x0; {_plain(stated)}field; exact x0 | intros u range; interval | exact far]."
    )
    return _above(T, growth, Fraction(0), r, proof)
