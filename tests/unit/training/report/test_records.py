import csv
import json
from pathlib import Path

import numpy as np
import pytest

from model_store.cells import unquoted
from model_store.labelled_sets.corrections.reading import read_corrections
from model_store.manifest import TrainingImages
from model_store.storage.digest import digest_file
from tests.support.outcomes import HOSTILE, SMALL, make_outcome, with_corrections
from training.curves.history import read_history
from training.report.records import write_corrections, write_records

NAMES = {
    *("report.html", "README.md", "curves.png", "confusion_matrix.png", "reliability.png"),
    *("history.csv", "dataset.csv", "test_report.json", "training_images.npz"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingImages]:
    directory = tmp_path_factory.mktemp("version")
    return directory / "training", write_records(directory, make_outcome(SMALL))


def test_the_whole_folder_is_written(written: tuple[Path, TrainingImages]) -> None:
    folder, _ = written
    assert {path.name for path in folder.iterdir()} == NAMES
    assert all(path.stat().st_size > 100 for path in folder.iterdir())


def test_every_file_of_the_data_has_its_row(written: tuple[Path, TrainingImages]) -> None:
    folder, _ = written
    with (folder / "dataset.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [unquoted(row["path"]) for row in rows] == [file.path for file in make_outcome(SMALL).dataset.audit.files]


def test_the_report_for_tools_is_the_test_splits(written: tuple[Path, TrainingImages]) -> None:
    folder, _ = written
    report = json.loads((folder / "test_report.json").read_text(encoding="utf-8"))
    assert report["accounting"] == make_outcome(SMALL).evaluations["test"].accounting.model_dump()


def test_the_history_is_read_back_as_it_was(written: tuple[Path, TrainingImages]) -> None:
    folder, _ = written
    assert read_history(folder / "history.csv") == make_outcome(SMALL).history


def test_the_images_that_training_saw_are_recognisable(written: tuple[Path, TrainingImages]) -> None:
    folder, images = written
    with np.load(folder / "training_images.npz") as arrays:
        assert len(arrays["perceptual_hashes"]) == len(arrays["pixel_digests"]) == images.count == 52
    assert images.digest == digest_file(folder / "training_images.npz").sha256


def test_what_became_of_each_correction_can_be_applied_again(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    write_corrections(path, with_corrections(make_outcome(SMALL)).dataset.audit)
    assert [row[1:] for row in read_corrections("c.csv", path.read_bytes()).rows] == [
        ("train/a.png", "defective", "functional", ""),
        ("b, c.png", "functional", None, "blurred"),
        (HOSTILE[0], "functional", "functional", ""),
    ]
    assert "left-out" in path.read_text()
