import keras
import numpy as np
import pytest
from rich.progress import Progress

from training.config import HeadSettings
from training.errors import TrainingDiverged
from training.learning.calibration import losses
from training.learning.head.fitting import NEAR, FittedHead, build_head, fit_head
from training.learning.head.softmax_regression import Examples, ParallelTrials, Scaling, Trial

SILENT = Progress(disable=True)
FIXED = HeadSettings(epochs=40, learning_rate=0.05, weight_decay=0.0, patience=3)


def noise(count: int, seed: int, labels: int = 2) -> Examples:
    """Make examples with nothing to learn, so that the validation loss soon rises."""
    random = np.random.default_rng(seed)
    return Examples(random.normal(size=(count, 8)).astype(np.float32), random.integers(0, labels, count))


def parted(count: int, seed: int) -> Examples:
    """Make examples that can be separated except for some overlap."""
    examples = noise(count, seed)
    return Examples(examples.features + examples.targets[:, None] * np.float32(1), examples.targets)


def fit(train: Examples, validation: Examples, settings: HeadSettings, seed: int = 1) -> FittedHead:
    keras.utils.set_random_seed(seed)
    return fit_head(train, validation, 2, settings, SILENT)


def loss_of(head: FittedHead, examples: Examples) -> float:
    return float(losses(np.asarray(head.model(examples.features, training=False)), examples.targets).mean())


@pytest.fixture(scope="module")
def overfitted() -> FittedHead:
    return fit(noise(40, 0), noise(20, 1), FIXED)


@pytest.fixture(scope="module")
def chosen() -> FittedHead:
    return fit(parted(60, 0), parted(40, 1), HeadSettings(epochs=30))


def test_the_weights_of_the_best_epoch_are_restored(overfitted: FittedHead) -> None:
    course = [epoch.val_loss or 0.0 for epoch in overfitted.history]
    assert course[-1] > min(course) + 1e-3
    assert overfitted.history[overfitted.best].val_loss == min(course)
    assert loss_of(overfitted, noise(20, 1)) == pytest.approx(min(course), abs=1e-5)


def test_training_stops_once_the_validation_loss_no_longer_falls(overfitted: FittedHead) -> None:
    assert len(overfitted.history) == overfitted.best + 1 + 3


def test_without_stopping_the_best_weights_are_restored_as_well() -> None:
    head = fit(noise(40, 0), noise(20, 1), HeadSettings(epochs=15, learning_rate=0.05, patience=50))
    assert len(head.history) == 15
    assert head.best < 14
    assert loss_of(head, noise(20, 1)) == pytest.approx(head.history[head.best].val_loss, abs=1e-5)


def test_an_epoch_is_written_down_as_phase_head_with_its_rate(overfitted: FittedHead) -> None:
    assert [epoch.number for epoch in overfitted.history] == list(range(len(overfitted.history)))
    assert {(epoch.phase, epoch.learning_rate) for epoch in overfitted.history} == {("head", 0.05)}


def test_of_the_settings_near_the_lowest_validation_loss_the_most_cautious_is_taken(chosen: FittedHead) -> None:
    limit = NEAR * min(trial.val_loss for trial in chosen.trials)
    near = [trial for trial in chosen.trials if trial.val_loss <= limit]
    assert len({(trial.learning_rate, trial.weight_decay) for trial in chosen.trials}) == len(chosen.trials) == 8
    assert chosen.learning_rate == min(trial.learning_rate for trial in near)
    assert any(trial.learning_rate < chosen.learning_rate for trial in chosen.trials)
    assert chosen.history[chosen.best].val_loss in {trial.val_loss for trial in near}


def test_a_setting_that_is_given_is_not_chosen() -> None:
    head = fit(parted(60, 0), parted(40, 1), HeadSettings(epochs=3, learning_rate=2e-3))
    assert {trial.learning_rate for trial in head.trials} == {2e-3}
    assert len({trial.weight_decay for trial in head.trials}) > 1
    assert len(fit(parted(60, 0), parted(40, 1), FIXED).trials) == 1


def test_the_same_seed_gives_the_same_head_and_another_another(chosen: FittedHead) -> None:
    again = fit(parted(60, 0), parted(40, 1), HeadSettings(epochs=30))
    other = fit(parted(60, 0), parted(40, 1), HeadSettings(epochs=30), seed=2)
    assert again.history == chosen.history
    assert np.array_equal(again.model.get_weights()[0], chosen.model.get_weights()[0])
    assert other.history != chosen.history


@pytest.mark.parametrize("images", [1, 3])
def test_a_handful_of_validation_images_is_enough_to_end_well(images: int) -> None:
    head = fit(parted(12, 0), parted(images, 1), HeadSettings(epochs=5))
    assert np.isfinite(head.model.get_weights()[0]).all()
    assert head.history[head.best].val_accuracy in {hits / images for hits in range(images + 1)}


def test_class_weights_move_the_head_towards_the_label_that_counts_more() -> None:
    train = noise(200, 0)
    weighted = Examples(train.features, train.targets, np.where(train.targets == 1, 1.9, 0.1))
    plain, moved = (fit(one, noise(50, 1), FIXED) for one in (train, weighted))
    ones = [np.asarray(head.model(train.features)).argmax(axis=1).mean() for head in (plain, moved)]
    assert ones[1] > ones[0] + 0.2


def test_a_learning_rate_that_blows_up_is_an_error_that_says_so() -> None:
    settings = HeadSettings(epochs=3, learning_rate=1e38, weight_decay=1.0)
    with np.errstate(all="ignore"), pytest.raises(TrainingDiverged, match=r"rate of 1e\+38 .* never a number"):
        fit(noise(40, 0), noise(20, 1), settings)


def test_with_very_many_labels_fewer_settings_are_tried() -> None:
    keras.utils.set_random_seed(0)
    head = fit_head(noise(600, 0, 500), noise(50, 1, 500), 500, HeadSettings(epochs=1), SILENT)
    assert len(head.trials) == 2
    assert head.model.output_shape == (None, 500)


def test_the_network_of_a_head_is_dropout_and_a_dense_layer() -> None:
    head = build_head(8, 3, 0.25)
    features = np.ones((4, 8), np.float32)
    kernel, bias = head.get_weights()
    assert np.allclose(head(features, training=False), features @ kernel + bias, atol=1e-6)
    assert head.layers[0].rate == 0.25


def test_a_step_of_the_regression_is_a_step_of_keras_adamw() -> None:
    examples = parted(30, 0)
    scaling = Scaling.of(examples.features)
    running = ParallelTrials([Trial(0.01, 0.5)], scaling, 2, np.random.default_rng(0))
    reference = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    reference.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    scaled = scaling.design(examples.features)[:, :-1]
    for _ in range(10):
        running.train(examples, 30, 0.0)
        reference.train_on_batch(scaled, examples.targets)
    kernel, bias = reference.get_weights()
    assert np.allclose(running.parameters(0)[:-1], kernel, atol=1e-5)
    assert np.allclose(running.parameters(0)[-1], bias, atol=1e-5)
