"""The confusion matrix as a heat map: cells with shares and shades, and the most confused labels.

Values only; templates decide on their appearance.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from model_store.evaluation.report import ConfusionMatrix

Kind = Literal["right", "wrong", "unreadable"]

MAX_LABELS: Final = 20
"""Largest number of labels in a table; a larger matrix is shown as a picture with its most confused pairs."""
SHADES: Final = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix."""

    count: int
    share: float | None
    """Share of its row, 0 to 1; None for an empty row."""
    shade: int
    """0 to `SHADES`: proportional to the root of the share, so that a few per cent are visible."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class HeatmapRow:
    """The files given under one label."""

    label: str
    cells: tuple[Cell, ...]
    files: int
    is_known: bool
    """True if the model has the label."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Files of one label that were predicted to have another."""

    actual: str
    predicted: str
    count: int
    share: float
    """Share of the files given under the label."""


def heatmap(matrix: ConfusionMatrix) -> tuple[HeatmapRow, ...]:
    """Return one row per given label, in the order of the matrix."""
    return tuple(_row(matrix.columns, label, counts) for label, counts in zip(matrix.rows, matrix.counts, strict=True))


def column_sums(matrix: ConfusionMatrix) -> tuple[int, ...]:
    """Return the number of files in each column."""
    return tuple(sum(column) for column in zip(*matrix.counts, strict=True))


def most_confused(matrix: ConfusionMatrix, most: int = 15) -> tuple[Confusion, ...]:
    """Return the pairs of given and predicted labels with the most files, not counting unreadable files."""
    pairs = sorted(_confusions(matrix), key=lambda pair: (-pair.count, -pair.share, pair.actual, pair.predicted))
    return tuple(pairs[:most])


def _confusions(matrix: ConfusionMatrix) -> Iterator[Confusion]:
    for actual, counts in zip(matrix.rows, matrix.counts, strict=True):
        for predicted, count in zip(matrix.columns[:-1], counts[:-1], strict=True):
            if count and predicted != actual:
                yield Confusion(actual, predicted, count, count / sum(counts))


def _row(columns: list[str], label: str, counts: list[int]) -> HeatmapRow:
    files = sum(counts)
    cells = tuple(_cell(count, files, _kind(place, columns, label)) for place, count in enumerate(counts))
    return HeatmapRow(label, cells, files, label in columns[:-1])


def _kind(place: int, columns: list[str], label: str) -> Kind:
    if place == len(columns) - 1:
        return "unreadable"
    return "right" if columns[place] == label else "wrong"


def _cell(count: int, files: int, kind: Kind) -> Cell:
    share = count / files if files else None
    return Cell(count, share, math.ceil(SHADES * math.sqrt(share or 0)), kind)
