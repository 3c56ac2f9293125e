"""The one sentence that an answer comes to, in plain words and with what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...crosscheck.claims import IDS
from ...crosscheck.number import Number
from ...crosscheck.verdict import NO_PROOF, Verdict
from ...link.label import Signal
from .view import rounded

if TYPE_CHECKING:
    from ...crosscheck.link_facts.phase_diagram import FamilyThreshold
    from ...crosscheck.link_facts.threshold import Threshold
    from ...crosscheck.run.report import Report, Result
    from ..answers.admissible_set import AdmissibleSet, Temperatures
    from ..answers.coefficients import Coefficients
    from ..answers.exponents import LinkExponents
    from ..answers.policy import Policies, Policy
    from ..answers.recovery import Recovery
    from ..answers.train import TwoStage

_VERDICTS = {
    Verdict.PROVED: "true{everywhere}, by exact algebra",
    Verdict.ENCLOSED: "true{everywhere}, by certified enclosures",
    Verdict.CHECKED: "true in every instance or step checked; the rest is the proof on paper",
    Verdict.STATISTICAL: "simulations agree",
    Verdict.REFUTED: "false: the witness shows where",
    Verdict.UNDECIDED: "open{remedy}",
    Verdict.NOT_APPLICABLE: "nothing is said of this link",
    Verdict.TIMEOUT: "open, it took too long{remedy}",
    Verdict.ERROR: "open: the tool is at fault, please report the command",
}


def conclusion(answer: object) -> str:
    """The sentence, or nothing for an answer that is its own."""
    say = _SENTENCES.get(type(answer).__name__)
    return "" if say is None else say(answer)


def _exponents(answer: LinkExponents) -> str:
    information, generative = answer.information_exponent, answer.generative_exponent
    if generative.value is None:
        known = generative.status is Verdict.PROVED
        return "the label says nothing of the direction" if known else "open: see the reasons"
    if information.value == generative.value:
        return f"the label as it is does best: SGD needs {_samples(generative.value)} samples"
    best = f"with the best transformation of the label SGD needs {_samples(generative.value)} samples"
    if information.value is None:
        return best
    return f"{best}, and {_samples(information.value)} with the label as it is"


def _samples(exponent: int) -> str:
    """Online SGD's samples to weak recovery."""
    return "order " + {1: "d", 2: "d log d"}.get(exponent, f"d^{exponent - 1}")


def _threshold(answer: Threshold) -> str:
    beta1, best = answer.beta1, answer.recommended
    if beta1.status is Verdict.NOT_APPLICABLE:
        return "the label says nothing of the direction, at any temperature"
    if beta1.value.upper == "inf":
        none = "no finite beta1 works: clip the link, or use tanh of it"
        return none if beta1.value.lower == "inf" else "open: see the reason"
    least = rounded(beta1.value.upper, 3, up=True)
    use = "every beta1 > 0 has a signal" if least == "0" else f"use beta1 > {least}"
    if best is None:
        return use
    if best.beta.lower == "inf":
        return f"{use}; best signal without weights"
    near = _about(best.beta)
    if not near:
        return use
    if not best.attained:
        return f"{use}; it still grows at {near}, the lowest beta1 compared"
    return f"{use}; best signal near beta1 = {near}"


def _family(answer: FamilyThreshold) -> str:
    name, top = answer.family.name, answer.uniform
    if top is None or top.upper == "inf":
        if top is None or top.lower != "inf":
            return "open in part: see below"
        infinite = {each.lower == "inf" for stretch in answer.stretches for each in stretch.beta1}
        if infinite == {True}:
            return f"no finite beta1 works for any {name} of the range: clip the link, or use tanh of it"
        if True in infinite:
            return f"some {name} of the range have no finite beta1: see below"
        return f"no beta1 serves every {name} of the range, as it grows beyond all bounds: see below"
    least = rounded(top.upper, 3, up=True)
    return f"every beta1 > {least} has a signal for each {name} of the range"


def _about(value: Number) -> str:
    """Three digits, or nothing where the enclosure does not settle them."""
    if "inf" in value.lower + value.upper:
        return ""
    low, high = Fraction(value.lower), Fraction(value.upper)
    settled = high - low <= abs(low) / 1000
    return f"{float((low + high) / 2):.3g}" if settled else ""


def _coefficients(answer: Coefficients) -> str:
    first = answer.coefficients[0]
    signals = {
        c.k: c.h
        if answer.signal == Signal.WEIGHT
        else c.signal
        if answer.signal == Signal.CENTERED
        else c.alpha
        for c in answer.coefficients
        if c.beta == first.beta and c.k >= 1
    }
    for k, value in sorted(signals.items()):
        if Fraction(value.lower) > 0 or Fraction(value.upper) < 0:
            below = [signals.get(j) for j in range(1, k)]
            lowest = all(each is not None and each.closed_form == 0 for each in below)
            words = "the lowest order with a signal is" if lowest else "there is a signal of order"
            return f"at beta = {first.beta} {words} {k}"
    return ""


