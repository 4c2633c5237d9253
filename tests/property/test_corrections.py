"""Laws of corrections, for any set and any rows: nothing is lost or applied twice, and every row is counted."""

import csv
import io
from collections import Counter

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from model_store.decision import Decision
from model_store.errors import CorrectionsRejected
from model_store.evaluation.corrected import describe_effect
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records, Scored
from model_store.labelled_sets.corrections.applying import CorrectedSet, correct_set
from model_store.labelled_sets.corrections.finding import FileFinder
from model_store.labelled_sets.corrections.reading import Corrections, read_corrections
from model_store.labelled_sets.labelled_set import LabelledImage, LabelledSet
from tests.support.examples import examples

LABELS = ("cat", "dog", "big bird")
names = st.sampled_from(("a.png", "b.png", 'a "b", c.png', "ä.png", "a\nb.png"))
folders = st.sampled_from(("", "x/", "x/y/", "set/x/", "test/"))
labels = st.sampled_from((*LABELS, "stranger"))
paths = st.builds("{}{}".format, folders, names)
sets = st.dictionaries(paths, labels, min_size=1, max_size=20).map(
    lambda files: LabelledSet([LabelledImage(path, label) for path, label in files.items()], [], 2, str.encode)
)
rows = st.lists(st.tuples(paths, labels, st.one_of(st.just(""), labels), st.text(max_size=9)), max_size=12)


def as_csv(table: list[tuple[str, str, str, str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([("path", "was", "should_be", "why"), *table])
    return text.getvalue().encode("utf-8", "replace")


def read(table: list[tuple[str, str, str, str]]) -> Corrections | None:
    """Read rows, without those that contradict an earlier one; None if the text cannot be a cell."""
    kept: dict[str, tuple[str, str, str, str]] = {}
    for row in table:
        kept.setdefault(row[0], (row[0], row[1], row[2], row[3].replace("\0", "")))
    try:
        return read_corrections("corrections.csv", as_csv(list(kept.values())))
    except CorrectionsRejected:
        return None


def correct(labelled_set: LabelledSet, corrections: Corrections | None) -> CorrectedSet | None:
    """Apply rows; None if they are refused."""
    try:
        return None if corrections is None else correct_set(labelled_set, corrections, LABELS)
    except CorrectionsRejected:
        return None


@examples(60)
@given(labelled_set=sets, table=rows)
def test_every_row_and_every_file_is_counted(labelled_set: LabelledSet, table: list[tuple[str, str, str, str]]) -> None:
    before = list(labelled_set.images)
    corrected = correct(labelled_set, read(table))
    assume(corrected is not None)
    assert corrected is not None
    states = Counter(outcome.state for outcome in corrected.outcomes)
    assert states.total() == len(corrected.corrections.rows)
    after = dict(corrected.labelled_set.images)
    left_out = {file.path for file in corrected.labelled_set.ignored}
    assert after.keys() | left_out == dict(before).keys()
    assert len(after) + len(left_out) == len(before)
    assert len(left_out) == states["left-out"]
    assert sum(after[path] != label for path, label in before if path in after) == states["applied"]
    assert labelled_set.images == before


@examples(60)
@given(labelled_set=sets, table=rows)
def test_applying_is_idempotent(labelled_set: LabelledSet, table: list[tuple[str, str, str, str]]) -> None:
    once = correct(labelled_set, read(table))
    assume(once is not None)
    assert once is not None
    twice = correct_set(once.labelled_set, once.corrections, LABELS)
    assert twice.labelled_set == once.labelled_set
    assert not {"applied", "left-out"} & {outcome.state for outcome in twice.outcomes}


@examples(30)
@given(labelled_set=sets, table=rows, seed=st.integers(0, 99))
def test_figures_are_those_of_a_set_that_had_the_labels(
    labelled_set: LabelledSet, table: list[tuple[str, str, str, str]], seed: int
) -> None:
    corrected = correct(labelled_set, read(table))
    assume(corrected is not None)
    assert corrected is not None
    dice = np.random.default_rng(seed)
    answers = {path: dice.dirichlet(np.ones(len(LABELS))).astype(np.float32) for path, _ in labelled_set.images}

    def records_of(images: list[LabelledImage]) -> Records:
        return Records.of([Scored(path, label, answers[path]) for path, label in images], LABELS)

    decision, images = Decision(LABELS), corrected.labelled_set.images
    before = records_of(labelled_set.images)
    moved = evaluate(before.relabelled(images), decision, ignored=corrected.labelled_set.ignored, resamples=0)
    assert moved == evaluate(records_of(images), decision, ignored=corrected.labelled_set.ignored, resamples=0)
    given = Counter(label for _, label in images)
    assert [sum(row) for row in moved.confusion_matrix.counts] == [given[row] for row in moved.confusion_matrix.rows]
    effect = describe_effect(corrected, evaluate(before, decision, resamples=0))
    assert effect.before.accounting.images == moved.accounting.images + effect.states["left-out"]
    assert sum(effect.states.values()) == effect.rows


@examples(60)
@given(files=st.sets(paths, min_size=1, max_size=12), path=paths, wrapper=st.sampled_from((None, "set", "x")))
def test_a_file_is_found_by_its_own_path_and_no_other_by_an_unrelated_one(
    files: set[str], path: str, wrapper: str | None
) -> None:
    finder = FileFinder(sorted(files), wrapper=wrapper)
    for file in files:
        assert finder.find(file) == [file]
    for found in finder.find(path):
        assert found.rpartition("/")[2] == path.rpartition("/")[2]
