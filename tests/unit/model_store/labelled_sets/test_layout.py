import unicodedata

import pytest

from model_store.errors import SetRejected
from model_store.images.signatures import SIGNATURE_BYTES, has_image_extension, has_image_signature
from model_store.labelled_sets.layout import Layout, Place, find_layout, find_wrapper, first_folders, label_of
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.walk import is_system_file
from tests.support.images import odd_images


@pytest.mark.parametrize(
    ("paths", "labels", "wrapper"),
    [
        (["cats/1.jpg", "dogs/2.jpg"], (), None),
        (["set/cats/1.jpg", "set/dogs/2.jpg"], (), "set"),
        (["set/cats/1.jpg", "stray.jpg"], (), "set"),
        (["set/cats/1.jpg", "other/2.jpg"], (), None),
        (["cats/1.jpg"], (), None),
        (["1.jpg"], (), None),
        ([], (), None),
        (["set/cats/1.jpg", "set/stray.jpg"], (), None),  # ambiguous: `set` may be a label with a folder in it
        (["set/cats/1.jpg", "set/stray.jpg"], ("cats", "dogs"), "set"),
        (["cats/persian/1.jpg", "cats/siamese/2.jpg"], (), "cats"),
        (["cats/persian/1.jpg", "cats/siamese/2.jpg"], ("cats", "dogs"), None),
        (["cats/cats/1.jpg"], ("cats",), None),
        (["set/wolves/1.jpg"], ("cats",), "set"),
        (["set/deep/cats/1.jpg"], (), "set"),
    ],
)
def test_the_one_folder_around_the_labels_is_looked_through(
    paths: list[str], labels: tuple[str, ...], wrapper: str | None
) -> None:
    assert find_wrapper(paths, labels) == wrapper


@pytest.mark.parametrize(
    ("path", "wrapper", "label"),
    [
        ("cats/1.jpg", None, "cats"),
        ("cats/deep/1.jpg", None, "cats"),
        ("set/cats/1.jpg", "set", "cats"),
        ("cats/1.jpg", "set", "cats"),
        ("1.jpg", None, None),
        ("set/1.jpg", "set", None),
        ("", "set", None),
        ("a label/[x].jpg", None, "a label"),
        ("10/1.jpg", None, "10"),
    ],
)
def test_the_first_folder_is_the_label(path: str, wrapper: str | None, label: str | None) -> None:
    assert label_of(path, wrapper) == label


def test_a_label_is_the_same_however_a_system_stores_its_accents() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Bäume") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert label_of(f"{decomposed}/1.jpg") == label_of(f"{composed}/1.jpg") == composed
    assert find_wrapper([f"{decomposed}/x/1.jpg"], [composed]) is None


def test_a_name_longer_than_any_file_systems_is_left_as_it_is() -> None:
    name = "e\u0301" * 128
    assert label_of(f"{name}/1.jpg") == name
    assert label_of(f"{name[:254]}/1.jpg") == "\u00e9" * 127


SPLIT = ["train/cats/1.jpg", "val/cats/2.jpg", "Test/dogs/3.jpg"]


@pytest.mark.parametrize("wrapper", ["", "set/"])
def test_split_folders_are_found_where_they_are_looked_for(wrapper: str) -> None:
    paths = [f"{wrapper}{path}" for path in SPLIT]
    layout = find_layout(paths, with_splits=True)
    assert layout.splits == {"train": "train", "val": "validation", "test": "test"}
    assert [layout.place_of(path) for path in paths] == [
        Place("cats", "train"),
        Place("cats", "validation"),
        Place("dogs", "test"),
    ]
    assert layout.place_of(f"{wrapper}train/4.jpg") == layout.place_of(f"{wrapper}extra/cats/5.jpg") == Place(None)


def test_split_folders_are_labels_where_they_are_not_looked_for() -> None:
    layout = find_layout(SPLIT, ["cats", "dogs"])
    assert layout == Layout()
    assert [layout.place_of(path).label for path in SPLIT] == ["train", "val", "Test"]


