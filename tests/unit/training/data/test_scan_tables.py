"""Labels and splits from a table in the data folder: the same tables as an evaluation reads."""

from pathlib import Path

import pytest
from rich.progress import Progress

from tests.support.pictures import labelled, picture, write
from training.data.audit import audit_folder
from training.data.files import ODD_FATES, Audit, File
from training.data.scan import scan
from training.errors import DatasetInvalid

COUNT = 12
LABELS = [("cat", "dog")[number % 2] for number in range(COUNT)]
SILENCE = Progress(disable=True)


def pictures(name: str = "photos/{}.png") -> dict[str, bytes]:
    return {name.format(number): picture(number + 1) for number in range(COUNT)}


def table(row: str, head: str = "", *, encoding: str = "utf-8") -> bytes:
    rows = [row.format(number, label) for number, label in enumerate(LABELS)]
    return "\n".join([head, *rows] if head else rows).encode(encoding)


def audited(root: Path) -> Audit:
    return audit_folder(root, SILENCE)


def labels_of(files: list[File]) -> list[str | None]:
    images = {file.path.rpartition("/")[2]: file.label for file in files if file.format or file.fate == "used"}
    return [images[name] for name in sorted(images, key=lambda name: int("".join(filter(str.isdigit, name))))]


@pytest.mark.parametrize(
    ("name", "given", "form"),
    [
        ("labels.csv", table("photos/{}.png,{}", "path,label"), "photos/{}.png"),
        ("train_labels.csv", table("{},{}", "id,breed"), "photos/{}.png"),
        ("birds.tsv", table("{}.png\t{}", "File name\tSpecies", encoding="utf-16"), "img_folder/{}.png"),
        ("metadata.jsonl", table('{{"file_name": "{}.png", "text": "{}"}}'), "{}.png"),
        ("answers.csv", table("x_{}.png;{}"), "x_{}.png"),
    ],
)
def test_a_table_gives_the_labels_where_the_folders_give_none(
    tmp_path: Path, name: str, given: bytes, form: str
) -> None:
    write(tmp_path, pictures(form) | {name: given})
    found = scan(tmp_path)
    assert labels_of(found) == LABELS
    (file,) = (file for file in found if file.fate == "labels-file")
    assert file.path == name
    assert "labels-file" not in ODD_FATES


def test_tables_that_are_not_at_the_top_are_named_and_the_way_out_is_said(tmp_path: Path) -> None:
    tables = {f"{split}/metadata.csv": table("{}.png,{}", "file_name,label") for split in ("train", "test")}
    write(tmp_path, pictures("train/{}.png") | pictures("test/{}.png") | tables | {"__MACOSX/._a.csv": b""})
    with pytest.raises(DatasetInvalid) as refused:
        scan(tmp_path)
    assert str(refused.value).endswith(
        "the folders test, train hold images and no labels. "
        "test/metadata.csv, train/metadata.csv are not read, since they are not at the top of the set."
    )
    assert str(refused.value.hint).startswith("Join such tables into one labels.csv at the top")
    assert labels_of(scan(tmp_path / "train")) == LABELS


def test_a_table_inside_the_wrapper_gives_the_labels(tmp_path: Path) -> None:
    files = pictures("set/jpg/{}.png") | {"set/list.csv": table("jpg/{}.png,{}", "image,class")}
    write(tmp_path, files)
    assert labels_of(scan(tmp_path)) == LABELS
    assert audited(tmp_path).interpretation.wrapper == "set"


def test_a_column_gives_the_splits(tmp_path: Path) -> None:
    splits = ["train"] * 8 + ["val", "val", "TEST", "TEST"]
    rows = [f"{split},photos/{number}.png,{LABELS[number]}" for number, split in enumerate(splits)]
    write(tmp_path, pictures() | {"labels.csv": "\n".join(["split,path,label", *rows]).encode()})
    found = {file.path: file.split for file in scan(tmp_path)}
    assert [found[f"photos/{number}.png"] for number in (0, 8, 10)] == ["train", "validation", "test"]


def test_folders_that_give_labels_are_not_overruled_by_any_other_table(tmp_path: Path) -> None:
    scores = b"file,score\ncats/0.png,cat\ncats/1.png,dog\n"
    write(tmp_path, labelled(["cats", "dogs"], 2) | {"results.csv": scores})
    found = {file.path: file for file in scan(tmp_path)}
    assert found["cats/1.png"].label == "cats"
    assert found["results.csv"].fate == "not-an-image"


def test_a_labels_csv_overrules_folders(tmp_path: Path) -> None:
    rows = b"path,label\na/0.png,x\na/1.png,y\nb/0.png,x\nb/1.png,y\n"
    write(tmp_path, labelled(["a", "b"], 2) | {"labels.csv": rows})
    assert {file.label for file in scan(tmp_path) if file.label} == {"x", "y"}


def test_rows_without_a_file_and_files_without_a_row_are_counted_and_named(tmp_path: Path) -> None:
    given = table("photos/{}.png,{}", "path,label") + b"\nphotos/gone.png,cat\n"
    write(tmp_path, pictures() | {"labels.csv": given, "photos/new.png": picture(99)})
    found = audited(tmp_path)
    assert found.fates["unlabelled"] == 1
    assert found.interpretation.unlabelled == 1
    assert next(file.reason for file in found.files if file.fate == "unlabelled") == "not named by labels.csv"
    assert "labels.csv lists 1 file that does not exist: photos/gone.png." in found.notes
    assert found.interpretation.layout == "labels-file"
    assert found.interpretation.labels == ["cat", "dog"]
    assert found.is_trainable


def test_it_is_said_how_a_table_was_understood(tmp_path: Path) -> None:
    write(tmp_path, pictures() | {"breeds.csv": table("{},{}", "id,breed")})
    said = " ".join(audited(tmp_path).notes)
    assert "'id' names 12 of 12 files by the end of their path, without their extension" in said
    assert "'breed' has 2 labels" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"path,label\n0.png,cat\n0.png,dog\n", "Labels.CSV, row 3: 0.png has the label 'dog'"),
        (b"path,label\n0.png,\n", "Labels.CSV, row 2: 0.png has no label"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_with_its_row(tmp_path: Path, given: bytes, said: str) -> None:
    write(tmp_path, pictures("{}.png") | {"Labels.CSV": given})
    with pytest.raises(DatasetInvalid, match=said):
        scan(tmp_path)


def test_two_columns_that_could_be_the_label_are_a_question(tmp_path: Path) -> None:
    rows = [f"{number},{('red', 'blue', 'red')[number % 3]},{label}" for number, label in enumerate(LABELS)]
    write(tmp_path, pictures("{}.png") | {"about.csv": "\n".join(["id,colour,animal", *rows]).encode()})
    with pytest.raises(DatasetInvalid, match="which column is the label, 'colour' or 'animal'") as caught:
        scan(tmp_path)
    assert "'label'" in (caught.value.hint or "")


def test_folders_that_are_a_question_stay_one_beside_a_table(tmp_path: Path) -> None:
    files = {f"{side}/{label}/{n}.png": picture(n) for side in ("north", "south") for label in "ab" for n in range(3)}
    write(tmp_path, files | {"notes.csv": b"id,kind\n0,x\n1,y\n2,x\n"})
    with pytest.raises(DatasetInvalid, match="two parts or two labels"):
        scan(tmp_path)