def _policy(answer: Policy) -> str:
    value, kl, share = _about(answer.value), _about(answer.kl), _about(answer.ess_ratio)
    if not value or not kl:
        return ""
    sentence = f"the value is {value} at a KL divergence of {kl}"
    if answer.chi2.lower == "inf":
        return f"{sentence}; the weights have no variance, raise beta to learn from weighted samples"
    return f"{sentence}; {100 * float(share):.3g}% of weighted samples count" if share else sentence


def _policies(answer: Policies) -> str:
    first, last = (min(answer.policies, key=lambda one: sign * one.beta) for sign in (1, -1))
    low, high = _about(first.value), _about(last.value)
    if not low or not high or low == high:
        return ""
    return f"the value falls from {low} at beta = {first.beta} to {high} at beta = {last.beta}"


def _recovery(answer: Recovery) -> str:
    run, slope = answer.runs[-1], answer.exponent
    share = {0.0: "no neuron finds", 1.0: "all neurons find"}.get(
        run.fraction, f"{100 * run.fraction:.3g}% of the neurons find"
    )
    found = f"{share} the direction at d = {run.d}"
    if slope.fitted is None:
        return found if run.fraction else f"{found} within {run.horizon:,.0f} samples"
    rate = " log d" * slope.logarithm
    if slope.lower is None or slope.upper is None:
        return f"{found}; samples grow like d^{slope.fitted:.2f}{rate}"
    return f"{found}; samples grow like d^a{rate}, a from {slope.lower:.2f} to {slope.upper:.2f}"


def _admissible(answer: AdmissibleSet) -> str:
    proved = answer.guaranteed
    least = proved.nonempty.n
    later = "raise epsilon" if least is None else f"take n = {least} or raise epsilon"
    if not (proved.label or proved.surrogate):
        return f"nothing is guaranteed at n = {answer.n}: {later}"
    if not proved.label:
        return f"with surrogate weights {_betas(proved.surrogate)}; for label weights {later}"
    if proved.label[0].lower.upper == "0":
        return "use any beta2: no policy loses more"
    best = "" if proved.best is None else f"; best near {float(proved.best.beta):.3g}"
    return f"use {_betas(proved.label)}{best}"


def _betas(stretches: Sequence[Temperatures]) -> str:
    """Rounded inward."""
    spans = []
    for one in stretches:
        first, last = rounded(one.lower.upper, 3, up=True), rounded(one.upper.lower, 3, up=False)
        spans.append(f"beta2 >= {first}" if last == "inf" else f"beta2 from {first} to {last}")
    return " or ".join(spans)


def _two_stage(answer: TwoStage) -> str:
    fits = [("label", one) for one in answer.label] + [("surrogate", one) for one in answer.surrogate]
    name, best = max(fits, key=lambda fit: fit[1].value)
    return f"the best of these fits has value {best.value:.4g}: {name} weights at beta2 = {best.beta:.4g}"


def _result(answer: Result) -> str:
    quantified = answer.claimed is not None and answer.claimed.quantified != "no parameters"
    sentence = _VERDICTS.get(answer.verdict, "")
    if answer.verdict is Verdict.ENCLOSED and any(NO_PROOF in leg.detail for leg in answer.evidence):
        sentence = f"both sides of == agree{{everywhere}} as far as enclosures tell, {NO_PROOF}"
    return sentence.format(
        everywhere=" on the whole range" if quantified else "",
        # A built-in claim cannot be rewritten.
        remedy="" if answer.claim in IDS else ": narrow a range or split the claim",
    )


def _report(answer: Report) -> str:
    counts = answer.summary
    words = [word for word in Verdict if not word.green and word is not Verdict.NOT_APPLICABLE]
    bad = ", ".join(f"{counts[word]} {word.lower()}" for word in words if counts[word])
    checked = sum(counts.values()) - counts["NOT_APPLICABLE"]
    if checked == 1:
        return bad.replace("1 ", "") or "green"
    return f"{bad} of {checked} verdicts" if bad else f"all {checked} verdicts are green"


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "LinkExponents": _exponents,
    "Threshold": _threshold,
    "FamilyThreshold": _family,
    "Coefficients": _coefficients,
    "Policies": _policies,
    "Policy": _policy,
    "Recovery": _recovery,
    "AdmissibleSet": _admissible,
    "TwoStage": _two_stage,
    "Result": _result,
    "Report": _report,
}
