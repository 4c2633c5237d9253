"""The values of a diagnosis: facts go in, findings come out, each with its verdict, evidence and advice.

`diagnosis.py` computes them.
"""

from dataclasses import dataclass
from typing import Final, Literal

from training.curves.history import Phase

Worry = Literal["no", "watch", "yes"]

ANSWERS: Final[dict[Worry, str]] = {"no": "No.", "watch": "Keep an eye on it.", "yes": "Yes."}
"""Answers to the question "should you worry?"."""

Verdict = Literal[
    "healthy",
    "plateau-converged",
    "plateau-slow",
    "impossible-loss",
    "never-learnt",
    "collapsed",
    "not-prepared-alike",
    "overfitting",
    "still-learning",
    "unstable",
    "too-small-to-tell",
    "too-good",
]

VERDICTS: Final[dict[Verdict, str]] = {
    "impossible-loss": "No cross-entropy has this loss: it is negative, out of scale, or a number in training only.",
    "never-learnt": "The figures are those of a guess, from the first epoch to the last.",
    "unstable": "The loss is not a number, has diverged, only rises, or swings from epoch to epoch.",
    "collapsed": "The model does no better than predicting the same label for every image.",
    "not-prepared-alike": "Validation is no better than chance while training learns: they are not prepared alike.",
    "too-good": "Validation looks too good to be true: some of its images may be copies of training images.",
    "overfitting": "The validation loss rises while the training loss keeps falling.",
    "plateau-slow": "The metrics are flat while the loss still falls, too slowly to move them.",
    "still-learning": "Training stopped while the model was still improving.",
    "plateau-converged": "Metrics and loss are flat: the layers in training have learnt what they can.",
    "too-small-to-tell": "There are too few validation images, or too few epochs, to tell one epoch from another.",
    "healthy": "Training ended close to the best epoch.",
}
"""Verdict to its meaning, the most important first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about a run that its curves do not show. Each is optional."""

    train_images: int | None = None
    validation_images: int | None = None
    labels: int | None = None
    majority_share: float | None = None
    """Share of the validation images that have the most frequent label, from 0 to 1."""
    predicted_share: float | None = None
    """Share of the validation images for which the final model predicts the label it predicts most, from 0 to 1."""
    stopped_early: bool | None = None
    """True if early stopping ended the run, False if it ran for all its epochs."""
    head_stopped_early: bool | None = None
    """The same for the first of two phases."""
    several_labels: bool | None = None
    """True if an image may have several labels at once, so that an accuracy says little."""
    kept: Phase | None = None
    """The phase whose weights were kept; None means the one with the lowest validation loss."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a diagnosis."""

    verdict: Verdict
    worry: Worry
    epoch: int | None
    """The epoch that it is about, or since which it holds, counted from 1; None if it is not about an epoch."""
    sentence: str
    evidence: tuple[str, ...]
    """The numbers that support it, one sentence each."""
    advice: str
    """Advice on the next step, or the reason why none is needed."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings about a run, the most important first."""

    findings: tuple[Finding, ...]
    """The findings, at least one."""

    @property
    def main(self) -> Finding:
        """The finding that answers "should I worry?"."""
        return self.findings[0]


def in_order(*causes: str, then: str = "") -> str:
    """Return advice that numbers the possible causes, the likeliest first."""
    numbered = "; ".join(f"({place}) {cause}" for place, cause in enumerate(causes, start=1))
    return f"Check in this order: {numbered}.{then and f' {then}'}"
