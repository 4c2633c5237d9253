"""Files under no label of the model are named by folder, with the label that a person may have meant."""

import pytest

from model_store.evaluation.report import ConfusionMatrix
from model_store.evaluation.unlabelled import UnlabelledFolder, find_unlabelled, unlabelled_sentences
from model_store.labelled_sets.interpretation import Ignored

LABELS = ["defective", "functional"]


def matrix(**rows: int) -> ConfusionMatrix:
    """Return a matrix of three defective files, none functional, and rows of other labels."""
    counts = [[3, 0, 0], [0, 0, 0], *([files - 1, 0, 1] for files in rows.values())]
    return ConfusionMatrix(rows=[*LABELS, *rows], columns=[*LABELS, "unreadable"], counts=counts)


def unlabelled(*paths: str) -> list[Ignored]:
    return [Ignored(path=path, reason="unlabelled") for path in paths]


@pytest.mark.parametrize(
    ("folder", "suggestion"),
    [
        ("functiona", "functional"),
        ("Functionals", "functional"),
        ("DEFECTIVEX", "defective"),
        ("defect", "defective"),
        ("broken", None),
        ("7", None),
    ],
)
def test_a_folder_that_is_like_a_label_is_asked_about(folder: str, suggestion: str | None) -> None:
    found = find_unlabelled(matrix(**{folder: 10}), [])
    assert found == [UnlabelledFolder(folder, 10, suggestion)]
    (sentence,) = unlabelled_sentences(found, 13)
    question = f"; is it '{suggestion}'?" if suggestion else "."
    assert sentence == f"10 of 13 files are under '{folder}', no label of the model{question}"


def test_images_left_out_are_counted_by_their_folder() -> None:
    system = Ignored(path="x/.DS_Store", reason="system-file")
    ignored = unlabelled("1.png", "set/Test/1.png", "set/Test/2.png")
    found = find_unlabelled(matrix(), [*ignored, system])
    assert [(folder.name, folder.files) for folder in found] == [("set/Test", 2), ("", 1)]
    assert list(unlabelled_sentences(found, 6)) == [
        "2 of 6 files are under 'set/Test', no label of the model.",
        "1 of 6 files is in no folder of a label.",
    ]


def test_images_that_a_table_does_not_name_are_said_with_the_table() -> None:
    table = Ignored(path="set/labels.csv", reason="labels-file")
    found = find_unlabelled(matrix(), [table, *unlabelled("set/defective/8.png")])
    assert list(unlabelled_sentences(found, 4)) == ["1 of 4 files is not named by set/labels.csv."]


def test_a_set_under_labels_of_the_model_has_none() -> None:
    assert find_unlabelled(matrix(), []) == []


def test_many_folders_are_counted_after_the_first_five() -> None:
    found = find_unlabelled(matrix(**{f"n{number}": 20 - number for number in range(8)}), [])
    sentences = list(unlabelled_sentences(found, 200))
    assert len(sentences) == 6
    assert sentences[-1] == "42 more files are under 3 other folders that are no labels of the model."
