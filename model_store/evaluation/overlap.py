"""Comparison of two separate evaluations over the files that are in both. Pure.

Files are matched by their path below the wrapper, the folder around everything, which may differ or be missing. Law:
the image files of a side = those in both + those under another label + those only in this side.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from model_store.evaluation.comparison import Comparison, Side, compare
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records
from model_store.evaluation.report import ConfusionMatrix, Metrics


class SharedFiles(BaseModel):
    """Counts of image files by the side that they are in."""

    model_config = ConfigDict(frozen=True)

    both: int
    """Files in both under the same label, which are compared."""
    other_label: int
    """Files in both under different labels."""
    only_this: int
    only_against: int


class OtherLabel(BaseModel):
    """A file that is in both under different labels."""

    model_config = ConfigDict(frozen=True)

    path: str
    this: str
    against: str


class Overlap(BaseModel):
    """The comparison of two evaluations over the files that are in both."""

    model_config = ConfigDict(frozen=True)

    files: SharedFiles
    confusion_matrix: ConfusionMatrix
    """This side's matrix, over the files in both."""
    metrics: Metrics
    """This side's figures, over the files in both."""
    comparison: Comparison
    other_label: list[OtherLabel]
    only_this: list[str]
    only_against: list[str]


@dataclass(frozen=True)
class MatchedFiles:
    """The files of two sides, matched; each file is its place in the records of its side."""

    both: list[tuple[int, int]]
    other_label: list[tuple[int, int]]
    only_this: list[int]
    only_against: list[int]

    @classmethod
    def of(cls, this: Records, against: Records, wrappers: tuple[str | None, str | None]) -> Self:
        """Match files.

        Args:
            this: The records of one side.
            against: The records of the other.
            wrappers: The wrapper of each side, if it has one.
        """
        others = {name: place for place, name in enumerate(_names(against, wrappers[1]))}
        both: list[tuple[int, int]] = []
        other_label: list[tuple[int, int]] = []
        only_this: list[int] = []
        for place, name in enumerate(_names(this, wrappers[0])):
            other = others.pop(name, None)
            if other is None:
                only_this.append(place)
            else:
                is_same = this.label(place) == against.label(other)
                (both if is_same else other_label).append((place, other))
        return cls(both, other_label, only_this, list(others.values()))


def compare_overlap(this: Side, against: Side, matched: MatchedFiles) -> Overlap:
    """Compare two sides over the files in both.

    Args:
        this: One side.
        against: The other side, with the same labels in any order.
        matched: The matched files of both.
    """
    ours = _only(this, [one for one, _ in matched.both])
    theirs = _only(against, [other for _, other in matched.both])
    evaluation = evaluate(ours.records, ours.decision, resamples=0)
    return Overlap(
        files=SharedFiles(
            both=len(matched.both),
            other_label=len(matched.other_label),
            only_this=len(matched.only_this),
            only_against=len(matched.only_against),
        ),
        confusion_matrix=evaluation.confusion_matrix,
        metrics=evaluation.metrics,
        comparison=compare(ours, theirs, evaluate(theirs.records, theirs.decision, resamples=0)),
        other_label=[
            OtherLabel(path=this.records.paths[one], this=this.records.label(one), against=against.records.label(other))
            for one, other in matched.other_label
        ],
        only_this=[this.records.paths[place] for place in matched.only_this],
        only_against=[against.records.paths[place] for place in matched.only_against],
    )


def _only(side: Side, places: list[int]) -> Side:
    return replace(side, records=side.records.only(np.array(places, np.int64)))


def _names(records: Records, wrapper: str | None) -> list[str]:
    """Return the paths below the wrapper, or the full paths if two files would get the same name."""
    names = [path.removeprefix(f"{wrapper}/") for path in records.paths]
    return names if len(set(names)) == len(names) else records.paths
