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

if TYPE_CHECKING:
    from .crosscheck.answers.admissible import admissible
    from .crosscheck.answers.admissible_set import AdmissibleSet
    from .crosscheck.answers.claim import claim
    from .crosscheck.answers.coefficients import Coefficients, coefficients
    from .crosscheck.answers.exponents import LinkExponents, exponents
    from .crosscheck.answers.formulas import Formulas, formulas
    from .crosscheck.answers.policy import Policy, policy
    from .crosscheck.answers.recover import Recovery, recover
    from .crosscheck.answers.threshold import Threshold, threshold
    from .crosscheck.answers.train import TwoStage, train
    from .crosscheck.run import Report, Result, verify
    from .crosscheck.verdict import Verdict
    from .link import Link, LinkError
    from .link import parse as link

# Loaded on first use, so that the command line answers help without loading an algebra system.
_HOMES = {
    "AdmissibleSet": "crosscheck.answers.admissible_set",
    "Coefficients": "crosscheck.answers.coefficients",
    "Formulas": "crosscheck.answers.formulas",
    "Link": "link",
    "LinkError": "link",
    "LinkExponents": "crosscheck.answers.exponents",
    "Policy": "crosscheck.answers.policy",
    "Recovery": "crosscheck.answers.recover",
    "Report": "crosscheck.run",
    "Result": "crosscheck.run",
    "Threshold": "crosscheck.answers.threshold",
    "TwoStage": "crosscheck.answers.train",
    "Verdict": "crosscheck.verdict",
    "admissible": "crosscheck.answers.admissible",
    "claim": "crosscheck.answers.claim",
    "coefficients": "crosscheck.answers.coefficients",
    "exponents": "crosscheck.answers.exponents",
    "formulas": "crosscheck.answers.formulas",
    "policy": "crosscheck.answers.policy",
    "recover": "crosscheck.answers.recover",
    "threshold": "crosscheck.answers.threshold",
    "train": "crosscheck.answers.train",
    "verify": "crosscheck.run",
}

__all__ = [
    "AdmissibleSet",
    "Coefficients",
    "Formulas",
    "Link",
    "LinkError",
    "LinkExponents",
    "Policy",
    "Recovery",
    "Report",
    "Result",
    "Threshold",
    "TwoStage",
    "Verdict",
    "admissible",
    "claim",
    "coefficients",
    "exponents",
    "formulas",
    "link",
    "policy",
    "recover",
    "threshold",
    "train",
    "verify",
]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def __getattr__(name: str) -> Any:
    if name == "link":
        return import_module(".link", __name__)
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