@pytest.mark.parametrize(
    ("paths", "splits"),
    [
        (["train/cats/1.jpg"], {"train"}),
        (["val/cats/1.jpg", "test/cats/2.jpg"], {"val", "test"}),
        (["train/cats/1.jpg", "test/cats/2.jpg", "extra/3.jpg"], {"train", "test"}),
        (["train/cats/1.jpg", "extra/cats/2.jpg"], set()),  # `train` may be a label: nothing but it says otherwise
        (["val/cats/1.jpg", "test/cats/2.jpg", "extra/3.jpg"], set()),
        (["train/1.jpg", "test/cats/2.jpg"], set()),
        (["train/1.jpg", "cars/2.jpg"], set()),
    ],
)
def test_folders_are_splits_if_they_hold_labels_and_nothing_speaks_against_it(
    paths: list[str], splits: set[str]
) -> None:
    assert find_layout(paths, with_splits=True).splits.keys() == splits


def test_split_folders_that_hold_no_labels_are_refused() -> None:
    with pytest.raises(SetRejected, match=r"^The folders test, train hold images and no labels\.$") as caught:
        find_layout(["train/1.jpg", "Test/2.jpg"], with_splits=True)
    assert caught.value.reason == "no-labels"


@pytest.mark.parametrize(
    ("labels", "name", "label"),
    [
        (("cats", "dogs"), "cats", "cats"),
        (("cats", "dogs"), "Cats", "cats"),
        (("Cats", "cats"), "Cats", "Cats"),
        (("Cats", "cats"), "CATS", None),
        (("cats", "dogs"), "owls", None),
        (("cats", "dogs"), "cat s", None),
        (("Straße",), "STRASSE", "Straße"),
        (("Bäume",), unicodedata.normalize("NFD", "bÄume"), "Bäume"),
        ((), "cats", None),
    ],
)
def test_a_name_means_the_label_that_it_is_or_the_only_one_in_another_case(
    labels: tuple[str, ...], name: str, label: str | None
) -> None:
    assert LabelMatcher(labels).match(name) == label


def test_the_first_two_folders_of_a_path_may_name_a_label_and_a_file_never() -> None:
    assert first_folders(["set/cats/2024/1.jpg", "dogs/2.jpg", "owls"]) == {"set", "cats", "dogs"}


@pytest.mark.parametrize(
    "path", ["__MACOSX/a/._1.jpg", ".DS_Store", "cats/Thumbs.db", "a/.git/x", "DESKTOP.INI", "../x"]
)
def test_what_a_system_leaves_behind_is_known(path: str) -> None:
    assert is_system_file(path)


@pytest.mark.parametrize(
    "path", ["cats/1.jpg", "a.b/c.d", "thumbs/db.png", "thumbs.db.png", "my__macosx/1.jpg", "./1.jpg"]
)
def test_a_persons_own_file_is_no_systems(path: str) -> None:
    assert not is_system_file(path)


@pytest.mark.parametrize(("path", "expected"), [("a/B.JPEG", True), ("x.heic", True), ("a.txt", False), ("jpg", False)])
def test_an_extension_is_an_images_in_any_case(path: str, expected: bool) -> None:  # noqa: FBT001  a column of the table
    assert has_image_extension(path) == expected


@pytest.mark.parametrize("name", odd_images())
def test_every_format_that_is_read_is_known_by_its_first_bytes(name: str) -> None:
    assert has_image_signature(odd_images()[name].data[:SIGNATURE_BYTES])


def test_an_avif_whose_major_brand_is_a_general_one_is_known() -> None:
    assert has_image_signature(b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf")


@pytest.mark.parametrize(
    "head", [b"", b"B", b"BMW is a car", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x18ftypmp42", b"%PDF-1.7"]
)
def test_other_first_bytes_are_no_images(head: bytes) -> None:
    assert not has_image_signature(head)
