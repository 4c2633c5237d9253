"""Sorting paths into images with labels and the rest with its reasons."""

import unicodedata
from collections.abc import Iterable, Mapping

import pytest

from model_store.errors import ImageRejected, SetRejected
from model_store.images.files import check_file_size
from model_store.labelled_sets.interpretation import FoundPart, Interpretation, LabelsFile, MatchedFolder
from model_store.labelled_sets.labelled_set import AS_IT_SAYS, LabelledSet, give_labels, sort_paths
from tests.support.fakes import LABELS


def labelled(paths: Iterable[str], labels: tuple[str, ...] = LABELS, *, table: str | None = None) -> LabelledSet:
    """Give labels to files, and to a `labels.csv` if there is one."""
    files = {} if table is None else {"labels.csv": table.encode()}
    found = sort_paths([*paths, *files], lambda _: False)
    return give_labels(found, labels, directories=0, read=files.__getitem__)


def folders(given: LabelledSet) -> Mapping[str, str]:
    """Return each image's label by its path."""
    return {image.path: image.label for image in given.images}


def test_the_bytes_are_asked_for_only_where_the_name_does_not_tell() -> None:
    asked: list[str] = []

    def has_signature(path: str) -> bool:
        asked.append(path)
        return path == "dark/2"

    found = sort_paths(["dark/1.png", "dark/2", "dark/3.txt", "__MACOSX/4", ".hidden.png"], has_signature)
    assert found.images == ["dark/1.png", "dark/2"]
    assert asked == ["dark/2", "dark/3.txt"]


def test_an_image_outside_any_folder_is_ignored_as_unlabelled() -> None:
    given = labelled(["dark/1.png", "2.png"])
    assert folders(given) == {"dark/1.png": "dark"}
    assert [(one.path, one.reason) for one in given.ignored] == [("2.png", "unlabelled")]
    assert given.interpretation == AS_IT_SAYS.model_copy(update={"labels": ["dark"], "unlabelled": 1})


def test_a_common_folder_is_looked_through_unless_it_is_a_label() -> None:
    wrapped = labelled(["test/dark/1.png", "test/light/2.png"])
    assert list(folders(wrapped).values()) == ["dark", "light"]
    assert wrapped.interpretation.wrapper == "test"
    only = labelled(["dark/a/1.png", "dark/b/2.png"])
    assert list(folders(only).values()) == ["dark", "dark"]
    assert only.interpretation.wrapper is None


def test_a_folder_in_another_case_counts_as_the_label_and_is_said() -> None:
    given = labelled(["DARK/1.png", "Dark/2.png", "dark/3.png", "DARK/4.png", "Owl/5.png"])
    assert list(folders(given).values()) == ["dark", "dark", "dark", "dark", "Owl"]
    assert given.interpretation.matched == [
        MatchedFolder(folder="DARK", label="dark", files=2),
        MatchedFolder(folder="Dark", label="dark", files=1),
    ]


def test_a_folder_that_could_be_two_labels_is_neither_and_one_that_is_a_label_is_itself() -> None:
    given = labelled(["CATS/1.png", "Cats/2.png", "cats/3.png"], ("Cats", "cats"))
    assert list(folders(given).values()) == ["CATS", "Cats", "cats"]
    assert given.interpretation.matched == []


def test_a_folder_in_another_case_is_a_label_and_no_wrapper_whatever_is_in_it() -> None:
    assert set(folders(labelled(["Dark/a/1.png", "Dark/b/2.png"])).values()) == {"dark"}
    beside = labelled(["set/Dark/1.png", "set/stray.png"])
    assert folders(beside) == {"set/Dark/1.png": "dark"}
    assert beside.interpretation.wrapper == "set"


def test_accents_stored_otherwise_are_no_other_case() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Bäume") for form in ("NFC", "NFD"))
    given = labelled([f"{decomposed}/1.png", f"{decomposed.upper()}/2.png"], (composed, "light"))
    assert set(folders(given).values()) == {composed}
    assert given.interpretation.matched == [MatchedFolder(folder=composed.upper(), label=composed, files=1)]


