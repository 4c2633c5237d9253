"""Both phases on a small network and small pictures: what is kept, discarded and reported."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import training
from model_store.store import ModelStore
from tests.support.tiny_backbone import NORMALISATIONS, TINY
from tests.tf.training.conftest import coloured
from training.recipe import TrainingResult

SIZE = 64


def write_noise(root: Path, each: int) -> Path:
    """Write two labels of noisy pictures that are hard to tell apart."""
    random = np.random.default_rng(0)
    for label, colour in (("cold", (120, 110, 100)), ("warm", (100, 110, 120))):
        (root / label).mkdir(parents=True)
        for index in range(each):
            pixels = np.clip(random.normal(colour, 60, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{index}.png")
    return root


def config(data: Path, store: Path, **changes: object) -> training.TrainingConfig:
    values = {
        "model": "noise",
        "backbone": TINY.name,
        "image_size": SIZE,
        "device": "cpu",
        "fractions": training.Fractions(0.3, 0.15),
        "fine_tune": training.FineTuneSettings(epochs=3),
    }
    return training.TrainingConfig(data, store, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_noise(tmp_path_factory.mktemp("noise") / "data", 80)


@pytest.fixture(scope="module")
def tuned(noise: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return training.train(config(noise, tmp_path_factory.mktemp("store"), threshold="best-f1"))


def test_both_phases_are_in_the_history_one_after_the_other(tuned: TrainingResult) -> None:
    phases = [row.phase for row in tuned.history]
    assert phases == sorted(phases, key=str, reverse=True)
    assert phases.count("fine-tune") == 3
    assert [row.number for row in tuned.history] == list(range(len(tuned.history)))


def test_the_phase_that_is_published_is_the_one_with_the_lower_validation_loss(tuned: TrainingResult) -> None:
    head, fine_tuning = tuned.outcome.phases
    assert head.is_kept != fine_tuning.is_kept
    assert fine_tuning.note.startswith("all 3 epochs were run; it ")
    assert ("it helped" in fine_tuning.note) == fine_tuning.is_kept


def test_batchnorm_of_what_is_published_is_that_of_the_pretrained_backbone(tuned: TrainingResult) -> None:
    pretrained = TINY.load("imagenet", SIZE).model
    ours, theirs = (_normalisation(model) for model in (tuned.model, pretrained))
    assert len(ours) == len(theirs) == 4 * NORMALISATIONS
    assert ours == theirs


def test_the_backbone_itself_was_trained_if_fine_tuning_was_kept(noise: Path, tmp_path: Path) -> None:
    settings = training.FineTuneSettings(epochs=2, learning_rate=1e-4)
    weak = training.HeadSettings(epochs=1, learning_rate=1e-6)
    result = training.train(config(noise, tmp_path, fine_tune=settings, head=weak, augment="none"))
    assert result.outcome.phases[1].is_kept
    pretrained = TINY.load("imagenet", SIZE).model
    assert _kernels(result.model)[: len(_kernels(pretrained))] != _kernels(pretrained)


def test_what_does_not_help_leaves_the_pretrained_backbone(noise: Path, tmp_path: Path) -> None:
    ruinous = training.FineTuneSettings(epochs=1, learning_rate=0.5, warmup_epochs=0, averaging=0)
    result = training.train(config(noise, tmp_path, fine_tune=ruinous))
    assert not result.outcome.phases[1].is_kept
    assert "it did not help and is not used" in result.outcome.phases[1].note
    pretrained = TINY.load("imagenet", SIZE).model
    assert _kernels(result.model)[: len(_kernels(pretrained))] == _kernels(pretrained)


def test_the_temperature_in_the_manifest_is_the_one_in_the_graph(tuned: TrainingResult) -> None:
    manifest = tuned.stored.manifest
    assert manifest.temperature == tuned.outcome.calibration.temperature
    layers = [layer for layer in tuned.model.layers if layer.name == "temperature"]
    assert [1 / layer.scale for layer in layers] == pytest.approx([manifest.temperature] if layers else [])
    assert bool(layers) == (manifest.temperature != 1)


def test_the_threshold_was_chosen_by_the_policy_on_validation_images(tuned: TrainingResult) -> None:
    threshold = tuned.outcome.threshold
    assert threshold is not None
    assert tuned.stored.manifest.threshold == threshold.value
    assert tuned.stored.manifest.settings["threshold_policy"] == "best-f1"


def test_what_decided_the_result_is_in_the_manifest(tuned: TrainingResult) -> None:
    settings = tuned.stored.manifest.settings
    assert settings["fine_tune.epochs"] == settings["fine_tune.epochs_run"] == 3
    assert settings["head.learning_rate"] == tuned.outcome.phases[0].settings["learning_rate"]
    assert {"seed", "augment", "head.views", "fine_tune.is_kept", "fractions.validation"} <= settings.keys()


def test_mixed_precision_trains_a_twin_and_publishes_float32(noise: Path, tmp_path: Path) -> None:
    settings = training.FineTuneSettings(epochs=1, learning_rate=1e-4)
    weak = training.HeadSettings(epochs=1, learning_rate=1e-6)
    result = training.train(config(noise, tmp_path, fine_tune=settings, precision="mixed", head=weak))
    assert result.outcome.phases[1].settings["precision"] == "mixed_bfloat16"
    assert result.outcome.phases[1].is_kept
    assert {str(weight.dtype) for weight in result.model.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_a_budget_without_time_for_fine_tuning_does_without_and_says_so(noise: Path, tmp_path: Path) -> None:
    result = training.train(config(noise, tmp_path, budget_s=1.0))
    assert result.outcome.phases[1].epochs == 0
    assert result.outcome.phases[1].note.startswith("the budget leaves no time for it")


def test_17_images_are_enough_to_train_and_not_to_claim_much(tmp_path: Path) -> None:
    for label, count, colour in (("blue", 8, (40, 60, 200)), ("red", 9, (200, 60, 40))):
        (tmp_path / "data" / label).mkdir(parents=True)
        for index in range(count):
            (tmp_path / "data" / label / f"{index}.png").write_bytes(coloured(colour, 100 * count + index))
    result = training.train(config(tmp_path / "data", tmp_path / "store"))
    assert ModelStore(tmp_path / "store").open("noise").manifest == result.stored.manifest
    assert "validation images cannot show whether it helps" in result.outcome.phases[1].note
    assert result.outcome.dataset.notes


def _normalisation(model: keras.Model) -> list[bytes]:
    layers = [layer for layer in _layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    return [array.tobytes() for layer in layers for array in layer.get_weights()]


def _kernels(model: keras.Model) -> list[bytes]:
    return [weight.numpy().tobytes() for weight in model.weights if weight.name == "kernel"]


def _layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    inner = getattr(layer, "layers", [])
    return [one for part in inner for one in _layers(part)] if inner else [layer]
