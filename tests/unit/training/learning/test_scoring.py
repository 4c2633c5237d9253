from pathlib import Path

import numpy as np

from model_store.decision import Decision
from tests.support.images import damaged_jpeg, damaged_png
from tests.support.pictures import labelled, opened, picture, write
from training.learning.scoring import evaluate_split


def test_damaged_held_out_images_are_listed(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train/a", "train/b"], 5) | labelled(["test/a", "test/b"], 2, start=90))
    write(tmp_path, {"test/b/hole.jpg": damaged_jpeg(), "train/b/zeros.png": damaged_png()})
    with opened(tmp_path) as dataset:
        answers = np.array([[0.9, 0.1]] * 5, dtype=np.float32)
        evaluation = evaluate_split(dataset, "test", answers, Decision(dataset.labels))
    assert [one.path for one in evaluation.damaged] == ["test/b/hole.jpg"]
    assert (evaluation.accounting.scored, evaluation.accounting.damaged) == (5, 1)


def test_unreadable_files_of_a_given_test_folder_are_counted(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train/a", "train/b"], 5) | labelled(["test/a", "test/b"], 2, start=90))
    write(tmp_path, {"test/a/cut.png": picture(99)[:-100], "train/a/cut.png": picture(98)[:-100]})
    with opened(tmp_path) as dataset:
        answers = np.array([[0.9, 0.1]] * 4, dtype=np.float32)
        evaluation = evaluate_split(dataset, "test", answers, Decision(dataset.labels))
    assert evaluation.accounting.sentence() == "5 files = 4 scored + 1 unreadable"
    assert evaluation.confusion_matrix.counts == [[2, 0, 1], [2, 0, 0]]
    assert [(one.path, one.reason) for one in evaluation.excluded] == [("test/a/cut.png", "truncated")]
