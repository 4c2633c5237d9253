"""Writes the `training/` folder of a version: for people, for tools, and for recognising images later.

| file | contents |
|---|---|
| `report.html` | everything about the run on one page, the verdict first |
| `README.md` | the model card, with Hugging Face's metadata |
| `curves.png`, `confusion_matrix.png`, `reliability.png` | pictures |
| `history.csv` | one row per epoch of both phases, with the columns of Keras' `CSVLogger` and two more |
| `dataset.csv` | one row per file in the data folder: path, SHA-256 of its bytes, label, split, fate, reason |
| `corrections.csv` | one row per correction, if there are any: what it says, its state, and why it was not applied |
| `test_report.json` | the evaluation of the test split by the exported model (or else of the validation split) |
| `training_images.npz` | hashes of the images of `train` and `validation`, to recognise them later |

TensorBoard's logs go to the folder that the configuration names, if any.
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from model_store.cells import quoted
from model_store.evaluation.report import Evaluation
from model_store.images.fingerprint import TrainingFingerprints, digest_array
from model_store.images.light_grids import GRID_BYTES, has_grid, light_grid
from model_store.labelled_sets.corrections.outcomes import CorrectionOutcome
from model_store.manifest import TrainingImages
from model_store.storage.digest import digest_file
from model_store.storage.training_images import write_fingerprints
from model_store.storage.training_report import TRAINING_REPORT
from training.curves.history import write_history
from training.data.dataset import Dataset
from training.data.files import DATASET_COLUMNS, Audit, dataset_rows
from training.outcome import Outcome
from training.report.card import write_card
from training.report.figures import draw_curves, draw_matrix, draw_reliability
from training.report.page import write_html
from training.report.tensorboard import write_scalars

FOLDER: Final = "training"
CORRECTIONS_COLUMNS: Final = ("path", "was", "should_be", "why", "row", "state", "detail")
TRAINING_IMAGES: Final = f"{FOLDER}/training_images.npz"


def write_records(directory: Path, outcome: Outcome) -> TrainingImages:
    """Write the `training/` folder of a run.

    Args:
        directory: Directory of the version, in which `training` is created.
        outcome: The run, with the pixels of its data set still open.

    Returns:
        The manifest's entry on the hashes of the training images.
    """
    folder = directory / FOLDER
    folder.mkdir()
    write_history(folder / "history.csv", outcome.history)
    write_dataset(folder / "dataset.csv", outcome.dataset.audit)
    if outcome.dataset.audit.corrections:
        write_corrections(folder / "corrections.csv", outcome.dataset.audit)
    write_evaluation(folder / "test_report.json", outcome.headline_evaluation)
    draw_curves(folder / "curves.png", outcome)
    draw_matrix(folder / "confusion_matrix.png", outcome)
    draw_reliability(folder / "reliability.png", outcome)
    write_html(directory / TRAINING_REPORT, outcome)
    write_card(folder / "README.md", outcome)
    if outcome.config.tensorboard is not None:
        write_scalars(outcome.config.tensorboard, outcome.history, model=outcome.config.model)
    return write_training_images(directory, outcome.dataset)


def write_dataset(path: Path, audit: Audit) -> None:
    """Write `dataset.csv`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(DATASET_COLUMNS)
        writer.writerows(map(quoted, row) for row in dataset_rows(audit.files))


def write_corrections(path: Path, audit: Audit) -> None:
    """Write `corrections.csv`, which can be applied again: what became of a row is in further columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CORRECTIONS_COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(map(_quoted_texts, audit.corrections))


def _quoted_texts(outcome: CorrectionOutcome) -> dict[str, object]:
    return {name: quoted(one) if isinstance(one, str) else one for name, one in outcome.model_dump().items()}


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write `test_report.json`."""
    path.write_text(f"{evaluation.model_dump_json(indent=2)}\n", encoding="utf-8")


def write_training_images(directory: Path, dataset: Dataset) -> TrainingImages:
    """Write `training_images.npz`, with the validation images, because they decided when training stopped."""
    files = [*dataset.used["train"], *dataset.used["validation"]]
    grids = np.array([light_grid(dataset.pixels[file.row]) for file in files]).reshape(-1, GRID_BYTES)
    fingerprints = TrainingFingerprints(
        perceptual_hashes=np.array([file.perceptual_hash for file in files], np.uint64),
        digests=digest_array(file.pixel_digest for file in files),
        grids=grids[has_grid(grids)],
    )
    path = directory / TRAINING_IMAGES
    write_fingerprints(path, fingerprints)
    return TrainingImages(file=TRAINING_IMAGES, count=len(files), digest=digest_file(path).sha256)
