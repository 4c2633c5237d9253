"""The recipe: from a folder of labelled images to a published version, step by step.

    audit → split → pixels → head → fine-tuning → temperature → SavedModel → reload and compare → test → publish

A run that is interrupted or fails at any step publishes nothing; the same command resumes from the last snapshot.
`learning/phases.py` has the two phases.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from rich.progress import Progress

from model_store.decision import Decision
from model_store.evaluation.report import Evaluation
from model_store.images.pixels import InputSpec
from model_store.labelled_sets.recognition.folder_names import Split
from model_store.precision import MeasuredPrecision, Precision
from model_store.storage.golden import MAX_GOLDEN, Golden, save_golden
from model_store.store import ModelStore, Staging, StoredVersion
from training.backbones.catalogue import BACKBONES, LoadedBackbone
from training.config import TrainingConfig
from training.curves.diagnosis import Diagnosis, Facts, diagnose
from training.curves.history import History
from training.data.dataset import Dataset, open_dataset
from training.data.files import Audit
from training.errors import LabelUnknown, QuantizationRefused
from training.interruption import Interruption
from training.learning.calibration import Calibration, fit_temperature, softmax
from training.learning.devices import prepare
from training.learning.features import INFERENCE_BATCH, run_in_batches
from training.learning.phases import Trained, train_phases
from training.learning.schedule import Clock
from training.learning.scoring import evaluate_split
from training.learning.threshold import Threshold, choose_threshold, parse_policy
from training.learning.workbench import Workbench
from training.outcome import Outcome, Probabilities
from training.publishing.activation_maps import activation_maps
from training.publishing.description import Exportable, describe, settings_of, software
from training.publishing.saved_model import Exported, assemble, check_exported, export
from training.report.mistakes import mistake_rows
from training.report.records import write_records
from training.run_state import open_run, run_key
from training.variants.held_out import HeldOut
from training.variants.making import add_int8, measure_bf16
from training.variants.quantization import check_quantizer, choose_calibration

COMPARED: Final = 64
"""Validation images on which SavedModel and Keras model are compared; the first become golden samples."""

THRESHOLD: Final = 0.5
"""Threshold of the positive label until one is chosen on the validation images."""


@dataclass(frozen=True)
class TrainingResult:
    """The result of a run.

    Attributes:
        model: The Keras model, uint8 pixels → probabilities.
        stored: The published version.
        outcome: Everything else that the run determined.
    """

    model: keras.Model
    stored: StoredVersion
    outcome: Outcome

    @property
    def evaluations(self) -> dict[Split, Evaluation]:
        """The evaluations of `validation` and, unless the split is empty, of `test`."""
        return self.outcome.evaluations

    @property
    def audit(self) -> Audit:
        """Every file with its fate and split."""
        return self.outcome.dataset.audit

    @property
    def history(self) -> History:
        """The learning curves, one row per epoch of both phases."""
        return self.outcome.history


def run(config: TrainingConfig, progress: Progress, interruption: Interruption | None = None) -> TrainingResult:
    """Train and publish.

    Args:
        config: Data, model, store and settings.
        progress: Progress display, which gets a bar per step.
        interruption: Request to finish with the best model so far.

    Raises:
        FullcountError: If training is not possible; the message says why and what to do. Nothing is published.
    """
    if config.quantize:
        check_quantizer()  # before the work, as below
    clock = Clock(config.budget_s)
    devices = prepare(config.device, config.seed)
    backbone = BACKBONES[config.backbone]
    size = config.image_size or backbone.size
    spec = InputSpec(height=size, width=size)
    with (
        ModelStore(config.store).stage(config.model) as staging,  # before the work, which an unusable store would waste
        open_dataset(config, spec, progress) as dataset,
    ):
        decision = _initial_decision(dataset.labels, config.positive)
        loaded = backbone.load(config.weights, size)
        with open_run(_key(config, dataset, loaded), restart=config.restart) as state:
            bench = Workbench(config, devices, dataset, loaded, state, clock, progress, interruption or Interruption())
            result = _publish(bench, decision, spec, staging)
            state.discard()
    return result


def _initial_decision(labels: tuple[str, ...], positive: str | None) -> Decision:
    """Return the decision before a threshold is chosen; of two labels the second is positive unless one is named."""
    if positive is not None and (positive not in labels or len(labels) != 2):
        raise LabelUnknown(positive, labels)
    if len(labels) != 2:
        return Decision(labels)
    return Decision(labels, positive or labels[1], THRESHOLD)


def _key(config: TrainingConfig, dataset: Dataset, backbone: LoadedBackbone) -> str:
    """Return the key of the run, a digest of everything that decides its result."""
    return run_key(
        {
            "model": config.model,
            "settings": settings_of(config),
            "labels": dataset.labels,
            "data": dataset.digest,
            "backbone": config.backbone,
            "image_size": config.image_size,
            "weights": backbone.weights,
            "software": software(),
        }
    )


def _publish(bench: Workbench, decision: Decision, spec: InputSpec, staging: Staging) -> TrainingResult:
    """Train, calibrate, export, score the test split with the exported model, describe and publish."""
    trained = train_phases(bench)
    targets = bench.dataset.targets("validation")
    calibration = fit_temperature(trained.logits, targets)
    decision, threshold = _choose_threshold(bench.config, decision, trained, calibration, targets)
    model = assemble(bench.backbone.model, trained.head, calibration.temperature)
    start = time.monotonic()
    maps = activation_maps(bench.backbone.model, trained.head, calibration.temperature)
    signatures = export(model, maps, staging.directory)
    exported = _checked_export(bench, model, staging.directory)
    bench.seconds["export"] = time.monotonic() - start
    probabilities = _score(bench, exported, softmax(trained.logits / calibration.temperature))
    precisions, refused = _other_precisions(bench, spec, decision, staging.directory, probabilities["validation"])
    outcome = Outcome(
        config=bench.config,
        dataset=bench.dataset,
        decision=decision,
        history=trained.history,
        phases=trained.phases,
        augmentation=trained.augmentation,
        calibration=calibration,
        threshold=threshold,
        probabilities=probabilities,
        uncalibrated={
            split: _uncalibrated(calibrated, calibration.temperature) for split, calibrated in probabilities.items()
        },
        evaluations={
            split: evaluate_split(bench.dataset, split, calibrated, decision)
            for split, calibrated in probabilities.items()
        },
        diagnosis=_diagnose(bench, trained),
        precisions=precisions,
        refused=refused,
        seconds=bench.seconds | {"total": bench.clock.elapsed_s},
    )
    outcome = replace(outcome, maps=_explain_mistakes(exported, outcome))
    images = write_records(staging.directory, outcome)
    exportable = Exportable(bench.backbone, spec, model.count_params(), signatures)
    return TrainingResult(model, staging.publish(describe(exportable, outcome, images)), outcome)


def _choose_threshold(
    config: TrainingConfig,
    decision: Decision,
    trained: Trained,
    calibration: Calibration,
    targets: npt.NDArray[np.int64],
) -> tuple[Decision, Threshold | None]:
    """Choose the threshold of two labels by the policy, on the validation images."""
    if decision.positive is None:
        return decision, None
    place = list(decision.labels).index(decision.positive)
    probabilities = softmax(trained.logits / calibration.temperature)[:, place]
    threshold = choose_threshold(parse_policy(config.threshold), probabilities, targets == place)
    return Decision(decision.labels, decision.positive, threshold.value), threshold


def _checked_export(bench: Workbench, model: keras.Model, directory: Path) -> Exported:
    """Load the SavedModel again, compare it with the Keras model and write the golden samples."""
    rows = bench.dataset.rows("validation")
    rows = np.random.default_rng(bench.config.seed).permutation(rows)[:COMPARED]
    pixels = bench.dataset.pixels[rows]
    expected = np.asarray(model(tf.constant(pixels), training=False))
    exported = Exported(directory)
    check_exported(exported, pixels, expected)
    save_golden(directory, Golden(pixels[:MAX_GOLDEN], expected[:MAX_GOLDEN]))
    return exported


def _score(bench: Workbench, exported: Exported, validation: Probabilities) -> dict[Split, Probabilities]:
    """Return the probabilities of the held-out splits; the test split is used only now, with the exported model."""
    probabilities: dict[Split, Probabilities] = {"validation": validation}
    if bench.dataset.used["test"]:
        start = time.monotonic()
        probabilities["test"] = run_in_batches(
            exported,
            bench.dataset.pixels,
            bench.dataset.rows("test"),
            batch_size=INFERENCE_BATCH,
            bar=(bench.progress, "Scoring test images"),
        )
        bench.seconds["test"] = time.monotonic() - start
    return probabilities


def _explain_mistakes(exported: Exported, outcome: Outcome) -> dict[str, npt.NDArray[np.float32]]:
    """Return the activation map of the predicted label of each worst mistake; empty if the model lacks maps."""
    predicted = {mistake.path: mistake.predicted for mistake in outcome.headline_evaluation.misclassified}
    explained = {}
    for path, row in mistake_rows(outcome).items():
        maps = exported.maps(tf.constant(outcome.dataset.pixels[row : row + 1]))
        if maps is None:
            return {}
        explained[path] = np.asarray(maps)[0, ..., outcome.decision.labels.index(predicted[path])]
    return explained


def _other_precisions(
    bench: Workbench, spec: InputSpec, decision: Decision, directory: Path, answers: Probabilities
) -> tuple[dict[Precision, MeasuredPrecision], str | None]:
    """Measure other precisions, make an int8 variant if requested, and return the reason if it is refused."""
    start, dataset = time.monotonic(), bench.dataset
    held_out = HeldOut(dataset.pixels, dataset.rows("validation"), dataset.targets("validation"), answers, decision)
    precisions = dict(measure_bf16(directory, spec, held_out, bench.progress).measured)
    refused = None
    if bench.config.quantize:
        try:
            calibration = choose_calibration(dataset.rows("train"), bench.config.seed)
            precisions |= add_int8(directory, spec, calibration, held_out, bench.progress).measured
        except QuantizationRefused as error:  # the float32 model is not affected
            refused = str(error)
    bench.seconds["precisions"] = time.monotonic() - start
    return precisions, refused


def _uncalibrated(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Undo a temperature: log probabilities are logits up to a constant, which softmax ignores."""
    return softmax(np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)) * temperature)


def _diagnose(bench: Workbench, trained: Trained) -> Diagnosis:
    targets = bench.dataset.targets("validation")
    predicted = np.bincount(trained.logits.argmax(axis=1))
    return diagnose(
        trained.history,
        Facts(
            train_images=len(bench.dataset.used["train"]),
            validation_images=len(targets),
            labels=len(bench.dataset.labels),
            majority_share=float(np.bincount(targets).max() / len(targets)),
            predicted_share=float(predicted.max() / len(targets)),
            stopped_early=trained.is_stopped_early,
            head_stopped_early=trained.phases[0].epochs < bench.config.head.epochs,
            kept="head" if trained.phases[0].is_kept else "fine-tune",
        ),
    )
