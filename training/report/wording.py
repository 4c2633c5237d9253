"""Wording shared by the training report, the model card and the terminal summary.

`model_store.evaluation.summary` has the wording for any evaluation.
"""

from collections.abc import Collection, Iterator

from model_store.evaluation.summary import damage_sentences, summarise
from model_store.labelled_sets.corrections.outcomes import NOT_APPLIED, count_states, row_sentences
from model_store.manifest import Scalar
from model_store.text import printable
from training.outcome import Outcome


def duration(seconds: float) -> str:
    """Return a duration as people write it: `0.8 s`, `1 min 23 s`, `2 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def setting(value: Scalar) -> str:
    """Return the value of a setting as text."""
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return f"{value:g}" if isinstance(value, float) else printable(str(value))


def result_sentences(outcome: Outcome) -> Iterator[str]:
    """Yield sentences on the results of the model on the held-out images."""
    evaluation, split = outcome.headline_evaluation, outcome.headline_split
    yield from summarise(evaluation.accounting, evaluation.metrics, evaluation.per_label, f"{split} image")
    yield from damage_sentences(evaluation.accounting, f"{split} image")
    if split == "validation":
        yield "The data set lacks a test split. Training stopped where these figures were best, so they are optimistic."


def correction_sentences(outcome: Outcome) -> Iterator[str]:
    """Yield sentences on the rows of the corrections, if there are any: their sum, and those that were not applied."""
    rows = outcome.dataset.audit.corrections
    if rows:
        yield from row_sentences(count_states(rows), [row for row in rows if row.state in NOT_APPLIED])


def labels_in_words(labels: Collection[str]) -> str:
    """Return the names of the labels, or of the first twelve and the number of the rest."""
    shown = [printable(label) for label in labels][:12]
    more = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def precision_sentences(outcome: Outcome) -> Iterator[str]:
    """Yield one sentence on the cost of each precision other than float32."""
    for precision, measured in outcome.precisions.items():
        verdict = "within" if measured.keeps_accuracy else "outside"
        yield f"In {precision}: {measured.sentence()}; {verdict} the margins of --precision auto."
    if outcome.refused is not None:
        yield outcome.refused
