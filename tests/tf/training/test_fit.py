import keras
import numpy as np
import pytest
from rich.progress import Progress

from training.backbones import BACKBONES
from training.config import HeadSettings
from training.fit import Examples, FittedHead, as_function, fit_head, run_in_batches

SILENT = Progress(disable=True)


def noise(count: int, seed: int) -> Examples:
    """Make examples with nothing to learn, so that the validation loss soon rises."""
    random = np.random.default_rng(seed)
    return Examples(random.normal(size=(count, 8)).astype(np.float32), random.integers(0, 2, count))


@pytest.fixture(scope="module")
def overfitted() -> FittedHead:
    keras.utils.set_random_seed(1)
    return fit_head(noise(40, 0), noise(20, 1), 2, HeadSettings(epochs=40, learning_rate=0.05, patience=3), SILENT)


def test_the_weights_of_the_best_epoch_are_restored(overfitted: FittedHead) -> None:
    losses = [row["val_loss"] for row in overfitted.history]
    validation = noise(20, 1)
    loss = overfitted.model.evaluate(validation.features, validation.targets, verbose=0)[0]
    assert losses[-1] > min(losses) + 1e-3
    assert loss == pytest.approx(min(losses), abs=1e-6)


def test_training_stops_once_the_validation_loss_no_longer_falls(overfitted: FittedHead) -> None:
    assert len(overfitted.history) == overfitted.best_epoch + 1 + 3


def test_without_stopping_the_best_weights_are_restored_as_well() -> None:
    keras.utils.set_random_seed(1)
    head = fit_head(noise(40, 0), noise(20, 1), 2, HeadSettings(epochs=15, learning_rate=0.05, patience=50), SILENT)
    validation = noise(20, 1)
    assert head.best_epoch < 14
    loss = head.model.evaluate(validation.features, validation.targets, verbose=0)[0]
    assert loss == pytest.approx(head.history[head.best_epoch]["val_loss"], abs=1e-6)


def test_features_are_the_same_in_batches_of_any_size_and_none_is_dropped() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 224, 224, 3), dtype=np.uint8)
    rows = np.array([8, 3, 0, 1, 2, 7, 4])
    function = as_function(BACKBONES["efficientnet-lite0"].load().model)
    one_by_one, in_fours, at_once = (
        run_in_batches(function, pixels, rows, batch_size=size, bar=(SILENT, "")) for size in (1, 4, 32)
    )
    assert one_by_one.shape == (7, 1280)
    assert np.allclose(one_by_one, at_once, atol=1e-5)
    assert np.allclose(in_fours, at_once, atol=1e-5)


def test_features_come_in_the_order_asked_for() -> None:
    pixels = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1).repeat(3, axis=3)
    answers = run_in_batches(lambda batch: batch[:, 0, 0, :1], pixels, [4, 1, 3], batch_size=2, bar=(SILENT, ""))
    assert answers.ravel().tolist() == [4, 1, 3]
