"""What a diagnosis is: facts go in, findings come out, each with its verdict, evidence and advice.

Values only; how they are come by is in `diagnosis.py`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from training.curves.history import Phase

Worry = Literal["no", "watch", "yes"]

ANSWERS: Final[dict[Worry, str]] = {"no": "No.", "watch": "Keep an eye on it.", "yes": "Yes."}
"""To the question: should I worry?"""

Verdict = Literal[
    "healthy",
    "plateau-converged",
    "plateau-slow",
    "collapsed",
    "overfitting",
    "still-learning",
    "unstable",
    "too-small-to-tell",
    "too-good",
]

VERDICTS: Final[dict[Verdict, str]] = {
    "unstable": "The loss is not a number, has run away, only rises, or swings from epoch to epoch.",
    "collapsed": "The model does no better than calling every image the same label.",
    "too-good": "The validation images look easier than they can be: some may be copies of training images.",
    "overfitting": "The validation loss rises while the training loss goes on falling.",
    "plateau-slow": "The metrics stand still while the loss is still falling, too slowly to move them.",
    "still-learning": "Training was stopped while the model was still getting better.",
    "plateau-converged": "Metrics and loss stand still: what learns has learnt what it can.",
    "too-small-to-tell": "There are too few validation images, or too few epochs, to tell one epoch from another.",
    "healthy": "Training ended about where the model was at its best.",
}
"""Each verdict and what it means; the one that matters more comes first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the curves; nothing of it has to be."""

    train_images: int | None = None
    validation_images: int | None = None
    labels: int | None = None
    majority_share: float | None = None
    """Of the validation images, how large a part has the most frequent label, from 0 to 1."""
    called_share: float | None = None
    """Of the validation images, how large a part the model at the end calls the label it calls most, from 0 to 1."""
    stopped_early: bool | None = None
    """Whether early stopping ended the run; False: it ran for all the epochs it was given."""
    head_stopped_early: bool | None = None
    """The same of the first of two phases."""
    kept: Phase | None = None
    """Of two phases, the one whose weights were kept; None: that with the lowest validation loss."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the curves say."""

    verdict: Verdict
    worry: Worry
    epoch: int | None
    """Since when, or of which epoch it speaks, counted from 1 as people do."""
    sentence: str
    evidence: tuple[str, ...]
    """The numbers it rests on, a sentence each."""
    advice: str
    """What to do, or why nothing need be done."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the curves of a run say, the most important first."""

    findings: tuple[Finding, ...]
    """At least one."""

    @property
    def main(self) -> Finding:
        """The finding that answers "should I worry?"."""
        return self.findings[0]
