import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.pictures import labelled, picture, write
from training.commands.audit import audit
from training.errors import DatasetInvalid, GroupingInvalid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, labelled(["cats", "dogs"], 3) | {"cats/bad.png": b"no image", "notes.txt": b"x"})


def test_the_audit_says_where_every_file_went(folder: Path) -> None:
    done = CliRunner().invoke(audit, [str(folder)])
    assert done.exit_code == 0
    assert "8 files = 6 used + 1 unreadable + 1 not-an-image" in done.stdout
    assert "cats/bad.png" in done.stdout


def test_the_audit_as_csv_has_a_line_per_file(folder: Path) -> None:
    done = CliRunner().invoke(audit, [str(folder), "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 8
    assert {row["fate"] for row in rows if row["path"] == "notes.txt"} == {"not-an-image"}


def test_the_audit_as_json_has_the_sums_and_every_file(folder: Path) -> None:
    found = json.loads(CliRunner().invoke(audit, [str(folder), "--format", "json"]).stdout)
    assert found["accounting"]["files"] == sum(found["accounting"]["fates"].values()) == len(found["files"]) == 8
    assert found["accounting"]["labels"]["cats"] == {"used": 3, "other": 1}


@pytest.mark.parametrize("odd", [{"cats/bad.png": b"bad"}, {"cats/again.bmp": picture(0, "BMP")}])
def test_a_strict_audit_fails_on_anything_odd(tmp_path: Path, odd: dict[str, bytes]) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3) | odd)
    assert CliRunner().invoke(audit, [str(tmp_path), "--strict"]).exit_code == 1
    assert CliRunner().invoke(audit, [str(tmp_path)]).exit_code == 0


def test_a_strict_audit_of_good_files_passes(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3))
    assert CliRunner().invoke(audit, [str(tmp_path), "--strict"]).exit_code == 0


def test_the_audit_says_what_is_odd_about_the_folders(folder: Path) -> None:
    (folder / "birds").mkdir()
    assert "There is no labelled image in: birds/." in CliRunner().invoke(audit, [str(folder)]).stdout


def test_the_audit_says_what_groups_a_pattern_makes(folder: Path) -> None:
    notes = json.loads(CliRunner().invoke(audit, [str(folder), "--format", "json", "--group-by", r"\d"]).stdout)[
        "notes"
    ]
    said = "--group-by makes 3 groups of 6 images, the largest '0' with 2; 0 images have no match and are in no group."
    assert notes == [said]


def test_a_pattern_that_makes_no_groups_is_an_error(folder: Path) -> None:
    done = CliRunner().invoke(audit, [str(folder), "--group-by", "("])
    assert isinstance(done.exception, GroupingInvalid)


def test_two_readings_are_asked_about_and_the_option_answers(tmp_path: Path) -> None:
    write(tmp_path, labelled([f"{outer}/{inner}" for outer in ("north", "south") for inner in ("cat", "dog")], 3))
    done = CliRunner().invoke(audit, [str(tmp_path)])
    assert isinstance(done.exception, DatasetInvalid)
    assert "north/ and south/ hold the same folders cat, dog: two parts or two labels?" in str(done.exception)
    assert "--layout splits or --layout labels" in (done.exception.hint or "")
    for layout, labels in (("splits", {"cat", "dog"}), ("labels", {"north", "south"})):
        told = CliRunner().invoke(audit, [str(tmp_path), "--format", "json", "--layout", layout])
        assert json.loads(told.stdout)["accounting"]["labels"].keys() == labels


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"cats/": b"", "dogs/": b""}, "There is no labelled image in: cats/, dogs/."),
        ({"cats/": b""}, "It cannot be trained from: there is no image"),
        ({"readme.txt": b"x"}, "It cannot be trained from: there is no image"),
        ({"cats/a.png": picture(1)}, "It cannot be trained from: all images have the one label 'cats'"),
    ],
)
@pytest.mark.parametrize("pattern", [[], ["--group-by", "x|c"]])
def test_what_cannot_be_trained_from_is_said_and_strict_fails(
    tmp_path: Path, files: dict[str, bytes], said: str, pattern: list[str]
) -> None:
    folder = tmp_path / "set"
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).mkdir() if path.endswith("/") else (folder / path).write_bytes(content)
    if pattern and any(path.endswith(".png") for path in files):
        pattern = []  # of one image no pattern can tell groups apart
    done = CliRunner().invoke(audit, [str(folder), "--strict", "--format", "json", *pattern])
    assert said in " ".join(json.loads(done.stdout)["notes"])
    assert done.exit_code == 1
