"""The compiled loops of the chains, and activations as postfix programs: one kernel for every one of them.

Links never enter the kernel: y depends on A alone, so the signal T_t(y) comes in as numbers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from ...link.tree import Call, Condition, Const, Neg, Node, Num, Var, Where
from ..lowering.derivative import coefficients, derivative
from ..lowering.functions import FUNCTIONS
from ..lowering.pointwise import as_double

#: Operations of a program by their code; a change of this file renews the compiled cache.
OPERATIONS: tuple[str, ...] = (
    "push", "z", "+", "-", "*", "/", "**", "min", "max", "<", "<=", ">", ">=", "==", "!=", "and", "or",
    "where", "neg", "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "erf",
    "abs", "sign", "Heaviside", "expm1", "log1p", "He",
)  # fmt: skip
CODE = {name: code for code, name in enumerate(OPERATIONS)}
#: Added to the code of an operation of two values whose second one is a number, held beside the code.
FIXED = 64

_Z, _LAST_BINARY, _FIXED = CODE["z"], CODE["or"], FIXED
_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE, _POWER = (CODE[name] for name in ("+", "-", "*", "/", "**"))
_MIN, _MAX, _WHERE, _HE = CODE["min"], CODE["max"], CODE["where"], CODE["He"]
_LT, _LE, _GT, _GE, _EQ, _NE = (CODE[name] for name in ("<", "<=", ">", ">=", "==", "!="))
_AND, _OR, _NEG = CODE["and"], CODE["or"], CODE["neg"]
_EXP, _LOG, _SQRT, _SIN, _COS, _TAN = (CODE[name] for name in ("exp", "log", "sqrt", "sin", "cos", "tan"))
_SINH, _COSH, _TANH, _ATAN, _ERF = (CODE[name] for name in ("sinh", "cosh", "tanh", "atan", "erf"))
_ABS, _SIGN, _HEAVISIDE = CODE["abs"], CODE["sign"], CODE["Heaviside"]
_EXPM1, _LOG1P = CODE["expm1"], CODE["log1p"]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` compiled without the interpreter lock, kept on disk where a cache can be written."""
    try:
        found = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba finds no folder for its cache; it then compiles in every process
        found = numba.njit(nogil=True, error_model="numpy")(function)
    return found


@compiled
def run(codes: Any, values: Any, stack: Any, z: float) -> float:
    """The value of a postfix program at z; its latest value is kept off the stack, which is slow to reach."""
    top, x = 0, 0.0
    for i in range(codes.size):
        code = codes[i]
        if code <= _Z:
            stack[top] = x
            top += 1
            x = z if code == _Z else values[i]
        elif code >= _FIXED:
            x = _binary(code - _FIXED, x, values[i])
        elif code <= _LAST_BINARY:
            top -= 1
            x = _binary(code, stack[top], x)
        elif code == _WHERE:
            top -= 2
            x = stack[top + 1] if stack[top] != 0.0 else x
        elif code == _HE:
            x = _hermite(int(values[i]), x)
        else:
            x = _unary(code, x)
    return x


@compiled
def _binary(code: int, x: float, y: float) -> float:
    if code == _ADD:
        return x + y
    if code == _SUBTRACT:
        return x - y
    if code == _MULTIPLY:
        return x * y
    if code == _DIVIDE:
        return x / y
    if code == _POWER:
        return x * x if y == 2.0 else x**y
    if code == _MIN:
        return min(x, y)
    if code == _MAX:
        return max(x, y)
    truth = False
    if code == _LT:
        truth = x < y
    elif code == _LE:
        truth = x <= y
    elif code == _GT:
        truth = x > y
    elif code == _GE:
        truth = x >= y
    elif code == _EQ:
        truth = x == y
    elif code == _NE:
        truth = x != y
    elif code == _AND:
        truth = x != 0.0 and y != 0.0
    elif code == _OR:
        truth = x != 0.0 or y != 0.0
    return 1.0 if truth else 0.0


@compiled
def _unary(code: int, x: float) -> float:
    value = math.nan
    if code == _NEG:
        value = -x
    elif code == _EXP:
        value = math.exp(x)
    elif code == _LOG:
        value = math.log(x)
    elif code == _SQRT:
        value = math.sqrt(max(x, 0.0))
    elif code == _SIN:
        value = math.sin(x)
    elif code == _COS:
        value = math.cos(x)
    elif code == _TAN:
        value = math.tan(x)
    elif code == _SINH:
        value = math.sinh(x)
    elif code == _COSH:
        value = math.cosh(x)
    elif code == _TANH:
        # To rounding in absolute size, at a third of the library's time.
        falling = math.exp(-2.0 * abs(x))
        value = math.copysign((1.0 - falling) / (1.0 + falling), x)
    elif code == _ATAN:
        value = math.atan(x)
    elif code == _ERF:
        value = math.erf(x)
    elif code == _ABS:
        value = abs(x)
    elif code == _SIGN:
        value = 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0
    elif code == _HEAVISIDE:
        value = 1.0 if x > 0.0 else 0.5 if x == 0.0 else 0.0
    elif code == _EXPM1:
        value = math.expm1(x)
    elif code == _LOG1P:
        value = math.log1p(x)
    return value


