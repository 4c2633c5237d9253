"""What a command may name as its data: a folder, an archive of one, or a table of labels."""

import hashlib
import io
import shutil
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.progress import Progress

from model_store.labelled_sets.archives import unpacking
from tests.support.pictures import SMALL, labelled, opened, picture, write
from training.config import TrainingConfig
from training.data.dataset import open_dataset
from training.data.scan import scan
from training.data.source import open_source
from training.errors import DatasetInvalid

FORMS = {"set.zip": "zip", "set.tar": "tar", "set.tar.gz": "gztar", "set.tgz": "gztar", "set.tar.xz": "xztar"}
TREE = labelled([f"{split}/{label}" for split in ("train", "test") for label in ("cat", "dog")], 6)


def packed(root: Path, name: str) -> Path:
    made = Path(shutil.make_archive(str(root.parent / "packed"), FORMS[name], root))
    return made.rename(root.parent / name)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that archives are unpacked into."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("name", FORMS)
def test_training_reads_an_archive_as_it_reads_its_folder(tmp_path: Path, temporary: Path, name: str) -> None:
    root = write(tmp_path / "set", TREE)
    with opened(root) as folder, opened(packed(root, name)) as archive:
        assert archive.digest == folder.digest
        assert archive.counts == folder.counts
        assert (archive.pixels == folder.pixels).all()
        assert any(temporary.iterdir())
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["labels.csv", "kinds.tsv", "metadata.jsonl"])
def test_a_table_stands_for_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    images = {f"photos/{number}.png": picture(number) for number in range(12)}
    rows = [(path, ("cat", "dog")[number % 2]) for number, path in enumerate(images)]
    lines = {
        "csv": ["path,label", *map(",".join, rows)],
        "tsv": ["path\tlabel", *map("\t".join, rows)],
        "jsonl": [f'{{"file_name": "{path}", "label": "{label}"}}' for path, label in rows],
    }[name.rpartition(".")[2]]
    write(tmp_path, images | {name: "\n".join(lines).encode()})
    with opened(tmp_path / name) as named, opened(tmp_path) as folder:
        assert named.digest == folder.digest
        assert sum(named.counts["train"].values()) > 0
    monkeypatch.chdir(tmp_path)
    with opened(Path(name)) as near:
        assert near.digest == named.digest


