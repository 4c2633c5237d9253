"""What the report of a run, the model card and the terminal say of it, beside the words for any evaluation.

Plain functions. What a document says with them is in the document's own module.
"""

from collections.abc import Collection, Iterator

from model_store.evaluation.summary import summarise
from model_store.manifest import Scalar
from model_store.text import printable
from training.outcome import Outcome


def duration(seconds: float) -> str:
    """Write a time as a person reads it: `0.8 s`, `1 min 23 s`, `2 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def setting(value: Scalar) -> str:
    """Write the value of a setting."""
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return f"{value:g}" if isinstance(value, float) else printable(str(value))


def result_sentences(outcome: Outcome) -> Iterator[str]:
    """Say what the model does on the images held out."""
    evaluation, split = outcome.headline_evaluation, outcome.headline_split
    yield from summarise(evaluation.accounting, evaluation.metrics, evaluation.per_label, f"{split} image")
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
