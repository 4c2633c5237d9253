"""Which file a path means that another reading of the same pictures gave it."""

import pytest

from model_store.labelled_sets.corrections.finding import FileFinder

FILES = ("data/test/cat/1.png", "data/test/dog/1.png", "data/test/dog/2.png", "data/test/dog/sub/2.png")


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("data/test/cat/1.png", FILES[:1]),
        ("data\\test\\cat\\1.png", FILES[:1]),
        ("./data/test/cat/1.png", FILES[:1]),
        ("test/cat/1.png", FILES[:1]),
        ("cat/1.png", FILES[:1]),
        ("1.png", FILES[:2]),
        ("2.png", FILES[2:]),
        ("t/1.png", ()),
        ("og/2.png", ()),
        ("set/data/test/cat/1.png", FILES[:1]),
        ("/home/ann/data/test/cat/1.png", FILES[:1]),
        ("cat/3.png", ()),
        ("bird/1.png", ()),
        ("", ()),
        ("/".join("a" * 100), ()),
    ],
)
def test_a_path_means_a_file_by_its_end_on_whole_components(path: str, files: tuple[str, ...]) -> None:
    assert FileFinder(FILES).find(path) == list(files)


def test_as_written_comes_before_any_other_reading() -> None:
    assert FileFinder(["cat/1.png", "a/cat/1.png"]).find("cat/1.png") == ["cat/1.png"]
    assert FileFinder(["set/cat/1.png", "set/a/cat/1.png"], wrapper="set").find("cat/1.png") == ["set/cat/1.png"]


def test_wrappers_may_differ() -> None:
    assert FileFinder(["new/cat/1.png"], wrapper="new").find("old/cat/1.png") == ["new/cat/1.png"]


def test_a_picture_of_another_split_is_never_meant() -> None:
    assert FileFinder(["cat/1.png"], above="/data/train").find("test/cat/1.png") == []
    assert FileFinder(["cat/1.png"], above="/data/test").find("test/cat/1.png") == ["cat/1.png"]
    assert FileFinder(["train/cat/1.png"]).find("test/cat/1.png") == []


def test_spaces_around_a_path_do_not_matter_as_a_table_has_none() -> None:
    assert FileFinder([" cat/1.png ", "cat/2.png"]).find("cat/1.png") == [" cat/1.png "]


def test_accents_and_equal_names_after_composing() -> None:
    assert FileFinder(["Ka\u0308fer/1.png"]).find("K\u00e4fer/1.png") == ["Ka\u0308fer/1.png"]
    both = ["Ka\u0308fer/1.png", "K\u00e4fer/1.png"]
    assert FileFinder(both).find("K\u00e4fer/1.png") == both