def test_a_table_gives_the_labels_whatever_the_folders() -> None:
    given = labelled(["dark/1.png", "dark/2.png", "3.png"], table="path,label\ndark/1.png,LIGHT\n3.png,owl\n4.png,owl")
    assert folders(given) == {"dark/1.png": "light", "3.png": "owl"}
    assert [(one.path, one.reason) for one in given.ignored] == [
        ("labels.csv", "labels-file"),
        ("dark/2.png", "unlabelled"),
    ]
    assert given.interpretation == Interpretation(
        wrapper=None,
        encoding=None,
        matched=[MatchedFolder(folder="LIGHT", label="light", files=1)],
        labels_file=LabelsFile(path="labels.csv", rows=3, missing=["4.png"]),
        layout="labels-file",
        labels=["light"],
        unlabelled=2,
    )


def test_a_table_without_the_columns_is_any_other_file() -> None:
    given = labelled(["dark/1.png"], table="name,kind\ndark/1.png,light\n")
    assert folders(given) == {"dark/1.png": "dark"}
    assert [(one.path, one.reason) for one in given.ignored] == [("labels.csv", "not-an-image")]
    assert given.interpretation.labels_file is None


def test_without_any_label_the_set_is_refused() -> None:
    with pytest.raises(
        SetRejected, match=r"No image is in a folder of its label, and there is no labels\.csv\.$"
    ) as caught:
        labelled(["1.png"])
    assert caught.value.reason == "no-labels"


def test_a_refusal_names_the_tables_that_are_not_at_the_top() -> None:
    with pytest.raises(SetRejected) as caught:
        labelled(["train/1.png", "test/2.png", "train/metadata.csv", "train/.hidden.csv"])
    assert str(caught.value) == (
        "None of the folders test, train is a label of the model: its labels are dark, light. "
        "train/metadata.csv is not read, since it is not at the top of the set."
    )
    assert str(caught.value.hint).startswith("Join such tables into one labels.csv")


@pytest.mark.parametrize("folders_in_it", [("0", "1"), ("train/0", "train/1"), ("chest_xray/chest_xray/a",)])
def test_a_set_without_any_label_of_the_model_is_refused_with_its_folders_and_the_labels(
    folders_in_it: tuple[str, ...],
) -> None:
    with pytest.raises(SetRejected) as caught:
        labelled([f"{folder}/1.png" for folder in folders_in_it])
    assert caught.value.reason == "no-known-label"
    named = ", ".join(folder.rpartition("/")[2] for folder in folders_in_it)
    assert str(caught.value).endswith("a label of the model: its labels are dark, light.")
    assert f" {named} is " in str(caught.value)
    assert "labels.csv" in (caught.value.hint or "")


def test_the_parts_of_a_set_are_said_with_their_files() -> None:
    given = labelled([f"set/{part}/dark/{n}.png" for part in ("train_2", "test_2") for n in "123"] + ["set/x/1.png"])
    assert given.interpretation.wrapper == "set"
    assert given.interpretation.layout == "splits"
    assert given.interpretation.parts == [
        FoundPart(folder="test_2", split="test", files=3),
        FoundPart(folder="train_2", split="train", files=3),
    ]
    assert given.interpretation.unlabelled == 1


def test_the_user_says_what_the_first_folders_are() -> None:
    paths = ["left/left/1.png", "left/right/2.png", "right/left/3.png", "right/right/4.png"]
    files = sort_paths(paths, lambda _: False)
    found = {}
    for layout in ("splits", "labels"):
        given = give_labels(files, ("left", "right"), directories=0, read=lambda _: b"", layout=layout)
        found[layout] = [image.label for image in given.images]
    assert found == {"splits": ["left", "right", "left", "right"], "labels": ["left", "left", "right", "right"]}


def test_a_size_is_refused_from_one_byte_over_the_limit() -> None:
    check_file_size("a.png", 100, 100)
    with pytest.raises(ImageRejected, match=r"a\.png has more than 100 bytes") as caught:
        check_file_size("a.png", 101, 100)
    assert caught.value.reason == "too-large"
