"""Sorting paths into images with labels and the rest with its reasons."""

import pytest

from app.labelled_set import SortedPaths, check_size, give_labels, sort_paths
from model_store.errors import ImageRejected
from tests.fakes import LABELS


def test_the_bytes_are_asked_for_only_where_the_name_does_not_tell() -> None:
    asked: list[str] = []

    def has_signature(path: str) -> bool:
        asked.append(path)
        return path == "dark/2"

    found = sort_paths(["dark/1.png", "dark/2", "dark/3.txt", "__MACOSX/4", ".hidden.png"], has_signature)
    assert found.images == ["dark/1.png", "dark/2"]
    assert asked == ["dark/2", "dark/3.txt"]


def test_an_image_outside_any_folder_is_ignored_as_unlabelled() -> None:
    images, ignored = give_labels(SortedPaths(["dark/1.png", "2.png"], []), LABELS)
    assert [tuple(image) for image in images] == [("dark/1.png", "dark")]
    assert [(one.path, one.reason) for one in ignored] == [("2.png", "unlabelled")]


def test_a_common_folder_is_looked_through_unless_it_is_a_label() -> None:
    wrapped = give_labels(SortedPaths(["test/dark/1.png", "test/light/2.png"], []), LABELS)[0]
    assert [image.label for image in wrapped] == ["dark", "light"]
    only = give_labels(SortedPaths(["dark/a/1.png", "dark/b/2.png"], []), LABELS)[0]
    assert [image.label for image in only] == ["dark", "dark"]


def test_a_size_is_refused_from_one_byte_over_the_limit() -> None:
    check_size("a.png", 100, 100)
    with pytest.raises(ImageRejected, match=r"a\.png has more than 100 bytes") as caught:
        check_size("a.png", 101, 100)
    assert caught.value.reason == "too-large"
