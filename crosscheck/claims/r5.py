"""R5. The tilt pays: without weights the information exponent rules, with weights the generative one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log

from ...numerics.recovery.diffusion import forecast
from ...theory import recovery
from ...theory.exact.constants import is_zero
from ..claim import Assumption, Claim, Formula, Subject, Variant
from ..legs.neurons import PLAIN, contrast, drawn, laws, solved
from ..legs.recovery import Growth, Slope, compared, growth, slope
from ..legs.sgd_setting import Law, Setting, vanishes
from ..link_facts.exponents import exponents
from ..verdict import Evidence, absent, refutes, supports, undecided

_HEURISTIC = 0.05
_NAMES = ("with weights", "without weights")


@dataclass(frozen=True, slots=True)
class Statement:
    """Which exponent leads: ``tilted`` with weights, ``plain`` without, each GE or IE."""

    tilted: str = "GE"
    plain: str = "IE"

    def orders(self, subject: Subject, law: Law) -> tuple[int, int]:
        """The claimed orders of the drift with weights and without."""
        both = exponents(subject.link, law.label)
        values = {"GE": both.generative_exponent.value, "IE": both.information_exponent.value}
        tilted, plain = values[self.tilted], values[self.plain]
        assert tilted is not None
        assert plain is not None
        return tilted, plain


def _runs(subject: Subject, statement: Statement) -> list[tuple[str, Setting, int]]:
    """Every training with its name and the claimed order: with weights and without, under each noise."""
    runs = []
    for law in [*laws(subject), *_drawn(subject)]:
        pair = contrast(subject.link, law)
        assert isinstance(pair, tuple)
        names = (f"{law}{name}" for name in _NAMES)
        runs += list(zip(names, pair, statement.orders(subject, law), strict=True))
    return runs


def _drawn(subject: Subject) -> list[Law]:
    """A label that is drawn, where its exponents differ too."""
    return [
        law for law in drawn(subject.link)
        if not _same(subject, law) and isinstance(contrast(subject.link, law), tuple)
    ]  # fmt: skip


def derive(subject: Subject, statement: Statement) -> Evidence:
    """Below the claimed order every exact alpha_k b_k must vanish, at the order it must not."""
    report = []
    for name, setup, order in _runs(subject, statement)[: len(_NAMES)]:
        for k in range(1, order + 1):
            gone = _vanishes(setup, k)
            if gone is None:
                return absent("symbolic", f"{name}: no exact alpha_{k} b_{k}")
            if gone != (k < order):
                relation = "= 0" if gone else "!= 0"
                witness = f"{name}: alpha_{k} b_{k} {relation}, claimed order {order}"
                return refutes("symbolic", "another order leads the drift", witness)
        report.append(f"{name} the first nonzero alpha_k b_k has k = {order}")
    return supports("symbolic", "; ".join(report))


def _vanishes(setup: Setting, k: int) -> bool | None:
    """Whether alpha_k b_k = 0 by exact algebra; None when that has nothing to say."""
    if vanishes(setup.link, setup.activation, k, setup.at, setup.signal, setup.noise, setup.label):
        return True
    factors = (
        recovery.activation_coefficient(setup.activation.tree, k),
        recovery.signal_coefficient(setup.link.tree, k, setup.at, setup.signal, setup.noise, setup.label),
    )
    return None if None in factors or None in map(is_zero, factors) else False


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    report = []
    for name, setup, order in _runs(subject, statement):
        if setup.order != order:
            return refutes("enclosure", f"order {order} is claimed to lead", f"{name}: {setup.reason}")
        if None in setup.kept:
            return undecided("enclosure", f"{name}: the drift is not separated from 0")
        report.append(f"{name} {setup.reason}, drift of one sign up to |m| = 1/2")
    return supports("enclosure", "; ".join(report))


def integrated(subject: Subject, statement: Statement) -> Evidence:
    return solved("quadrature", partial(_integrated, subject, statement))


def _integrated(subject: Subject, statement: Statement) -> Evidence:
    """The slopes of the diffusion's medians at both temperatures, d = 10^5 to 10^7."""
    report = []
    ds = (10**5, 10**7)
    for name, setup, order in _runs(subject, statement):
        medians = [forecast(setup.schedule(d), setup.schedule(d).horizon()).median for d in ds]
        low, high = (log(d) for d in ds)
        fitted, claimed = log(medians[1] / medians[0]) / (high - low), growth(order, low, high)
        line = f"{name} slope {fitted:.3f}, claimed {claimed:.3f}"
        if not abs(fitted - claimed) < _HEURISTIC:
            return refutes("quadrature", "another slope of the diffusion's medians", line)
        report.append(line)
    return supports("quadrature", "; ".join(report))


def simulated(subject: Subject, statement: Statement) -> Evidence:
    claims: list[tuple[str, Slope | str, Growth]] = []
    for name, setup, order in _runs(subject, statement)[: None if subject.full else len(_NAMES)]:
        measured = slope(subject, setup, f"R5 {name}")
        claims.append((f"{name} ", measured, partial(growth, order)))
    return compared(subject, claims)


def _same(subject: Subject, law: Law = PLAIN) -> str | None:
    both = exponents(subject.link, law.label)
    star, first = both.generative_exponent.value, both.information_exponent.value
    if star is None or first is None:
        return "an exponent is infinite or undecided"
    if star == first:
        return f"both are {star}"
    return None


def _not_tried(subject: Subject) -> str | None:
    pairs = (contrast(subject.link, law) for law in laws(subject))
    return next((pair for pair in pairs if isinstance(pair, str)), None)


CLAIM: Claim[Statement] = Claim(
    id="R5",
    title="The tilt replaces the information exponent by the generative one",
    formula=Formula(
        "online SGD under R3's assumptions, one activation with b_k*, b_IE != 0, D != 0 up to |m| = 1/2 at "
        "both temperatures: n(d) of order d^((k*-1) v 1) with weights, d^((IE-1) v 1) without "
        "(log d more at order 2)",
        r"\text{online SGD under R3's assumptions},\ b_{k^*},b_{\mathrm{IE}}\ne0,\ "
        r"D\ne0\text{ up to }|m|=\tfrac12:\quad n(d)\asymp d^{(k^*-1)\vee1}\text{ with weights},\quad "
        r"d^{(\mathrm{IE}-1)\vee1}\text{ without}",
    ),
    kind="law",
    sentence="S6",
    source="R4 at two temperatures; Ben Arous, Gheissari, Jagannath 2021",
    assumptions=(
        Assumption("k* < IE", _same),
        Assumption("E|T(y)|^(2+eps) < oo at some beta, drift not 0 on the way", _not_tried),
    ),
    quantified="activation He_k*/k*! + C He_IE/IE!, the t of largest SNR among a few, with and without noise",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("weights do not help: IE with them too", Statement(tilted="IE"), "staircase"),
        Variant("weights are not needed: k* without them", Statement(plain="GE"), "staircase"),
        Variant("the two swapped", Statement(tilted="IE", plain="GE"), "minus-He4"),
    ),
)
