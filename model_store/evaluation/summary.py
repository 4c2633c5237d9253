"""Figures as words: in reports, in the model card and on the terminal. Plain functions of numbers and of figures."""

from collections.abc import Iterator, Sequence

from model_store.evaluation.report import Accounting, Estimate, Leakage, Metrics, PerLabel
from model_store.labelled_sets.interpretation import Interpretation, LabelsFile
from model_store.text import NAMED, UNDEFINED, counted, percent, points, printable


def interval(estimate: Estimate) -> str:
    """Write an interval: `78.4% to 89.6%`."""
    if estimate.low is None or estimate.high is None:
        return UNDEFINED
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def summarise(
    accounting: Accounting, metrics: Metrics, per_label: Sequence[PerLabel], noun: str = "file"
) -> Iterator[str]:
    """Say what an evaluation comes to: right of how many, how sure, against what, how finely.

    Args:
        accounting: Where the files went.
        metrics: Figures over those that were scored.
        per_label: The same by label.
        noun: What the files are called.
    """
    files = sum(one.support for one in per_label)
    if not files:
        yield f"None of the {counted(accounting.images, noun)} could be scored under a label of the model: no figures."
        return
    right, accuracy = sum(one.true_positives for one in per_label), metrics.accuracy
    yield (
        f"Of {counted(files, noun)} the model called {right:,} what they are: {percent(accuracy.value)}, and with so "
        f"many {noun}s anything from {interval(accuracy)} is plausible (95% interval)."
    )
    majority = max(per_label, key=lambda one: one.support).label
    yield f"Calling every {noun} '{printable(majority)}' would be right for {percent(metrics.majority_baseline)}."
    yield f"One {noun} is {points(files)} percentage points: the accuracy moves in steps of that size."


def leakage_sentences(leakage: Leakage | None) -> Iterator[str]:
    """Say whether files were trained on, and what that changes."""
    if leakage is None:
        yield "The version does not know its training pictures, so the files could not be compared with them."
        return
    seen = len(leakage.files)
    if not seen or leakage.without is None:
        known = counted(leakage.training_images, "training picture")
        yield f"None of the files is one of the version's {known}, or nearly."
    else:
        exact = sum(one.match == "exact" for one in leakage.files)
        accuracy, others = leakage.without.metrics.accuracy, counted(leakage.without.files, "other file")
        without = f"{percent(accuracy.value)} ({interval(accuracy)})"
        yield (
            f"The version was trained on {counted(seen, 'file')} of this set: {exact} with the same pixels, "
            f"{seen - exact} nearly the same. On the {others} its accuracy is {without}."
        )
    if leakage.too_flat:
        yield f"{counted(leakage.too_flat, 'file')} with next to no light and shade could be compared only exactly."


def interpretation_sentences(interpretation: Interpretation) -> Iterator[str]:
    """Say how a labelled set was read where that is not plain; nothing where it is."""
    file = interpretation.labels_file
    if interpretation.encoding is not None:
        yield f"Names that are not marked as UTF-8 were read as {interpretation.encoding}."
    if file is not None:
        yield f"{printable(file.path)} gives the labels, in {counted(file.rows, 'row')}."
    for one in interpretation.matched:
        what = f"The folder '{printable(one.folder)}'"
        if file is not None:
            what = f"'{printable(one.folder)}' in {printable(file.path)}"
        yield f"{what} counts as the label '{printable(one.label)}' ({counted(one.files, 'file')})."
    if file is not None and file.missing:
        yield _missing_sentence(file)


def _missing_sentence(file: LabelsFile) -> str:
    missing = len(file.missing)
    named = ", ".join(map(printable, file.missing[:NAMED]))
    rest = f" and {missing - NAMED:,} more" if missing > NAMED else ""
    are = "is" if missing == 1 else "are"
    return f"{printable(file.path)} names {counted(missing, 'file')} that {are} not there: {named}{rest}."
