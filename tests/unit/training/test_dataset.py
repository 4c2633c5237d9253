from pathlib import Path

import numpy as np
import pytest
from rich.progress import Progress

from tests.unit.training.pictures import SMALL, labelled, picture, write
from training.dataset import open_dataset
from training.errors import DatasetInvalid
from training.files import SPLITS
from training.split import Fractions


def counts(root: Path, fractions: Fractions | None = None) -> dict[str, int]:
    with open_dataset(root, SMALL, fractions or Fractions(), Progress(disable=True)) as dataset:
        return {split: len(dataset.used[split]) for split in SPLITS}


def test_every_image_is_in_one_split(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 30))
    assert sum(counts(tmp_path).values()) == 60


def test_rows_and_targets_belong_to_the_same_files(tmp_path: Path) -> None:
    write(tmp_path, {f"{label}/{n}.png": picture(10 * n + v) for v, label in enumerate("abc") for n in range(5)})
    with open_dataset(tmp_path, SMALL, Fractions(), Progress(disable=True)) as dataset:
        for split in SPLITS:
            files = dataset.used[split]
            assert [dataset.labels[target] for target in dataset.targets(split)] == [file.label for file in files]
            assert list(dataset.rows(split)) == [file.row for file in files]


def test_copies_are_used_together_on_one_side(tmp_path: Path) -> None:
    kinds = {"png": "PNG", "bmp": "BMP"}
    copies = {f"cats/copy{n}.{end}": picture(100 + n, form) for n in range(12) for end, form in kinds.items()}
    write(tmp_path, copies | labelled(["dogs"], 12))
    with open_dataset(tmp_path, SMALL, Fractions(), Progress(disable=True)) as dataset:
        sides = {file.path: split for split in SPLITS for file in dataset.used[split]}
        assert all(sides[f"cats/copy{number}.png"] == sides[f"cats/copy{number}.bmp"] for number in range(12))
        assert sum(count["cats"] for count in dataset.counts.values()) == 24


def test_copies_in_a_test_folder_are_all_scored(tmp_path: Path) -> None:
    files = labelled(["train/cats", "train/dogs", "test/cats", "test/dogs"], 4)
    write(tmp_path, files | {"test/cats/copy.png": picture(99), "test/cats/again.bmp": picture(99, "BMP")})
    assert counts(tmp_path)["test"] == 10


def test_the_labels_are_sorted_as_text(tmp_path: Path) -> None:
    write(tmp_path, labelled(["10", "2", "1"], 3))
    with open_dataset(tmp_path, SMALL, Fractions(), Progress(disable=True)) as dataset:
        assert dataset.labels == ("1", "10", "2")


def test_given_splits_are_respected(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train/a", "train/b", "val/a", "val/b", "test/a", "test/b"], 2))
    assert counts(tmp_path) == {"train": 4, "validation": 4, "test": 4}


def test_a_missing_validation_folder_is_split_off_train(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train/a", "train/b"], 20) | labelled(["test/a", "test/b"], 5, start=90))
    found = counts(tmp_path)
    assert (found["train"] + found["validation"], found["test"]) == (40, 10)
    assert found["validation"] >= 2


def test_a_missing_test_folder_is_split_off_train(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train/a", "train/b"], 20) | labelled(["val/a", "val/b"], 5, start=90))
    found = counts(tmp_path)
    assert (found["train"] + found["test"], found["validation"]) == (40, 10)
    assert found["test"] >= 2


def test_a_test_fraction_of_zero_does_without_a_test_split(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 10))
    assert counts(tmp_path, Fractions(0.2, 0))["test"] == 0


def test_the_pixels_are_mapped_and_not_in_memory(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 5))
    with open_dataset(tmp_path, SMALL, Fractions(), Progress(disable=True)) as dataset:
        assert isinstance(dataset.pixels, np.memmap)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"note.txt": b"x"}, "no image to train from .1 files = 0 used . 1 not-an-image"),
        (labelled(["cats"], 5), "the one label 'cats'"),
        (labelled(["cats", "unreadable"], 5), "'unreadable' is the name of a column"),
        (labelled(["cats"], 5) | {"dogs/a.png": picture(99)}, "label 'dogs' has 1 usable image, 1 of"),
        (labelled(["cats"], 5) | {"dogs/a.png": b"bad"}, "label 'dogs' has 0 usable images"),
        (labelled(["train/a", "train/b"], 5) | {"test/c/x.png": picture(99)}, "label 'c' has 1 usable image, 0 of"),
        (labelled(["train/a", "train/b"], 5) | {"val/a/x.png": b"bad"}, "no usable validation image"),
    ],
)
def test_a_folder_that_cannot_be_trained_from_is_refused(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    write(tmp_path, files)
    with pytest.raises(DatasetInvalid, match=message) as caught:
        counts(tmp_path)
    assert caught.value.hint
