"""Corrections of labels before the split: other labels, a fate for what is left out, and other data for a run."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from model_store.errors import CorrectionsRejected
from tests.support.pictures import SMALL, labelled, opened, picture, write
from training.config import TrainingConfig
from training.data.audit import audit_folder
from training.data.dataset import open_dataset
from training.data.files import SPLITS

FILES = labelled(["cats", "dogs"], 8)
ROWS = ("cats/0.png,cats,dogs,", "cats/1.png,cats,,blurred", "dogs/2.png,dogs,dogs,", "dogs/99.png,dogs,cats,")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "data", FILES)


def table(root: Path, *rows: str) -> Path:
    path = root.parent / "corrections.csv"
    path.write_text("\n".join(("path,was,should_be,why", *rows)))
    return path


def labels_of(root: Path, corrections: Path | None) -> dict[str, str | None]:
    """Return the label of each file that is trained on or scored."""
    with opened(root, corrections=corrections) as dataset:
        return {file.path: file.label for split in SPLITS for file in dataset.used[split]}


def test_labels_are_corrected_and_what_is_not_usable_is_left_out(root: Path) -> None:
    before, after = labels_of(root, None), labels_of(root, table(root, *ROWS))
    assert before.pop("cats/1.png") == "cats"
    assert after == before | {"cats/0.png": "dogs"}


def test_every_file_has_its_fate_and_every_row_its_state(root: Path) -> None:
    audit = audit_folder(root, Progress(disable=True), corrections=table(root, *ROWS))
    assert audit.sentence() == "16 files = 15 used + 1 not-usable"
    assert [row.state for row in audit.corrections] == ["applied", "left-out", "confirmed", "not-found"]
    assert not audit.is_odd


def test_no_byte_is_touched(root: Path) -> None:
    labels_of(root, table(root, *ROWS))
    assert {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.png")} == FILES


def test_the_split_is_that_of_the_pictures(root: Path) -> None:
    def split_of(corrections: Path | None) -> dict[str, str]:
        with opened(root, corrections=corrections) as dataset:
            return {file.path: split for split in SPLITS for file in dataset.used[split]}

    assert split_of(table(root, "cats/0.png,cats,dogs,")) == split_of(None)


def test_other_corrections_are_other_data_to_a_run_that_resumes(root: Path) -> None:
    def digest(corrections: Path | None) -> str:
        with opened(root, corrections=corrections) as dataset:
            return dataset.digest

    tables = [None, ROWS[:1], ROWS[1:2], ROWS[:2], ("cats/0.png,cats,,",)]
    digests = [digest(None if rows is None else table(root, *rows)) for rows in tables]
    assert len(set(digests)) == len(tables)
    assert digest(table(root, *ROWS[2:])) == digests[0]


def test_the_run_tells_what_became_of_every_row(root: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    config = TrainingConfig(root, root / "store", "pets", corrections=table(root, *ROWS))
    with open_dataset(config, SMALL, Progress(console=console, disable=True)):
        lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[1:] == [
        "4 rows of corrections = 1 applied + 1 left-out + 1 confirmed + 1 not-found.",
        "Row 5: dogs/99.png: dogs → cats, not-found: no file of the set has this path",
        "Row 2: cats/0.png: cats → dogs, applied",
        "Row 3: cats/1.png: cats → not usable, left-out",
        "Row 4: dogs/2.png: dogs, confirmed",
    ]


def test_a_copy_under_a_wrong_label_is_no_conflict_any_more(root: Path) -> None:
    write(root, {"cats/copy.png": FILES["dogs/0.png"]})
    without = audit_folder(root, Progress(disable=True))
    corrected = audit_folder(root, Progress(disable=True), corrections=table(root, "cats/copy.png,cats,dogs,"))
    assert (without.fates["conflict"], corrected.fates["conflict"]) == (2, 0)
    assert corrected.fates["duplicate"] == 1


def test_labels_of_a_table_are_corrected_as_those_of_folders(tmp_path: Path) -> None:
    files = {f"photos/{number}.png": picture(number) for number in range(12)}
    rows = "".join(f"photos/{number}.png,{'cat' if number % 2 else 'dog'}\n" for number in range(12))
    root = write(tmp_path / "data", files | {"labels.csv": f"path,label\n{rows}".encode()})
    assert labels_of(root, table(root, "photos/1.png,cat,dog,"))["photos/1.png"] == "dog"


def test_the_report_of_a_test_zip_corrects_the_folder_around_it(tmp_path: Path) -> None:
    root = write(tmp_path / "data", labelled(["set/train/a", "set/train/b", "set/test/a", "set/test/b"], 3))
    before, after = labels_of(root, None), labels_of(root, table(root, "test/a/1.png,a,b,"))
    assert after == before | {"set/test/a/1.png": "b"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "it has no row below the header"),
        (("birds/1.png,cats,dogs,", "x.png,cats,dogs,"), "none of its 2 rows means a labelled image of the set; the"),
        (("test/cats/1.png,cats,dogs,",), "the first is test/cats/1.png: no file of the set has this path"),
        (("cats/1.png,cats,dgos,",), "row 2: 'dgos' is no label of the set; is it 'dogs'? Its labels are cats, dogs"),
    ],
)
def test_corrections_of_another_set_are_refused(root: Path, rows: tuple[str, ...], words: str) -> None:
    with pytest.raises(CorrectionsRejected) as refused:
        labels_of(root, table(root, *rows))
    assert words in str(refused.value)
    assert refused.value.hint


def test_a_file_that_is_not_there_is_refused(root: Path) -> None:
    with pytest.raises(CorrectionsRejected, match=r"none.csv: it cannot be opened \(No such file or directory\)"):
        labels_of(root, root / "none.csv")
