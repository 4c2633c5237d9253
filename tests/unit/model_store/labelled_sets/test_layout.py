import unicodedata

import pytest

from model_store.images.signatures import SIGNATURE_BYTES, has_image_extension, has_image_signature
from model_store.labelled_sets.layout import Layout, find_layout
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
        (["set/deep/cats/1.jpg"], (), "set/deep"),
        (["a b/a b/test/cats/1.jpg", "a b/a b/test/dogs/1.jpg"], ("cats", "dogs"), "a b/a b/test"),
        (["download (1)/data/cells/cats/1.jpg", "download (1)/data/cells/dogs/2.jpg"], (), "download (1)/data/cells"),
    ],
)
def test_the_folders_around_the_labels_are_looked_through(
    paths: list[str], labels: tuple[str, ...], wrapper: str | None
) -> None:
    assert find_layout(paths, labels).wrapper == wrapper


@pytest.mark.parametrize(
    ("path", "parent", "label"),
    [
        ("cats/1.jpg", (), "cats"),
        ("cats/deep/1.jpg", (), "cats"),
        ("set/cats/1.jpg", ("set",), "cats"),
        ("1.jpg", (), None),
        ("set/1.jpg", ("set",), None),
        ("other/1.jpg", ("set",), None),
        ("", ("set",), None),
        ("a label/[x].jpg", (), "a label"),
        ("10/1.jpg", (), "10"),
    ],
)
def test_the_first_folder_below_the_parent_is_the_label(path: str, parent: tuple[str, ...], label: str | None) -> None:
    assert Layout({parent: None}).place_of(path).label == label


def test_a_label_is_the_same_however_a_system_stores_its_accents() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Bäume") for form in ("NFC", "NFD"))
    assert composed != decomposed
    for written in (composed, decomposed):
        assert find_layout([f"{written}/x/1.jpg"], [composed]).place_of(f"{written}/x/1.jpg").label == composed


def test_a_name_longer_than_any_file_systems_is_left_as_it_is() -> None:
    name = "e\u0301" * 128
    assert Layout().place_of(f"{name}/1.jpg").label == name
    assert Layout().place_of(f"{name[:254]}/1.jpg").label == "\u00e9" * 127


def test_a_path_of_thousands_of_folders_costs_no_more_than_a_short_one() -> None:
    paths = [f"cats/{'x/' * 30_000}{number}.jpg" for number in range(20)] + ["dogs/1.jpg"]
    layout = find_layout(paths)
    assert {layout.place_of(path).label for path in paths} == {"cats", "dogs"}


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
        (("cats", "dogs"), "n01-cats", "cats"),
        (("cats", "dogs"), "2. Dogs", "dogs"),
        (("hot dog", "cats"), "001_Hot-Dog", "hot dog"),
        (("cats", "dogs"), "cats ", "cats"),
        (("0", "1"), "01_0", None),
        (("hot dog", "hot-dog"), "hot_dog", None),
        (("cats", "dogs"), "cats2", None),
    ],
)
def test_a_name_means_the_label_that_it_is_or_the_only_one_written_like_it(
    labels: tuple[str, ...], name: str, label: str | None
) -> None:
    assert LabelMatcher(labels).match(name) == label


@pytest.mark.parametrize(
    "path",
    [
        "__MACOSX/a/._1.jpg",
        ".DS_Store",
        "cats/Thumbs.db",
        "a/.git/x",
        "DESKTOP.INI",
        "../x",
        "cats/@eaDir/1.png/T.jpg",
        "#recycle/cats/1.jpg",
        "lost+found/1.jpg",
        "System Volume Information/x",
        "@Recycle/1.jpg",
        "a/#snapshot/b/1.jpg",
        "cats/__pycache__/x.pyc",
        "RECYCLER/1.jpg",
        "LOST.DIR/1.jpg",
    ],
)
def test_what_a_system_leaves_behind_is_known(path: str) -> None:
    assert is_system_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "recycle/1.jpg",
        "trash/1.jpg",
        "snapshot/1.jpg",
        "lost/found.jpg",
        "cats/1.jpg",
        "a.b/c.d",
        "thumbs/db.png",
        "thumbs.db.png",
        "my__macosx/1.jpg",
        "./1.jpg",
    ],
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
