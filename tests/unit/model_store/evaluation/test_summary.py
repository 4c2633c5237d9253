"""How a labelled set was read, in sentences."""

import pytest

from model_store.evaluation.report import Accounting
from model_store.evaluation.summary import damage_sentences, interpretation_sentences, recognition_sentence
from model_store.labelled_sets.interpretation import FoundPart, Interpretation, LabelsFile, LayoutKind, MatchedFolder


def sentences(
    *matched: MatchedFolder, wrapper: str | None = None, encoding: str | None = None, file: LabelsFile | None = None
) -> list[str]:
    given = Interpretation(wrapper=wrapper, encoding=encoding, matched=list(matched), labels_file=file)
    return list(interpretation_sentences(given))


def test_what_is_plain_needs_no_sentence() -> None:
    assert sentences(wrapper="test") == []


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (0, []),
        (1, ["1 of the 1,200 scored files is damaged: its prediction is about what the decoder made of the rest."]),
        (
            2,
            ["2 of the 1,200 scored files are damaged: their predictions are about what the decoder made of the rest."],
        ),
    ],
)
def test_damaged_files_are_said(damaged: int, said: list[str]) -> None:
    sums = Accounting(entries=1200, directories=0, ignored=0, images=1200, scored=1200, unreadable=0, damaged=damaged)
    assert list(damage_sentences(sums)) == said


def test_names_and_folders_that_were_read_are_said() -> None:
    assert sentences(MatchedFolder(folder="Cats", label="cats", files=12), encoding="cp850") == [
        "Names that are not marked as UTF-8 were read as cp850.",
        "The folder 'Cats' counts as the label 'cats' (12 files).",
    ]


def test_a_table_is_said_with_what_it_names_in_vain() -> None:
    matched = MatchedFolder(folder="Cats", label="cats", files=1)
    assert sentences(matched, file=LabelsFile(path="labels.csv", rows=4, missing=["a.jpg", "b.jpg", "c.jpg"])) == [
        "labels.csv gives the labels, in 4 rows.",
        "'Cats' in labels.csv counts as the label 'cats' (1 file).",
        "labels.csv lists 3 files that do not exist: a.jpg, b.jpg, c.jpg.",
    ]


def test_of_many_files_that_are_not_there_the_first_are_named() -> None:
    for missing, end in (
        (1, "1 file that does not exist: 0."),
        (6, "6 files that do not exist: 0, 1, 2, 3, 4 and 1 more."),
    ):
        names = [str(number) for number in range(missing)]
        assert sentences(file=LabelsFile(path="x.csv", rows=9, missing=names))[-1] == f"x.csv lists {end}"


def test_a_name_cannot_steer_the_terminal() -> None:
    name = "\x1b[31m"
    file = LabelsFile(path=name, rows=1, missing=[name])
    assert not any("\x1b" in one for one in sentences(MatchedFolder(folder=name, label=name, files=1), file=file))


PARTS = [FoundPart(folder="seg_train", split="train", files=12), FoundPart(folder="seg_test", split="test", files=1)]
FOLDS = [FoundPart(folder=f"fold{number}", split=None, files=3) for number in range(7)]


@pytest.mark.parametrize(
    ("layout", "parts", "wrapper", "unlabelled", "said"),
    [
        ("labels", [], None, 0, "Recognised label folders: 2 labels (cat, dog)."),
        (
            "labels",
            [],
            "a/b",
            1,
            "Recognised label folders below a/b/: 2 labels (cat, dog). 1 image file is under no label.",
        ),
        (
            "splits",
            PARTS,
            None,
            3,
            (
                "Recognised splits seg_train/ (train, 12 files), seg_test/ (test, 1 file): 2 labels (cat, dog). "
                "3 image files are under no label."
            ),
        ),
        (
            "parts",
            FOLDS,
            None,
            0,
            (
                "Recognised parts fold0/ (3 files), fold1/ (3 files), fold2/ (3 files), fold3/ (3 files), "
                "fold4/ (3 files) and 2 more: 2 labels (cat, dog)."
            ),
        ),
        ("labels-file", [], None, 0, "Recognised a table of labels: 2 labels (cat, dog)."),
    ],
)
def test_what_was_recognised_is_said_in_a_sentence(
    layout: LayoutKind, parts: list[FoundPart], wrapper: str | None, unlabelled: int, said: str
) -> None:
    given = Interpretation(
        wrapper=wrapper,
        encoding=None,
        matched=[],
        labels_file=None,
        layout=layout,
        parts=parts,
        labels=["cat", "dog"],
        unlabelled=unlabelled,
    )
    assert recognition_sentence(given) == said


def test_splits_that_are_evaluated_together_are_said() -> None:
    given = Interpretation(wrapper=None, encoding=None, matched=[], labels_file=None, layout="splits", parts=PARTS)
    assert list(interpretation_sentences(given)) == [
        "The splits are evaluated together; for the figures of one, send its folder alone."
    ]
