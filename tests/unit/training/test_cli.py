import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.training.pictures import labelled, write
from training.cli import audit, train


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


def test_a_strict_audit_fails_on_anything_odd(folder: Path) -> None:
    assert CliRunner().invoke(audit, [str(folder), "--strict"]).exit_code == 1


def test_a_strict_audit_of_good_files_passes(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3))
    assert CliRunner().invoke(audit, [str(tmp_path), "--strict"]).exit_code == 0


def test_shares_that_leave_nothing_are_wrong_usage(folder: Path) -> None:
    options = ["--store", str(folder), "--model", "m", "--val-fraction", "0.6", "--test-fraction", "0.5"]
    done = CliRunner().invoke(train, [str(folder), *options])
    assert done.exit_code == 2
    assert "leave nothing to train on" in done.stderr


def test_an_option_has_its_default_from_the_environment(folder: Path) -> None:
    arguments = [str(folder), "--store", str(folder), "--model", "m"]
    done = CliRunner().invoke(train, arguments, env={"FULLCOUNT_BACKBONE": "efficientnet-b99"})
    assert done.exit_code == 2
    assert "efficientnet-b99" in done.stderr


def test_neither_the_package_nor_its_command_line_loads_tensorflow() -> None:
    program = "import sys, training, training.cli; print({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
