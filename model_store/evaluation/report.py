"""The shape of an evaluation: values with names, ready for JSON. How they are computed is in `evaluation`."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from model_store.decision import Decision
from model_store.evaluation import metrics
from model_store.labelled_sets.interpretation import Ignored
from model_store.manifest import Headline


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


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
    """A proportion with its 95% Wilson interval; all null where it is not defined."""

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
    resolution: float | None
    """How much of the accuracy one file is."""


class Range(_Value):
    """A 95% interval."""

    low: float
    high: float


class Intervals(_Value):
    """95% intervals of the figures that are no proportions: the files drawn again, with replacement.

    A figure is not in it where it is not defined, or not in more than a twentieth of the resamples.
    """

    resamples: int
    seed: int
    metrics: dict[str, Range]
    """By the figure's name in `Metrics`."""
    f1: dict[str, Range]
    """By label."""


class Undefined(_Value):
    """A figure that is null, and why."""

    metric: str
    label: str | None
    """Whose figure it is; null for one over all files."""
    reason: str


class ReliabilityBin(_Value):
    """Files to which the model gave about the same highest probability."""

    files: int
    confidence: float
    """Mean highest probability."""
    accuracy: Estimate
    """Share whose most probable label is theirs."""


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


class AtThreshold(_Value):
    """The positive label at a threshold that could be chosen."""

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: Estimate
    recall: Estimate
    f1: float | None


class Positive(_Value):
    """The positive label at the operating threshold, and at others."""

    label: str
    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    thresholds: list[AtThreshold]


class Misclassified(_Value):
    """A file called something else than its label; `probability` is that of the label predicted."""

    path: str
    actual: str
    predicted: str
    probability: float


class Mislabelled(_Value):
    """A file whose label may be wrong, and the label that it more likely has, with the probability of each."""

    path: str
    actual: str
    suggested: str
    probability_actual: float
    probability_suggested: float


Match = Literal["exact", "near"]
"""The same pixels, or nearly the same picture."""


class SeenInTraining(_Value):
    """A file that the version was trained on."""

    path: str
    label: str
    match: Match


class WithoutSeen(_Value):
    """The figures without the files that the version was trained on."""

    files: int
    """Scored files that are left."""
    confusion_matrix: ConfusionMatrix
    metrics: Metrics


class Leakage(_Value):
    """Files that the version was trained on: on these it is better than on any others."""

    training_images: int
    """How many pictures of the train and validation splits the files were compared with."""
    files: list[SeenInTraining]
    too_flat: int | None
    """How many files have too little light and shade to be found again unless their pixels are the same; null for a
    version that knows only its pictures' exact pixels."""
    without: WithoutSeen | None
    """Null where there are none."""


class Duplicate(_Value):
    """Files that are one picture, or nearly; those under several labels cannot all be right."""

    match: Match
    labels: list[str]
    paths: list[str]


class Evaluation(_Value):
    """The outcome of evaluating a labelled set."""

    summary: list[str]
    """What it comes to, in sentences."""
    accounting: Accounting
    excluded: list[Excluded]
    ignored: list[Ignored]
    confusion_matrix: ConfusionMatrix
    metrics: Metrics
    intervals: Intervals
    undefined: list[Undefined]
    per_label: list[PerLabel]
    positive: Positive | None
    reliability: list[ReliabilityBin]
    """Least sure first; only bins with files."""
    misclassified: list[Misclassified]
    """Surest first."""
    mislabelled: list[Mislabelled]
    """Likeliest first."""

    def decision(self) -> Decision:
        """Return how the version decided between its labels."""
        labels = self.confusion_matrix.columns[:-1]
        return Decision(labels, *((self.positive.label, self.positive.threshold) if self.positive else ()))

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
