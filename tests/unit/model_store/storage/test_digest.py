import os
from hashlib import sha256
from pathlib import Path

from model_store.manifest import FileDigest
from model_store.storage.digest import differences, digest_directory, digest_file


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


def test_every_difference_is_listed_and_sorted(tmp_path: Path) -> None:
    for name in ("same", "changed", "longer", "new"):
        (tmp_path / name).write_bytes(b"1" if name != "longer" else b"11")
    one, other = some_digest(b"1"), some_digest(b"2")
    expected = {"same": one, "changed": other, "longer": one, "gone": one}
    listed = ["changed has changed", "gone is missing", "longer has changed", "new is not in the manifest"]
    assert differences(tmp_path, expected) == listed


def test_what_is_copied_is_what_was_digested(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "a" / "b").mkdir(parents=True)
    (source / "a" / "b" / "x").write_bytes(content := os.urandom(3_000_001))
    (source / "unlisted").write_bytes(b"1")
    found = differences(source, {"a/b/x": some_digest(content)}, copy_to=copy)
    assert found == ["unlisted is not in the manifest"]
    assert [path.relative_to(copy).as_posix() for path in copy.rglob("*")] == ["a", "a/b", "a/b/x"]
    assert (copy / "a" / "b" / "x").read_bytes() == content
