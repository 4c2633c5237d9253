import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from model_store.images.pixels import InputSpec
from tests.support.pictures import SMALL, audited, crop, encoded, labelled, opened, picture, sides, smaller, write
from training.config import Fractions, TrainingConfig
from training.data.dataset import open_dataset
from training.data.files import SPLITS, dataset_digest
from training.data.pixels.near_duplicates import REFERENCE
from training.errors import DatasetInvalid, GroupingInvalid

PLACES = [(split, label) for split in ("train", "test") for label in "ab"]


def counts(root: Path, fractions: Fractions | None = None) -> dict[str, int]:
    with opened(root, fractions=fractions or Fractions()) as dataset:
        return {split: len(dataset.used[split]) for split in SPLITS}


def test_every_image_is_in_one_split(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 30))
    assert sum(counts(tmp_path).values()) == 60


def test_rows_and_targets_belong_to_the_same_files(tmp_path: Path) -> None:
    write(tmp_path, {f"{label}/{n}.png": picture(10 * n + v) for v, label in enumerate("abc") for n in range(5)})
    with opened(tmp_path) as dataset:
        for split in SPLITS:
            files = dataset.used[split]
            assert [dataset.labels[target] for target in dataset.targets(split)] == [file.label for file in files]
            assert list(dataset.rows(split)) == [file.row for file in files]


def test_copies_are_used_together_on_one_side(tmp_path: Path) -> None:
    kinds = {"png": "PNG", "bmp": "BMP"}
    copies = {f"cats/copy{n}.{end}": picture(100 + n, form) for n in range(12) for end, form in kinds.items()}
    write(tmp_path, copies | labelled(["dogs"], 12))
    with opened(tmp_path) as dataset:
        side = {file.path: split for split in SPLITS for file in dataset.used[split]}
        assert all(side[f"cats/copy{number}.png"] == side[f"cats/copy{number}.bmp"] for number in range(12))
        assert sum(count["cats"] for count in dataset.counts.values()) == 24


def test_copies_in_a_test_folder_are_all_scored(tmp_path: Path) -> None:
    files = labelled(["train/cats", "train/dogs", "test/cats", "test/dogs"], 4)
    write(tmp_path, files | {"test/cats/copy.png": picture(99), "test/cats/again.bmp": picture(99, "BMP")})
    assert counts(tmp_path)["test"] == 10


def test_the_labels_are_sorted_as_text(tmp_path: Path) -> None:
    write(tmp_path, labelled(["10", "2", "1"], 3))
    with opened(tmp_path) as dataset:
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
    with opened(tmp_path) as dataset:
        assert isinstance(dataset.pixels, np.memmap)


def test_the_pixels_cannot_be_changed_by_accident(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 5))
    for _ in ("decoded", "cached"):
        with opened(tmp_path) as dataset, pytest.raises(ValueError, match="read-only"):
            dataset.pixels[0] = 0


def test_near_copies_are_used_together_on_one_side(tmp_path: Path) -> None:
    for number in range(60, 80):
        write(tmp_path, {f"{'ab'[number % 2]}/{number}.png": encoded(crop(number))})
        write(tmp_path, {f"{'ab'[number % 2]}/{number}.jpg": encoded(smaller(crop(number), 0.7), "JPEG", quality=80)})
    found = sides(tmp_path)
    assert len(found) == 40
    assert all(found[path] == found[path.replace("png", "jpg")] for path in found if path.endswith("png"))


def test_the_split_is_the_same_whatever_the_input_of_the_model(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 20))
    small, wide = InputSpec(height=16, width=16), InputSpec(height=40, width=64, resize="crop")
    assert sides(tmp_path, small) == sides(tmp_path, wide) == sides(tmp_path, REFERENCE)


def test_files_with_the_same_match_are_on_one_side(tmp_path: Path) -> None:
    files = {f"{'ab'[n % 2]}/patient{n // 4}-{n}.png": picture(n) for n in range(60)}
    found = sides(write(tmp_path, files), group_by=r"patient(\d+)-")
    assert set(found.values()) == set(SPLITS)
    for patient in range(15):
        assert len({side for path, side in found.items() if f"patient{patient}-" in path}) == 1


def test_adding_files_to_other_groups_moves_no_group(tmp_path: Path) -> None:
    files = {f"{'ab'[n % 2]}/p{n // 4}-{n}.png": picture(n) for n in range(80)}
    old = sides(write(tmp_path, dict(list(files.items())[:60])), group_by=r"p\d+-")
    new = sides(write(tmp_path, files), group_by=r"p\d+-")
    assert {path: new[path] for path in old} == old


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(", "is not a regular expression"), ("png", "the one group 'png'"), ("x9", "matches none")],
)
def test_a_pattern_that_makes_no_groups_is_refused(tmp_path: Path, pattern: str, message: str) -> None:
    write(tmp_path, labelled(["a", "b"], 5))
    with pytest.raises(GroupingInvalid, match=message):
        sides(tmp_path, group_by=pattern)


def test_a_label_in_too_few_groups_is_refused(tmp_path: Path) -> None:
    files = labelled(["a"], 9) | {f"b/one-{n}.png": picture(100 + n) for n in range(9)}
    with pytest.raises(DatasetInvalid, match="label 'b' make 1 group of images that belong together, not 3"):
        sides(write(tmp_path, files), group_by="one")


