"""The command line on a real store: the same answers as the server's, by the same code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Cells, Server
from tests.support.trained_store import MODEL, TrainedStore


def fullcount(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    command = [str(Path(sys.executable).with_name("fullcount")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_predict_says_the_same_with_and_without_a_server(
    server: Server, store: Path, cells: Cells, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    images = [*sorted((cells.root / "test").rglob("*.png"))[:3], broken]
    answers = []
    for where in (("--store", store), ("--url", server.url)):
        done = fullcount("predict", *images, *where, "--model", MODEL, "--format", "json")
        assert done.returncode == 1, done.stderr  # one of them is broken
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    assert [one.get("error", {}).get("reason") for one in answers[0]["results"]] == [None, None, None, "corrupt"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_evaluate_counts_a_folder_and_a_zip_alike(
    kind: str, cells: Cells, held_out_zip: bytes, trained: TrainedStore, tmp_path: Path
) -> None:
    data = cells.root / "test"
    if kind == "zip":
        data = tmp_path / "test.zip"
        data.write_bytes(held_out_zip)
    done = fullcount("evaluate", data, "--store", trained.store, "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["confusion_matrix"] == trained.report.model_dump()["confusion_matrix"]
    assert report["stored"] is False


def test_evaluate_prints_the_sum_and_the_matrix(server: Server, held_out_zip: bytes, tmp_path: Path) -> None:
    data = tmp_path / "test.zip"
    data.write_bytes(held_out_zip)
    done = fullcount("evaluate", data, "--url", server.url)
    recognised, counted = done.stdout.splitlines()[:2]
    assert recognised == "Recognised label folders below test/: 2 labels (defective, functional).", done.stderr
    assert counted == "158 files = 158 scored + 0 unreadable"
    assert "│ files " in done.stdout


def test_a_gate_opens_and_closes_by_the_held_out_files(server: Server, held_out_zip: bytes, tmp_path: Path) -> None:
    data = tmp_path / "test.zip"
    data.write_bytes(held_out_zip)
    where = ("--url", server.url, "--junit", tmp_path / "junit.xml")
    opened = fullcount("evaluate", data, *where, "--min", "accuracy=0.5")
    assert opened.returncode == 0, opened.stderr
    closed = fullcount("evaluate", data, *where, "--min", "accuracy=0.5", "--min", "recall[defective]=0.999")
    assert closed.returncode == 1
    assert "NOT MET: recall[defective] is " in closed.stderr
    assert (
        '<testsuite name="solar-cells version 1 on test.zip" tests="2" failures="1"'
        in (tmp_path / "junit.xml").read_text()
    )


def test_a_damaged_version_is_told_by_every_difference(store: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    (copy / MODEL / "1" / "golden.npz").write_bytes(b"other")
    (copy / MODEL / "1" / "extra").touch()
    done = fullcount("models", "verify", "--store", copy)
    assert done.returncode == 1
    assert "extra is not in the manifest" in done.stderr
    assert "golden.npz has changed" in done.stderr


def test_a_server_that_cannot_load_says_why_and_exits_with_1(store: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    (copy / MODEL / "1" / "saved_model.pb").write_bytes(b"other")
    done = fullcount("serve", "--store", copy, "--port", 0)
    assert done.returncode == 1
    assert "saved_model.pb has changed" in done.stderr


def test_doctor_finds_the_engine() -> None:
    done = fullcount("doctor", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "cpu" in json.loads(done.stdout)["devices"]


@pytest.mark.thorough
def test_bench_measures_the_limits_and_the_service_and_says_what_holds_it_back(store: Path, cells: Cells) -> None:
    pictures = sorted((cells.root / "test").rglob("*.png"))[:8]
    done = fullcount("bench", *pictures, "--store", store, "--model", MODEL, "--seconds", 0.5, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["engine"].startswith("openvino on cpu in f32")
    assert set(found["loads"]) == {"1", "8", "32"}
    for load in found["loads"].values():
        assert load["refused"] == 0
        assert 0 < load["p50_ms"] <= load["p99_ms"]
    assert 0 < found["limits"]["both"] < found["limits"]["decode"]
    assert found["peak_mib"] > 100
    assert "of what decoder and engine can do here" in found["verdict"][0]
