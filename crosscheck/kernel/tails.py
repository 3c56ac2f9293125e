"""How far s^i e^{ts} He_k reaches: bounds of a link for t from 0 to T, and radii that leave little outside.

|s| <= P |z|^m e^{q z^2} and t s <= a z^2 + b with a + 2 q < 1/2 where |z| >= r: lemmas of `formal/tilt.v`
make tails of it. So links of polynomial growth, and like e^{g |z|}, where s/beta stays below z^2/2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ...link import Link, LinkError
from ...link.tree import Bin, Neg, Node
from ...theory.exact.polynomial import rational_polynomial
from . import growth
from .growth import Growth, hermite_size
from .link import Written, written
from .terms import Coq, argument, number

#: Of what is left of 1/2 - a - i q, for the decay and for the powers of z.
_DECAY, _POWERS = Fraction(3, 4), Fraction(6, 25)
#: e^{g |z|} <= e^{g^2/(4 q)} e^{q z^2} for this q.
_SPREAD = Fraction(1, 24)
_FARTHEST = 200
_MOST_RADIUS = 30


@dataclass(frozen=True, slots=True)
class Tails:
    """P, a and b as terms, what P, a and log b come to, and the lemma ``s_grows``. end: r."""

    lemma: str
    size: str
    degree: int
    spread: Fraction
    a: str
    b: str
    about: float
    rate: Fraction
    log_b: float
    end: int

    def rates(self, i: int) -> tuple[Fraction, Fraction]:
        """c and d of `tail_term`: the decay e^{-c z^2} that is shown, and what powers of z take."""
        room = Fraction(1, 2) - self.rate - i * self.spread
        return room * _DECAY, room * _POWERS

    def powers(self, k: int, i: int) -> int:
        """n with m i + k <= 2 n + 3."""
        return max(0, math.ceil((self.degree * i + k - 3) / 2))

    def radius(self, k: int, i: int, least: float) -> Fraction:
        """r, in quarters, beyond which at most ``least`` is left of E[|s|^i e^{ts} |He_k|]."""
        n, (c, d) = self.powers(k, i), self.rates(i)
        log_size = i * math.log(max(self.about, 1e-9)) + math.log(hermite_size(k)) + self.log_b
        log_size += (n + 1) * math.log((n + 1) / d) - math.log(c) - math.log(least)
        r = max(Fraction(math.ceil(4 * math.sqrt(max(log_size, 1.0) / c)), 4), Fraction(self.end))
        if r > _FARTHEST:
            raise LinkError("e^(s/beta) comes too close to e^(z^2/2) at that temperature: take a larger beta")
        return r


@dataclass(frozen=True, slots=True)
class _Upper:
    """t s <= a z^2 + b where |z| >= end, and the proof."""

    a: str
    b: str
    rate: Fraction
    log_b: float
    proof: str
    end: int = 1


def tails(link: Link, made: Written, T: Fraction, every: bool = False) -> Tails:
    """The bounds of a link for 0 <= t <= T, or for every T. Raises LinkError where these proofs see none."""
    own, t = grows(link, made), "T" if every else argument(T)
    upper = _upper(link, made, T, t)
    size, about, spread = own.size, own.about, Fraction(0)
    proof = f"(grown s _ _ _ z {own.proof} ltac:(rate_at_most) ltac:(lra))"
    if own.pace > 0:
        pace, spread, q = growth.pace_above(own), _SPREAD, argument(_SPREAD)
        size = f"({size} * exp ({argument(pace)} ^ 2 / (4 * {q})))"
        about *= math.exp(float(pace**2 / (4 * spread)))
        ends = f"ltac:(lra) {own.proof} ltac:(rate_at_most) ltac:(lra)"
        proof = f"(grown_exponential s _ _ {q} {argument(pace)} _ z {ends})"
    lemma = (
        f"Lemma s_grows{' (T : R)' if every else ''} : forall t z, 0 <= t <= {t} -> "
        f"{upper.end} <= Rabs z ->\n"
        f"  Rabs (s z) <= {size} * Rabs z ^ {own.degree} * exp ({argument(spread)} * z ^ 2)\n"
        f"  /\\ t * s z <= {upper.a} * z ^ 2 + {upper.b}.\n"
        f"Proof.\nintros t z range far. split; [exact {proof} |].\n{upper.proof}\nQed.\n"
    )
    return Tails(lemma, size, own.degree, spread, upper.a, upper.b, about, upper.rate, upper.log_b, upper.end)


def grows(link: Link, made: Written) -> Growth:
    """Raises LinkError where no growth is seen."""
    if bounds := made.bounds:
        return growth.bounded("s", *bounds, "s_between")
    own = growth.settled(made.growth)
    if own is None:
        raise LinkError(
            f"'{link}' is neither bounded nor of polynomial growth or like e^(a abs(z)) as far as these "
            "proofs see: take a link such as tanh(z), clip(He(3,z),-4,4), z**2 or -cosh(z)"
        )
    return own


def _upper(link: Link, made: Written, T: Fraction, t: str) -> _Upper:
    shape = rational_polynomial(link.tree)
    q = [] if shape is None else [Fraction(int(c.p), int(c.q)) for c in shape.coeffs()]
    if len(q) == 3:
        return _quadratic(T, t, q, made.stated)
    if (found := rises(link, made)) is not None:
        if not found.degree:
            proof = f"apply (upper_flat s {t} {found.size}); [exact {found.proof} | exact range | lra]."
            return _Upper("0", f"({t} * {found.size})", Fraction(0), float(T) * found.about, proof)
        proof = f"apply (upper_linear s {t} {found.size} {found.degree});\n"
        proof += f"[exact {found.proof} | lia | exact range | lra]."
        b = f"(2 * ({t} * {found.size}) ^ 2)"
        return _Upper("(1 / 8)", b, Fraction(1, 8), 2 * (found.about * float(T)) ** 2, proof)
    if len(q) % 2 and q[-1] < 0:
        return _falling(t, q, made.stated)
    raise LinkError(
        f"'{link}' is not seen to keep e^(s/beta) integrable by these proofs: take a link that is bounded, "
        "bounded above, of linear growth or a quadratic polynomial"
    )


def rises(link: Link, made: Written) -> Growth | None:
    """How far above 0 the link gets, at most linearly: `rises`."""
    if made.bounds:
        return _as_it_grows(grows(link, made))
    return _rises(link.tree)


def _rises(tree: Node) -> Growth | None:
    made = written(tree)
    if made.image.hi < math.inf:
        top = argument(Fraction(max(0, math.floor(made.image.hi) + 1)))
        proof = f"(rises_below (fun z => {made.stated.text}) {top} ltac:(lra) ltac:(between_two))"
        return Growth(proof, top, 0, float(top))
    own = growth.settled(made.growth)
    if own is not None and own.degree <= 1 and own.pace <= 0:
        return _as_it_grows(own)
    if isinstance(tree, Bin) and tree.op in "+-":
        plus = tree.op == "+"
        left, right = _rises(tree.left), _rises(tree.right if plus else Neg(tree.right))
        return growth.total("rises_plus" if plus else "rises_minus", left, right)
    return None


def _as_it_grows(own: Growth) -> Growth | None:
    return own._replace(proof=f"(rises_grows _ _ _ _ {own.proof} ltac:(rate_at_most))")


def _quadratic(T: Fraction, t: str, q: list[Fraction], written: Coq) -> _Upper:
    low, middle, high = q
    room = Fraction(1, 2) - T * max(high, Fraction(0))
    share = room / 4
    most, top = max(low, Fraction(0)), max(high, Fraction(0))
    e, q0, q1, q2, N, Q = map(argument, (share, *q, most, top))
    proof = (
        f"apply (upper_quadratic {t} t (s z) {e} {q0} {q1} {q2} {N} {Q}); try lra; {_plain(written)}field."
    )
    log_b = float(T * most + (T * middle) ** 2 / (4 * share))
    b = f"({t} * {N} + ({t} * {q1}) ^ 2 / (4 * {e}))"
    return _Upper(f"({t} * {Q} + {e})", b, T * top + share, log_b, proof)


def _plain(stated: Coq) -> str:
    """The link with its Hermite polynomials written out."""
    words = stated.text.replace("(", " ").replace(")", " ").split()
    orders = sorted({int(after) for word, after in pairwise(words) if word == "He"})
    return "unfold s; " + "".join(f"rewrite ?He_{order}; " for order in orders)


def _falling(t: str, q: list[Fraction], written: Coq) -> _Upper:
    """A polynomial of even degree with a negative leading coefficient: below 0 where |z| >= r."""
    n = len(q) - 1
    for r in range(1, _MOST_RADIUS):
        if sum(abs(c) / Fraction(r) ** (n - j) for j, c in enumerate(q[:-1])) < -q[-1]:
            break
    else:
        raise LinkError(f"a polynomial that is above 0 beyond {_MOST_RADIUS} is out of reach of these proofs")
    terms = [f"{number(c).at(49)} * u ^ {n - j}" for j, c in enumerate(q) if c]
    proof = (
        f"apply (upper_number {t} t (s z) 0 z range); [lra |]. revert z far.\n"
        f"apply (falling s (fun u => {' + '.join(reversed(terms))}) {n // 2} {r}); "
        f"[lra | intros x x0; {_plain(written)}field; exact x0 | intros u between; interval]."
    )
    return _Upper("0", f"({t} * 0)", Fraction(0), 0.0, proof, r)
