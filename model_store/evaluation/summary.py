"""An evaluation as sentences, for reports, the model card and the terminal. Words for numbers are in `text`."""

from collections.abc import Iterator, Sequence
from typing import Final

from model_store.evaluation.report import Accounting, Estimate, Leakage, Metrics, PerLabel
from model_store.labelled_sets.interpretation import FoundPart, Interpretation, LabelsFile
from model_store.text import NAMED, UNDEFINED, counted, listed, percent, plural, points, printable

_NAMED_LABELS: Final = 20


def interval(estimate: Estimate) -> str:
    """Format an interval: `78.4% to 89.6%`."""
    if estimate.low is None or estimate.high is None:
        return UNDEFINED
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def summarise(
    accounting: Accounting, metrics: Metrics, per_label: Sequence[PerLabel], noun: str = "file"
) -> Iterator[str]:
    """Describe an evaluation: the accuracy, its interval, the majority baseline and the resolution.

    Args:
        accounting: Counts of all files.
        metrics: Figures over the scored files.
        per_label: Figures per label.
        noun: Noun for the files.
    """
    files = sum(label.support for label in per_label)
    if not files:
        yield (
            f"There are no figures: none of the {counted(accounting.images, noun)} could be scored under a label "
            "of the model."
        )
        return
    right, accuracy = sum(label.true_positives for label in per_label), metrics.accuracy
    yield (
        f"The model got {right:,} of {counted(files, noun)} right: {percent(accuracy.value)} "
        f"(95% interval {interval(accuracy)})."
    )
    majority = max(per_label, key=lambda label: label.support).label
    baseline = percent(metrics.majority_baseline)
    yield f"Predicting '{printable(majority)}' for every {noun} would be right for {baseline}."
    step = points(files)
    unit = "percentage point" if step == "1" else "percentage points"
    yield f"One {noun} is {step} {unit}: the accuracy moves in steps of this size."


def damage_sentences(accounting: Accounting, noun: str = "file") -> Iterator[str]:
    """Describe the scored files that are damaged; nothing if there are none."""
    if accounting.damaged:
        one = accounting.damaged == 1
        yield (
            f"{accounting.damaged:,} of the {accounting.scored:,} scored {plural(accounting.scored, noun)} "
            f"{'is' if one else 'are'} damaged: {'its prediction is' if one else 'their predictions are'} about what "
            "the decoder made of the rest."
        )


def leakage_sentences(leakage: Leakage | None) -> Iterator[str]:
    """Describe the overlap with the training images and the figures without it."""
    if leakage is None:
        yield "The version has no fingerprints of its training images, so the files could not be compared with them."
        return
    seen = len(leakage.files)
    if not seen or leakage.without is None:
        known = counted(leakage.training_images, "training image")
        yield f"None of the files is the same or nearly the same as one of the version's {known}."
    else:
        exact = sum(file.match == "exact" for file in leakage.files)
        accuracy, others = leakage.without.metrics.accuracy, counted(leakage.without.files, "other file")
        without = f"{percent(accuracy.value)} ({interval(accuracy)})"
        yield (
            f"The version was trained on {counted(seen, 'file')} of this set: {exact} with the same pixels, "
            f"{seen - exact} nearly the same. On the {others} its accuracy is {without}."
        )
    if leakage.too_flat:
        yield f"{counted(leakage.too_flat, 'file')} with too little contrast could only be compared for equal pixels."


def recognition_sentence(interpretation: Interpretation) -> str:
    """Describe what was recognised: folders or a table, splits and other parts, labels, and files without one."""
    kinds = {"labels": "label folders", "labels-file": "a table of labels", "splits": "splits", "parts": "parts"}
    parts = [_describe_part(part) for part in interpretation.parts[:NAMED]]
    more = f" and {len(interpretation.parts) - NAMED:,} more" if len(interpretation.parts) > NAMED else ""
    what = f"{kinds[interpretation.layout]} {', '.join(parts)}{more}".strip()
    if len(interpretation.labels_files) > 1:
        what = f"{len(interpretation.labels_files)} tables of labels"
    below = f" below {printable(interpretation.wrapper)}/" if interpretation.wrapper is not None else ""
    labels = ", ".join(map(printable, interpretation.labels[:_NAMED_LABELS]))
    rest = len(interpretation.labels) - _NAMED_LABELS
    labels += f" and {rest:,} more" if rest > 0 else ""
    sentence = f"Recognised {what}{below}: {counted(len(interpretation.labels), 'label')} ({labels})."
    if interpretation.unlabelled:
        verb = "is" if interpretation.unlabelled == 1 else "are"
        sentence += f" {counted(interpretation.unlabelled, 'image file')} {verb} under no label."
    return sentence


def _describe_part(part: FoundPart) -> str:
    files = counted(part.files, "file")
    return f"{printable(part.folder)}/ ({files if part.split is None else f'{part.split}, {files}'})"


def interpretation_sentences(interpretation: Interpretation) -> Iterator[str]:
    """Describe everything about the reading of a labelled set that is not obvious."""
    files = interpretation.labels_files
    if interpretation.layout == "splits":
        yield "The splits are evaluated together; for the figures of one, send its folder alone."
    if interpretation.encoding is not None:
        yield f"Names that are not marked as UTF-8 were read as {interpretation.encoding}."
    for file in files:
        yield f"{printable(file.path)} gives the labels, in {counted(file.rows, 'row')}."
        yield from map(printable, file.understood)
    for match in interpretation.matched:
        source = f"The folder '{printable(match.folder)}'"
        if files:
            source = f"'{printable(match.folder)}' in {printable(files[0].path) if len(files) == 1 else 'the tables'}"
        yield f"{source} counts as the label '{printable(match.label)}' ({counted(match.files, 'file')})."
    yield from (missing_sentence(file) for file in files if file.missing)


def missing_sentence(file: LabelsFile) -> str:
    """Name the files that a table lists and the set does not have."""
    missing = len(file.missing)
    verb = "does" if missing == 1 else "do"
    return f"{printable(file.path)} lists {counted(missing, 'file')} that {verb} not exist: {listed(file.missing)}."
