import os
import socket
from hashlib import sha256
from pathlib import Path

import pytest

from model_store.errors import VersionCorrupt
from model_store.manifest import FileDigest
from model_store.storage.digest import compare, digest_directory, digest_file


def some_digest(content: bytes) -> FileDigest:
    return FileDigest(sha256=sha256(content).hexdigest(), bytes=len(content))


def test_every_file_has_its_digest_in_the_order_of_paths(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "x").write_bytes(b"1")
    (tmp_path / "a").write_bytes(b"22")
    (tmp_path / ".hidden").write_bytes(b"")
    found = digest_directory(tmp_path)
    assert found == {".hidden": some_digest(b""), "a": some_digest(b"22"), "b/c/x": some_digest(b"1")}
    assert list(found) == [".hidden", "a", "b/c/x"]


def test_a_file_longer_than_a_buffer_is_read_to_its_end(tmp_path: Path) -> None:
    content = os.urandom(3_000_001)
    (tmp_path / "x").write_bytes(content)
    assert digest_file(tmp_path / "x") == some_digest(content)


def test_links_and_special_files_are_refused_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "folder" / "dangling").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    with pytest.raises(VersionCorrupt) as caught:
        digest_directory(tmp_path)
    assert [one.split()[0] for one in caught.value.differences] == ["folder/dangling", "link", "pipe", "s"]


def test_a_name_that_no_manifest_can_hold_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"")
    with pytest.raises(VersionCorrupt, match="not UTF-8"):
        digest_directory(tmp_path)


def test_every_difference_is_listed_and_sorted() -> None:
    one, other = some_digest(b"1"), some_digest(b"2")
    expected = {"same": one, "changed": one, "gone": one}
    found = {"same": one, "changed": other, "new": one}
    assert compare(expected, found) == ["changed has changed", "gone is missing", "new is not in the manifest"]
