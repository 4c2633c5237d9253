"""Describes a training run for the manifest of its version."""

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version

import keras
import numpy as np
import PIL
import tensorflow as tf

from model_store.images.pixels import InputSpec
from model_store.manifest import DatasetSummary, Description, Scalar, TrainingImages
from training.backbones.catalogue import LoadedBackbone
from training.config import TrainingConfig
from training.outcome import Outcome
from training.publishing.saved_model import Signatures


@dataclass(frozen=True)
class Exportable:
    """The facts about the exported model itself."""

    backbone: LoadedBackbone
    input: InputSpec
    parameters: int
    signatures: Signatures


def describe(model: Exportable, outcome: Outcome, images: TrainingImages) -> Description:
    """Return the description of a version for its manifest."""
    dataset = outcome.dataset
    return Description(
        labels=tuple(outcome.decision.labels),
        positive=outcome.decision.positive,
        threshold=outcome.decision.threshold,
        input=model.input,
        backbone=outcome.config.backbone,
        weights=model.backbone.weights,
        parameters=model.parameters,
        temperature=outcome.calibration.temperature,
        metrics={split: evaluation.headline() for split, evaluation in outcome.evaluations.items()},
        precisions=outcome.precisions,
        dataset=DatasetSummary(
            counts=dataset.counts,
            fates={str(fate): count for fate, count in dataset.audit.fates.items()},
            digest=dataset.digest,
        ),
        training_images=images,
        software=software(),
        settings=settings_of(outcome.config) | _chosen(outcome),
        signature=model.signatures.probabilities,
        activation_maps=model.signatures.maps,
    )


def software() -> dict[str, str]:
    """Return the versions of the software that computed the result."""
    return {
        "fullcount": version("fullcount"),
        "keras": keras.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
    }


def settings_of(config: TrainingConfig) -> dict[str, Scalar]:
    """Return the settings that decide the result, except data, model and backbone, which have fields of their own."""
    return {
        "seed": config.seed,
        "device": config.device,
        "precision": config.precision,
        "budget_s": config.budget_s,
        "quantize": config.quantize,
        "augment": config.augment,
        "class_weights": config.class_weights,
        "group_by": config.group_by,
        "layout": config.layout,
        "corrections": None if config.corrections is None else config.corrections.name,
        "labels_from": None if config.labels_from is None else config.labels_from.name,
        "threshold_policy": config.threshold,
        "positive": config.positive,
        "fractions.validation": config.fractions.validation,
        "fractions.test": config.fractions.test,
        **{f"head.{name}": value for name, value in asdict(config.head).items()},
        **{f"fine_tune.{name}": value for name, value in asdict(config.fine_tune).items()},
    }


def _chosen(outcome: Outcome) -> dict[str, Scalar]:
    """Return the settings that the run chose on its validation images."""
    chosen: dict[str, Scalar] = {}
    for phase in outcome.phases:
        name = phase.phase.replace("-", "_")
        chosen |= {f"{name}.{key}": value for key, value in phase.settings.items()}
        chosen |= {f"{name}.epochs_run": phase.epochs, f"{name}.is_kept": phase.is_kept}
        if phase.best is not None:
            chosen[f"{name}.best_epoch"] = phase.best + 1
    return chosen
