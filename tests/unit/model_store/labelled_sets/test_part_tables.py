"""Several tables that give labels together: one for each split or other part of a set."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from model_store.errors import SetRejected
from model_store.labelled_sets.folder import open_folder
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.labelled_sets.table_search import find_part_tables
from tests.support.fakes import grey
from tests.support.pictures import write
from training.data.files import File
from training.data.scan import scan
from training.errors import DatasetInvalid

PICTURE = grey(1)
COUNT = 6
LABELS = ("cat", "dog")


def pictures(form: str) -> dict[str, bytes]:
    return {form.format(number): PICTURE for number in range(COUNT)}


def table(row: str, head: str = "file_name,label", *, count: int = COUNT) -> bytes:
    """Write a table of which the rows name pictures by their number, and the labels in turn."""
    return "\n".join([head, *(row.format(number, LABELS[number % 2]) for number in range(count))]).encode()


IMAGEFOLDER = {
    **pictures("train/{}.png"),
    **pictures("test/{}.png"),
    "train/metadata.csv": table("{}.png,{}"),
    "test/metadata.csv": table("{}.png,{}"),
}
SETS: dict[str, tuple[dict[str, bytes], set[str]]] = {
    "a metadata.csv in each split": (IMAGEFOLDER, {"train", "test"}),
    "the same below a wrapper": ({f"pets/{path}": data for path, data in IMAGEFOLDER.items()}, {"train", "test"}),
    "labels.csv, paths from the top": (
        {
            **pictures("training_set/{}.jpg"),
            **pictures("validation_set/v{}.jpg"),
            "training_set/labels.csv": table("training_set/{}.jpg,{}", "path,label"),
            "validation_set/labels.csv": table("validation_set/v{}.jpg,{}", "path,label"),
        },
        {"train", "validation"},
    ),
    "one-hot columns, images below": (
        {
            **pictures("train/images/{}.png"),
            **pictures("valid/images/{}.png"),
            **{
                f"{split}/_classes.csv": table("images/{}.png,{}", "filename,cat,dog")
                .replace(b",cat\n", b",1,0\n")
                .replace(b"png,cat", b"png,1,0")
                .replace(b"png,dog", b"png,0,1")
                for split in ("train", "valid")
            },
        },
        {"train", "validation"},
    ),
    "JSON lines": (
        {
            **pictures("Train/{}.png"),
            **pictures("Test/{}.png"),
            **{
                f"{split}/metadata.jsonl": table('{{"file_name": "{}.png", "text": "{}"}}', "").strip()
                for split in ("Train", "Test")
            },
        },
        {"train", "test"},
    ),
    "tables beside each other, ids": (
        {
            **pictures("images/a{}.png"),
            **pictures("images/b{}.png"),
            "train_labels.csv": table("a{},{}", "id,label"),
            "test_labels.csv": table("b{},{}", "id,label"),
        },
        {"train", "test"},
    ),
    "tables and folders of the same names": (
        {
            **pictures("train/{}.png"),
            **pictures("test/{}.png"),
            "train.csv": table("{}.png,{}", "image,breed"),
            "test.csv": table("{}.png,{}", "image,breed"),
        },
        {"train", "test"},
    ),
    "three of them, as tabs": (
        {
            **{
                path: data for split in ("train", "val", "test") for path, data in pictures(f"{split}_{{}}.png").items()
            },
            **{f"{split}.tsv": table(f"{split}_{{}}.png\t{{}}", "file\tclass") for split in ("train", "val", "test")},
        },
        {"train", "validation", "test"},
    ),
}


def opened(root: Path, labels: Iterable[str] = (), **said: object) -> LabelledSet:
    return open_folder(root, tuple(labels), max_image_bytes=10_000, **said)  # type: ignore[arg-type]


def used(root: Path) -> list[File]:
    return [file for file in scan(root).files if file.label is not None]


@pytest.mark.parametrize("name", SETS)
def test_tables_of_splits_are_read_together_by_every_reader(tmp_path: Path, name: str) -> None:
    files, splits = SETS[name]
    write(tmp_path, files)
    expected = dict.fromkeys(LABELS, COUNT // 2 * len(splits))
    for labels in ((), LABELS):
        found = opened(tmp_path, labels)
        assert Counter(image.label for image in found.images) == expected
        assert len(found.interpretation.labels_files) == len(splits)
    trained = used(tmp_path)
    assert Counter(file.label for file in trained) == expected
    assert Counter(file.split for file in trained) == dict.fromkeys(splits, COUNT)


def test_it_is_said_of_each_table_how_it_was_understood(tmp_path: Path) -> None:
    write(tmp_path, IMAGEFOLDER)
    first, second = scan(tmp_path).tables
    assert (first.path, second.path) == ("test/metadata.csv", "train/metadata.csv")
    assert first.understood == [
        f"{first.path}: column 'file_name' names 6 of 6 files by their path; column 'label' has 2 labels: cat, dog.",
        f"{first.path}: its files are in the split test.",
    ]


def test_a_table_in_one_split_leaves_the_others_unlabelled(tmp_path: Path) -> None:
    write(tmp_path, {path: data for path, data in IMAGEFOLDER.items() if path != "test/metadata.csv"})
    assert Counter(file.fate for file in scan(tmp_path).files) == {"used": COUNT, "unlabelled": COUNT, "labels-file": 1}


def test_one_table_of_pictures_in_split_folders_keeps_the_splits(tmp_path: Path) -> None:
    rows = table("train/{}.png,{}", "path,label") + table("test/{}.png,{}", "")
    write(tmp_path, {**pictures("train/{}.png"), **pictures("test/{}.png"), "labels.csv": rows})
    assert Counter(file.split for file in used(tmp_path)) == {"train": COUNT, "test": COUNT}
    assert opened(tmp_path).interpretation.labels_file is not None
    assert "other_labels_files" not in opened(tmp_path).interpretation.model_fields_set


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train/metadata.csv": table("{}.png,{}") + b"\ntest/1.png,cat"}, "train/metadata.csv names test/1.png"),
        (
            {
                "train/metadata.csv": table("{}.png,{},train", "file_name,label,split").replace(
                    b"dog,train", b"dog,test"
                )
            },
            "says that 1.png is in the split test, and its own name or folder says train",
        ),
        ({"train/metadata.csv": table("{}.png,{}") + b"\n1.png,cat"}, "train/metadata.csv, row 8: 1.png has the label"),
    ],
)
def test_what_contradicts_the_part_of_a_table_is_refused(tmp_path: Path, changed: dict[str, bytes], said: str) -> None:
    write(tmp_path, IMAGEFOLDER | changed)
    with pytest.raises(SetRejected, match=said):
        opened(tmp_path)
    with pytest.raises(DatasetInvalid, match=said):
        scan(tmp_path)


def test_a_picture_in_the_tables_of_two_splits_is_a_question(tmp_path: Path) -> None:
    both = {"train.csv": table("{},{}", "id,label"), "test.csv": table("{},{}", "id,label", count=2)}
    write(tmp_path, pictures("images/{}.png") | both)
    with pytest.raises(SetRejected, match=r"test\.csv and train\.csv both name images/0\.png: which part") as caught:
        opened(tmp_path)
    assert "--labels-from" in (caught.value.hint or "")


def test_more_parts_with_tables_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_store.labelled_sets.set_tables._MAX_PARTS", 1)
    write(tmp_path, IMAGEFOLDER)
    with pytest.raises(SetRejected, match="2 folders have a table of their own, more than 1"):
        opened(tmp_path)


def test_of_a_path_of_thousands_of_folders_only_the_first_are_looked_at() -> None:
    deep = "a/" * 30_000
    assert find_part_tables([f"{deep}{number}.png" for number in range(100)] + [f"{deep}labels.csv"]) == {}


def test_a_long_name_is_cut_in_a_question(tmp_path: Path) -> None:
    name = "x" * 200
    rows = f"path,label\ncat/0.png,{name}\ncat/1.png,cat\ndog/0.png,{name}\ndog/1.png,dog".encode()
    write(tmp_path, {f"{label}/{n}.png": PICTURE for label in LABELS for n in range(2)} | {"kinds.csv": rows})
    with pytest.raises(SetRejected, match="both give labels and disagree") as caught:
        opened(tmp_path)
    assert f"says {name[:100]}." in str(caught.value)
