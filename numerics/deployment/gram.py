"""Symmetric matrices of balls: Gram matrices, frames in which they are near the identity, and inverses."""

from __future__ import annotations

import math

import numpy as np
from flint import arb, arb_mat

from ..lowering.pointwise import Array

_ROUNDED = 1 + 1e-6
#: What of a feature's size is below this share of it is lost in the balls.
_LOST = 1e-42


def doubles(matrix: arb_mat) -> Array:
    """The midpoints of a matrix, rounded."""
    return np.array([[float(v) for v in row] for row in matrix.tolist()])


def pairwise_products(features: arb_mat) -> arb_mat:
    """One row per pair i >= j of features, given at the nodes: their product there."""
    columns = features.transpose().tolist()
    pairs = [(columns[i], columns[j]) for i in range(len(columns)) for j in range(i + 1)]
    return arb_mat([[x * y for x, y in zip(a, b, strict=True)] for a, b in pairs])


def symmetric(pairs: arb_mat) -> list[arb_mat]:
    """For each column the symmetric matrix with these entries at i >= j."""
    size = math.isqrt(2 * pairs.nrows())
    return [
        arb_mat([[column[place(i, j)] for j in range(size)] for i in range(size)])
        for column in pairs.transpose().tolist()
    ]


def orthonormalising(gram: arb_mat) -> arb_mat:
    """U with U' A U = 1 for the ``gram`` matrix A of features, by Gram and Schmidt.

    A feature of which almost nothing is left keeps a plain scale.
    """
    size = gram.nrows()
    columns: list[arb_mat] = []
    images: list[list[arb]] = []
    for j in range(size):
        column = arb_mat([[arb(int(i == j))] for i in range(size)])
        for before, image in zip(columns, images, strict=True):
            column -= before * image[j]
        (square,) = (column.transpose() * gram * column).entries()
        length = square.max(gram[j, j] * _LOST).sqrt()
        columns.append((column / length).mid())
        images.append((gram * columns[-1]).mid().entries())
    return arb_mat([column.entries() for column in columns]).transpose()


def place(i: int, j: int) -> int:
    """The row of the pair (i, j) among the pairs i >= j."""
    i, j = max(i, j), min(i, j)
    return i * (i + 1) // 2 + j


def inverted(matrix: arb_mat) -> arb_mat:
    """The inverses of the symmetric matrices H in a ball matrix.

    A is its middle, E = H - A, G = A^{-1}: H^{-1} = G - G E G + R, where the rest of the Neumann series has
    |R| <= |G| q^2/(1 - q) in the spectral norm, q = |A^{-1/2} E A^{-1/2}|. Elimination over balls would be
    far wider. Raises ZeroDivisionError when q < 1 is not shown.
    """
    middle = matrix.mid()
    g = middle.inv()
    # The spectral norm is at most the largest row sum of a symmetric matrix, and the Frobenius norm of any.
    size = max(upper(sum(map(abs, row), arb(0))) for row in g.tolist())
    q = size * frobenius(matrix - middle)
    if not q < 1:
        raise ZeroDivisionError("the matrix is not shown to be invertible")
    rest = arb(0, size * q * q / (1 - q) * _ROUNDED)
    first = g - g * (matrix - middle) * g
    return arb_mat([[value + rest for value in row] for row in first.tolist()])


def frobenius(matrix: arb_mat) -> float:
    """The Frobenius norm, rounded up."""
    return math.hypot(*(upper(x) for row in matrix.tolist() for x in row)) * _ROUNDED


def identity(size: int) -> arb_mat:
    return arb_mat([[arb(int(i == j)) for j in range(size)] for i in range(size)])


def norm(vector: arb_mat) -> float:
    """The sum of the absolute entries of a row or a column, rounded up."""
    return upper(sum(map(abs, vector.entries()), arb(0)))


def upper(value: arb) -> float:
    return float(value.abs_upper()) * _ROUNDED
