"""Figures as words, the same in the report, in the model card and on the terminal.

Plain functions of numbers and of evaluations. What a document says with them is in the document's own module.
"""

from collections.abc import Collection, Iterator
from typing import Final

from model_store.manifest import Scalar
from model_store.report import Estimate, Evaluation
from model_store.tables import verbatim
from training.outcome import Outcome

UNDEFINED: Final = "not defined"
"""Answers to "should I worry?"."""


def percent(share: float | None) -> str:
    """Write a share from 0 to 1; one that is nearly all or nearly nothing gets the digits that show it."""
    if share is None:
        return UNDEFINED
    written = [f"{share:.{digits}%}" for digits in range(1, 6)]
    return next((text for text in written if float(text[:-1]) not in {0, 100}), written[0])


def number(value: float | None) -> str:
    """Write a figure that is no share: a loss, an error."""
    return UNDEFINED if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """Write an interval: `78.4% to 89.6%`."""
    if estimate.low is None or estimate.high is None:
        return UNDEFINED
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def counted(count: int, noun: str) -> str:
    """Write a count and what is counted: `1 image`, `2,624 images`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def points(images: int) -> str:
    """Write how much one of so many images is, in percentage points: `0.63`."""
    share = 100 / images
    return f"{share:.1f}" if share >= 10 else f"{share:.2g}"


def duration(seconds: float) -> str:
    """Write a time as a person reads it: `0.8 s`, `1 min 23 s`, `2 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def printable(text: str) -> str:
    """Spell out what would break a line, steer a terminal or turn the direction of writing."""
    return verbatim(text).plain


def setting(value: Scalar) -> str:
    """Write the value of a setting."""
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return f"{value:g}" if isinstance(value, float) else printable(str(value))


def majority_label(evaluation: Evaluation) -> str:
    """Return the label that most scored files have; of equals the first."""
    return max(evaluation.per_label, key=lambda one: one.support).label


def right(evaluation: Evaluation) -> int:
    """Return how many scored files of known labels were called what they are."""
    return sum(one.true_positives for one in evaluation.per_label)


def scored(evaluation: Evaluation) -> int:
    """Return how many files the figures are over: scored, and of labels that the model has."""
    return sum(one.support for one in evaluation.per_label)


def result_sentences(outcome: Outcome) -> Iterator[str]:
    """Say what the model does on the images held out: right of how many, how sure, against what, how finely."""
    evaluation, split = outcome.headline_evaluation, outcome.headline_split
    images, accuracy = scored(evaluation), evaluation.metrics.accuracy
    if not images:
        yield f"None of the {split} images could be scored, so there are no figures."
        return
    yield (
        f"Of {counted(images, f'{split} image')} the model called {right(evaluation):,} what they are: "
        f"{percent(accuracy.value)}, and with so many images anything from {interval(accuracy)} is plausible "
        f"(95 % interval)."
    )
    baseline = evaluation.metrics.majority_baseline
    yield f"Calling every image '{printable(majority_label(evaluation))}' would be right for {percent(baseline)}."
    yield f"One image is {points(images)} percentage points: the accuracy moves in steps of that size."
    if split == "validation":
        yield "There is no test split: training stopped where these figures were best, so they are too good."


def labels_in_words(labels: Collection[str]) -> str:
    """Name the labels, or the first of them."""
    shown = [printable(label) for label in labels][:12]
    more = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def precision_sentences(outcome: Outcome) -> Iterator[str]:
    """Say what other precisions than float32 cost, a sentence each."""
    for precision, measured in outcome.precisions.items():
        verdict = "within" if measured.keeps_accuracy else "outside"
        yield f"In {precision}: {measured.sentence()}; {verdict} the margins of --precision auto."
    if outcome.refused is not None:
        yield outcome.refused
