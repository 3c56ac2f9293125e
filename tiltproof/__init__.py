"""tiltproof: statements about reward-tilted feature learning, checked three ways.

The verbs are ``link``, ``exponents``, ``threshold``, ``coefficients``, ``formulas``,
``policy``, ``recover``, ``admissible``, ``train`` and ``verify``;
wherever one takes a link, its text will do.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_here = Path(__file__).resolve().parent
if not (_here / "link").is_dir():
    # A checkout: the rooms stand beside this folder, not inside it as they do when installed.
    __path__.append(str(_here.parent))

from .crosscheck.record import Shown  # noqa: E402  (found through __path__)

if TYPE_CHECKING:  # "x as x": what type checkers take as public
    from .crosscheck.certificate.check import Checked as Checked
    from .crosscheck.link_facts.phase_diagram import FamilyThreshold as FamilyThreshold
    from .crosscheck.link_facts.threshold import Threshold as Threshold, threshold as threshold
    from .crosscheck.number import Number as Number
    from .crosscheck.run.report import Report as Report, Result as Result
    from .crosscheck.run.scheduler import verify as verify
    from .crosscheck.verdict import Verdict as Verdict
    from .interface.answers.admissible import admissible as admissible
    from .interface.answers.admissible_set import AdmissibleSet as AdmissibleSet
    from .interface.answers.claim import assert_claim as assert_claim, claim as claim
    from .interface.answers.coefficients import (
        Coefficients as Coefficients,
        Formulas as Formulas,
        coefficients as coefficients,
        formulas as formulas,
    )
    from .interface.answers.exponents import LinkExponents as LinkExponents, exponents as exponents
    from .interface.answers.listed import (
        check as check,
        claims as claims,
        links as links,
        load_claims as load_claims,
    )
    from .interface.answers.policy import Policies as Policies, Policy as Policy, policy as policy
    from .interface.answers.recover import recover as recover
    from .interface.answers.recovery import Recovery as Recovery
    from .interface.answers.report import LinkReport as LinkReport, report as report
    from .interface.answers.train import TwoStage as TwoStage, train as train
    from .link import Link as Link, LinkError as LinkError, parse as link

# Loaded on first use, so that the command line answers help without loading an algebra system.
_HOMES = {
    "AdmissibleSet": "interface.answers.admissible_set",
    "Checked": "crosscheck.certificate.check",
    "Coefficients": "interface.answers.coefficients",
    "FamilyThreshold": "crosscheck.link_facts.phase_diagram",
    "Formulas": "interface.answers.coefficients",
    "Link": "link",
    "LinkError": "link",
    "LinkExponents": "interface.answers.exponents",
    "LinkReport": "interface.answers.report",
    "Number": "crosscheck.number",
    "Policies": "interface.answers.policy",
    "Policy": "interface.answers.policy",
    "Recovery": "interface.answers.recovery",
    "Report": "crosscheck.run.report",
    "Result": "crosscheck.run.report",
    "Threshold": "crosscheck.link_facts.threshold",
    "TwoStage": "interface.answers.train",
    "Verdict": "crosscheck.verdict",
    "admissible": "interface.answers.admissible",
    "assert_claim": "interface.answers.claim",
    "check": "interface.answers.listed",
    "claim": "interface.answers.claim",
    "claims": "interface.answers.listed",
    "coefficients": "interface.answers.coefficients",
    "exponents": "interface.answers.exponents",
    "formulas": "interface.answers.coefficients",
    "links": "interface.answers.listed",
    "load_claims": "interface.answers.listed",
    "policy": "interface.answers.policy",
    "recover": "interface.answers.recover",
    "report": "interface.answers.report",
    "threshold": "crosscheck.link_facts.threshold",
    "train": "interface.answers.train",
    "verify": "crosscheck.run.scheduler",
}

__all__ = ["link", *_HOMES]


def _html(answer: Shown) -> str:
    from .interface.output.reports.pages import section
    from .interface.output.views import view

    return section(view(answer))


def _essence(answer: Shown) -> str:
    from .interface.output.views import view

    return view(answer).latex


def _sentence(answer: Shown) -> str:
    from .interface.output.conclusions import conclusion

    return conclusion(answer)


def _drawing(answer: Shown, ax: Any) -> Any:
    from .interface.output.axes import axes

    return axes(answer, ax)


Shown.html, Shown.essence = staticmethod(_html), staticmethod(_essence)
Shown.sentence, Shown.drawing = staticmethod(_sentence), staticmethod(_drawing)


def __dir__() -> list[str]:
    return ["__version__", *__all__]


def __getattr__(name: str) -> Any:
    if name == "link":
        return import_module(".link", __name__)
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
