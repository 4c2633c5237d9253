import os
from pathlib import Path

import pytest

from training.data.pixels.space import LIMIT_VARIABLE, CacheSpace, cache_limit_bytes
from training.errors import CacheLimitInvalid

KILOBYTE = 1000


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> CacheSpace:
    """A cache with room for three kilobytes."""
    monkeypatch.setenv(LIMIT_VARIABLE, "0.000003")
    return CacheSpace()


def make(space: CacheSpace, name: str, *, used_at: int = 0) -> bool:
    """Make an entry of a kilobyte; tell whether there was room."""
    with space.making(KILOBYTE) as made:
        if made is None:
            return False
        (made.path / "file").write_bytes(bytes(KILOBYTE))
        assert space.finish(made, name)
    os.utime(space._directory / name, (used_at, used_at))
    return True


def names(space: CacheSpace) -> list[str]:
    return sorted(path.name for path in space._directory.iterdir())


def test_the_entry_used_longest_ago_makes_room(space: CacheSpace) -> None:
    for name, used_at in (("a", 30), ("b", 10), ("c", 20), ("d", 40)):
        assert make(space, name, used_at=used_at)
    assert names(space) == ["a", "c", "d"]


def test_reading_an_entry_counts_as_using_it(space: CacheSpace) -> None:
    for name, used_at in (("a", 10), ("b", 20), ("c", 30)):
        make(space, name, used_at=used_at)
    with space.reading("a"):
        pass
    make(space, "d", used_at=40)
    assert names(space) == ["a", "c", "d"]


def test_an_entry_in_use_is_never_removed(space: CacheSpace) -> None:
    for name in ("a", "b", "c"):
        make(space, name)
    with space.reading("a") as one, space.reading("b"), space.reading("c"):
        assert not make(space, "d")
        assert one is not None
        assert (one / "file").exists()
    assert make(space, "d", used_at=9)


def test_an_entry_is_in_use_by_its_maker_until_the_end_of_the_block(space: CacheSpace) -> None:
    with space.making(3 * KILOBYTE) as made:
        assert made is not None
        (made.path / "file").write_bytes(bytes(3 * KILOBYTE))
        space.finish(made, "a")
        assert not make(space, "b")
        with space.reading("a") as path:
            assert path is not None  # others may read it at once
    assert make(space, "b")


def test_what_is_being_made_counts_and_is_not_removed(space: CacheSpace) -> None:
    with space.making(3 * KILOBYTE) as made:
        assert made is not None
        (made.path / "file").write_bytes(bytes(3 * KILOBYTE))
        assert not make(space, "b")
        assert made.path.exists()


def test_what_a_dead_process_left_is_removed(space: CacheSpace) -> None:
    make(space, "a")
    (space._directory / ".dead").mkdir()
    make(space, "b")
    assert names(space) == ["a", "b"]


def test_what_is_not_finished_is_removed(space: CacheSpace) -> None:
    with space.making(KILOBYTE) as made:
        assert made is not None
    assert names(space) == []


def test_the_first_to_finish_wins(space: CacheSpace) -> None:
    with space.making(KILOBYTE) as one, space.making(KILOBYTE) as other:
        assert one is not None
        assert other is not None
        for made in (one, other):
            (made.path / "file").write_text(made.path.name)
        assert (space.finish(one, "a"), space.finish(other, "a")) == (True, False)
        assert (other.path / "file").read_text() == other.path.name  # and may still use its own
    assert (space._directory / "a/file").read_text() == one.path.name


def test_more_than_the_bound_removes_nothing(space: CacheSpace) -> None:
    make(space, "a")
    with space.making(4 * KILOBYTE) as made:
        assert made is None
    assert names(space) == ["a"]


def test_an_entry_that_is_not_there_cannot_be_read(space: CacheSpace) -> None:
    with space.reading("a") as path:
        assert path is None


@pytest.mark.parametrize(("text", "expected"), [("", 20e9), ("0", 0), ("1.5", 1.5e9)])
def test_the_bound_is_in_gigabytes(text: str, expected: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    assert cache_limit_bytes() == expected


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", "20GB"])
def test_a_bound_that_is_none_is_an_error(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    with pytest.raises(CacheLimitInvalid, match=f"FULLCOUNT_CACHE_MAX_GB is '{text}'"):
        CacheSpace()
