"""Comparison of two versions on the same files, with an exact test of whether the difference can be chance.

Pure: no disk, no model. Law: files compared = both right + only this + only against + both wrong.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from model_store.decision import Decision
from model_store.evaluation.records import Records
from model_store.evaluation.report import ConfusionMatrix, Evaluation, Metrics

SIGNIFICANT: Final = 0.05
"""The p-value below which a difference counts as significant."""


class Paired(BaseModel):
    """Counts of the files with known labels that both versions scored, by which version is right."""

    model_config = ConfigDict(frozen=True)

    both_right: int
    only_this: int
    only_against: int
    both_wrong: int

    @property
    def files(self) -> int:
        """The number of files compared."""
        return self.both_right + self.only_this + self.only_against + self.both_wrong


class Flip(BaseModel):
    """A file with different predictions; each probability is that of the version's predicted label."""

    model_config = ConfigDict(frozen=True)

    path: str
    actual: str
    this: str
    this_probability: float
    against: str
    against_probability: float


class Comparison(BaseModel):
    """A comparison of the evaluated version with another one on the same files."""

    model_config = ConfigDict(frozen=True)

    against: int
    """The number of the other version."""
    confusion_matrix: ConfusionMatrix
    """The other version's matrix; its accounting is the report's, except for files that only one version could read."""
    metrics: Metrics
    """The other version's figures."""
    paired: Paired
    p_value: float
    """Exact two-sided McNemar test: the probability of a difference at least this large if both are equally good."""
    verdict: str
    """The result in one sentence."""
    flips: list[Flip]
    """Files with different predictions: first those that one version gets right, then by path."""


def mcnemar_exact(only_one: int, only_other: int) -> float:
    """Return the two-sided p-value of the exact McNemar test, accurate to the last digit of a double.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages".
    """
    trials, fewer = only_one + only_other, min(only_one, only_other)
    ways = term = 1
    for successes in range(1, fewer + 1):
        term = term * (trials - successes + 1) // successes
        ways += term
    return min(1.0, 2 * ways / (1 << trials))


@dataclass(frozen=True)
class Side:
    """One of the two versions, with its records."""

    version: int
    decision: Decision
    records: Records
    name: str | None = None
    """Its name in a sentence, in lower case; default: `version N`."""

    def __str__(self) -> str:
        return self.name or f"version {self.version}"


def compare(this: Side, against: Side, evaluation: Evaluation) -> Comparison:
    """Compare two versions.

    Args:
        this: The evaluated version.
        against: The other version, on the same files in the same order, with the same labels in any order.
        evaluation: The other version's evaluation.
    """
    records = this.records
    places = np.flatnonzero(records.is_known & against.records.is_known)
    labels = this.decision.labels
    in_our_order = np.array([labels.index(label) for label in against.decision.labels], np.int64)
    actual = records.given[places]
    predicted = this.decision.indices(records.probabilities[places])
    theirs = against.decision.indices(against.records.probabilities[places])
    predicted_by_other = in_our_order[theirs]
    right, other_right = predicted == actual, predicted_by_other == actual
    paired = Paired(
        both_right=int((right & other_right).sum()),
        only_this=int((right & ~other_right).sum()),
        only_against=int((~right & other_right).sum()),
        both_wrong=int((~right & ~other_right).sum()),
    )
    flips = [
        Flip(
            path=records.paths[places[at]],
            actual=labels[actual[at]],
            this=labels[predicted[at]],
            this_probability=float(records.probabilities[places[at], predicted[at]]),
            against=labels[predicted_by_other[at]],
            against_probability=float(against.records.probabilities[places[at], theirs[at]]),
        )
        for at in np.flatnonzero(predicted != predicted_by_other)
    ]
    p_value = mcnemar_exact(paired.only_this, paired.only_against)
    return Comparison(
        against=against.version,
        confusion_matrix=evaluation.confusion_matrix,
        metrics=evaluation.metrics,
        paired=paired,
        p_value=p_value,
        verdict=_verdict(paired, p_value, str(this), str(against)),
        flips=sorted(flips, key=lambda flip: (flip.actual not in {flip.this, flip.against}, flip.path)),
    )


def _verdict(paired: Paired, p_value: float, this: str, against: str) -> str:
    if not paired.files:
        return "No file with a known label was scored by both."
    if not paired.only_this + paired.only_against:
        return f"On {paired.files} files both are right on the same ones."
    counts = (
        f"{this} alone is right on {paired.only_this} of {paired.files} files, {against} alone on "
        f"{paired.only_against} (exact McNemar test, p = {p_value:.2g})"
    )
    if p_value >= SIGNIFICANT:
        return f"They cannot be told apart on these files: {counts}."
    better = this if paired.only_this > paired.only_against else against
    return f"{better[0].upper()}{better[1:]} is better: {counts}."
