import os
import pty
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from model_store.commands import main
from model_store.store import ModelStore
from tests.support.layouts import pack
from tests.support.tiny_backbone import TINY
from tests.tf.training.conftest import write_folder
from training.__main__ import training
from training.variants.computing import has_bf16

ROOT = Path(__file__).parents[3]


def command(data: Path, store: Path, *options: str, module: str = "training") -> list[str]:
    every = ["--store", str(store), "--model", "colours", "--device", "cpu", *options]
    return [sys.executable, "-m", module, "train", str(data), *every]


def test_a_run_prints_the_summary_and_nothing_of_tensorflows(folder: Path, tmp_path: Path) -> None:
    corrections = tmp_path / "corrections.csv"
    corrections.write_text("path,was,should_be,why\ncolours/red/0.png,red,red,looked at\n")
    options = ["--backbone", TINY.name, "--image-size", "64", "--epochs", "5", "--positive", "blue"]
    options += ["--corrections", str(corrections)]
    arguments = command(folder, tmp_path / "store", *options, module="tests.support.tiny_backbone")
    fresh = os.environ | {"FULLCOUNT_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}  # or it is decoded
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=fresh)
    assert "50 files = 48 used + 1 unreadable + 1 not-an-image" in done.stdout
    assert "scored + 0 unreadable" in done.stdout
    assert "1 row of corrections = 1 confirmed." in done.stdout
    assert "Published colours version 1" in done.stdout
    assert {line.split("  ")[0].split(" (")[0].split(" of ")[0] for line in done.stderr.splitlines()} == {
        "Loading TensorFlow",
        "Recognised label folders: 2 labels",
        "1 row",
        "Row 2: colours/red/0.png: red, confirmed",
        "Decoding images",
        "Comparing images",
        "Computing features",
        "Training the head",
        "Scoring test images",
        *(["Measuring bfloat16"] if has_bf16() else []),
    }
    stored = ModelStore(tmp_path / "store").open("colours")
    assert stored.manifest.positive == "blue"
    assert stored.manifest.settings["corrections"] == "corrections.csv"
    assert "confirmed" in (stored.directory / "training" / "corrections.csv").read_text()


@pytest.mark.parametrize("suffix", ["", pytest.param(".tar.gz", marks=pytest.mark.thorough)])
def test_ctrl_c_leaves_no_version_and_says_one_sentence(tmp_path: Path, suffix: str) -> None:
    data = write_folder(tmp_path / "data", 60)
    data = pack(data, suffix) if suffix else data
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {
        "TMPDIR": str(tmp_path / "temporary"),
        "TERM": "xterm",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",  # or what TensorFlow generates there and removes is compiled next to it
    }
    terminal, theirs = pty.openpty()
    arguments = command(data, tmp_path / "store", "--backbone", TINY.name, module="tests.support.tiny_backbone")
    with subprocess.Popen(arguments, stderr=theirs, stdout=theirs, env=environment, start_new_session=True) as process:
        os.close(theirs)
        shown = b""
        while b"Computing features" not in shown:
            shown += os.read(terminal, 65536)
        process.send_signal(signal.SIGINT)
        shown = _read_all(terminal)
    assert process.returncode == 130
    assert shown.splitlines()[-1] == b"Interrupted."
    assert list((tmp_path / "store/colours").iterdir()) == []
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write enough pictures for fine-tuning."""
    return write_folder(tmp_path_factory.mktemp("many") / "data", 80)


@pytest.mark.parametrize(("presses", "status"), [(1, 0), (2, 130)])
def test_ctrl_c_while_fine_tuning_finishes_with_the_best_and_twice_publishes_nothing(
    many: Path, tmp_path: Path, presses: int, status: int
) -> None:
    options = ["--backbone", TINY.name, "--image-size", "32", "--val-fraction", "0.3"]
    options += ["--fine-tune-epochs", "500", "--fine-tune-patience", "500"]
    environment = os.environ | {
        "FULLCOUNT_CACHE_DIR": str(tmp_path / "cache"),
        "TERM": "xterm",
        "PYTHONPATH": str(ROOT),
    }
    terminal, theirs = pty.openpty()
    arguments = command(many, tmp_path / "store", *options, module="tests.support.tiny_backbone")
    with subprocess.Popen(arguments, stderr=theirs, stdout=theirs, env=environment, start_new_session=True) as process:
        os.close(theirs)
        shown = b""
        while b"Fine-tuning, validation loss" not in shown:
            shown += os.read(terminal, 65536)
        process.send_signal(signal.SIGINT)
        while b"Finishing with the best" not in shown:
            shown += os.read(terminal, 65536)
        if presses == 2:
            process.send_signal(signal.SIGINT)
        shown = _read_all(terminal)
    assert process.returncode == status, shown.decode()
    versions = ModelStore(tmp_path / "store").versions("colours") if presses == 1 else []
    assert versions == [1][: 2 - presses]
    assert len(list((tmp_path / "cache/runs").iterdir())) == presses - 1  # from which the same command resumes


def test_weights_that_cannot_be_downloaded_are_an_error_that_names_the_offline_ways(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # no one listens on port 9
    monkeypatch.setattr(urllib.request, "_opener", None)  # which may know of no proxy
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path / "keras"))
    _, _, _, *arguments = command(folder, tmp_path / "store", "--backbone", "efficientnet-b0")
    with pytest.raises(SystemExit, match=r"^1$"):
        main.run(training, arguments)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "The weights of efficientnet-b0 are not available" in shown.err
    assert "--backbone efficientnet-lite0" in shown.err
    assert "--weights PATH" in shown.err
    assert list((tmp_path / "store/colours").iterdir()) == []


def _read_all(terminal: int) -> bytes:
    """Read until the other side is closed, which Linux reports as an error."""
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            return shown
