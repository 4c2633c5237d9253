"""Corrections on a labelled set: other labels, and a state for every row."""

import pytest

from model_store.errors import CorrectionsRejected
from model_store.labelled_sets.corrections.applying import CorrectedSet, correct_set
from model_store.labelled_sets.corrections.outcomes import count_states
from model_store.labelled_sets.corrections.reading import read_corrections
from model_store.labelled_sets.interpretation import Ignored
from model_store.labelled_sets.labelled_set import LabelledImage, LabelledSet

LABELS = ("cat", "dog")
SET = LabelledSet(
    images=[LabelledImage(f"{label}/{number}.png", label) for label in ("cat", "dog", "cta") for number in (1, 2, 3)],
    ignored=[Ignored(path="notes.txt", reason="not-an-image"), Ignored(path="stray.png", reason="unlabelled")],
    directories=3,
    read=lambda path: path.encode(),
)


def correct(*rows: str, labelled_set: LabelledSet = SET, labels: tuple[str, ...] = LABELS) -> CorrectedSet:
    data = "\n".join(("path,was,should_be,why", *(f"{row}," for row in rows))).encode()
    return correct_set(labelled_set, read_corrections("corrections.csv", data), labels)


def labels_of(labelled_set: LabelledSet) -> dict[str, str]:
    return dict(labelled_set.images)


@pytest.mark.parametrize(
    ("row", "state", "detail"),
    [
        ("cat/1.png,cat,dog", "applied", ""),
        ("cta/1.png,cta,cat", "applied", ""),
        ("set/cat/1.png,Cat,DOG", "applied", ""),
        ("cat/1.png,cat,cta", "applied", ""),
        ("cat/1.png,cat,", "left-out", ""),
        ("cat/1.png,cat,cat", "confirmed", ""),
        ("dog/1.png,cat,dog", "already", ""),
        ("dog/1.png,,dog", "already", ""),
        ("dog/1.png,cat,cat", "conflict", "the set's label is 'dog', not 'cat'"),
        ("dog/1.png,cat,", "conflict", "the set's label is 'dog', not 'cat'"),
        ("cta/1.png,cat,dog", "conflict", "the set's label is 'cta', not 'cat'"),
        ("bird/1.png,cat,dog", "not-found", "no file of the set has this path"),
        ("1.png,cat,dog", "not-found", "it may mean cat/1.png, cta/1.png, dog/1.png"),
        ("stray.png,cat,dog", "not-found", "the file has no label: it is ignored as unlabelled"),
    ],
)
def test_each_row_has_one_state(row: str, state: str, detail: str) -> None:
    outcome, _ = correct(row, "cat/3.png,cat,cat").outcomes
    assert (outcome.state, outcome.detail) == (state, detail)


def test_corrections_that_mean_no_file_of_the_set_are_refused() -> None:
    with pytest.raises(
        CorrectionsRejected, match="none of its 2 rows means a labelled image of the set; the first is b"
    ):
        correct("bird/1.png,cat,dog", "stray.png,cat,dog")


def test_only_applied_rows_change_labels_and_only_those_left_out_are_ignored() -> None:
    corrected = correct(
        "cat/1.png,cat,dog", "cat/2.png,cat,", "cat/3.png,cat,cat", "dog/1.png,cat,cat", "no.png,cat,cat"
    )
    changed = labels_of(SET) | {"cat/1.png": "dog"}
    del changed["cat/2.png"]
    assert labels_of(corrected.labelled_set) == changed
    assert corrected.labelled_set.ignored == [*SET.ignored, Ignored(path="cat/2.png", reason="not-usable")]
    assert labels_of(SET)["cat/1.png"] == "cat"


def test_the_same_row_twice_is_applied_once() -> None:
    for row, states in (("cat/1.png,cat,dog", ("applied", "already")), ("cat/1.png,cat,", ("left-out", "already"))):
        assert tuple(outcome.state for outcome in correct(row, row).outcomes) == states


def test_applying_again_changes_nothing() -> None:
    rows = ("cat/1.png,cat,dog", "cat/2.png,cat,", "cat/3.png,cat,cat")
    once = correct(*rows).labelled_set
    twice = correct(*rows, labelled_set=once)
    assert twice.labelled_set == once
    assert count_states(twice.outcomes)["already"] == 2


@pytest.mark.parametrize(
    ("name", "labels", "words"),
    [
        ("dgo", LABELS, "'dgo' is no label of the model; is it 'dog'? Its labels are cat, dog"),
        ("zebra", LABELS, "'zebra' is no label of the model. Its labels are cat, dog"),
        ("dgo", (), "'dgo' is no label of the set; is it 'dog'? Its labels are cat, cta, dog"),
    ],
)
def test_a_label_that_nobody_has_is_refused_with_the_nearest(name: str, labels: tuple[str, ...], words: str) -> None:
    with pytest.raises(CorrectionsRejected) as refused:
        correct("dog/2.png,dog,dog", f"cat/1.png,cat,{name}", labels=labels)
    assert str(refused.value) == f"corrections.csv, row 3: {words}."
    assert refused.value.hint == "Correct the label in this row; no row was applied."


def test_a_label_that_only_another_row_names_is_given_to_no_file() -> None:
    with pytest.raises(CorrectionsRejected, match=r"row 3: 'dgo' is no label of the model; is it 'dog'\?"):
        correct("dog/1.png,dgo,dog", "cat/1.png,cat,dgo")


def test_two_paths_of_one_file_must_agree() -> None:
    assert [one.state for one in correct("cat/1.png,cat,dog", "a/cat/1.png,cat,dog").outcomes] == ["applied", "already"]
    with pytest.raises(CorrectionsRejected, match=r"row 3: a/cat/1.png is not usable, but in row 2 it should be 'dog'"):
        correct("cat/1.png,cat,dog", "a/cat/1.png,cat,")


def test_rows_that_spell_one_label_in_two_ways_agree() -> None:
    assert [one.state for one in correct("cat/1.png,cat,Dog", "cat/1.png,CAT,dog").outcomes] == ["applied", "already"]
    with pytest.raises(CorrectionsRejected, match=r"row 3: cat/1.png should be 'cat', but in row 2 it should be 'dog'"):
        correct("cat/1.png,cat,Dog", "cat/1.png,cat,Cat")


def test_every_file_may_be_left_out() -> None:
    corrected = correct(*(f"{path},{label}," for path, label in SET.images))
    assert corrected.labelled_set.images == []
    assert len(corrected.labelled_set.ignored) == len(SET.images) + len(SET.ignored)
