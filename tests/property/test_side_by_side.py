"""The laws of two evaluations side by side, on generated ones that share some of their files."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from model_store.decision import Decision
from model_store.evaluation.comparison import Side, compare
from model_store.evaluation.counting import evaluate
from model_store.evaluation.overlap import MatchedFiles, Overlap, compare_overlap
from model_store.evaluation.records import Records, Scored, Unreadable
from tests.support.examples import examples

LABELS = ("cat", "dog", "owl")
GIVEN = [*LABELS, "bat"]
laws = examples(30, derandomize=True)


@dataclass(frozen=True)
class File:
    """A file as one evaluation has it: its name, the label given, and the label called; None if it is unreadable."""

    name: str
    label: str
    called: int | None


Files = Sequence[File]


def side(version: int, files: Files, *, order: Sequence[str] = LABELS, wrapper: str | None = None) -> Side:
    def answer(file: File) -> Scored | Unreadable:
        path = f"{wrapper}/{file.name}" if wrapper else file.name
        if file.called is None:
            return Unreadable(path, file.label, "empty", "The file has no bytes.")
        probabilities = np.full(len(order), 0.1, np.float32)
        probabilities[order.index(LABELS[file.called])] = 0.8
        return Scored(path, file.label, probabilities)

    return Side(version, Decision(order), Records.of(map(answer, files), order))


def put(this: Side, against: Side, wrappers: tuple[str | None, str | None] = (None, None)) -> Overlap:
    return compare_overlap(this, against, MatchedFiles.of(this.records, against.records, wrappers))


@st.composite
def evaluations(draw: st.DrawFn) -> list[File]:
    """Draw files in any order, of which another evaluation will have some, some under another label."""
    names = draw(st.lists(st.integers(0, 20), unique=True, max_size=20))
    labels = draw(st.lists(st.sampled_from(GIVEN), min_size=len(names), max_size=len(names)))
    called = draw(st.lists(st.none() | st.integers(0, 2), min_size=len(names), max_size=len(names)))
    columns = zip(names, labels, called, strict=True)
    return [File(f"{number % 3}/{number}.png", label, label_called) for number, label, label_called in columns]


@laws
@given(evaluations(), evaluations())
def test_every_file_of_either_side_has_one_place(one: Files, other: Files) -> None:
    found = put(side(4, one), side(3, other))
    files = found.files
    assert files.both + files.other_label + files.only_this == len(one)
    assert files.both + files.other_label + files.only_against == len(other)
    ours, theirs = ({file.name: file.label for file in files} for files in (one, other))
    shared = ours.keys() & theirs.keys()
    assert files.both == sum(ours[name] == theirs[name] for name in shared)
    assert {(each.path, each.this, each.against) for each in found.other_label} == {
        (name, ours[name], theirs[name]) for name in shared if ours[name] != theirs[name]
    }
    assert found.only_this == [file.name for file in one if file.name not in shared]
    assert found.only_against == [file.name for file in other if file.name not in shared]
    assert files.only_this == len(found.only_this)
    assert files.only_against == len(found.only_against)
    assert files.other_label == len(found.other_label)


@laws
@given(evaluations(), evaluations())
def test_figures_are_over_exactly_the_files_in_both(one: Files, other: Files) -> None:
    found = put(side(4, one), side(3, other))
    shared = {(file.name, file.label) for file in one} & {(file.name, file.label) for file in other}
    pairs = [
        (found.confusion_matrix, found.metrics, one),
        (found.comparison.confusion_matrix, found.comparison.metrics, other),
    ]
    for matrix, metrics, files in pairs:
        kept = [file for file in files if (file.name, file.label) in shared]
        counts = {
            (row, column): count
            for row, line in zip(matrix.rows, matrix.counts, strict=True)
            for column, count in zip(matrix.columns, line, strict=True)
        }
        assert sum(counts.values()) == len(shared)
        for file in kept:
            column = "unreadable" if file.called is None else LABELS[file.called]
            assert counts[file.label, column] == sum((f.label, f.called) == (file.label, file.called) for f in kept)
        known = [file for file in kept if file.called is not None and file.label in LABELS]
        right = sum(LABELS[file.called or 0] == file.label for file in known)
        assert metrics.accuracy.value == (pytest.approx(right / len(known)) if known else None)


@laws
@given(evaluations(), evaluations())
def test_swapping_the_sides_mirrors_everything(one: Files, other: Files) -> None:
    found, mirrored = put(side(4, one), side(3, other)), put(side(3, other), side(4, one))
    ours, theirs = found.comparison, mirrored.comparison
    assert (ours.p_value, ours.paired.both_right, ours.paired.both_wrong) == (
        theirs.p_value, theirs.paired.both_right, theirs.paired.both_wrong,
    )  # fmt: skip
    assert (ours.paired.only_this, ours.paired.only_against) == (theirs.paired.only_against, theirs.paired.only_this)
    assert (found.confusion_matrix, found.metrics.accuracy) == (theirs.confusion_matrix, theirs.metrics.accuracy)
    assert (found.only_this, found.only_against) == (mirrored.only_against, mirrored.only_this)
    assert [(flip.path, flip.this, flip.this_probability, flip.against) for flip in ours.flips] == [
        (flip.path, flip.against, flip.against_probability, flip.this) for flip in theirs.flips
    ]


@laws
@given(evaluations())
def test_an_evaluation_beside_itself_has_no_flip(files: Files) -> None:
    found = put(side(4, files), side(4, files))
    assert found.comparison.flips == []
    assert found.comparison.p_value == 1.0
    assert (found.files.both, found.only_this, found.only_against) == (len(files), [], [])
    assert found.confusion_matrix == found.comparison.confusion_matrix


@laws
@given(evaluations(), st.randoms(use_true_random=False), st.permutations(LABELS))
def test_on_the_same_files_it_is_what_one_run_of_both_versions_says(
    files: Files, dice: random.Random, order: Sequence[str]
) -> None:
    theirs = [File(file.name, file.label, None if file.called is None else dice.choice((0, 1, 2))) for file in files]
    this, against = side(4, files), side(3, theirs, order=order)
    shuffled = dice.sample(theirs, len(theirs))
    found = put(this, side(3, shuffled, order=order))
    together = compare(this, against, evaluate(against.records, against.decision, resamples=0))
    own = {"confusion_matrix"}  # rows of labels that the model does not have are in the order of the files
    assert found.comparison.model_dump(exclude=own) == together.model_dump(exclude=own)
    assert found.metrics == evaluate(this.records, this.decision, resamples=0).metrics


@laws
@given(evaluations(), evaluations())
def test_p_is_scipys(one: Files, other: Files) -> None:
    comparison = put(side(4, one), side(3, other)).comparison
    ours, theirs = comparison.paired.only_this, comparison.paired.only_against
    expected = binomtest(ours, ours + theirs).pvalue if ours + theirs else 1.0
    assert comparison.p_value == pytest.approx(expected, rel=1e-9)


@laws
@given(evaluations(), evaluations(), st.none() | st.just("test"), st.none() | st.just("my test"))
def test_the_folder_around_everything_does_not_matter(
    one: Files, other: Files, wrapper: str | None, others: str | None
) -> None:
    plain = put(side(4, one), side(3, other))
    found = put(side(4, one, wrapper=wrapper), side(3, other, wrapper=others), (wrapper, others))
    assert found.files == plain.files
    assert (found.metrics, found.comparison.paired) == (plain.metrics, plain.comparison.paired)
    assert found.only_this == [f"{wrapper}/{path}" if wrapper else path for path in plain.only_this]


def test_a_folder_is_not_looked_through_where_two_files_would_be_one() -> None:
    ours = side(4, [File("test/cat/1.png", "cat", 0), File("cat/1.png", "cat", 1)])
    found = put(ours, side(3, [File("cat/1.png", "cat", 0)]), ("test", None))
    assert (found.files.both, found.only_this) == (1, ["test/cat/1.png"])
