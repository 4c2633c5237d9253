"""Writes down what a training run was: the files of the `training/` folder and the description for the manifest."""

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import PIL
import tensorflow as tf

from model_store.manifest import Dataset as DatasetSummary
from model_store.manifest import Decision, Description, Signature, TrainingImages
from model_store.pixels import InputSpec
from model_store.report import Evaluation
from training import records
from training.backbones import LoadedBackbone
from training.config import TrainingConfig
from training.dataset import Dataset
from training.figures import draw_curves, draw_matrix
from training.files import Split
from training.fit import FittedHead


@dataclass(frozen=True)
class Outcome:
    """What a run found out, before it is published."""

    dataset: Dataset
    decision: Decision
    head: FittedHead
    evaluations: dict[Split, Evaluation]

    @property
    def headline_evaluation(self) -> Evaluation:
        """The test split's evaluation, or the validation split's where there is no test split."""
        return self.evaluations.get("test", self.evaluations["validation"])


@dataclass(frozen=True)
class Exportable:
    """What is known of the exported model itself."""

    backbone: LoadedBackbone
    input: InputSpec
    parameters: int
    signature: Signature


def write_records(directory: Path, outcome: Outcome) -> TrainingImages:
    """Write the `training/` folder into a version directory.

    Returns:
        What the manifest says of the training images' hashes.
    """
    folder = directory / records.FOLDER
    folder.mkdir()
    records.write_history(directory, outcome.head.history)
    records.write_dataset(directory, outcome.dataset.audit)
    records.write_report(directory, outcome.headline_evaluation)
    draw_curves(folder / "curves.png", outcome.head.history, outcome.head.best_epoch)
    draw_matrix(folder / "confusion_matrix.png", outcome.headline_evaluation.confusion_matrix)
    return records.write_training_images(directory, outcome.dataset)


def describe(config: TrainingConfig, model: Exportable, outcome: Outcome, images: TrainingImages) -> Description:
    """Describe a version for its manifest."""
    audit = outcome.dataset.audit
    return Description(
        labels=tuple(outcome.decision.labels),
        positive=outcome.decision.positive,
        threshold=outcome.decision.threshold,
        input=model.input,
        backbone=config.backbone,
        weights=model.backbone.weights,
        parameters=model.parameters,
        metrics={split: evaluation.headline() for split, evaluation in outcome.evaluations.items()},
        dataset=DatasetSummary(
            counts=outcome.dataset.counts,
            fates={str(fate): count for fate, count in audit.fates.items()},
            digest=records.dataset_digest(audit),
        ),
        training_images=images,
        software=_software(),
        settings=_settings(config, outcome.head),
        signature=model.signature,
    )


def _software() -> dict[str, str]:
    return {
        "fullcount": version("fullcount"),
        "keras": keras.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
    }


def _settings(config: TrainingConfig, head: FittedHead) -> dict[str, str | int | float | bool | None]:
    return {
        **asdict(config.head),
        "seed": config.seed,
        "device": config.device,
        "validation_fraction": config.fractions.validation,
        "test_fraction": config.fractions.test,
        "epochs_run": len(head.history),
        "best_epoch": head.best_epoch + 1,
    }
