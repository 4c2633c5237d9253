import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from rich.progress import Progress, TaskID

import training
from model_store.images.fingerprint import perceptual_hash, pixel_digest
from model_store.images.pixels import decode
from model_store.storage.digest import digest_file
from model_store.storage.golden import load_golden
from model_store.store import ModelStore
from tests.tf.training.conftest import SIZE, config_for
from training.errors import ExportMismatch, LabelUnknown
from training.publishing.saved_model import Exported, check_exported
from training.recipe import TrainingResult


def table(run: TrainingResult, name: str) -> list[dict[str, str]]:
    text = (run.stored.directory / "training" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_the_published_version_opens_with_every_digest_right(run: TrainingResult) -> None:
    opened = ModelStore(run.stored.directory.parent.parent).open("colours")
    assert opened.manifest == run.stored.manifest


def test_the_two_colours_are_told_apart(run: TrainingResult) -> None:
    assert run.evaluations["test"].metrics.accuracy.value == 1


def test_every_file_is_in_the_manifest_and_in_the_table(run: TrainingResult) -> None:
    summary = run.stored.manifest.dataset
    rows = table(run, "dataset.csv")
    assert sum(summary.fates.values()) == len(rows) == 50
    assert sum(sum(counts.values()) for counts in summary.counts.values()) == summary.fates["used"] == 48
    assert {row["path"] for row in rows if row["fate"] != "used"} == {"notes.txt", "red/cut.png"}


def test_the_saved_model_answers_as_the_keras_model(run: TrainingResult) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    served = tf.saved_model.load(run.stored.directory).signatures["serving_default"](pixels=tf.constant(pixels))
    assert list(served) == ["probabilities"]
    assert np.abs(served["probabilities"] - run.model(pixels, training=False)).max() <= 1e-5


def test_the_signature_is_what_the_manifest_says(run: TrainingResult) -> None:
    function = tf.saved_model.load(run.stored.directory).signatures["serving_default"]
    (name, spec), *others = function.structured_input_signature[1].items()
    signature = run.stored.manifest.signature
    assert (name, spec.dtype.name, tuple(spec.shape)) == tuple(signature.input.model_dump().values())
    assert not others


def test_the_golden_samples_hold_the_keras_models_answers(run: TrainingResult) -> None:
    golden = load_golden(run.stored.directory)
    assert 1 <= len(golden.pixels) <= 16
    assert np.allclose(golden.probabilities, run.model(golden.pixels, training=False), atol=1e-6)
    assert np.allclose(golden.probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_test_report_counts_the_test_images(run: TrainingResult) -> None:
    report = json.loads((run.stored.directory / "training/test_report.json").read_text())
    images = sum(run.stored.manifest.dataset.counts["test"].values())
    assert report["accounting"]["images"] == images == sum(map(sum, report["confusion_matrix"]["counts"]))
    assert run.stored.manifest.metrics["test"].images == images


def test_the_training_images_are_recognised_by_their_hashes(run: TrainingResult, folder: Path) -> None:
    described = run.stored.manifest.training_images
    assert described is not None
    path = run.stored.directory / described.file
    with np.load(path) as arrays:
        digests = {row.tobytes().hex() for row in arrays["pixel_digests"]}
        hashes = set(arrays["perceptual_hashes"].tolist())
    used = [file for file in run.audit.files if file.split in {"train", "validation"}]
    pixels = decode((folder / used[0].path).read_bytes(), run.stored.manifest.input).pixels
    assert (pixel_digest(pixels) in digests, perceptual_hash(pixels) in hashes) == (True, True)
    assert (len(digests), described.digest) == (len(used), digest_file(path).sha256)
    assert not digests & {file.pixel_digest for file in run.audit.files if file.split == "test"}


def test_the_history_has_a_row_for_each_epoch(run: TrainingResult) -> None:
    rows = table(run, "history.csv")
    assert [float(row["val_loss"]) for row in rows] == [row.val_loss for row in run.history]
    assert list(rows[0]) == ["epoch", "phase", "learning_rate", "accuracy", "loss", "val_accuracy", "val_loss"]


@pytest.mark.parametrize("name", ["curves.png", "confusion_matrix.png", "reliability.png"])
def test_the_pictures_can_be_opened(run: TrainingResult, name: str) -> None:
    with Image.open(run.stored.directory / "training" / name) as image:
        assert min(image.size) > 200


def test_a_saved_model_that_answers_otherwise_is_not_accepted(run: TrainingResult) -> None:
    pixels = load_golden(run.stored.directory).pixels
    wrong = np.asarray(run.model(pixels, training=False)) + np.float32(1e-3)
    with pytest.raises(ExportMismatch, match=r"differ by 0\.001"):
        check_exported(Exported(run.stored.directory), pixels, wrong)


def test_the_same_seed_gives_the_same_model(run: TrainingResult, folder: Path, tmp_path: Path) -> None:
    again = training.train(config_for(folder, tmp_path))
    assert again.history == run.history
    assert again.evaluations == run.evaluations


class Interrupted(Progress):
    """Press Ctrl-C when a certain step begins."""

    def __init__(self, step: str) -> None:
        super().__init__(disable=True)
        self.step = step

    def add_task(self, description: str, *args: object, **settings: object) -> TaskID:
        if description.startswith(self.step):
            raise KeyboardInterrupt
        return super().add_task(description, *args, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", ["Decoding", "Computing features of validation", "Training the head", "Scoring test"])
def test_an_interruption_leaves_nothing_behind(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path / "cache"))  # with nothing decoded in it
    with pytest.raises(KeyboardInterrupt):
        training.train(config_for(folder, tmp_path / "store"), Interrupted(step))
    assert list((tmp_path / "store/colours").iterdir()) == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_an_unknown_positive_label_is_named_before_anything_is_trained(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LabelUnknown, match="'green' is not one of: blue, red"):
        training.train(config_for(folder, tmp_path, positive="green"), Interrupted("Computing"))
