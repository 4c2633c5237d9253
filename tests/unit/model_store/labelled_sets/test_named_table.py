"""`--labels-from`: the table that the user names decides, wherever it is."""

import io
from pathlib import Path

import pytest

from model_store.errors import SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.folder import open_folder
from model_store.labelled_sets.labelled_set import SetLimits
from model_store.labelled_sets.named_table import contradiction_of
from tests.support.fakes import grey, zip_of
from tests.support.pictures import write

LIMITS = SetLimits(max_entries=50, max_uncompressed_bytes=100_000, max_compression_ratio=1_000, max_image_bytes=5_000)
FILES = {f"{folder}/{number}.png": grey(1) for folder in ("cat", "dog") for number in range(2)}
SWAPPED = b"path,label\ncat/0.png,dog\ncat/1.png,cat\ndog/0.png,cat\ndog/1.png,dog\n"
TABLES = {"a.csv": SWAPPED, "notes/b.csv": SWAPPED.replace(b"cat/", b"../cat/").replace(b"dog/", b"../dog/")}
EXPECTED = {"cat/0.png": "dog", "cat/1.png": "cat", "dog/0.png": "cat", "dog/1.png": "dog"}


def labels_of(root: Path, labels_from: str | Path, labels: tuple[str, ...] = ()) -> dict[str, str]:
    given = open_folder(root, labels, max_image_bytes=5_000, labels_from=Path(labels_from))
    return {image.path: image.label for image in given.images}


@pytest.mark.parametrize("labels", [(), ("cat", "dog")])
def test_a_table_of_the_set_wins_over_folders(tmp_path: Path, labels: tuple[str, ...]) -> None:
    write(tmp_path, FILES | TABLES)
    for name in (Path("a.csv"), tmp_path / "a.csv"):
        given = open_folder(tmp_path, labels, max_image_bytes=5_000, labels_from=name)
        assert {image.path: image.label for image in given.images} == EXPECTED
        assert [file.path for file in given.ignored if file.reason == "labels-file"] == ["a.csv"]


@pytest.mark.parametrize("name", ["elsewhere.csv", "kinds.tsv", "list.txt"])
def test_a_table_elsewhere_names_files_of_the_set(tmp_path: Path, name: str) -> None:
    write(tmp_path / "set", FILES | {name: b"x"} if name == "list.txt" else FILES)
    (tmp_path / name).write_bytes(SWAPPED.replace(b",", b"\t") if name.endswith("tsv") else SWAPPED)
    given = open_folder(tmp_path / "set", (), max_image_bytes=5_000, labels_from=tmp_path / name)
    assert {image.path: image.label for image in given.images} == EXPECTED
    assert given.interpretation.labels_file is not None
    assert given.interpretation.labels_file.path == name
    assert "labels-file" not in {file.reason for file in given.ignored}


def test_the_paths_of_a_table_elsewhere_may_begin_above_the_set(tmp_path: Path) -> None:
    write(tmp_path, {f"set/{path}": data for path, data in FILES.items()})
    (tmp_path / "all.csv").write_bytes(SWAPPED.replace(b"cat/", b"set/cat/").replace(b"dog/", b"set/dog/"))
    assert labels_of(tmp_path / "set", tmp_path / "all.csv") == EXPECTED


def test_codes_of_a_table_elsewhere_are_named_beside_it(tmp_path: Path) -> None:
    write(tmp_path, {f"set/{n}.png": grey(1) for n in range(4)} | {"classes.txt": b"cat\ndog\n"})
    (tmp_path / "y.csv").write_bytes(b"id,y\n0,0\n1,1\n2,0\n3,1\n")
    assert set(labels_of(tmp_path / "set", tmp_path / "y.csv").values()) == {"cat", "dog"}


def test_a_zip_has_its_own_table_or_takes_one_from_this_machine(tmp_path: Path) -> None:
    archive = Archive(io.BytesIO(zip_of(FILES | TABLES)), LIMITS)
    (tmp_path / "mine.csv").write_bytes(SWAPPED)
    for labels_from in (Path("a.csv"), tmp_path / "mine.csv"):
        given = archive.labelled((), labels_from=labels_from)
        assert {image.path: image.label for image in given.images} == EXPECTED


