import os
from pathlib import Path

import pytest

from model_store.storage.documents import MAX_DOCUMENT_BYTES, read_document


@pytest.mark.parametrize("text", ["[]", "1", "{", "", "[" * 100_000])
def test_only_a_json_object_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(ValueError, match=r"it is|Expecting"):
        read_document(tmp_path / "x")


@pytest.mark.parametrize("text", [rb'{"a": "\ud800"}', rb'{"\uDFff": 1}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\xff"}'])
def test_half_a_character_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(UnicodeError):
        read_document(tmp_path / "x")


def test_a_character_of_two_surrogates_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}')
    assert read_document(tmp_path / "x") == {"a": "\N{GRINNING FACE}"}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    with pytest.raises(ValueError, match="not a regular file"):
        read_document(tmp_path / "x")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "x").symlink_to("secret")
    with pytest.raises(OSError, match="symbolic links"):
        read_document(tmp_path / "x")


def test_a_giant_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(MAX_DOCUMENT_BYTES + 1)
    with pytest.raises(ValueError, match="more than"):
        read_document(tmp_path / "x")
