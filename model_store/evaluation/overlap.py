"""Two evaluations made apart, compared over the files that are in both. Pure.

A file is in both if its path is, below the folder around everything, which may be called otherwise or be missing. Law:
the image files of a side = those in both + those under another label there + those that only it has.
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
    """How many image files are where."""

    model_config = ConfigDict(frozen=True)

    both: int
    """In both, under the same label: those that are compared."""
    other_label: int
    only_this: int
    only_against: int


class OtherLabel(BaseModel):
    """A file that is in both, but not under one label."""

    model_config = ConfigDict(frozen=True)

    path: str
    this: str
    against: str


class Overlap(BaseModel):
    """What two evaluations come to on the files that are in both."""

    model_config = ConfigDict(frozen=True)

    files: SharedFiles
    confusion_matrix: ConfusionMatrix
    """Of this side, over the files in both."""
    metrics: Metrics
    comparison: Comparison
    other_label: list[OtherLabel]
    only_this: list[str]
    only_against: list[str]


@dataclass(frozen=True)
class MatchedFiles:
    """Where the files of two sides are, by their places in the records of each."""

    both: list[tuple[int, int]]
    other_label: list[tuple[int, int]]
    only_this: list[int]
    only_against: list[int]

    @classmethod
    def of(cls, this: Records, against: Records, wrappers: tuple[str | None, str | None]) -> Self:
        """Match files.

        Args:
            this: Of the one side.
            against: Of the other.
            wrappers: The folder around everything of each, where there is one.
        """
        elsewhere = {name: place for place, name in enumerate(_names(against, wrappers[1]))}
        both: list[tuple[int, int]] = []
        other_label: list[tuple[int, int]] = []
        only_this: list[int] = []
        for place, name in enumerate(_names(this, wrappers[0])):
            other = elsewhere.pop(name, None)
            if other is None:
                only_this.append(place)
            else:
                is_same = this.label(place) == against.label(other)
                (both if is_same else other_label).append((place, other))
        return cls(both, other_label, only_this, list(elsewhere.values()))


def compare_overlap(this: Side, against: Side, matched: MatchedFiles) -> Overlap:
    """Compare two sides over the files in both.

    Args:
        this: The one.
        against: The other; its labels are the same, perhaps in another order.
        matched: Their files.
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
    """Return the paths below the wrapper, or as they are if two of them would be one."""
    names = [path.removeprefix(f"{wrapper}/") for path in records.paths]
    return names if len(set(names)) == len(names) else records.paths