def test_seventeen_images_go_through_and_say_what_they_cannot_carry(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a"], 9) | labelled(["b"], 8, start=50))
    with opened(tmp_path) as dataset:
        assert all(dataset.counts[split][label] for split in SPLITS for label in "ab")
        said = " ".join(dataset.notes)
    assert re.search(r"The test split has \d images: one is \d\d\.\d points", said)
    assert "these labels have unreliable figures: a, b" in said


def test_a_strict_run_stops_at_anything_odd_and_says_what(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 5) | {"a/copy.bmp": picture(0, "BMP"), "b/bad.png": b"bad"})
    with pytest.raises(DatasetInvalid, match="1 unreadable, 1 duplicate") as caught:
        sides(tmp_path, strict=True)
    assert "fullcount audit" in str(caught.value.hint)


def test_a_strict_run_of_good_files_goes_through(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 5))
    assert len(sides(tmp_path, strict=True)) == 10


def test_the_digest_says_which_pictures_were_used_for_what(tmp_path: Path) -> None:
    write(tmp_path, labelled(["a", "b"], 5))
    with opened(tmp_path) as dataset:
        assert dataset.digest == dataset_digest(dataset.audit)
    (tmp_path / "a/0.png").unlink()
    with opened(tmp_path) as fewer:
        assert fewer.digest != dataset.digest


def test_groups_torn_apart_by_given_folders_are_said(tmp_path: Path) -> None:
    files = {f"{split}/{label}/p1-{n}.png": picture(n) for n, (split, label) in enumerate(PLACES)}
    write(tmp_path, files | labelled(["train/a", "train/b"], 5, start=50))
    with opened(tmp_path, group_by=r"p\d") as dataset:
        assert "The split folders have these groups on more than one side: p1." in dataset.notes


def test_training_says_first_what_it_recognised(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data", labelled([f"set/{part}/{label}" for part in ("fold1", "fold2") for label in "ab"], 3)
    )
    said = Console(file=io.StringIO(), width=200)
    config = TrainingConfig(data, tmp_path / "store", "model")
    with open_dataset(config, SMALL, Progress(console=said, disable=True)):
        sentence = "Recognised parts fold1/ (6 files), fold2/ (6 files) below set/: 2 labels (a, b).\n"
        assert said.file.getvalue() == sentence  # type: ignore[attr-defined]


def test_the_user_says_what_the_first_folders_are(tmp_path: Path) -> None:
    write(tmp_path, labelled([f"{outer}/{inner}" for outer in ("north", "south") for inner in ("cat", "dog")], 5))
    for layout, labels in (("splits", ("cat", "dog")), ("labels", ("north", "south"))):
        with opened(tmp_path, layout=layout) as dataset:
            assert dataset.labels == labels


SPLIT = labelled(["train/a", "train/b", "test/a", "test/b"], 5)


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        (
            labelled(["test/c"], 4, start=90),
            "c is in test/ and not in train/: put images of it into train/ or leave it",
        ),
        (
            labelled(["test/A"], 4, start=90),
            "A is in test/ and not in train/, which has a: give the folders of one label",
        ),
        (
            labelled(["test/c", "val/c"], 4, start=90),
            "c is in test/ and val/ and not in train/: put images of it into train/ or leave it out of test/ and val/.",
        ),
        ({"train/c/1.png": b"bad"} | labelled(["test/c"], 4, start=90), "Images of it in train/ are not used"),
    ],
)
def test_a_label_without_images_to_learn_from_is_refused_with_the_cause(
    tmp_path: Path, files: dict[str, bytes], hint: str
) -> None:
    write(tmp_path, SPLIT | files)
    with pytest.raises(DatasetInvalid) as caught:
        counts(tmp_path)
    assert (caught.value.hint or "").startswith(hint)
    assert audited(tmp_path).notes[-1] == f"It cannot be trained from: {caught.value.what}. {caught.value.hint}"


def test_the_cause_names_the_folders_as_they_are_called(tmp_path: Path) -> None:
    write(tmp_path, labelled(["seg_train/x/a", "seg_train/x/b", "seg_test/x/a", "seg_test/x/b", "seg_test/x/c"], 4))
    assert "c is in seg_test/x/ and not in seg_train/x/" in audited(tmp_path).notes[-1]


@pytest.mark.parametrize(
    "files",
    [
        labelled(["a", "b"], 5) | labelled(["c"], 2, start=90),
        labelled(["a", "b"], 5) | {"c/1.png": picture(99)},
        labelled(["train/a", "train/b"], 5) | {"val/a/x.png": b"bad"},
        labelled(["a"], 9) | {f"b/{n}.png": picture(200) for n in range(9)},
        labelled(["cats", "unreadable"], 5),
    ],
)
def test_an_audit_refuses_what_training_refuses(tmp_path: Path, files: dict[str, bytes]) -> None:
    write(tmp_path, files)
    with pytest.raises(DatasetInvalid) as caught:
        counts(tmp_path)
    found = audited(tmp_path)
    assert not found.is_trainable
    assert caught.value.what in found.notes[-1]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"note.txt": b"x"}, "no image to train from .1 file = 0 used . 1 not-an-image"),
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
