"""Deriving one closed form h_k(t) against ``sympy.integrate`` on the same integral, side by side.

Every round has its own link, so that no cache of either side can serve it. SymPy is given the pieces
already written out, with a positive symbol t, and (for the quadratic) the t at which it can decide
convergence; it is stopped after ``--limit`` seconds. Run: python benchmarks/closed_forms.py [--rounds N]
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable

import sympy
from tiltproof.link import parse
from tiltproof.link.tree import Node
from tiltproof.theory.exact import hermite, t, z
from tiltproof.theory.families import closed_form

oo = sympy.oo
Piece = tuple[sympy.Expr, sympy.Expr, sympy.Expr]


def relu(j: int) -> tuple[str, list[Piece]]:
    return f"relu(z) - {j}/7", [(-oo, 0, sympy.Rational(-j, 7)), (0, oo, z - sympy.Rational(j, 7))]


def hardtanh(j: int) -> tuple[str, list[Piece]]:
    a = sympy.Rational(j, 3)
    return f"clip(z, -{j}/3, {j}/3)", [(-oo, -a, -a), (-a, a, z), (a, oo, a)]


def line(j: int) -> tuple[str, list[Piece]]:
    return f"{j}*z/5 + 1", [(-oo, oo, sympy.Rational(j, 5) * z + 1)]


def falling_square(j: int) -> tuple[str, list[Piece]]:
    return f"z - {j}*z**2/4", [(-oo, oo, z - sympy.Rational(j, 4) * z**2)]


def bounded_square(j: int) -> tuple[str, list[Piece]]:
    return f"min(-{j}*z**2/4, -1)", [
        (-oo, -2 / sympy.sqrt(j), -sympy.Rational(j, 4) * z**2),
        (-2 / sympy.sqrt(j), 2 / sympy.sqrt(j), sympy.Integer(-1)),
        (2 / sympy.sqrt(j), oo, -sympy.Rational(j, 4) * z**2),
    ]


def steps(j: int) -> tuple[str, list[Piece]]:
    a = sympy.Rational(j, 4)
    return f"where(z > {j}/4, -1, -3)", [(-oo, a, sympy.Integer(-3)), (a, oo, sympy.Integer(-1))]


FAMILIES: dict[str, Callable[[int], tuple[str, list[Piece]]]] = {
    "affine": line,
    "quadratic": falling_square,
    "two levels": steps,
    "relu": relu,
    "hardtanh": hardtanh,
    "capped parabola": bounded_square,
}
#: Their odd coefficients are 0, which would be no work.
EVEN = ("capped parabola",)


def ours(tree: Node, k: int) -> sympy.Expr:
    form = closed_form(tree)
    assert form is not None
    return form.h(k)


def integrated(pieces: Iterable[Piece], k: int) -> sympy.Expr:
    order = hermite(k, z) / sympy.sqrt(2 * sympy.pi)
    return sympy.Add(
        *(sympy.integrate(order * sympy.exp(t * s - z**2 / 2), (z, low, high)) for low, high, s in pieces)
    )


def timed(work: Callable[[], sympy.Expr]) -> tuple[float, sympy.Expr]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def _child(pieces: list[Piece], k: int, channel: object) -> None:
    seconds, value = timed(lambda: integrated(pieces, k))
    at = sympy.N(value.subs(t, sympy.Rational(1, 3)), 20) if not value.has(sympy.Integral) else None
    channel.put((seconds, None if at is None else str(at), sympy.count_ops(value)))  # type: ignore[attr-defined]


def limited(pieces: list[Piece], k: int, limit: float) -> tuple[float, str | None, int] | None:
    """SymPy's time, value at t = 1/3 and size, or None when it did not finish.

    A forked child starts warm: SymPy is loaded, as it is for our side.
    """
    context = multiprocessing.get_context("fork")
    channel = context.Queue()
    child = context.Process(target=_child, args=(pieces, k, channel))
    child.start()
    child.join(limit)
    if child.is_alive():
        child.terminate()
        child.join()
        return None
    found: tuple[float, str | None, int] = channel.get()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=30.0)
    arguments = parser.parse_args()
    integrated([(-oo, oo, -z)], 1)
    ours(parse("relu(z) + 9").tree, 1)
    print(f"{'family':<17}{'k':>2}{'ours, ms':>10}{'SymPy, ms':>11}{'ratio':>8}{'sizes':>12}  agreement")
    for name, family in FAMILIES.items():
        for k in (2, 4) if name in EVEN else (1, 3):
            _row(name, family, k, range(1, 1 + arguments.rounds), arguments.limit)


def _row(
    name: str, family: Callable[[int], tuple[str, list[Piece]]], k: int, rounds: range, limit: float
) -> None:
    links = [family(j + 10 * k) for j in rounds]
    trees = [parse(text).tree for text, _ in links]
    # All of ours first: a process that has just forked is slower for a while.
    mine = [timed(lambda tree=tree: ours(tree, k)) for tree in trees]  # type: ignore[misc]
    theirs, gaps, sizes, unfinished = [], [], "", 0
    for (_, value), (_, pieces) in zip(mine, links, strict=True):
        found = limited(pieces, k, limit)
        if found is None or found[1] is None:
            unfinished += 1
            theirs.append(limit if found is None else found[0])
            continue
        theirs.append(found[0])
        here = sympy.N(value.subs(t, sympy.Rational(1, 3)), 20)
        gaps.append(abs(here - sympy.Float(found[1], 20)))
        sizes = f"{sympy.count_ops(value)}/{found[2]}"
    a, b = statistics.median(seconds for seconds, _ in mine) * 1e3, statistics.median(theirs) * 1e3
    note = f"|difference| <= {float(max(gaps)):.0e}" if gaps else ""
    note += f" SymPy gave no value in {unfinished} of {len(rounds)}" if unfinished else ""
    print(f"{name:<17}{k:>2}{a:>10.2f}{b:>11.0f}{b / a:>8.0f}{sizes:>12}  {note}", flush=True)


if __name__ == "__main__":
    main()
