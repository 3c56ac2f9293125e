"""What each part of the rooms is asked; every line is one answer, by the name of what was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from flint import arb
from tiltproof.crosscheck.certificate import check_signal
from tiltproof.crosscheck.certificate.closed import Closed, steps_of
from tiltproof.crosscheck.certificate.closed import most_zeros as zeros_by_levels
from tiltproof.crosscheck.certificate.exact import Exact, Work
from tiltproof.crosscheck.certificate.format import Levels
from tiltproof.crosscheck.certificate.growth import Tail
from tiltproof.crosscheck.certificate.integral import Expectations, tail_mass
from tiltproof.crosscheck.certificate.signal import Coefficient
from tiltproof.crosscheck.certificate.write import certificate
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import g1, v3
from tiltproof.crosscheck.kernel.assertion import claimed
from tiltproof.crosscheck.kernel.ranges import Temperatures, largest_zero, sign_on_range
from tiltproof.crosscheck.kernel.theorem import LEMMAS, Theorem, enclosure
from tiltproof.crosscheck.legs import first_zero
from tiltproof.crosscheck.link_facts import second_pass
from tiltproof.crosscheck.link_facts.beyond import (
    counted,
    dominance_starts,
    most_zeros,
    outweighed_from,
    search_end,
)
from tiltproof.crosscheck.link_facts.threshold import threshold, threshold_alone
from tiltproof.link import NOISELESS, Signal, Target, parse, parse_expression, parse_label, parse_noise
from tiltproof.link.assertion import parse_assertion, parse_quantifier
from tiltproof.link.tree import Neg, Var, substitute
from tiltproof.numerics.deployment import policy
from tiltproof.numerics.deployment.learning import readout
from tiltproof.numerics.deployment.leverage import Leverage
from tiltproof.numerics.deployment.overlap import curvatures
from tiltproof.numerics.deployment.readout import Recipe, deploy
from tiltproof.numerics.deployment.suboptimality import Suboptimality, Terms, best_second_order
from tiltproof.numerics.estimates import quadrature, sampling
from tiltproof.numerics.estimates.fit_moments import FitMoments
from tiltproof.numerics.estimates.scan import scan
from tiltproof.numerics.estimates.signal_grid import ceiling, ratio, seen_changes, signals
from tiltproof.numerics.expectation.by_definition import defined
from tiltproof.numerics.expectation.labels import cumulants, stays_within
from tiltproof.numerics.expectation.labels import moments as drawn_moments
from tiltproof.numerics.expectation.oracle import Interval, oracle
from tiltproof.numerics.expectation.tail_growth import bound, limits
from tiltproof.numerics.expectation.tails import t_range, tail
from tiltproof.numerics.experiments import gap
from tiltproof.numerics.experiments.readouts import Experiment, excess_risk, train_many
from tiltproof.numerics.guarantee.bound import Guarantees, Range
from tiltproof.numerics.guarantee.constants import Model
from tiltproof.numerics.guarantee.estimate import Estimate, Question, recommended
from tiltproof.numerics.lowering import pieces as lowered_pieces
from tiltproof.numerics.lowering.arb import both_sides, compile_arb, symmetry, values
from tiltproof.numerics.lowering.balls import Dual
from tiltproof.numerics.lowering.derivative import coefficients, derivative
from tiltproof.numerics.lowering.pointwise import compile_mpmath, compile_numpy
from tiltproof.numerics.precision import decimal_bounds
from tiltproof.numerics.recovery.ends import end
from tiltproof.numerics.recovery.forecast import Schedule, default_delta, forecast, visible_order
from tiltproof.numerics.recovery.gradient import gradient_noise
from tiltproof.numerics.recovery.population import population
from tiltproof.numerics.threshold.gaussian_ceiling import gaussian_ceiling
from tiltproof.numerics.threshold.parameter_slopes import Slopes
from tiltproof.numerics.threshold.sign_changes import sign_changes as level_changes
from tiltproof.numerics.threshold.signal import STARTS, SignalCoefficient, dominance_start, mean_deviation
from tiltproof.numerics.threshold.signal_ceiling import best_signal, counts_ceiling, two_shift_ceiling
from tiltproof.numerics.threshold.snr import Ratio, largest
from tiltproof.numerics.threshold.uniform_ceiling import uniform_ceiling
from tiltproof.theory import exponents, zero_bounds
from tiltproof.theory import signal as theory_signal
from tiltproof.theory.exact.lower import lower
from tiltproof.theory.families import closed_form, series_form
from tiltproof.theory.shape import growth, monotone, pieces
from tiltproof.theory.shape import range as bounds_of
from tiltproof.theory.shape.facts import facts
from tiltproof.theory.threshold import closed_threshold, zero_count

import tiltproof

from ..certificates.test_growth import COMPOUND

Asked = Iterator[tuple[str, Callable[[], Any]]]
HALF = Fraction(1, 2)
KINDS = ("label", "weight", "centered")
SHAPES = (
    "z - 3", "z**2 - 10", "-z**2/2 + z", "tanh(z) - 9/10", "exp(-z**2)", "z**2*exp(-z**2)", "relu(z) - 1",
    "abs(z) - 2", "sign(z)", "where(z > 0, -1, -3)", "where(abs(z) < 3/2, 1, -2)", "clip(z**2, 0, 4)",
    "sin(2*z + 1)", "z**4 - z", "-z**4", "exp(z) - 2", "log(1 + z**2)", "sqrt(1 + z**2) + z",
    "z**2/2 - 2*log(1 + z**2)", "He(3, z)", "tanh(He(3, z)/2)", "sigmoid(3*z) - sigmoid(z)", "z*exp(-z)",
)  # fmt: skip
SMOOTH = ("tanh(z) - 9/10", "z**2/4 + z", "sin(2*z + 1)", "softplus(z)", "clip(z, -1, 2)", "z**2*exp(-z**2)")


#: Whose facts are asked alone.
PLAIN = (
    "sin(z)**3", "tanh(z)**2", "cos(z)**2 - sin(z)**2", "abs(z)**(3/2) - 1", "(1 + z**2)**(-1/2)",
    "where(z < -1, z, where(z < 1, z**3, z))", "min(z, 2 - z**2)", "max(sin(z), cos(z))", "log(2 + sin(z))",
    "exp(-abs(z))", "z/(1 + z**2)", "erf(z)*z", "softplus(-z)", "gelu(z) - z", "silu(z)", "log1p(z**2)",
    "expm1(-z**2)", "cosh(z/4)", "sinh(z)/cosh(z)", "tan(sin(z)/2)", "sqrt(abs(z))", "sign(z)*z**2",
    "Heaviside(z - 1) - Heaviside(-z)", "He(4, z)/(1 + z**4)", "clip(He(3, z), -4, 4)", "atan(z**3)",
    "relu(z)**2 - relu(-z)", "exp(z - z**2)", "exp(-z)*z**2", "-exp(z**2/8)", "z**6 - 15*z**4",
    "(z - 1)**2*(z + 2)", "cos(pi*z)", "where(z > 1 and z < 2, 3, -1/2)", "where(z**2 > 2 or z < 0, z, -z)",
    "1/(2 + tanh(z))", "-relu(-z)**3", "sigmoid(z**2 - 1)", "abs(z - 1) + abs(z + 1)", "exp(tanh(z)) - 1",
)  # fmt: skip
#: With points where they have no value.
SINGULAR = (
    "log(abs(z))", "z**2*log(z**2)/(1 + z**2)", "-log(abs(z - 1))*z**2", "sinh(z)/z",
    "abs(z)**(-1/4)*tanh(z)",
    "where(z > 0, log(abs(z)), -z)/2", "log(abs(sinh(z)))", "log(abs(z))**2*exp(-z**2)",
)  # fmt: skip


def readings() -> Asked:
    """Values, slopes, pieces and bounds of a link, as each lowering reads it."""
    for text in PLAIN + SINGULAR:
        tree = parse(text).tree
        yield f"facts of {text}", lambda tree=tree: (
            facts(tree), bounds_of.bounds(tree), bounds_of.extremes(tree), pieces.levels(tree),
            [(bounds_of.limit(tree, side), growth.order(tree, side)) for side in (1, -1)],
            growth.degree(tree), growth.exponential_degree(tree), growth.slow(tree), growth.moderate(tree),
            monotone.has_the_sign_of_z(tree), [monotone.strict_sign(tree, side) for side in (1, 0, -1)],
            exponents.why_constant(tree), exponents.rising_order(tree), zero_bounds.sign_changes(tree),
        )  # fmt: skip
        yield from ((f"{name} of {text}", ask) for name, ask in _readings(tree))
        yield f"bounds on tails of {text}", lambda tree=tree: (
            t_range(tree), limits(tree, arb(9)), limits(negated(tree), arb(9)),
            [tail(tree, 2, power, arb(0), arb(1) / 16, 10) for power in (0, 1)],
        )  # fmt: skip


def negated(tree: Any) -> Any:
    return substitute(tree, Neg(Var()))


def _readings(tree: Any) -> Asked:
    near = [arb(1) / 3, arb(-2.5, 0.25), arb(0, 0.001)]
    yield "values", lambda: (values(tree, near), symmetry(tree), str(lower(tree)), coefficients(tree))
    yield "slope", lambda: (compile_arb(tree)(Dual(arb(1) / 3, arb(1))), str(derivative(tree)))
    yield "sides", lambda: both_sides(tree, near[:1])
    yield "in doubles", lambda: compile_numpy(tree)(np.array([-1.5, 0.0, 0.75]))
    yield "by mpmath", lambda: compile_mpmath(tree)(mpmath.mpf(1) / 3)
    yield "pieces", lambda: [(p.lower, p.upper) for p in lowered_pieces.pieces(tree, arb(-4), arb(4), 64)]
    yield "within", lambda: stays_within(tree, Fraction(-5, 4), Fraction(9, 8))


def shapes() -> Asked:
    for text in SHAPES:
        tree = parse(text).tree
        yield f"facts of {text}", lambda tree=tree: facts(tree)
        yield f"exponents of {text}", lambda tree=tree: exponents.exponents(tree)
        yield f"bounds of {text}", lambda tree=tree: (
            bounds_of.bounds(tree), bounds_of.extremes(tree), monotone.monotone(tree), pieces.levels(tree),
            [(bounds_of.limit(tree, side), growth.order(tree, side)) for side in (1, -1)],
            growth.degree(tree), growth.exponential_degree(tree), growth.slow(tree), growth.moderate(tree),
        )  # fmt: skip
        yield f"zeros of {text}", lambda tree=tree: (
            zero_bounds.sign_changes(tree), zero_bounds.pair_changes(tree), zero_count(tree),
            [zero_bounds.structural(tree, kind) for kind in KINDS],
        )  # fmt: skip


def forms() -> Asked:
    for text in ("z - 3", "z**2/4 + z", "where(z > 0, -1, -3)", "relu(z) - 1", "clip(z**2, 0, 4)", "abs(z)"):
        tree = parse(text).tree
        yield (
            f"forms of {text}",
            lambda tree=tree: [(form := closed_form(tree)).h(k) for k in (0, 1, 3)] + [form.t_max],
        )
        for kind in KINDS:
            yield f"threshold of {text}, {kind}", lambda tree=tree, kind=kind: closed_threshold(tree, kind)
        yield f"ceilings of {text}", lambda tree=tree: (
            theory_signal.best_signal(tree, 1), theory_signal.level_ratio(tree, 1),
            [theory_signal.limit_at_zero(tree, 1, parse_noise(noise)) for noise in ("none", "uniform(1/2)")],
        )  # fmt: skip
    yield "moments", lambda: [
        theory_signal.known_moment(parse(text).tree, i, k)
        for text in ("z + sin(z)*tanh(z)", "gelu(z)*z - 1/3", "(sin(z) + z)**2", "z*sigmoid(z)")
        for i, k in ((1, 1), (1, 2), (2, 0))
    ]  # fmt: skip
    yield "ceilings by pieces", lambda: [
        theory_signal.best_signal(parse(text).tree, 1)
        for text in (
            "where(z > 1, max(z, 3), z/9)", "where(z < 0, z, sqrt(abs(z)))", "where(z > 0, 1/2, z*2)",
            "where(z < 0, -1, min(z, 1) + max(z, 2))", "where(z < 0, z, 1 + 0*abs(z))",
        )
    ]  # fmt: skip
    for text in ("sin(2*z + 1)", "z**2*exp(-z**2)"):
        yield f"series of {text}", lambda text=text: _series(series_form(parse(text).tree))


def _series(form: Any) -> Any:
    return [(found.total, found.term(3), found.remainder(5)) for found in (form.h(2), form.alpha(1))]


def enclosures() -> Asked:
    for text in SMOOTH:
        tree = parse(text).tree
        for t in (HALF, Interval(Fraction(1, 4), Fraction(3, 8))):
            for digits in (6, 25):
                yield (
                    f"moments of {text} at {t} to {digits}",
                    lambda tree=tree, t=t, digits=digits: oracle(tree).tilted_moments(
                        (0, 1, 4), (0, 1, 2), t, digits
                    ),
                )
        yield f"tails of {text}", lambda tree=tree: (
            t_range(tree), limits(tree, arb(9)),
            [tail(tree, k, j, arb(1) / 4, arb(t) / 4, 9) for k in (0, 3) for j in (0, 1) for t in (1, 2)],
        )  # fmt: skip
        yield f"policy of {text}", lambda tree=tree: (
            [f(tree, Fraction(1, 8), 10) for f in (policy.log_partition, policy.objective, policy.chi2)],
            policy.ess_ratio(tree, parse_noise("uniform(1)"), Fraction(1, 8), 10),
            policy.moments(tree, Interval(Fraction(1, 8), Fraction(1, 4)), 10),
        )  # fmt: skip
    for text in COMPOUND:
        yield f"growth of {text}", lambda text=text: bound(parse(text).tree, arb(2))
    for noise in ("gaussian(1/2)", "uniform(3/4)", "rademacher(2)"):
        for t in ("1/10000", "0.3", "2"):
            yield (
                f"cumulants of {noise} at {t}",
                lambda noise=noise, t=t: cumulants(
                    parse_noise(noise), arb(t) if "/" not in t else arb(1) / 10**4
                ),
            )
    for label, text in (
        ("bernoulli(-1,2)", "sigmoid(z)"), ("poisson", "z**2/4"), ("flip(1/5)", "tanh(z)"),
        ("heteroscedastic(sigmoid(z))", "tanh(z)"), ("preference(1)", "tanh(z)"), ("preference(1)", "z"),
        ("preference(1/2)", "2*z/3 + 1"), ("preference(1)", "where(z > 0, 1, -2)"),
        ("preference(2)", "where(abs(z) < 1, 3, 1)"),
    ):  # fmt: skip
        yield (
            f"moments of {label} on {text}",
            lambda label=label, text=text: drawn_moments(parse(text).tree, parse_label(label)).tilted_moments(
                (1, 2), (0, 1), Fraction(1, 5), 12
            ),
        )


def zeros() -> Asked:
    for text, k, i0 in (("tanh(z) - 9/10", 1, 1), ("z**2 - 10", 2, 1), ("where(abs(z) < 3/2, 1, -2)", 2, 1)):
        link = parse(text)
        for kind in KINDS:
            signal = SignalCoefficient(oracle(link.tree), k, kind, parse_noise("gaussian(1/4)"))
            top = Fraction(9, 40) if text == "z**2 - 10" else Fraction(8)
            yield f"isolated {kind} of {text}", lambda signal=signal, top=top, i0=i0: (
                signal.zero_free_start(top, i0), signal.isolate_zeros(top, i0, 10)
            )  # fmt: skip
            yield f"beyond {kind} of {text}", lambda link=link, k=k, kind=kind: (
                search_end(link), dominance_starts(link), most_zeros(link, kind, parse_noise("none")),
                outweighed_from(link, k, kind, parse_noise("rademacher(1/2)"), STARTS), counted(link),
                kind != "centered" and dominance_start(oracle(link.tree), k, kind == "weight", STARTS),
            )  # fmt: skip
            found = Ratio(oracle(link.tree), k, kind, parse_noise("uniform(1/2)"))
            yield (
                f"peak of {kind} of {text}",
                lambda found=found, top=top: largest(found, min(top, Fraction(4)), 8, level=False),
            )
    for text in ("tanh(He(3, z)/2)", "clip(z**3 - z, -1, 1)", "atan(z)"):
        tree = parse(text).tree
        yield f"level sets of {text}", lambda tree=tree: (
            level_changes(tree, 1, "odd"), best_signal(tree, 1), mean_deviation(tree)
        )  # fmt: skip


def _constants(model: Model) -> Any:
    found = model.constants(Fraction(1), model.weighting.frame(Fraction(1), model.ridge))
    return [
        *(found.bias, found.cross, found.noise_energy, found.fourth, found.noise_spread),
        (max(found.policy_squares), *found.policy_norm),
        *(found.value, found.spread, found.covariance, found.remainders(arb(2), 0.3)[0]),
    ]


def forecasts() -> Asked:
    tree, noise = parse("tanh(z)").tree, parse_noise("gaussian(1/2)")
    biases = (Fraction(-1), Fraction(1))
    for pilot in (None, parse("9*tanh(z)/10").tree):
        for overlap in (Fraction(1), Fraction(24, 25)):
            model = Model(tree, noise, biases, Fraction(1, 100), overlap, Fraction(4), pilot)
            clip, name = (
                Range(-1.0, 1.0, (-1.0, 1.0), 1.0, away=0.0 if pilot is None else 0.2),
                f"m = {overlap}, pilot {pilot is not None}",
            )
            yield (f"constants, {name}", lambda model=model: _constants(model))
            yield (
                f"guarantee, {name}",
                lambda model=model, clip=clip: Guarantees(model, clip, 10**5, 0.05, arb(1)).at(Fraction(1)),
            )
    yield (
        "recommended fit",
        lambda: recommended(
            Estimate(
                Question(tree, noise, Fraction(1), Range(-1.0, 1.0, (-1.0, 1.0), 1.0), 10**5, 0.05, 1.0)
            ),
            4.0,
        ),
    )
    clipped = Range(-1.0, 1.0, (-0.75, 0.5), 1.0)
    yield (
        "estimate where the fit is clipped",
        lambda: Estimate(Question(tree, noise, Fraction(1), clipped, 10**5, 0.05, 1.0)).bound(
            (Fraction(0),), 0.01, 1.5
        ),
    )
    for pilot in (None, parse("tanh(z)/2").tree):
        fit, law = (
            readout(tree, Fraction(2), noise=noise, pilot=pilot),
            readout(tree, Fraction(2), noise=noise),
        )
        for t in (Fraction(1), Interval(Fraction(1), Fraction(33, 32))):
            yield f"cost, pilot {pilot is not None}, {t}", lambda fit=fit, t=t: (fit.cost(t), fit.value(t))
        terms = Terms(arb(1), None, arb(2), arb(0 if pilot is None else 1), 1000)
        whole = Suboptimality(law if pilot is not None else fit, fit, terms, 120, Leverage(fit, arb(-1)))
        given = replace(whole, terms=replace(terms, oscillation=arb(5) / 2))
        yield (
            f"B, pilot {pilot is not None}",
            lambda whole=whole, given=given: (given.ball(Fraction(1)), whole.estimate(1.0)),
        )
    yield (
        "second order",
        lambda: best_second_order(readout(tree, Fraction(2), noise=noise), 1000, -1.0, 1.0),
    )


def training() -> Asked:
    for text, activation, t, kind in (
        ("tanh(z) - 9/10", "tanh(z)", 1, "label"), ("z**2/8", "z**2 + z", 1, "centered"),
        ("sign(z*(z**2 - 1))", "He(3,z)/6 + z", 1, "weight"),
    ):  # fmt: skip
        link, g = parse(text).tree, parse(activation).tree
        target = Target(parse(text), Fraction(t), Signal(kind), parse_noise("gaussian(1/4)"))
        yield (f"dynamics of {text}, {activation}", lambda target=target, g=g: _dynamics(target, g))
        yield (f"end of {text}, {activation}", lambda target=target, g=g: end(target, g, 1))
        yield (
            f"grid of {text}",
            lambda link=link, kind=kind: (
                ratio(link, 1, 0.5, kind),
                signals(link, 1, 0.5, kind),
                ceiling(link, 1),
                seen_changes(link, 1),
            ),
        )
    yield "scan", lambda: scan(parse("tanh(z)").tree, (0, 1, 3), (0, 1), (0.5, 2.0)).of(1, 3)


def _dynamics(target: Target, g: Any) -> Any:
    known = population(target, g, exponents.exponents(target.link.tree).generative.value)
    about = gradient_noise(target, g)
    made = Schedule(known, about, 1000, default_delta(known, about))
    return known, about, made.step, made.horizon(), visible_order(known, 100), forecast(made, made.horizon())


def answers() -> Asked:
    for text, kind, noise in (
        ("tanh(z) - 9/10", "label", None),
        ("z**2 - 10", "weight", "gaussian(1/2)"),
        ("where(z > 0, -1, -3)", "centered", None),
    ):
        yield (
            f"threshold of {text}",
            lambda text=text, kind=kind, noise=noise: json.dumps(threshold(text, kind, noise).as_json()),
        )
        yield (
            f"certificate of {text}",
            lambda text=text, kind=kind, noise=noise: json.dumps(
                certificate(threshold_alone(text, kind, noise))
            ),
        )
    for value in ("1/3", "-1e40", "1e-40", "12345"):
        yield (
            f"decimals of {value}",
            lambda value=value: [
                decimal_bounds(arb(1) / 3 if value == "1/3" else arb(value), digits) for digits in (1, 5, 30)
            ],
        )


def claims() -> Asked:
    for assertion, link, ranges in (
        ("alpha(1, beta) > 0", "tanh(z)", {"beta": "(0.5, 20)"}),
        ("V(beta) <= 1 and KL(beta) >= 0", "sigmoid(z)", {"beta": "(1/2, 4)"}),
        ("snr(beta) >= 1/10", "z - 3", {"beta": "[4, 6]"}),
        ("h(k, beta) == exp(1/(2*beta**2))/beta**k", "z", {"k": "1:3", "beta": "(0, oo)"}),
        ("chi2(beta) < 3 or beta < 2", "z**2/8", {"beta": "(1, 9]"}),
        ("mu(2, 2) == 2 and IE == 1 and GE == 1", "z", {}),
        ("logM(beta)*beta <= V(beta)", "where(z > 0, 1, -2)", {"beta": "(1, 3)"}),
        ("V(beta) - KL(beta)*beta == J(beta)", "tanh(z)", {"beta": "(1, 2)"}),
        ("Var(beta) > 1/2", "tanh(z)", {"beta": "[1, 3]"}),
        ("alpha(2, beta) != 0", "z**2 - 10", {"beta": "(5, oo)"}),
        ("alpha(2, beta) != 0", "z**2 - 10", {"beta": "[4, 6]"}),
        ("beta**2*alpha(1, beta) > 1", "relu(z)", {"beta": "[1, 2)"}),
        ("alpha(1, beta)*beta > h(1, beta)", "tanh(z)", {"beta": "(2, 8)"}),
        ("beta1 == (c + sqrt(c**2 - 4))/2", "z - c", {"c": "[2, 3]"}),
        ("IE == k and GE <= 2", "He(k, z)", {"k": "1:4"}),
        ("alpha(1, beta) > 0", "a*tanh(z)", {"a": "[1, 2]", "beta": "[1, 2]"}),
        ("Var(oo) > 1/3 and alpha(1, oo) == 1/sqrt(pi)", "erf(z)", {}),
        ("V(oo) == 1/2 and h(2, oo) == 0 and ESS(oo) == 1 and J(oo) == V(oo)", "Heaviside(z)", {}),
        ("snr(beta) <= 1", "z", {"beta": "[1, oo)"}),
        ("mean(z**2*exp(-z**2)) < 1/5 and t_max == oo and beta1 < 1", "tanh(z) - 9/10", {}),
    ):
        yield (
            f"claim {assertion} on {link}, {ranges}",
            lambda assertion=assertion, link=link, ranges=ranges: _claimed(assertion, link, ranges),
        )


def _claimed(assertion: str, link: str, ranges: dict[str, str]) -> Any:
    found = tiltproof.claim(assertion, link, ranges=ranges)
    return [
        str(found.verdict),
        found.margin,
        *((e.leg, str(e.outcome), e.detail, e.witness) for e in found.evidence),
    ]


def recovered() -> Asked:
    for link, beta, more in (
        ("tanh(z) - 9/10", 1, {"d": (50, 100)}),
        ("tanh(z)", 2, {"d": (40,), "neurons": 2, "noise": "gaussian(1/2)"}),
        ("tanh(z)", 2, {"d": (40,), "until": "0.95"}), ("tanh(z)", 2, {"d": (40,), "label": "preference(1)"}),
        ("sigmoid(z)", 2, {"d": (40,), "label": "bernoulli(0,1)", "direct": True}),
    ):  # fmt: skip
        yield (
            f"recovery of {link}, {more}",
            lambda link=link, beta=beta, more=more: json.dumps(
                tiltproof.recover(link, beta, replicas=24, **more).as_json()
            ),
        )


def labels() -> Asked:
    for text, label in (
        ("sigmoid(2*z)", "bernoulli(-3,-1)"), ("z**2/8", "poisson"), ("tanh(z) - 1/2", "flip(1/5)"),
        ("tanh(z)", "heteroscedastic(sigmoid(z))"), ("staircase", "preference(1)"), ("z**2", "flip(1/2)"),
        ("where(z > 0, 1/4, 3/4)", "bernoulli(0,1)"), ("He(3,z)", "heteroscedastic(z**2)"),
    ):  # fmt: skip
        yield (
            f"exponents of {label} on {text}",
            lambda text=text, label=label: json.dumps(tiltproof.exponents(text, label=label).as_json()),
        )
        if "preference" not in label:
            yield (
                f"threshold of {label} on {text}",
                lambda text=text, label=label: json.dumps(threshold_alone(text, label=label).as_json()),
            )


def deployment() -> Asked:
    yield (
        "admissible",
        lambda: json.dumps(
            tiltproof.admissible(
                "sigmoid(z)", "1/2", 10**6, features=(-1, 1), ridge="1/100", noise="gaussian(1/4)"
            ).as_json()
        ),
    )


def drawn() -> Asked:
    """What is drawn from a seed, and what is summed over a grid in doubles."""
    tree, noise, rng = parse("where(z > 1/2, 1, tanh(z))").tree, parse_noise("uniform(1/2)"), _seeded
    one, pilot = Fraction(1), parse("z/(1 + abs(z))").tree
    for name, of, m, first in (
        ("on the line", tree, one, None), ("by a pilot", tree, one, pilot),
        ("in the plane", parse("tanh(z)").tree, Fraction(4, 5), None),
    ):  # fmt: skip
        fit = FitMoments(of, noise, (-one, one) if m == 1 else (one,), one / 10, m, one, first, 0)
        yield f"constants of a fit {name}", lambda fit=fit: (
            [fit.bias, fit.cross, fit.energy, fit.spread_of_scores, fit.largest, fit.quartic, fit.second],
            [fit.fourth, fit.value, fit.spread, fit.covariance, fit.direction, fit.misfit, fit.own_cross],
            [fit.own_size, fit.unexplained, fit.slopes, fit.clipping(0.3, -0.8, 0.9), fit.norm(0.3)],
            fit.remainders(0.4, 0.9), fit.radius(10**4, 0.05), fit.norm_under_policy(0.3),
            fit.loss(0.3, 0.4, -0.8, 0.9),
        )  # fmt: skip
    yield (
        "simulated moments",
        lambda: sampling.simulate(tree, (0, 1, 3), (0, 1), (0.0, 1.5), d=5, n=9000, noise=noise, rng=rng()),
    )
    yield (
        "weighted means",
        lambda: sampling.tilted_means(
            tree, 1.5, (lambda u, v, y: u, lambda u, v, y: v * v * y), d=5, n=2000, noise=noise, rng=rng()
        ),
    )
    yield "tilted draws", lambda: sampling.sample_tilted(parse("z**2/4").tree, 1.0, 30, rng())
    for text, label, grown in (
        ("sigmoid(z)", "bernoulli(-1,2)", None), ("sigmoid(z)", "poisson", Fraction(3, 2)),
        ("tanh(z)", "flip(1/5)", None), ("tanh(z)", "heteroscedastic(sigmoid(z))", None),
    ):  # fmt: skip
        of = parse(text).tree, parse_label(label)
        yield f"moments of {label} by definition", lambda of=of, grown=grown: (
            [sampling.label_moment(*of, k, i, 0.5) for k, i in ((1, 0), (2, 1))],
            [defined(*of, k, 1, grown, HALF, 10) for k in (1, 2)],
            sampling.given_moments(*of, 0.5, np.array([-1.0, 0.5])),
            sampling.draw_label(*of, np.linspace(-2, 2, 9), rng()),
        )  # fmt: skip
    for kind in ("gaussian(1/2)", "uniform(1/2)", "rademacher(1/2)"):
        yield f"moments under {kind} by panels", lambda kind=kind: (
            quadrature.noisy_moments(tree, parse_noise(kind), (0, 1, 2), (0, 1), HALF),
            quadrature.law_nodes(parse_noise(kind), 6), sampling.draw_noise(parse_noise(kind), 5, rng()),
        )  # fmt: skip
    yield (
        "moments by mpmath",
        lambda: (
            quadrature.tilted_moments(parse("clip(z, -1, 2)").tree, (0, 2), (0, 1), HALF, 12),
            quadrature.mean_with(tree, 2, np.cos),
        ),
    )
    recipe, biases = Recipe((Fraction(-1), Fraction(1)), Fraction(1, 10), (-1.0, 1.0)), np.array([-1.0, 1.0])
    for more in ({}, {"proxy": parse("tanh(z)").tree}, {"pilot_samples": 40}):
        trained = Experiment(recipe, tree, noise, one, 0.9, **more)
        yield (
            f"trained fits, {', '.join(more) or 'labels'}",
            lambda trained=trained: train_many(trained, 100, 3, rng()),
        )
    yield (
        "excess risks",
        lambda: [
            excess_risk(tree, [0.5, 1.0], biases, noise, n=160, batches=2, blocks=16, rng=rng(), pilot=pilot)
            for pilot in (None, parse("tanh(z)").tree)
        ],
    )
    yield (
        "deployed fits",
        lambda: deploy(recipe, tree, (-1.0, 1.0), 0.9, [one, HALF], noise, n=200, rng=rng()),
    )
    yield (
        "curvatures",
        lambda: curvatures(
            np.array([[1.0, 0.2, -0.1], [0, 1.5, 0.4], [0, 0, 2.0]]),
            np.array([[0.1], [0.5], [-0.3]]),
            recipe.biases,
        ),
    )
    law = gap.discrete(parse("tanh").tree, 2.0)
    yield "errors that are tried", lambda: (
        [law.p @ np.abs(delta) for _, delta in gap.candidates(law, rng())],
        gap.second_order(law, np.sin(3 * law.z) / 3), law.path_integral(np.cos(law.z)),
        [(kind, law.p @ error) for kind, error in gap.pilots(law, np.sin(law.z))],
    )  # fmt: skip
    plain = second_pass.PLAIN
    for link in map(parse, ("sign(z)", "He(3, tanh(z))")):
        yield f"second passes of {link}", lambda link=link: (
            second_pass.drift(link, second_pass.TRUE, Fraction(1, 5), -1, plain),
            second_pass.square(link, Fraction(1, 5), 1, plain), second_pass.rest(link, plain),
            second_pass.time_to(link, plain, 0.25), second_pass.contrasts(link),
        )  # fmt: skip


def _seeded() -> np.random.Generator:
    return np.random.default_rng(7)


def checker() -> Asked:
    """What the checker of certificates works with, which shares no code with who writes them."""
    for text in PLAIN + COMPOUND:
        tree = parse(text).tree
        yield (
            f"tails by the checker, {text}",
            lambda tree=tree: [
                (tail.of(tree), tail.log_size(tree)) for tail in (Tail(1, arb(3)), Tail(-1, arb(3)))
            ],
        )
    for text in ("sign(z)", "where(z > 1 and z < 2, 3, -1/2)", "Heaviside(z - 1) - Heaviside(-z)"):
        yield f"steps by the checker, {text}", lambda text=text: steps_of(parse(text).tree, Work()).weights(1)
    for text in ("tanh(z)", "z**2/4 + z", "clip(z, -1, 2)", "softplus(z)", "exp(-z**2)"):
        tree = parse(text).tree
        yield f"expectations by the checker, {text}", lambda tree=tree: (
            [Expectations(tree, Work()).value(i, k, arb(1) / 4, 80) for i in (0, 1) for k in (0, 3)],
            [tail_mass(tree, None, 2, i, arb(t) / 4, arb(9)) for i in (0, 1) for t in (0, 1)],
        )  # fmt: skip
        for kind, noise in (("label", "uniform(1/2)"), ("weight", "none"), ("centered", "none")):
            signal = Coefficient(Expectations(tree, Work()), 1, kind, parse_noise(noise), Fraction(1, 8))
            yield f"{kind} by the checker, {text}", lambda signal=signal: (
                signal.pace, signal.at(Fraction(1, 4), 60),
                signal.model(Fraction(1, 8), Fraction(1, 4)).on(Fraction(5, 32), Fraction(11, 64)),
            )  # fmt: skip
    for text in ("z**3 - 2*z + 1", "where(z > 0, -1, -3)", "He(4, z) - z"):
        yield (
            f"exactly by the checker, {text}",
            lambda text=text: [
                _exactly(Closed.of(parse(text).tree, Work()).moment(i, k)) for i in (1, 2) for k in (0, 1, 3)
            ],
        )

    for text in SHAPES:
        yield f"t_max by the checker, {text}", lambda text=text: check_signal._tilt_range(parse(text).tree)
    for text in ("where(abs(z) < 3/2, 1, -2)", "where(z > 0, -1, where(z < -1, 2, -3))", "z**2/4 - z"):
        yield f"signals by the checker, {text}", lambda text=text: [
            [_exactly(Closed.of(parse(text).tree, Work()).signal(k, kind, NOISELESS, Exact.of(HALF)))
             for kind in ("label", "weight")]
            for k in (1, 2, 3)
        ]  # fmt: skip
    steps = "where(z > 0, -1, where(z < -1, 2, -3))"
    for text, levels, k, power in (
        ("where(abs(z) < 3/2, 1, -2)", ("-2", "1"), 2, 1), ("sign(z) + 2", ("1", "3"), 1, 1),
        ("2*sign(z) - sign(z - 1)", ("-1", "1", "3"), 1, 1), (steps, ("-3", "-1", "2"), 1, 1),
        (steps, ("-3", "-1", "2"), 3, 1), (steps, ("-3", "2", "-1"), 1, 1),
    ):  # fmt: skip
        asked = parse(text).tree, k, power, Levels(levels)
        for kind in ("label", "weight"):
            yield (
                f"{kind} of order {k} by levels, {text}",
                lambda asked=asked, kind=kind: _by_levels(*asked, kind),
            )


def _by_levels(tree: Any, k: int, power: int, levels: Levels, kind: Any) -> int:
    signal = Coefficient(Expectations(tree, Work()), k, kind, NOISELESS, Fraction(0))
    return zeros_by_levels(steps_of(tree, Work()), signal, power, levels)


def _exactly(number: Exact) -> Any:
    return sorted((sorted(map(str, basis)), weight) for basis, weight in number.terms.items())


def ceilings() -> Asked:
    for text, k in (("tanh(z)", 1), ("sin(z)*z", 2)):
        yield (
            f"ceiling of {text} under noise",
            lambda text=text, k=k: gaussian_ceiling(parse(text).tree, HALF, k, 6),
        )
    for text, a, k in (("clip(z, -1, 1)", Fraction(1, 4), 1), ("abs(z)", Fraction(1), 2)):
        tree = parse(text).tree
        yield f"ceiling of {text} under bounded noise", lambda tree=tree, a=a, k=k: (
            uniform_ceiling(tree, a, k), two_shift_ceiling(tree, a, k)
        )  # fmt: skip
    yield "ceiling of counts", lambda: counts_ceiling(parse("z**2/8").tree, 2, 6)
    for text in ("tanh(p*z) - 9/10", "sin(p*z) - exp(-z**2)/2", "p*z/(1 + z**2) - 1/2"):
        slopes = Slopes(parse_expression(text, variables=("z", "p")), "p", 1, Fraction(1), Fraction(9, 8))
        yield f"slopes in p of {text}", lambda slopes=slopes: slopes.over(arb(1) / 2, NOISELESS)
    for kind in KINDS:
        yield (
            f"changes left of {kind}",
            lambda kind=kind: [
                first_zero._no_change_left(Subject(parse(text)), first_zero.Statement(signal=kind))
                for text in ("tanh(z) - 9/10", "sigmoid(z)", "staircase", "z**2*exp(-z**2)")
            ],
        )
    yield (
        "temperatures of wide runs",
        lambda: [
            v3._runs(Subject(parse(text), full=full)) for text in ("tanh", "z") for full in (True, False)
        ],
    )
    for status, least, most in (("PROVED", 2, 2), ("UNDECIDED", 2, 4), ("UNDECIDED", 2, None)):
        known = exponents.Exponent(2 if status == "PROVED" else None, least, most, status, "")
        yield (
            f"orders that agree with {status}, {least}, {most}",
            lambda known=known: [g1._consistent(claimed, known) for claimed in (1, 2, 3, 4, 5)],
        )


def theorems() -> Asked:
    """What is stated to Coq, how fast the link is said to grow, and a digest of definitions and proof."""
    for text, k in (
        ("tanh(z) - 9/10", 1), ("clip(He(3,z),-4,4)", 2), ("z**2/3 - z", 2), ("-He(4,z)", 2), ("z - 3", 4),
        ("softplus(2*z - 1)/pi", 1), ("z/(1+abs(z))", 3), ("where(z > 0 and z <= 1, -1, z)/3", 2),
        ("cos(z) - z**2", 2),
        ("sign(z*(z**2 - 2*log(2)))", 3), ("max(z,z/100)", 1), ("exp(-z**2)*z - Heaviside(z-1)/7", 1),
    ):  # fmt: skip
        for beta, digits in ((Fraction(2), 10), (Fraction(7), 15)):
            yield (
                f"alpha_{k} of {text} at {beta}",
                lambda text=text, k=k, beta=beta, digits=digits: _stated(
                    enclosure(parse(text), k, beta, digits)
                ),
            )
    for text, k, over in (
        ("tanh(z)", 1, Temperatures(HALF, Fraction(20))), ("z**2 - 4", 2, Temperatures(Fraction(5), None)),
        ("-He(4,z)", 4, Temperatures(Fraction(9), Fraction(40), (False, True))),
        ("where(z > 1/2, 2, -1/3)", 1, Temperatures(Fraction(2), Fraction(9))),
        ("tanh(z)", 2, Temperatures(Fraction(5), None)), ("z - 3", 2, Temperatures(Fraction(7), None)),
    ):  # fmt: skip
        yield (
            f"the sign of {text}",
            lambda text=text, k=k, over=over: _stated(sign_on_range(parse(text), k, over)),
        )
    yield "beta1", lambda: _stated(largest_zero(parse("tanh(z) - 9/10"), 6))
    for assertion, link, over in (
        ("alpha(1, beta) >= 1/50", "sin(z)", {"beta": "[1, 4]"}), ("alpha(GE, 2) != 0", "sign(z) - 2", {}),
        ("alpha(1, beta) < 3", "relu(z)", {"beta": "[2, oo)"}), ("beta1 < 1/2", "tanh(z) - 9/10", {}),
        ("2/5 <= beta1", "tanh(z) - 9/10", {}), ("beta1 <= 1/3", "atan(z)", {}),
        ("-1 <= alpha(2, 5)", "cos(z)", {}),
    ):  # fmt: skip
        yield (
            f"claim {assertion} on {link}",
            lambda assertion=assertion, link=link, over=over: _stated(
                claimed(
                    parse(link),
                    parse_assertion(assertion, tuple(over)),
                    {name: parse_quantifier(name, values) for name, values in over.items()},
                )
            ),
        )


def _stated(theorem: Theorem) -> list[str]:
    own = theorem.text.replace(LEMMAS.read_text(encoding="utf-8"), "")
    grows = own.partition("Lemma s_grows : ")[2].partition("\nProof")[0]
    return [theorem.statement, grows, hashlib.sha256(own.encode()).hexdigest()]


ROOMS = {
    each.__name__: each
    for each in (
        *(readings, shapes, forms, enclosures, zeros, forecasts, training, answers, claims, recovered),
        *(labels, deployment, drawn, checker, ceilings, theorems),
    )
}