def test_a_table_that_is_named_wins_over_the_one_that_would_be_found(tmp_path: Path) -> None:
    images = {f"{number}.png": picture(number) for number in range(12)}
    rows = [(f"{number}.png", ("cat", "dog")[number % 2], ("day", "night")[number // 6]) for number in range(12)]
    tables = {
        "labels.csv": "\n".join(["path,label", *(f"{path},{label}" for path, label, _ in rows)]).encode(),
        "times.csv": "\n".join(["path,label", *(f"{path},{time}" for path, _, time in rows)]).encode(),
    }
    write(tmp_path / "set", images | tables)
    for data in (tmp_path / "set", packed(tmp_path / "set", "set.zip"), packed(tmp_path / "set", "set.tar.gz")):
        with opened(data, labels_from=Path("times.csv")) as dataset:
            assert dataset.labels == ("day", "night")
    with opened(tmp_path / "set/times.csv") as dataset:
        assert dataset.labels == ("day", "night")


def test_a_folder_called_like_a_table_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "set.csv", TREE)
    with open_source(tmp_path / "set.csv") as found:
        assert found == (tmp_path / "set.csv", None)


def test_nothing_stays_behind_if_the_work_is_interrupted(tmp_path: Path, temporary: Path) -> None:
    archive = packed(write(tmp_path / "set", TREE), "set.tar.gz")
    with pytest.raises(KeyboardInterrupt), opened(archive):
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["set.zip", "set.tar.gz"])
def test_nothing_stays_behind_if_unpacking_is_interrupted(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    archive = packed(write(tmp_path / "set", TREE), name)

    def interrupt(*_: object, **__: object) -> None:
        assert any(temporary.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(unpacking, "_write", interrupt)
    monkeypatch.setattr(tarfile.TarFile, "extract", interrupt)
    with pytest.raises(KeyboardInterrupt), opened(archive):
        pass
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz"])
def test_the_room_is_compared_before_anything_is_written(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    archive = packed(write(tmp_path / "set", TREE), name)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2_000))
    monkeypatch.setattr(unpacking, "_write", lambda *_: pytest.fail("a file was written"))
    monkeypatch.setattr(tarfile.TarFile, "extract", lambda *_, **__: pytest.fail("a file was written"))
    with pytest.raises(DatasetInvalid, match=r"the files need 0 MB, and .* has 0 MB left") as caught, opened(archive):
        pass
    assert "TMPDIR" in (caught.value.hint or "")
    assert list(temporary.iterdir()) == []


def tar_of(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, size in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, "/etc/hosts", size
            archive.addfile(entry, io.BytesIO(bytes(size)))
    return path


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (("../out.png", tarfile.REGTYPE, 0), "cannot be unpacked"),
        (("cat/../../out.png", tarfile.REGTYPE, 0), "cannot be unpacked"),
        (("cat/link.png", tarfile.SYMTYPE, 0), "is a link or a special file"),
        (("cat/hard.png", tarfile.LNKTYPE, 0), "is a link or a special file"),
        (("cat/pipe.png", tarfile.FIFOTYPE, 0), "is a link or a special file"),
        (("cat/1.png", tarfile.REGTYPE, 20_000_000), "over 1000 times as large as the archive"),
    ],
)
def test_a_hostile_tar_is_refused_and_nothing_is_written_outside(
    tmp_path: Path, temporary: Path, entry: tuple[str, bytes, int], said: str
) -> None:
    archive = tar_of(tmp_path / "set.tgz", ("cat/a.png", tarfile.REGTYPE, 0), entry)
    with pytest.raises(DatasetInvalid, match=said), open_source(archive):
        pass
    assert list(temporary.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"set.tgz", "temporary"}


def test_what_systems_leave_in_a_tar_is_not_unpacked(tmp_path: Path) -> None:
    entries = [("./._cat", tarfile.SYMTYPE, 0), ("__MACOSX/x.png", tarfile.FIFOTYPE, 0)]
    archive = tar_of(tmp_path / "set.tar.gz", *entries, ("./cat/a.png", tarfile.REGTYPE, 0))
    with open_source(archive) as found:
        assert [file.path for file in scan(found.folder).files] == ["cat/a.png"]


def test_what_is_wrong_with_the_set_is_said_with_the_name_of_the_archive(tmp_path: Path) -> None:
    tree = labelled([f"{side}/{label}" for side in ("north", "south") for label in ("cat", "dog")], 3)
    archive = packed(write(tmp_path / "set", tree), "set.tar.gz")
    with pytest.raises(DatasetInvalid) as caught, opened(archive):
        pass
    assert str(caught.value).startswith(f"{archive}: north/ and south/ hold the same folders")
    with opened(archive, layout="splits") as dataset:
        assert dataset.labels == ("cat", "dog")


def test_archives_with_the_same_content_have_the_same_digest(tmp_path: Path) -> None:
    root = write(tmp_path / "set", TREE)
    archives = [packed(root, "set.tar"), packed(root, "set.zip")]
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in archives}) == 2
    with opened(archives[0]) as tar, opened(archives[1]) as zipped:
        assert tar.digest == zipped.digest


def test_a_store_below_the_data_is_no_part_of_them(tmp_path: Path) -> None:
    images = {f"{number}.png": picture(number) for number in range(12)}
    rows = [f"{number}.png,{('cat', 'dog')[number % 2]}" for number in range(12)]
    root = write(tmp_path, images | {"labels.csv": "\n".join(["path,label", *rows]).encode()})
    config = TrainingConfig(root / "labels.csv", root / "models", "pets")
    digests = set()
    for written in ({}, {"models/pets/1/curves.png": picture(99), "models/pets/.staging/x": b"x"}):
        write(root, written)
        with open_dataset(config, SMALL, Progress(disable=True)) as dataset:
            digests.add(dataset.digest)
    assert len(digests) == 1
