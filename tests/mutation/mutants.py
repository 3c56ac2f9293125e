"""Small changes to a module: a constant or index by one, a sign, an operator, a test, a term dropped."""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
#: Functions of the same arguments that a slip of the pen exchanges.
_NAMES = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "erf": "erfc", "erfc": "erf",
    "min": "max", "max": "min", "all": "any", "any": "all", "rf": "ff", "oo": "Zero", "Zero": "One",
    "One": "Zero", "inf": "sup", "sup": "inf", "is_positive": "is_negative", "is_negative": "is_positive",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the module, the lines of the expression, and the expression before and after.

    acts: the lines that run it; of what a module or class defines on import, those that name it.
    """

    path: Path
    index: int
    lines: range
    change: str
    acts: frozenset[int]

    def tree(self) -> ast.Module:
        """The module with this change made."""
        found = ast.parse(self.path.read_text(encoding="utf-8"))
        next(site for index, site in enumerate(_sites(found)) if index == self.index).switch()
        return ast.fix_missing_locations(found)

    def install(self) -> None:
        """Have this process import the package and the tests anew, with this change made."""
        if "numba" in self.path.read_text(encoding="utf-8"):
            # What is compiled is kept by the code's operations and the file's date, so constants would stay.
            numba.config.CACHE_DIR = tempfile.mkdtemp()  # type: ignore[attr-defined]
        for name in [n for n in sys.modules if n.partition(".")[0] in ("tiltproof", "tests")]:
            del sys.modules[name]
        sys.meta_path.insert(0, _Changed(self))  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """The module and the change, whatever the line."""
        return f"{'/'.join(self.path.parts[-2:])}: {self.change}"

    def __str__(self) -> str:
        *_, folder, name = self.path.parts
        return f"{folder}/{name}:{self.lines[0]}: {self.change}"


class _Changed(importlib.machinery.SourceFileLoader):
    """Finds and loads the changed module in place of its file, and leaves every other import alone."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__("", str(mutant.path))
        self._mutant = mutant

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.origin is None or os.path.realpath(spec.origin) != self.path:
            return None
        self.name = name
        spec.loader = self
        return spec

    def get_code(self, fullname: str) -> Any:
        return compile(self._mutant.tree(), self.path, "exec")


@dataclass(slots=True)
class _Site:
    """A field of a node and the value that a mutant puts there; ``switch`` exchanges the two."""

    node: ast.AST
    field: str
    other: Any
    shown: ast.expr

    def switch(self) -> None:
        own = getattr(self.node, self.field)
        setattr(self.node, self.field, self.other)
        self.other = own


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of the module at ``path``, in the order of its source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes, made = list(ast.walk(tree)), []
    ran = frozenset(_bodies(nodes))
    for index, site in enumerate(_sites(tree)):
        before, end = ast.unparse(site.shown), site.shown.end_lineno or site.shown.lineno
        site.switch()
        change = f"{before}  ->  {ast.unparse(site.shown)}"
        lines = range(site.shown.lineno, end + 1)
        made.append(Mutant(path, index, lines, change, frozenset(lines) & ran or _named(nodes, lines) & ran))
        site.switch()
    return made


def _bodies(nodes: Sequence[ast.AST]) -> Iterator[int]:
    """The lines of the functions, without their defaults."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            yield from range(node.body[0].lineno, (node.end_lineno or 0) + 1)


def _named(nodes: Sequence[ast.AST], lines: range) -> frozenset[int]:
    """The lines that name what the statement at ``lines`` defines; of a default, all of its function."""
    names: set[str] = set()
    for node in nodes:
        if not isinstance(node, ast.stmt) or not node.lineno <= lines[0] <= (node.end_lineno or 0):
            continue
        if isinstance(node, ast.FunctionDef):
            return frozenset(range(node.body[0].lineno, (node.end_lineno or 0) + 1))
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return frozenset(
        node.lineno
        for node in nodes
        if (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
    )


def sample(paths: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """``count`` mutants drawn from all those of ``paths``, so that fewer are the first of more.

    Each has its own random rank, from the seed and its name: an edit elsewhere draws no others.
    """
    seen = Counter[str]()
    ranked: list[tuple[bytes, Mutant]] = []
    for mutant in (mutant for path in paths for mutant in mutants(path)):
        seen[mutant.name] += 1
        text = f"{seed} {mutant.name} {seen[mutant.name]}"
        ranked.append((hashlib.sha256(text.encode()).digest(), mutant))
    return [mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0])[:count]]


def _sites(tree: ast.AST, within: ast.expr | None = None) -> Iterator[_Site]:
    """Every place to change below ``tree``, outside annotations, decorators, messages and docstrings."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "msg", "exc"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            shown = child if isinstance(child, ast.expr) else within
            # A name or a number says little alone: show the expression that holds it.
            if within is not None and (
                isinstance(child, ast.Constant | ast.Name | ast.Slice)
                or (isinstance(child, ast.UnaryOp) and isinstance(child.operand, ast.Constant))
            ):
                shown = within
            if shown is not None:
                yield from _changes(child, shown)
            yield from _sites(child, shown)


def _changes(node: ast.AST, shown: ast.expr) -> Iterator[_Site]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _Site(node, "value", not node.value, shown)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield _Site(node, "value", node.value + 1, shown)
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _SWAPS:
        yield _Site(node, "op", _SWAPS[type(node.op)](), node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            # 0 in place of the second term.
            yield _Site(node, "right", ast.Constant(0), node)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPS:
        yield _Site(node, "ops", [_SWAPS[type(node.ops[0])]()], node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _Site(node, "op", ast.UAdd(), shown)
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield _Site(node, "id", _NAMES[node.id], shown)
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield _Site(node, "attr", _NAMES[node.attr], shown)
