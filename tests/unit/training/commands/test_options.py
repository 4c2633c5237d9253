import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.pictures import labelled, write
from training.commands.train import train


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, labelled(["cats", "dogs"], 3) | {"cats/bad.png": b"no image", "notes.txt": b"x"})


def test_shares_that_leave_nothing_are_wrong_usage(folder: Path) -> None:
    options = ["--store", str(folder), "--model", "m", "--val-fraction", "0.6", "--test-fraction", "0.5"]
    done = CliRunner().invoke(train, [str(folder), *options])
    assert done.exit_code == 2
    assert "are not possible: use more than 0 for validation" in done.stderr


def test_a_zip_is_refused_with_the_command_that_says_how_to_unpack_it(tmp_path: Path) -> None:
    archive = tmp_path / "my pets.zip"
    archive.write_bytes(b"PK")
    done = CliRunner().invoke(train, [str(archive), "--store", str(tmp_path), "--model", "m"])
    assert done.exit_code == 2
    assert "is a file, not a folder" in done.stderr
    assert f"`fullcount audit '{archive}'` ends with what to type" in done.stderr


def test_an_option_has_its_default_from_the_environment(folder: Path) -> None:
    arguments = [str(folder), "--store", str(folder), "--model", "m"]
    done = CliRunner().invoke(train, arguments, env={"FULLCOUNT_BACKBONE": "efficientnet-b99"})
    assert done.exit_code == 2
    assert "efficientnet-b99" in done.stderr


def test_neither_the_package_nor_its_command_line_loads_tensorflow() -> None:
    modules = "training, training.commands.train, training.commands.audit"
    program = f"import sys, {modules}; print({{'tensorflow', 'keras', 'matplotlib'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