@compiled
def _hermite(k: int, x: float) -> float:
    if k == 0:
        return 1.0
    before, current = 1.0, x
    for j in range(1, k):
        before, current = current, x * current - j * before
    return current


@compiled
def _slope(polynomial: Any, codes: Any, values: Any, stack: Any, u: float) -> float:
    """g'(u): a polynomial where there is one, else the program."""
    degree = polynomial.size - 1
    if degree < 0:
        return float(run(codes, values, stack, u))
    slope = polynomial[degree]
    for power in range(degree - 1, -1, -1):
        slope = slope * u + polynomial[power]
    return float(slope)


@compiled
def advance(
    m: Any, across: Any, hit: Any, scale: Any, a: Any, b: Any, signal: Any, chi2: Any,
    start: int, stop_at: float, passes: int, polynomial: Any, codes: Any, values: Any, stack: Any,
) -> None:  # fmt: skip
    """Iterate w' = (w + sum_i c_i x_i)/|.| in the coordinates (theta*, v, rest) for a block of steps.

    m, across = sqrt(1 - m^2), hit, scale = a eta/B: (R,); a, b, signal = A, B, T_t(y): (steps, R,
    batch); chi2: (steps, R). passes: how often in a row a step is taken on each sample, alone in its batch
    where more than once.
    A replica stops at |m| >= stop_at, and hit then holds that step, counted on from ``start``.
    """
    steps, replicas, batch = a.shape
    degree = polynomial.size - 1
    for i in range(steps):
        for r in range(replicas):
            if hit[r] >= 0:
                continue
            along, aside = m[r], across[r]
            p, q, spread = along, aside, 0.0
            for j in range(batch):
                x, y = a[i, r, j], b[i, r, j]
                u = along * x + aside * y
                if degree >= 0:
                    slope = polynomial[degree]
                    for power in range(degree - 1, -1, -1):
                        slope = slope * u + polynomial[power]
                else:
                    slope = run(codes, values, stack, u)
                c = scale[r] * signal[i, r, j] * slope
                p += c * x
                q += c * y
                spread += c * c
            # Both roots at once: sqrt(1 - m^2) of the new m would have to wait for it.
            left = q * q + spread * chi2[i, r]
            scale_back = 1.0 / math.sqrt(p * p + left)
            if passes > 1:
                # The same sample again: it lies along theta*, v and the rest of the first step.
                x, y, length = a[i, r, 0], b[i, r, 0], math.sqrt(chi2[i, r])
                rest = c * length
                for _ in range(1, passes):
                    p, q, rest = p * scale_back, q * scale_back, rest * scale_back
                    u = p * x + q * y + rest * length
                    c = scale[r] * signal[i, r, 0] * _slope(polynomial, codes, values, stack, u)
                    p, q, rest = p + c * x, q + c * y, rest + c * length
                    left = q * q + rest * rest
                    scale_back = 1.0 / math.sqrt(p * p + left)
            m[r] = p * scale_back
            across[r] = math.sqrt(left) * scale_back
            if abs(m[r]) >= stop_at:
                hit[r] = start + i + 1


@compiled
def advance_together(
    gram: Any, hit: Any, scale: Any, xi: Any, signal: Any, chi2: Any,
    start: int, stop_at: float, passes: int, polynomial: Any, codes: Any, values: Any, stack: Any,
) -> None:  # fmt: skip
    """Iterate p neurons on shared samples, w_i' = (w_i + c_i x)/|.|, for a block of steps.

    gram: (networks, p + 1, p + 1), the Gram matrix of theta* and w_1, ..., w_p; hit: (networks, p); scale =
    a_i eta: (networks, p); xi: (steps, networks, p + 1), x along an orthonormal basis of their span; chi2:
    (steps, networks), its square across. A neuron stays where it is from |m| >= stop_at on.
    """
    steps, networks, size = xi.shape
    # Rows: theta*, w_1, ..., w_p by their coordinates in that basis, the last one along what x has across.
    w = np.zeros((size, size + 1))
    x = np.empty(size + 1)
    for i in range(steps):
        for r in range(networks):
            moving = False
            for n in range(size - 1):
                moving = moving or hit[r, n] < 0
            if not moving:
                continue
            _root(gram[r], w)
            x[:size] = xi[i, r]
            x[size] = math.sqrt(chi2[i, r])
            for n in range(1, size):
                if hit[r, n - 1] >= 0:
                    continue
                for _ in range(passes):
                    u = 0.0
                    for j in range(size + 1):
                        u += w[n, j] * x[j]
                    c = scale[r, n - 1] * signal[i, r] * _slope(polynomial, codes, values, stack, u)
                    square = 0.0
                    for j in range(size + 1):
                        w[n, j] += c * x[j]
                        square += w[n, j] * w[n, j]
                    norm = 1.0 / math.sqrt(square)
                    for j in range(size + 1):
                        w[n, j] *= norm
                if abs(w[n, 0]) >= stop_at:
                    hit[r, n - 1] = start + i + 1
            for n in range(1, size):
                for k in range(n + 1):
                    product = 0.0
                    for j in range(size + 1):
                        product += w[n, j] * w[k, j]
                    gram[r, n, k] = product
                    gram[r, k, n] = product


