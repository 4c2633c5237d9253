"""Chooses the probability from which the positive label of two is predicted, by a policy, on validation images.

`Decision.index` applies it: `probability >= threshold`. The command line parses policies here, so nothing heavy may be
imported.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from model_store.evaluation.metrics import ratio, wilson_interval
from training.errors import ThresholdInvalid

Probabilities = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

DEFAULT: Final = 0.5

_OUT_OF_REACH: Final = "No threshold reaches a {} of {:g} on the validation images; this one comes closest. "
_BOUND = re.compile(r"(recall|precision)\s*>=\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule by which a threshold is chosen."""

    kind: Literal["fixed", "best-f1", "youden", "recall", "precision"]
    bound: float | None = None
    """The threshold itself if it is fixed, else the recall or precision to reach."""

    def __str__(self) -> str:
        if self.kind == "fixed":
            return f"{self.bound:g}"
        return self.kind if self.bound is None else f"{self.kind}>={self.bound:g}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The operating threshold."""

    value: float
    """Probability above 0 and below 1; a chosen one is exact in float32, as probabilities are."""
    policy: str
    note: str
    """One sentence on its effect on the validation images, or on why the policy could not be followed."""
    precision: float | None
    """Precision on the validation images; None if none of them is predicted positive."""
    recall: float | None
    """Recall on the validation images; None if none of them is positive."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Every threshold that can make a difference, in ascending order, with its positive predictions."""

    values: npt.NDArray[np.float64]
    hits: Counts
    predicted: Counts
    positives: int
    negatives: int

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        return self.hits / self.predicted  # each threshold predicts at least one image positive

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        return self.hits / self.positives

    def best(self, *measures: npt.NDArray[np.float64]) -> int:
        """Return the candidate with the highest first measure; ties go by the second, then by nearness to 0.5."""
        keys = (*measures, -np.abs(self.values - DEFAULT))
        return int(np.lexsort(keys[::-1])[-1])


def parse_policy(text: str) -> Policy:
    """Read a policy: a number between 0 and 1, `best-f1`, `youden`, `recall>=0.95` or `precision>=0.9`.

    Raises:
        ThresholdInvalid: If the text is none of these.
    """
    text = text.strip()
    if text in {"best-f1", "youden"}:
        return Policy("best-f1" if text == "best-f1" else "youden")
    if bound := _BOUND.fullmatch(text):
        value = _number(bound[2], text)
        if not 0 < value <= 1:
            raise ThresholdInvalid(text)
        return Policy("recall" if bound[1] == "recall" else "precision", value)
    value = _number(text, text)
    if not 0 < value < 1:
        raise ThresholdInvalid(text)
    return Policy("fixed", value)


def choose_threshold(policy: Policy, probabilities: Probabilities, is_positive: Flags) -> Threshold:
    """Choose a threshold by a policy, half-way between two neighbouring probabilities.

    `best-f1` and `youden` (sensitivity + specificity - 1) are maximised. `recall>=` chooses the highest precision with
    at least that recall, `precision>=` the highest recall with at least that precision. Ties go to the threshold
    nearest to 0.5. If all images are positive, or all are negative, the threshold is 0.5. If a bound is out of reach,
    the closest threshold is chosen. The note says so.

    Args:
        policy: Rule to choose by.
        probabilities: Probabilities of the positive label, as they will be served, `(n,)`.
        is_positive: Whether each image is positive, bool `(n,)`.
    """
    if policy.kind == "fixed":
        return _describe(policy, float(policy.bound or DEFAULT), probabilities, is_positive)
    candidates = _find_candidates(probabilities, is_positive)
    if is_positive.all() or not is_positive.any() or not len(candidates.values):
        problem = f"{policy} cannot be followed: {int(is_positive.sum())} of {len(is_positive)} validation images are "
        problem += f"positive, and their probabilities give {len(candidates.values)} usable values. "
        return _describe(policy, DEFAULT, probabilities, is_positive, problem=problem)
    place, problem = _CHOOSERS[policy.kind](candidates, policy.bound or 0.0)
    return _describe(policy, float(candidates.values[place]), probabilities, is_positive, problem=problem)


def _number(number: str, text: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise ThresholdInvalid(text) from None


def _find_candidates(probabilities: Probabilities, is_positive: Flags) -> _Candidates:
    """Put one threshold below each distinct score; above the highest nothing would be predicted positive."""
    scores = np.unique(probabilities.astype(np.float32))
    lower = np.concatenate(([np.float32(0)], scores[:-1]))
    middle = ((lower.astype(np.float64) + scores) / 2).astype(np.float32)
    values = np.where(middle > lower, middle, scores)  # adjacent float32 values have nothing between them
    usable = (values > 0) & (values < 1)  # as the manifest demands
    values = values[usable]
    positives = np.sort(probabilities[is_positive].astype(np.float32))
    negatives = np.sort(probabilities[~is_positive].astype(np.float32))
    hits = len(positives) - np.searchsorted(positives, values)
    predicted = hits + len(negatives) - np.searchsorted(negatives, values)
    return _Candidates(values.astype(np.float64), hits, predicted, len(positives), len(negatives))


def _best_f1(candidates: _Candidates, _: float) -> tuple[int, str]:
    return candidates.best(2 * candidates.hits / (candidates.predicted + candidates.positives)), ""


def _youden(candidates: _Candidates, _: float) -> tuple[int, str]:
    false_positive_rate = (candidates.predicted - candidates.hits) / candidates.negatives
    return candidates.best(candidates.recall - false_positive_rate), ""


def _recall(candidates: _Candidates, bound: float) -> tuple[int, str]:
    place, is_reached = _bounded(candidates, candidates.recall, bound, candidates.precision)
    return place, "" if is_reached else _OUT_OF_REACH.format("recall", bound)


def _precision(candidates: _Candidates, bound: float) -> tuple[int, str]:
    place, is_reached = _bounded(candidates, candidates.precision, bound, candidates.recall)
    return place, "" if is_reached else _OUT_OF_REACH.format("precision", bound)


def _bounded(
    candidates: _Candidates, bounded: npt.NDArray[np.float64], bound: float, other: npt.NDArray[np.float64]
) -> tuple[int, bool]:
    """Return the candidate that reaches a bound with the highest other measure, or comes closest to the bound."""
    is_reached = bounded >= bound
    if not is_reached.any():
        return candidates.best(bounded, other), False
    return candidates.best(np.where(is_reached, other, -1.0), bounded), True


_CHOOSERS: Final[dict[str, Callable[[_Candidates, float], tuple[int, str]]]] = {
    "best-f1": _best_f1,
    "youden": _youden,
    "recall": _recall,
    "precision": _precision,
}


def _describe(
    policy: Policy, value: float, probabilities: Probabilities, is_positive: Flags, *, problem: str = ""
) -> Threshold:
    is_predicted = probabilities.astype(np.float32) >= np.float32(value)
    hits = int((is_predicted & is_positive).sum())
    predicted, positives = int(is_predicted.sum()), int(is_positive.sum())
    figures = f"precision {_share(hits, predicted)}, recall {_share(hits, positives)}"
    note = f"{problem}Threshold {value:.4g} ({policy}), on validation images: {figures}."
    return Threshold(value, str(policy), note, ratio(hits, predicted), ratio(hits, positives))


def _share(hits: int, trials: int) -> str:
    interval = wilson_interval(hits, trials)
    if interval is None:
        return "not defined"
    return f"{hits / trials:.3f} of {trials} (95% interval {interval[0]:.3f} to {interval[1]:.3f})"
