import hashlib
import re
from pathlib import Path

import pytest

from training.data.files import File
from training.data.grouping import group_digest, group_files, group_key
from training.data.split import position


def file(path: str, identity: str = "") -> File:
    return File(path, Path(path), "used", label="a", identity=identity or hashlib.sha256(path.encode()).hexdigest())


def grouped(*files: File, near: tuple[tuple[str, str], ...] = (), pattern: str | None = None) -> list[set[str]]:
    compiled = re.compile(pattern) if pattern else None
    return [{files[place].path for place in group} for group in group_files(files, near, compiled)]


@pytest.mark.parametrize(
    ("pattern", "key"),
    [(r"p\d+", "p12"), (r"/p(\d+)-", "12"), (r"x(\d)?", None), ("q", None), (r"(\d*)x?", None), (r"(?:p)(\d)", "1")],
)
def test_the_key_is_the_first_group_or_else_the_match(pattern: str, key: str | None) -> None:
    assert group_key("train/p12-3.png", re.compile(pattern)) == key


def test_copies_near_copies_and_matches_are_joined_even_in_a_chain() -> None:
    files = [file("a/1-k.png", "A"), file("a/2.png", "A"), file("a/3.png", "B"), file("b/4-k.png", "C"), file("5", "D")]
    found = grouped(*files, near=(("A", "B"),), pattern="k")
    assert found == [{"a/1-k.png", "a/2.png", "a/3.png", "b/4-k.png"}, {"5"}]


def test_files_without_a_match_stand_alone() -> None:
    assert grouped(file("a"), file("b"), pattern="k") == [{"a"}, {"b"}]


def test_a_single_picture_is_split_by_its_own_digest_and_a_match_by_that_of_its_key() -> None:
    one = file("a/k1.png")
    assert group_digest([one], None) == one.identity
    assert group_digest([one], re.compile(r"k\d")) == hashlib.sha256(b"k1").hexdigest()


def test_large_groups_are_held_out_as_often_as_small_ones() -> None:
    groups = [[file(f"{number}/{member}") for member in range(8)] for number in range(2000)]
    held_out = sum(position(group_digest(group, None)) < 0.15 for group in groups)
    assert held_out == pytest.approx(300, abs=60)
