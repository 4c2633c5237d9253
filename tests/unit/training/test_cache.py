from pathlib import Path

import pytest

from training.cache import cache_directory, store_in_cache


def write_hello(path: Path) -> None:
    path.write_text("hello")


def test_a_stored_file_is_there_whole_and_alone(tmp_path: Path) -> None:
    assert store_in_cache(tmp_path / "new/file.txt", write_hello)
    assert [path.read_text() for path in (tmp_path / "new").iterdir()] == ["hello"]


def test_a_writer_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def write_half(path: Path) -> None:
        path.write_text("hel")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store_in_cache(tmp_path / "file.txt", write_half)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not store_in_cache(tmp_path / "file/below/it.txt", write_hello)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FULLCOUNT_CACHE_DIR": "/chosen", "XDG_CACHE_HOME": "/xdg", "HOME": "/home"}, "/chosen"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home"}, "/xdg/fullcount"),
        ({"HOME": "/home"}, "/home/.cache/fullcount"),
    ],
)
def test_the_cache_is_where_the_environment_says(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FULLCOUNT_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_directory() == Path(expected)
