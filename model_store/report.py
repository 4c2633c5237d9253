"""The shape of an evaluation: values with names, ready for JSON. How they are computed is in `evaluation`."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from model_store import metrics
from model_store.labelled import IgnoredReason
from model_store.manifest import Headline


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Ignored(_Value):
    """An entry that is not an image of the set, and why."""

    path: str
    reason: IgnoredReason


class Excluded(_Value):
    """An image file without an answer, and why."""

    path: str
    label: str
    reason: str
    detail: str


class Accounting(_Value):
    """Where every entry went."""

    entries: int
    directories: int
    ignored: int
    images: int
    scored: int
    unreadable: int

    def sentence(self) -> str:
        """Say the sum that matters: `158 files = 156 scored + 2 unreadable`."""
        return f"{self.images} files = {self.scored} scored + {self.unreadable} unreadable"


class ConfusionMatrix(_Value):
    """Counts of files: a row for each label given, a column for each label predicted and one for unreadable files."""

    rows: list[str]
    columns: list[str]
    counts: list[list[int]]


class Estimate(_Value):
    """A proportion with its 95 % Wilson interval; all null where it is not defined."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, successes: int, trials: int) -> Self:
        """Estimate a proportion from counts."""
        low, high = metrics.wilson_interval(successes, trials) or (None, None)
        return cls(value=metrics.ratio(successes, trials), low=low, high=high)


class Metrics(_Value):
    """Figures over the scored files of known labels; null where one is not defined."""

    accuracy: Estimate
    balanced_accuracy: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    log_loss: float | None
    roc_auc: float | None
    average_precision: float | None
    expected_calibration_error: float | None
    majority_baseline: float | None


class PerLabel(_Value):
    """One label against the rest."""

    label: str
    files: int
    support: int
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: Estimate
    recall: Estimate
    f1: float | None


class Positive(_Value):
    """The positive label at the operating threshold."""

    label: str
    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


class Misclassified(_Value):
    """A file called something else than its label; `probability` is that of the label predicted."""

    path: str
    actual: str
    predicted: str
    probability: float


class Evaluation(_Value):
    """The outcome of evaluating a labelled set."""

    accounting: Accounting
    excluded: list[Excluded]
    ignored: list[Ignored]
    confusion_matrix: ConfusionMatrix
    metrics: Metrics
    per_label: list[PerLabel]
    positive: Positive | None
    misclassified: list[Misclassified]

    def headline(self) -> Headline:
        """Return the main figures, as a manifest keeps them."""
        return Headline(
            images=self.accounting.images,
            scored=self.accounting.scored,
            accuracy=self.metrics.accuracy.value,
            accuracy_low=self.metrics.accuracy.low,
            accuracy_high=self.metrics.accuracy.high,
            balanced_accuracy=self.metrics.balanced_accuracy,
            log_loss=self.metrics.log_loss,
            majority_baseline=self.metrics.majority_baseline,
        )
