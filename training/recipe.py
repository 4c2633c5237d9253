"""The recipe: from a folder of labelled images to a published version, step by step.

    audit → split → pixels → features → head → SavedModel → reload and compare → test → publish

A run that is interrupted or fails at any step leaves no version and no temporary files. Fine-tuning belongs between
head and SavedModel, calibration between SavedModel and test.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from rich.progress import Progress

from model_store.golden import MAX_GOLDEN, Golden, save_golden
from model_store.manifest import Decision
from model_store.pixels import InputSpec
from model_store.report import Evaluation
from model_store.store import ModelStore, Staging, StoredVersion
from training.backbones import BACKBONES, LoadedBackbone
from training.config import TrainingConfig
from training.dataset import Dataset, open_dataset
from training.description import Exportable, Outcome, describe, write_records
from training.devices import prepare
from training.errors import LabelUnknown
from training.export import Exported, assemble, check_exported, export
from training.files import Audit, Split
from training.fit import Examples, FittedHead, as_function, fit_head, run_in_batches
from training.scoring import evaluate_split

COMPARED: Final = 64
"""Validation images on which the SavedModel is compared with the Keras model; the first of them are golden samples."""

INFERENCE_BATCH: Final = 32
THRESHOLD: Final = 0.5
"""Probability from which the positive one of two labels is called; calibration may choose another."""


@dataclass(frozen=True)
class TrainingResult:
    """What a run made.

    Attributes:
        model: The Keras model, uint8 pixels → probabilities.
        stored: The published version.
        evaluations: `validation` and, where there is one, `test`.
        audit: Every file with its fate and split.
        head: The trained head with its history.
    """

    model: keras.Model
    stored: StoredVersion
    evaluations: dict[Split, Evaluation]
    audit: Audit
    head: FittedHead


@dataclass(frozen=True)
class _Run:
    """What the steps share."""

    config: TrainingConfig
    progress: Progress
    spec: InputSpec
    dataset: Dataset
    decision: Decision
    backbone: LoadedBackbone


def run(config: TrainingConfig, progress: Progress) -> TrainingResult:
    """Train and publish.

    Args:
        config: What to train, from what, to where.
        progress: Gets a bar per step.

    Raises:
        FullcountError: Something cannot be done; says what and what to do next. Nothing was published.
    """
    prepare(config.device, config.seed)
    backbone = BACKBONES[config.backbone]
    spec = InputSpec(height=backbone.size, width=backbone.size)
    with ModelStore(config.store).stage(config.model) as staging:  # first: an unusable store shows before the work
        loaded = backbone.load(config.weights)
        with open_dataset(config.data, spec, config.fractions, progress) as dataset:
            decision = _decide_how(dataset.labels, config.positive)
            return _train(_Run(config, progress, spec, dataset, decision, loaded), staging)


def _decide_how(labels: tuple[str, ...], positive: str | None) -> Decision:
    """With two labels one is positive: the second in sorted order unless another is named."""
    if positive is not None and (positive not in labels or len(labels) != 2):
        raise LabelUnknown(positive, labels)
    if len(labels) != 2:
        return Decision(labels)
    return Decision(labels, positive or labels[1], THRESHOLD)


def _train(this: _Run, staging: Staging) -> TrainingResult:
    train, validation = _examples(this, "train"), _examples(this, "validation")
    head = fit_head(train, validation, len(this.decision.labels), this.config.head, this.progress)
    model = assemble(this.backbone.model, head.model)
    signature = export(model, staging.directory)
    exported = _checked_export(this, model, staging.directory)
    evaluations = _evaluate(this, exported, _softmax(head.model, validation.features))
    outcome = Outcome(this.dataset, this.decision, head, evaluations)
    images = write_records(staging.directory, outcome)
    exportable = Exportable(this.backbone, this.spec, model.count_params(), signature)
    stored = staging.publish(describe(this.config, exportable, outcome, images))
    return TrainingResult(model, stored, evaluations, this.dataset.audit, head)


def _examples(this: _Run, split: Split) -> Examples:
    """Compute the backbone's features of a split, once."""
    features = run_in_batches(
        as_function(this.backbone.model),
        this.dataset.pixels,
        this.dataset.rows(split),
        batch_size=INFERENCE_BATCH,
        bar=(this.progress, f"Computing features of {split} images"),
    )
    return Examples(features, this.dataset.targets(split))


def _checked_export(this: _Run, model: keras.Model, directory: Path) -> Exported:
    """Load the SavedModel again, compare it with the Keras model and write the golden samples."""
    rows = this.dataset.rows("validation")
    rows = np.random.default_rng(this.config.seed).permutation(rows)[:COMPARED]
    pixels = this.dataset.pixels[rows]
    expected = np.asarray(model(tf.constant(pixels), training=False))
    exported = Exported(directory)
    check_exported(exported, pixels, expected)
    save_golden(directory, Golden(pixels[:MAX_GOLDEN], expected[:MAX_GOLDEN]))
    return exported


def _evaluate(this: _Run, exported: Exported, validation: npt.NDArray[np.float32]) -> dict[Split, Evaluation]:
    """Evaluate the held-out splits; the test split, looked at only now, by the model as it will be served."""
    evaluations: dict[Split, Evaluation] = {
        "validation": evaluate_split(this.dataset, "validation", validation, this.decision)
    }
    if this.dataset.used["test"]:
        probabilities = run_in_batches(
            exported,
            this.dataset.pixels,
            this.dataset.rows("test"),
            batch_size=INFERENCE_BATCH,
            bar=(this.progress, "Scoring test images"),
        )
        evaluations["test"] = evaluate_split(this.dataset, "test", probabilities, this.decision)
    return evaluations


def _softmax(head: keras.Model, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(keras.ops.softmax(head(tf.constant(features), training=False)))
