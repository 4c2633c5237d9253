"""What training leaves in the `training/` folder of a version, but the pictures: tables, report and hashes.

| file | is |
|---|---|
| `history.csv` | a row per epoch of the head, in the columns of Keras' `CSVLogger` |
| `dataset.csv` | a row per file found: path, SHA-256 of its bytes, label, split, fate, reason |
| `test_report.json` | the evaluation of the test split by the exported model (without one: of the validation split) |
| `training_images.npz` | hashes of the images of `train` and `validation`, by which they are recognised later |
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from model_store.digest import digest_file
from model_store.manifest import TrainingImages
from model_store.report import Evaluation
from training.dataset import Dataset
from training.files import Audit, File

FOLDER: Final = "training"
DATASET_COLUMNS: Final = ("path", "sha256", "label", "split", "fate", "reason")
HISTORY_COLUMNS: Final = ("epoch", "accuracy", "loss", "val_accuracy", "val_loss")
TRAINING_IMAGES: Final = f"{FOLDER}/training_images.npz"


def dataset_rows(files: Iterable[File]) -> Iterator[tuple[str, ...]]:
    """Yield a row of `DATASET_COLUMNS` per file."""
    for file in files:
        yield file.path, file.sha256, file.label or "", file.split or "", file.fate, file.reason


def dataset_digest(audit: Audit) -> str:
    """Digest which pictures were used for what.

    Returns:
        SHA-256, in hexadecimal, of the sorted lines `path,sha256,label,split` of all files, as in `dataset.csv`.
    """
    lines = sorted(",".join(row[:4]) for row in dataset_rows(audit.files))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def write_dataset(directory: Path, audit: Audit) -> None:
    """Write `dataset.csv`."""
    with (directory / FOLDER / "dataset.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(DATASET_COLUMNS)
        writer.writerows(dataset_rows(audit.files))


def write_history(directory: Path, history: list[dict[str, float]]) -> None:
    """Write `history.csv`."""
    with (directory / FOLDER / "history.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HISTORY_COLUMNS)
        writer.writeheader()
        writer.writerows(history)


def write_report(directory: Path, evaluation: Evaluation) -> None:
    """Write `test_report.json`."""
    text = evaluation.model_dump_json(indent=2)
    (directory / FOLDER / "test_report.json").write_text(f"{text}\n", encoding="utf-8")


def write_training_images(directory: Path, dataset: Dataset) -> TrainingImages:
    """Write `training_images.npz`.

    Two arrays, each sorted on its own, so that neither says which hash belongs to which: `perceptual_hashes` uint64
    `(n,)`, `pixel_digests` uint8 `(n, 32)`. Images of the validation split are among them: training stopped by them.
    """
    files = [*dataset.used["train"], *dataset.used["validation"]]
    hashes = np.sort(np.array([file.perceptual_hash for file in files], dtype=np.uint64))
    digests = sorted(bytes.fromhex(file.pixel_digest) for file in files)
    path = directory / TRAINING_IMAGES
    np.savez_compressed(
        path,
        perceptual_hashes=hashes,
        pixel_digests=np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(len(files), 32),
    )
    return TrainingImages(file=TRAINING_IMAGES, count=len(files), digest=digest_file(path).sha256)
