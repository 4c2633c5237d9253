"""Two versions on the same files: which is right where the other is not, and whether that can be chance.

Pure, as `evaluation` is. Law: files compared = both right + only the one + only the other + both wrong.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from model_store.decision import Decision
from model_store.evaluation.records import Records
from model_store.evaluation.report import ConfusionMatrix, Evaluation, Metrics

SIGNIFICANT: Final = 0.05
"""Probability of chance below which a difference is called one."""


class Paired(BaseModel):
    """Files of known labels that both versions scored, by who is right."""

    model_config = ConfigDict(frozen=True)

    both_right: int
    only_this: int
    only_against: int
    both_wrong: int

    @property
    def files(self) -> int:
        """Return how many files were compared."""
        return self.both_right + self.only_this + self.only_against + self.both_wrong


class Flip(BaseModel):
    """A file that the versions call differently; probabilities are those of the label each of them called."""

    model_config = ConfigDict(frozen=True)

    path: str
    actual: str
    this: str
    this_probability: float
    against: str
    against_probability: float


class Comparison(BaseModel):
    """The version evaluated next to another one on the same files."""

    model_config = ConfigDict(frozen=True)

    against: int
    """The other version."""
    confusion_matrix: ConfusionMatrix
    """Of the other version; its accounting is that of the report, but for files that only one of them could read."""
    metrics: Metrics
    """Of the other version."""
    paired: Paired
    p_value: float
    """Exact McNemar test, two-sided: how probable a difference at least as large is when both are equally good."""
    verdict: str
    flips: list[Flip]
    """Those that one version gets right and the other does not first, then by path."""


def mcnemar_exact(only_one: int, only_other: int) -> float:
    """Return the two-sided p of McNemar's test by the binomial distribution, to the last digit of a double.

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
    """One of the two versions, and what it answered."""

    version: int
    decision: Decision
    records: Records
    name: str | None = None
    """What a sentence calls it, small at the beginning; default: by its version."""

    def __str__(self) -> str:
        return self.name or f"version {self.version}"


def compare(this: Side, against: Side, found: Evaluation) -> Comparison:
    """Compare two versions.

    Args:
        this: The version evaluated.
        against: The other, on the same files in the same order; its labels are the same, perhaps in another order.
        found: The other's evaluation.
    """
    records = this.records
    places = np.flatnonzero(records.is_known & against.records.is_known)
    labels = this.decision.labels
    in_our_order = np.array([labels.index(label) for label in against.decision.labels], np.int64)
    actual = records.given[places]
    called = this.decision.indices(records.probabilities[places])
    theirs = against.decision.indices(against.records.probabilities[places])
    called_by_other = in_our_order[theirs]
    right, other_right = called == actual, called_by_other == actual
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
            this=labels[called[at]],
            this_probability=float(records.probabilities[places[at], called[at]]),
            against=labels[called_by_other[at]],
            against_probability=float(against.records.probabilities[places[at], theirs[at]]),
        )
        for at in np.flatnonzero(called != called_by_other)
    ]
    p_value = mcnemar_exact(paired.only_this, paired.only_against)
    return Comparison(
        against=against.version,
        confusion_matrix=found.confusion_matrix,
        metrics=found.metrics,
        paired=paired,
        p_value=p_value,
        verdict=_verdict(paired, p_value, str(this), str(against)),
        flips=sorted(flips, key=lambda flip: (flip.actual not in {flip.this, flip.against}, flip.path)),
    )


def _verdict(paired: Paired, p_value: float, this: str, against: str) -> str:
    if not paired.files:
        return "There is no file that both scored and whose label they know."
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
