"""The schema of an evaluation: named values, ready for JSON. `counting` computes them."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from model_store.decision import Decision
from model_store.evaluation import metrics
from model_store.labelled_sets.interpretation import Ignored
from model_store.manifest import Headline
from model_store.text import plural


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Excluded(_Value):
    """An image file without a prediction, and the reason."""

    path: str
    label: str
    reason: str
    detail: str


class Damaged(_Value):
    """A scored file that is damaged: its prediction is about what the decoder made of it."""

    path: str
    label: str


class Accounting(_Value):
    """Counts of all entries of a set by their outcome."""

    entries: int
    directories: int
    ignored: int
    images: int
    scored: int
    unreadable: int
    damaged: int = 0
    """How many of the scored files are damaged; a report older than this figure has 0."""

    def sentence(self) -> str:
        """Format the main sum: `158 files = 156 scored + 2 unreadable`."""
        return f"{self.images} {plural(self.images, 'file')} = {self.scored} scored + {self.unreadable} unreadable"


class ConfusionMatrix(_Value):
    """Counts of files: a row per given label, a column per predicted label and one for unreadable files."""

    rows: list[str]
    columns: list[str]
    counts: list[list[int]]


class Estimate(_Value):
    """A proportion with its 95% Wilson interval; all null if it is not defined."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, successes: int, trials: int) -> Self:
        """Estimate a proportion from counts."""
        low, high = metrics.wilson_interval(successes, trials) or (None, None)
        return cls(value=metrics.ratio(successes, trials), low=low, high=high)


class Metrics(_Value):
    """Figures over the scored files with known labels; null if a figure is not defined."""

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
    """The share of the accuracy that one file accounts for."""


class Range(_Value):
    """A 95% interval."""

    low: float
    high: float


class Intervals(_Value):
    """95% bootstrap intervals of the figures that are not proportions.

    A figure is missing if it is not defined, or if it is undefined in more than 5% of the resamples.
    """

    resamples: int
    seed: int
    metrics: dict[str, Range]
    """Interval by the figure's name in `Metrics`."""
    f1: dict[str, Range]
    """Interval of F1 by label."""


class Undefined(_Value):
    """A figure that is null, and the reason."""

    metric: str
    label: str | None
    """The label of the figure; null for a figure over all files."""
    reason: str


class ReliabilityBin(_Value):
    """Files with about the same highest probability."""

    files: int
    confidence: float
    """Mean highest probability."""
    accuracy: Estimate
    """Share of files whose most probable label is the given one."""


class PerLabel(_Value):
    """The figures of one label against the rest."""

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
    """The figures of the positive label at one threshold that could be chosen."""

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: Estimate
    recall: Estimate
    f1: float | None


class Positive(_Value):
    """The figures of the positive label at the operating threshold and at others."""

    label: str
    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    thresholds: list[AtThreshold]


class Misclassified(_Value):
    """A file predicted to have another label than its own; `probability` is that of the predicted label."""

    path: str
    actual: str
    predicted: str
    probability: float


class Mislabelled(_Value):
    """A file whose label may be wrong, and a more likely label, with the probability of each."""

    path: str
    actual: str
    suggested: str
    probability_actual: float
    probability_suggested: float


Match = Literal["exact", "near"]
"""`exact`: the same pixels; `near`: nearly the same picture."""


class SeenInTraining(_Value):
    """A file that the version was trained on."""

    path: str
    label: str
    match: Match


class WithoutSeen(_Value):
    """The figures without the files that the version was trained on."""

    files: int
    """Number of scored files left."""
    confusion_matrix: ConfusionMatrix
    metrics: Metrics


class Leakage(_Value):
    """Files that the version was trained on, for which its figures are too good."""

    training_images: int
    """Number of images of the train and validation splits that the files were compared with."""
    files: list[SeenInTraining]
    too_flat: int | None
    """Number of files with too little contrast to be matched unless their pixels are the same; null for a version that
    stores only exact digests."""
    without: WithoutSeen | None
    """Null if no file was seen in training."""


class Duplicate(_Value):
    """Files that are the same picture, or nearly; under several labels, they cannot all be right."""

    match: Match
    labels: list[str]
    paths: list[str]


class Evaluation(_Value):
    """The outcome of evaluating a labelled set."""

    summary: list[str]
    """The result in sentences."""
    accounting: Accounting
    excluded: list[Excluded]
    damaged: list[Damaged] = []
    """Scored files that are damaged; a report older than this list has none."""
    ignored: list[Ignored]
    confusion_matrix: ConfusionMatrix
    metrics: Metrics
    intervals: Intervals
    undefined: list[Undefined]
    per_label: list[PerLabel]
    positive: Positive | None
    reliability: list[ReliabilityBin]
    """Bins with files, least confident first."""
    misclassified: list[Misclassified]
    """Files with a wrong prediction, most confident first."""
    mislabelled: list[Mislabelled]
    """Files whose label may be wrong, likeliest first."""

    def decision(self) -> Decision:
        """Return the version's rule for choosing a label."""
        labels = self.confusion_matrix.columns[:-1]
        return Decision(labels, *((self.positive.label, self.positive.threshold) if self.positive else ()))

    def headline(self) -> Headline:
        """Return the main figures in the form that a manifest stores."""
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
