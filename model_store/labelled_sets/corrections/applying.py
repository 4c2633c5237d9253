"""Applying corrections to a labelled set: another set with other labels, and what became of every row.

The files are not touched. The rows are taken in order, so a row that says again what an earlier one said has the state
`already`, and applying the same corrections to the outcome changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from model_store.errors import CorrectionsRejected
from model_store.labelled_sets.corrections.finding import FileFinder
from model_store.labelled_sets.corrections.outcomes import CorrectionOutcome, CorrectionState
from model_store.labelled_sets.corrections.reading import Correction, Corrections
from model_store.labelled_sets.interpretation import Ignored
from model_store.labelled_sets.labelled_set import LabelledImage, LabelledSet
from model_store.labelled_sets.names import LabelMatcher, nearest_label
from model_store.text import LONGEST_SHOWN, counted, excerpt, listed, printable

NOT_USABLE: Final = "not-usable"
"""The reason for which a file is ignored that somebody left out."""
_NAMED_LABELS: Final = 20


@dataclass(frozen=True)
class GivenFiles:
    """The files of a set before corrections.

    Attributes:
        labels: Path → label.
        others: Path → the reason for which a file has no label, in a word.
        finder: Finds one of them by a path.
        known: The model's labels; empty if none are known.
    """

    labels: Mapping[str, str]
    others: Mapping[str, str]
    finder: FileFinder
    known: Collection[str] = ()


@dataclass(frozen=True)
class Decided:
    """What corrections do to a set.

    Attributes:
        labels: Path → its other label.
        left_out: The files that are left out, in the order of the rows.
        outcomes: What became of each row.
    """

    labels: dict[str, str]
    left_out: dict[str, None]
    outcomes: list[CorrectionOutcome]


@dataclass(frozen=True)
class CorrectedSet:
    """A labelled set after corrections.

    Attributes:
        labelled_set: The set, with its other labels; a file that is left out is ignored as `not-usable`.
        corrections: The corrections.
        outcomes: What became of each row.
    """

    labelled_set: LabelledSet
    corrections: Corrections
    outcomes: list[CorrectionOutcome]


def correct_set(
    labelled_set: LabelledSet, corrections: Corrections, labels: Collection[str] = (), *, above: str = ""
) -> CorrectedSet:
    """Apply corrections to a set.

    Args:
        labelled_set: The set, which is not changed.
        corrections: The corrections.
        labels: The model's labels; empty if none are known.
        above: The path of the set itself: see `FileFinder`.

    Raises:
        CorrectionsRejected: If a row asks for a label that neither the model nor the set has, two rows say different
            things about one file, or none means a file: these are corrections of another set.
    """
    given = {image.path: image.label for image in labelled_set.images}
    others = {file.path: file.reason for file in labelled_set.ignored}
    finder = FileFinder([*given, *others], wrapper=labelled_set.interpretation.wrapper, above=above)
    decided = decide(corrections, GivenFiles(given, others, finder, labels))
    images = [
        LabelledImage(image.path, decided.labels.get(image.path, image.label))
        for image in labelled_set.images
        if image.path not in decided.left_out
    ]
    ignored = [*labelled_set.ignored, *(Ignored(path=path, reason=NOT_USABLE) for path in decided.left_out)]
    return CorrectedSet(replace(labelled_set, images=images, ignored=ignored), corrections, decided.outcomes)


def names_in(labelled_set: LabelledSet, labels: Collection[str]) -> list[str]:
    """Return what a file of corrections of a set may hold, by which its code page is recognised: paths and labels."""
    return [*labels, *(image.path for image in labelled_set.images)]


def decide(corrections: Corrections, files: GivenFiles) -> Decided:
    """Decide about every row, in order.

    Raises:
        CorrectionsRejected: If a row asks for a label that neither the model nor the set has, two rows say different
            things about one file, or none means a file: these are corrections of another set.
    """
    decision = _Decision(corrections, files)
    outcomes = [decision.take(correction) for correction in corrections.rows]
    if outcomes and all(outcome.state == "not-found" for outcome in outcomes):
        raise _of_another_set(corrections.filename, outcomes)
    return Decided(decision.labels, decision.left_out, outcomes)


class _Decision:
    """The labels so far, while row after row is taken."""

    def __init__(self, corrections: Corrections, files: GivenFiles) -> None:
        self.labels: dict[str, str] = {}
        self.left_out: dict[str, None] = {}
        self._filename = corrections.filename
        self._files = files
        self._of_model = LabelMatcher(files.known)
        self._of_all = LabelMatcher({*files.known, *files.labels.values()})
        self._before = LabelMatcher({correction.was for correction in corrections.rows} - {""})
        """The labels that the set had when somebody looked. Once they are applied, no file may have one any more."""
        self._said: dict[str, Correction] = {}

    def take(self, correction: Correction) -> CorrectionOutcome:
        correction = self._spelt(correction)
        found = self._files.finder.find(correction.path)
        file = found[0] if len(found) == 1 else None
        if file is None:
            return CorrectionOutcome(**correction._asdict(), state="not-found", file=None, detail=_without_file(found))
        self._check(file, correction)
        state, detail = self._judge(file, correction)
        if state == "applied" and correction.should_be is not None:
            if correction.should_be not in self._of_all.labels:
                raise self._unknown(correction)
            self.labels[file] = correction.should_be
        elif state == "left-out":
            self.left_out[file] = None
        return CorrectionOutcome(**correction._asdict(), state=state, file=file, detail=detail)

    def _spelt(self, correction: Correction) -> Correction:
        """Spell the labels of a row as the model and the set do."""
        was, should_be = self._match(correction.was) or correction.was, correction.should_be
        if should_be is not None:
            should_be = self._match(should_be) or self._before.match(should_be)
            if should_be is None:
                raise self._unknown(correction)
        return correction._replace(was=was, should_be=should_be)

    def _match(self, name: str) -> str | None:
        return name if name in self._of_all.labels else self._of_model.match(name) or self._of_all.match(name)

    def _unknown(self, correction: Correction) -> CorrectionsRejected:
        """Refuse a label that nobody knows; it is a mistake in typing more often than a new label."""
        labels = sorted(self._files.known or self._of_all.labels)
        name = str(correction.should_be)[:LONGEST_SHOWN]
        nearest = nearest_label(name, labels)
        question = f"; is it '{printable(nearest)}'?" if nearest else "."
        known = listed(map(excerpt, labels), _NAMED_LABELS)
        whose = "model" if self._files.known else "set"
        detail = f"'{printable(name)}' is no label of the {whose}{question} Its labels are {known}"
        hint = "Correct the label in this row; no row was applied."
        return CorrectionsRejected(self._filename, detail, row=correction.row, hint=hint)

    def _check(self, file: str, correction: Correction) -> None:
        """Check that no earlier row says something else about a file, under this path or another."""
        before = self._said.setdefault(file, correction)
        if before.should_be != correction.should_be:
            raise _contradiction(self._filename, before, correction)

    def _judge(self, file: str, correction: Correction) -> tuple[CorrectionState, str]:
        """Return the state of a row, and the reason if it is not applied."""
        if file in self.left_out or self._files.others.get(file) == NOT_USABLE:
            return ("already", "") if correction.should_be is None else ("conflict", "the file was left out before")
        label = self.labels.get(file) or self._files.labels.get(file)
        if label is None:
            return "not-found", f"the file has no label: it is ignored as {self._files.others[file]}"
        if label == correction.should_be:
            return ("confirmed" if correction.was == label else "already"), ""
        if label == correction.was:
            return ("left-out" if correction.should_be is None else "applied"), ""
        return "conflict", f"the set's label is '{printable(label)}', not '{printable(correction.was)}'"


def _without_file(found: Collection[str]) -> str:
    if not found:
        return "no file of the set has this path"
    return f"it may mean {listed(map(excerpt, sorted(found)))}"


def _of_another_set(filename: str, outcomes: list[CorrectionOutcome]) -> CorrectionsRejected:
    """Return the error for corrections without an effect, which would be taken for applied ones."""
    first = outcomes[0]
    detail = (
        f"none of its {counted(len(outcomes), 'row')} means a labelled image of the set; "
        f"the first is {excerpt(first.path)}: {first.detail}"
    )
    hint = "A report gives the paths of its own set; `fullcount audit --format csv` lists those of other data."
    return CorrectionsRejected(filename, detail, hint=hint)


def _contradiction(filename: str, before: Correction, correction: Correction) -> CorrectionsRejected:
    """Return the error for two rows that say different things about one file."""
    path = excerpt(correction.path)
    detail = f"{path} {_said(correction)}, but in row {before.row} it {_said(before)}"
    hint = "Keep the row that is right; no row was applied."
    return CorrectionsRejected(filename, detail, row=correction.row, hint=hint)


def _said(correction: Correction) -> str:
    if correction.should_be is None:
        return "is not usable"
    return f"should be '{excerpt(correction.should_be)}'"