@compiled
def _root(gram: Any, w: Any) -> None:
    """The lower triangular root of a Gram matrix in the first columns of ``w``; zero in the last one.

    Where vectors have aligned it is singular, and a pivot below rounding is taken for 0.
    """
    size = gram.shape[0]
    w[:, :] = 0.0
    for j in range(size):
        pivot = gram[j, j]
        for k in range(j):
            pivot -= w[j, k] * w[j, k]
        if pivot < 1e-14:
            continue
        w[j, j] = math.sqrt(pivot)
        for i in range(j + 1, size):
            value = gram[i, j]
            for k in range(j):
                value -= w[i, k] * w[j, k]
            w[i, j] = value / w[j, j]


@dataclass(frozen=True)
class Program:
    """codes: one operation each; values: what ``push`` and ``He`` read; depth: the stack that it needs.

    polynomial: the coefficients when the function is a polynomial of low degree, else empty.
    """

    codes: NDArray[np.int64]
    values: NDArray[np.float64]
    depth: int
    polynomial: NDArray[np.float64]

    @cached_property
    def arguments(self) -> tuple[NDArray[Any], ...]:
        """What the kernels take of it, and a stack for one thread."""
        return self.polynomial, self.codes, self.values, np.empty(self.depth)


def slope_program(activation: Node) -> Program:
    """The program of g'."""
    return program(derivative(activation))


def program(tree: Node) -> Program:
    """``tree`` in postfix order."""
    steps: list[tuple[int, float]] = []
    _emit(tree, steps)
    codes = np.array([code for code, _ in steps], dtype=np.int64)
    values = np.array([value for _, value in steps], dtype=np.float64)
    return Program(codes, values, _depth(codes), np.array(coefficients(tree) or (), dtype=np.float64))


def _emit(part: Node | Condition, steps: list[tuple[int, float]]) -> None:
    if isinstance(part, Var):
        steps.append((CODE["z"], 0.0))
    elif isinstance(part, Num):
        steps.append((CODE["push"], as_double(part.value)))
    elif isinstance(part, Const):
        steps.append((CODE["push"], math.pi if part.name == "pi" else math.e))
    elif isinstance(part, Neg):
        _after((part.arg,), "neg", steps)
    elif isinstance(part, Where):
        _after((part.condition, part.then, part.other), "where", steps)
    elif isinstance(part, Call):
        _emit_call(part, steps)
    else:
        _emit(part.left, steps)
        _join(part.op, part.right, steps)


def _after(parts: Sequence[Node | Condition], name: str, steps: list[tuple[int, float]]) -> None:
    for part in parts:
        _emit(part, steps)
    steps.append((CODE[name], 0.0))


def _join(name: str, right: Node | Condition, steps: list[tuple[int, float]]) -> None:
    """The operation on the value so far and ``right``."""
    if isinstance(right, Num):
        steps.append((CODE[name] + FIXED, as_double(right.value)))
    else:
        _after((right,), name, steps)


def _emit_call(node: Call, steps: list[tuple[int, float]]) -> None:
    if node.name == "He":
        order, inner = node.args
        assert isinstance(order, Num)
        _emit(inner, steps)
        steps.append((CODE["He"], float(order.value)))
    elif node.name in ("min", "max"):
        _emit(node.args[0], steps)
        for arg in node.args[1:]:
            _join(node.name, arg, steps)
    elif (spelled := FUNCTIONS[node.name].spelled) is not None:
        _emit(spelled(*node.args), steps)
    else:
        _after(node.args, node.name, steps)


def _depth(codes: NDArray[np.int64]) -> int:
    """The largest number of values in use at once."""
    used = most = 0
    for code in codes:
        if code <= CODE["z"]:
            used += 1
        elif code <= CODE["or"]:
            used -= 1
        elif code == CODE["where"]:
            used -= 2
        most = max(most, used)
    return most
