"""Parts of a set, such as splits and patients, are no labels; where they could be, the user is asked."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import product

import pytest

from model_store.errors import SetRejected
from model_store.labelled_sets.layout import Layout, LayoutChoice, find_layout
from model_store.labelled_sets.recognition.masks import find_masks


def paths_of(*levels: str) -> list[str]:
    """Return two images in each of the folders: each level names its folders."""
    folders = ["/".join(names) for names in product(*(level.split() for level in levels))]
    return [f"{folder}/{number}.png" for folder in folders for number in range(2)]


def read(paths: Iterable[str], labels: tuple[str, ...] = (), choice: LayoutChoice | None = None) -> dict[str, set[str]]:
    """Return the labels that are found in each part; without parts, under the empty name."""
    paths = list(paths)
    layout = find_layout(paths, labels, choice)
    found: dict[str, set[str]] = {}
    for path in paths:
        if (label := layout.place_of(path).label) is not None:
            found.setdefault(layout.part_of(path) or "", set()).add(label)
    return found


def splits_of(paths: Iterable[str]) -> dict[str, str]:
    return dict(find_layout(list(paths)).splits)


def question(paths: Iterable[str], labels: tuple[str, ...] = ()) -> str:
    with pytest.raises(SetRejected) as caught:
        find_layout(list(paths), labels)
    assert caught.value.reason == "ambiguous-layout"
    assert "--layout splits or --layout labels" in (caught.value.hint or "")
    return str(caught.value)


@pytest.mark.parametrize(
    ("train", "other", "split"),
    [
        ("train", "val", "validation"),
        ("Train", "Test", "test"),
        ("training_set", "test_set", "test"),
        ("seg_train", "seg_test", "test"),
        ("TrainingSamples", "ValidationSamples", "validation"),
        ("train", "eval", "validation"),
        ("trainset", "testset", "test"),
        ("train2017", "val2017", "validation"),
        ("images_training", "images_holdout", "test"),
        ("TRAIN", "TEST_SIMPLE", "test"),
        ("train_resized", "dev_resized", "validation"),
        ("leaf-train", "leaf-valid", "validation"),
    ],
)
@pytest.mark.parametrize("wrapper", ["", "set/", "download (2)/set/set/"])
def test_splits_are_known_by_the_words_in_their_names(train: str, other: str, split: str, wrapper: str) -> None:
    paths = [f"{wrapper}{path}" for path in paths_of(f"{train} {other}", "cat dog")]
    assert splits_of(paths) == {train: "train", other: split}
    assert read(paths) == {train: {"cat", "dog"}, other: {"cat", "dog"}}


def test_doubled_folders_in_splits_are_looked_through_and_images_without_labels_are_left_out() -> None:
    paths = paths_of("seg_train", "seg_train", "sea wood") + paths_of("seg_test", "seg_test", "sea wood")
    assert splits_of([*paths, *paths_of("seg_pred", "seg_pred")]) == {
        "seg_train/seg_train": "train",
        "seg_test/seg_test": "test",
    }


@pytest.mark.parametrize("inside", ["images", "imgs", "JPEGImages"])
def test_a_folder_of_images_between_split_and_label_is_looked_through(inside: str) -> None:
    assert set(read(paths_of("train val", inside, "cat dog"))) == {f"train/{inside}", f"val/{inside}"}


@pytest.mark.parametrize("inside", ["images", "raw_images", "photos"])
def test_a_folder_of_images_in_a_split_is_no_label(inside: str) -> None:
    paths = paths_of("train", "n01 n02", inside) + paths_of("val test", inside)
    assert read(paths) == {"train": {"n01", "n02"}}


@pytest.mark.parametrize("beside", ["Test Meta", "test extra", "validation drafts notes"])
def test_folders_without_labels_beside_the_splits_are_no_labels(beside: str) -> None:
    assert read(paths_of("train", "0 1 2") + paths_of(beside)) == {"train": {"0", "1", "2"}}


def test_folders_of_predictions_beside_the_only_split_are_no_labels() -> None:
    assert read(paths_of("TrainingSamples", "oak ash") + paths_of("PredictionSamples")) == {
        "TrainingSamples": {"ash", "oak"}
    }


@pytest.mark.parametrize(
    "parts", ["fold1 fold2 fold3", "patient_07 patient_08", "batch-a batch-b", "p1 p2", "Site1 Site2"]
)
def test_parts_that_hold_the_same_labels_are_looked_through(parts: str) -> None:
    assert read(paths_of(parts, "benign malignant")) == {key: {"benign", "malignant"} for key in parts.split()}


def test_a_part_that_lacks_a_label_is_a_part_too() -> None:
    paths = paths_of("patient1 patient2", "benign malignant") + paths_of("patient3", "benign")
    assert read(paths)["patient3"] == {"benign"}


def test_folds_of_splits_keep_the_splits() -> None:
    assert splits_of(paths_of("fold1 fold2", "train test", "a b")) == {
        f"fold{number}/{split}": split for number in (1, 2) for split in ("train", "test")
    }


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (paths_of("bus car train"), {"bus", "car", "train"}),
        (paths_of("bus car") + paths_of("train", "steam diesel"), {"bus", "car", "train"}),
        (paths_of("exam quiz test", "2021 2022"), {"exam", "quiz", "test"}),
        (paths_of("recycle trash compost"), {"recycle", "trash", "compost"}),
        (paths_of("cat dog", "1 2 3"), {"cat", "dog"}),
        (paths_of("cat dog", "session1 session2"), {"cat", "dog"}),
        (paths_of("cat dog", "images"), {"cat", "dog"}),
        (paths_of("valid invalid"), {"valid", "invalid"}),
        (paths_of("cat", "indoor outdoor") + paths_of("dog", "indoor") + paths_of("owl"), {"cat", "dog", "owl"}),
        (paths_of("with_mask without_mask"), {"with_mask", "without_mask"}),
        (paths_of("prediction inference"), {"prediction", "inference"}),
        (paths_of("cat", "cat") + paths_of("dog", "dog"), {"cat", "dog"}),
    ],
)
def test_labels_are_not_taken_for_parts(paths: list[str], labels: set[str]) -> None:
    assert read(paths) == {"": labels}


@pytest.mark.parametrize(
    ("paths", "asked"),
    [
        (
            paths_of("oak ash", "healthy sick"),
            "ash/ and oak/ hold the same folders healthy, sick: two parts or two labels?",
        ),
        (
            paths_of("10253 10254 10255", "0 1"),
            "10253/, 10254/ and 10255/ hold the same folders 0, 1: three parts or three labels?",
        ),
        (
            paths_of("north south", "cat dog"),
            "north/ and south/ hold the same folders cat, dog: two parts or two labels?",
        ),
    ],
)
def test_where_both_are_possible_the_user_is_asked_and_the_answer_counts(paths: list[str], asked: str) -> None:
    assert question(paths) == asked
    outer, inner = ({path.split("/")[level] for path in paths} for level in (0, 1))
    assert read(paths, choice="labels") == {"": outer}
    assert read(paths, choice="splits") == dict.fromkeys(outer, inner)


@pytest.mark.parametrize("names", ["train test", "train test1", "trainA trainB testA", "train_x val_x"])
def test_splits_that_hold_no_labels_are_refused_unless_they_are_said_to_be_labels(names: str) -> None:
    with pytest.raises(SetRejected, match="hold images and no labels") as caught:
        find_layout(paths_of(names))
    assert caught.value.reason == "no-labels"
    assert read(paths_of(names), choice="labels") == {"": set(names.split())}


MODEL = ("cat", "dog")


@pytest.mark.parametrize("around", ["test", "chest chest test", "a b c d e", "fold1", "n01"])
def test_the_labels_of_a_model_are_found_below_any_folders(around: str) -> None:
    assert read(paths_of(*around.split(), "cat dog"), MODEL) == {"": {"cat", "dog"}}


@pytest.mark.parametrize("parts", ["train test", "oak ash", "0 1", "patient_a patient_b"])
def test_the_labels_of_a_model_decide_what_parts_are(parts: str) -> None:
    assert read(paths_of(parts, "cat dog"), MODEL) == {key: {"cat", "dog"} for key in parts.split()}


def test_a_misspelt_label_in_a_part_is_found_at_the_level_of_the_labels() -> None:
    paths = paths_of("train test", "cat") + paths_of("train test", "dogg")
    assert read(paths, MODEL) == {"train": {"cat", "dogg"}, "test": {"cat", "dogg"}}


def test_a_model_may_have_labels_called_like_splits() -> None:
    vehicles = ("bus", "car", "train")
    assert read(paths_of("bus car train"), vehicles) == {"": set(vehicles)}
    assert read(paths_of("train test", "bus car train"), vehicles) == {key: set(vehicles) for key in ("train", "test")}


def test_two_levels_of_labels_with_the_same_claim_are_asked_about() -> None:
    paths = paths_of("left right", "left right")
    assert "each of these folders is a label" in question(paths, ("left", "right"))
    assert read(paths, ("left", "right"), "splits") == {key: {"left", "right"} for key in ("left", "right")}


def test_images_beside_the_label_folders_of_a_part_have_no_label() -> None:
    layout = Layout({("train",): "train", ("test",): "test"})
    assert layout.place_of("train/1.png").label is None
    assert layout.part_of("train/1.png") is None


UNLABELLED = ["no_label", "Unlabeled", "not annotated", "UNLABELLED", "no-labels", "toLabel"]


@pytest.mark.parametrize("name", UNLABELLED)
def test_a_folder_that_says_it_has_no_label_is_none(name: str) -> None:
    paths = [f"{folder}/1.png" for folder in ("cat", "dog", name)]
    assert read(paths) == {"": {"cat", "dog"}}
    assert read(paths, MODEL) == {"": {"cat", "dog"}}
    assert read(paths, choice="labels") == {"": {"cat", "dog", name}}


def test_a_label_of_the_model_may_be_called_so() -> None:
    paths = [f"{folder}/1.png" for folder in ("cat", "unlabelled")]
    assert read(paths, ("cat", "unlabelled")) == {"": {"cat", "unlabelled"}}
    assert read(paths, ("cat", "Unlabelled"))[""] == {"cat", "unlabelled"}


@pytest.mark.parametrize("name", ["unknown", "none", "other", "background", "label", "unsure"])
def test_a_folder_of_what_is_nothing_else_may_be_a_label(name: str) -> None:
    assert read(f"{folder}/1.png" for folder in ("cat", "dog", name)) == {"": {"cat", "dog", name}}


@pytest.mark.parametrize(
    "path",
    [
        lambda number: f"w{number}_train/c{number % 7}/{number}.jpg",
        lambda number: f"train_{number}/c{number % 7}/{number}.jpg",
        lambda number: f"{number}/{'x/' * 20}{number}.jpg",
        lambda number: f"cat_{number}_dog/{number}_mask.jpg",
    ],
)
def test_thousands_of_folders_take_no_long_time(path: Callable[[int], str]) -> None:
    paths = [*map(path, range(3_000)), "z/1.jpg"]
    start = time.process_time()
    for labels in ((), MODEL):
        with suppress(SetRejected):
            find_layout(paths, labels)
    find_masks(paths)
    assert time.process_time() - start < 5


def test_a_set_of_more_folders_than_are_looked_at_is_read_at_the_same_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_store.labelled_sets.recognition.folder_tree.MAX_FOLDERS", 10)
    paths = [f"{label}/{number}/1.png" for number in range(20) for label in ("cat", "dog")]
    assert read(paths) == {"": {"cat", "dog"}}
    assert read(paths, MODEL) == {"": {"cat", "dog"}}