def test_a_bare_name_means_the_tables_of_that_name_in_the_parts(tmp_path: Path) -> None:
    part = {f"{n}.png": grey(1) for n in range(2)} | {"labels.csv": b"path,label\n0.png,cat\n1.png,dog\n"}
    write(tmp_path, {f"{site}/{path}": data for site in ("north", "south", "west") for path, data in part.items()})
    with pytest.raises(SetRejected, match=r"north/0\.png is in north/, and north/labels\.csv says cat") as caught:
        open_folder(tmp_path, (), max_image_bytes=5_000)
    assert "--labels-from labels.csv" in (caught.value.hint or "")
    assert set(labels_of(tmp_path, "labels.csv").values()) == {"cat", "dog"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.csv", "There is no file gone.csv, neither in the set nor on this machine; its tables are a.csv"),
        ("bad.csv", "bad.csv gives no labels: it needs a column with the paths"),
        ("none.csv", "none.csv names none of the images"),
    ],
)
def test_a_table_that_gives_no_labels_is_refused(tmp_path: Path, name: str, said: str) -> None:
    write(tmp_path, FILES | {"a.csv": SWAPPED, "bad.csv": b"x\ny\n", "none.csv": b"path,label\nq.png,cat\n"})
    with pytest.raises(SetRejected, match=said):
        labels_of(tmp_path, name)


def opened(root: Path, labels: tuple[str, ...] = ()) -> str:
    """Return what is asked about a set, or an empty text."""
    try:
        open_folder(root, labels, max_image_bytes=5_000)
    except SetRejected as error:
        return f"{error} {error.hint}"
    return ""


@pytest.mark.parametrize("labels", [(), ("cat", "dog")])
@pytest.mark.parametrize(
    ("rows", "asks"),
    [
        ("cat/0.png,dog cat/1.png,cat dog/0.png,dog dog/1.png,dog", True),
        ("cat/0.png,dog cat/1.png,dog dog/0.png,cat dog/1.png,cat", True),
        ("cat/0.png,Cat cat/1.png,Cat dog/0.png,Dog dog/1.png,Dog", False),
        ("cat/0.png,0 cat/1.png,0 dog/0.png,1 dog/1.png,1", False),
        ("cat/0.png,dog", False),
        ("cat/0.png, cat/1.png,cat dog/0.png,dog dog/1.png,dog", False),
    ],
)
def test_a_table_that_disagrees_with_the_folders_is_a_question(
    tmp_path: Path, *, rows: str, asks: bool, labels: tuple[str, ...]
) -> None:
    write(tmp_path, FILES | {"kinds.csv": "\n".join(["path,label", *rows.split()]).encode()})
    assert ("--labels-from kinds.csv" in opened(tmp_path, labels)) is asks
    if asks:
        given = open_folder(tmp_path, labels, max_image_bytes=5_000, layout="labels")
        assert all(image.path.startswith(image.label) for image in given.images)


def test_two_tables_are_a_question_that_the_option_answers(tmp_path: Path) -> None:
    rows = b"0.png,cat\n1.png,dog\n"
    files = {f"{n}.png": grey(1) for n in range(2)}
    write(tmp_path, files | {"a.csv": b"id,breed\n" + rows, "b.csv": b"id,mood\n" + rows.replace(b"cat", b"sad")})
    assert "a.csv and b.csv both give labels" in opened(tmp_path)
    assert "column 'mood' has 2 labels: dog, sad" in opened(tmp_path)
    assert "--labels-from a.csv or b.csv" in opened(tmp_path)
    assert set(labels_of(tmp_path, "b.csv").values()) == {"sad", "dog"}


def test_other_answers_to_the_same_question_contradict_a_table() -> None:
    table, folder = Path("t.csv"), Path("photos")
    assert contradiction_of(folder, None, table) is None
    assert "give one of them" in (contradiction_of(folder, "labels", table) or "")
    assert "itself the table" in (contradiction_of(Path("labels.csv"), None, table) or "")
