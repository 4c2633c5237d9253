"""Fine-tuning on a network small enough to train in seconds; its laws do not depend on the size."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from rich.progress import Progress

from training.config import FineTuneSettings
from training.interruption import Interruption
from training.learning.finetune import FineTuned, FineTuning, SplitImages, fine_tune, freeze
from training.learning.schedule import Clock
from training.learning.variation.augment import Augmenter
from training.learning.variation.strength import STRENGTHS
from training.learning.variation.views import IDENTITY
from training.run_state import RunState, Snapshot

SETTINGS = FineTuneSettings(epochs=4, batch_size=8, learning_rate=3e-3, patience=9)
SILENT = Progress(disable=True)


def network() -> keras.Model:
    """Build a model of uint8 12x12 → two logits: a nested backbone with BatchNorm, then dropout and the last layer."""
    keras.utils.set_random_seed(1)
    inner = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, name="bottom"),
            keras.layers.BatchNormalization(name="normalisation"),
            keras.layers.ReLU(),
            keras.layers.Conv2D(4, 3, name="top"),
            keras.layers.GlobalAveragePooling2D(),
        ],
        name="backbone",
    )
    pixels = keras.Input((12, 12, 3), dtype="uint8")
    features = inner(keras.ops.cast(pixels, "float32"))
    return keras.Model(pixels, keras.layers.Dense(2, name="logits")(keras.layers.Dropout(0.3)(features)))


def images(count: int, seed: int) -> SplitImages:
    """Draw images, half of them brighter in red."""
    random = np.random.default_rng(seed)
    targets = np.arange(count) % 2
    pixels = random.integers(0, 160, (count, 12, 12, 3), dtype=np.uint8)
    pixels[targets == 1, :, :, 0] += 60
    return SplitImages(pixels, np.arange(count), targets)


def task(model: keras.Model, **changes: Any) -> FineTuning:  # noqa: ANN401  fields of FineTuning
    values: dict[str, Any] = {
        "model": model,
        "train": images(43, 0),
        "validation": images(21, 1),
        "class_weights": np.ones(2, np.float32),
        "augmenter": Augmenter(STRENGTHS["auto"], [IDENTITY]),
        "seed": 3,
        "first_epoch": 10,
    }
    return FineTuning(**(values | changes))


def run(
    directory: Path,
    model: keras.Model,
    settings: FineTuneSettings = SETTINGS,
    clock: Clock | None = None,
    **changes: Any,  # noqa: ANN401  fields of FineTuning
) -> FineTuned:
    freeze(model, settings.depth)
    interruption = changes.pop("interruption", Interruption())
    return fine_tune(task(model, **changes), settings, RunState(directory), clock or Clock(), (interruption, SILENT))


def test_the_validation_loss_falls_and_the_best_weights_are_in_the_model(tmp_path: Path) -> None:
    model = network()
    tuned = run(tmp_path, model, FineTuneSettings(epochs=8, batch_size=8, learning_rate=1e-2, patience=9))
    losses = [row.val_loss for row in tuned.history if row.val_loss is not None]
    assert losses[-1] < losses[0]
    validation = images(21, 1)
    logits = model.predict(validation.pixels, verbose=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(validation.targets, logits)
    assert tuned.best is not None
    assert float(loss) == pytest.approx(min(losses), abs=1e-5)
    assert tuned.history[tuned.best].val_loss == min(losses)


def test_the_history_goes_on_from_the_phase_before(tmp_path: Path) -> None:
    tuned = run(tmp_path, network())
    assert [row.number for row in tuned.history] == [10, 11, 12, 13]
    assert {row.phase for row in tuned.history} == {"fine-tune"}
    assert tuned.note == "all 4 epochs were run"


def test_batchnorm_is_byte_for_byte_as_before(tmp_path: Path) -> None:
    model = network()
    layer = model.get_layer("backbone").get_layer("normalisation")
    layer.set_weights([np.random.default_rng(0).uniform(0.5, 1, 4) for _ in range(4)])
    before = [array.tobytes() for array in layer.get_weights()]
    bottom = model.get_layer("backbone").get_layer("bottom").get_weights()[0]
    run(tmp_path, model)
    assert [array.tobytes() for array in layer.get_weights()] == before
    assert (model.get_layer("backbone").get_layer("bottom").get_weights()[0] != bottom).any()


def test_what_is_below_the_depth_stays_as_it_was(tmp_path: Path) -> None:
    model = network()
    backbone = model.get_layer("backbone")
    before = {name: backbone.get_layer(name).get_weights()[0] for name in ("bottom", "top")}
    run(tmp_path, model, FineTuneSettings(epochs=1, batch_size=8, depth=0.5))
    assert (backbone.get_layer("bottom").get_weights()[0] == before["bottom"]).all()
    assert (backbone.get_layer("top").get_weights()[0] != before["top"]).any()


@pytest.mark.parametrize("done", [1, 3])
def test_a_run_that_goes_on_ends_as_an_unbroken_one_bit_for_bit(tmp_path: Path, done: int) -> None:
    (tmp_path / "unbroken").mkdir()
    (tmp_path / "broken").mkdir()
    whole = network()
    expected = run(tmp_path / "unbroken", whole)

    class Killed(RunState):
        saved = 0

        def save(self, step: str, snapshot: Snapshot) -> None:
            super().save(step, snapshot)
            self.saved += 1
            if self.saved == done:
                raise KeyboardInterrupt

    model = network()
    freeze(model, 1.0)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(task(model), SETTINGS, Killed(tmp_path / "broken"), Clock(), (Interruption(), SILENT))
    again = network()
    tuned = run(tmp_path / "broken", again)
    assert tuned.history == expected.history
    assert all((a == b).all() for a, b in zip(again.get_weights(), whole.get_weights(), strict=True))


def test_a_request_to_finish_ends_it_with_what_there_is(tmp_path: Path) -> None:
    interruption = Interruption(can_finish=True, is_requested=True)
    model = network()
    before = model.get_weights()
    tuned = run(tmp_path, model, interruption=interruption)
    assert (tuned.best, tuned.history, tuned.note) == (None, (), "stopped by request after 0 epochs")
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))


def test_training_stops_when_the_validation_loss_no_longer_falls(tmp_path: Path) -> None:
    wrong = images(21, 1)
    settings = FineTuneSettings(epochs=30, batch_size=8, learning_rate=1e-2, patience=2)
    tuned = run(tmp_path, network(), settings, validation=SplitImages(wrong.pixels, wrong.rows, 1 - wrong.targets))
    assert tuned.best is not None
    assert len(tuned.history) == tuned.best + 3 < 30
    assert tuned.note == "the validation loss had not fallen for 2 epochs"


def test_a_budget_ends_it_in_time_and_says_so(tmp_path: Path) -> None:
    tuned = run(tmp_path, network(), FineTuneSettings(epochs=500, batch_size=8, patience=500), Clock(budget_s=8))
    assert 1 <= len(tuned.history) < 500
    assert tuned.note == f"the budget allowed {len(tuned.history)} epochs"


def test_every_training_image_is_in_some_batch(tmp_path: Path) -> None:
    seen: list[int] = []

    class Counting(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any, training: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002  Keras' signature
            if training:
                import tensorflow as tf

                tf.py_function(lambda shape: seen.append(int(shape[0])), [tf.shape(x)], [])
            return x

    inner = network()
    pixels = keras.Input((12, 12, 3), dtype="uint8")
    run(tmp_path, keras.Model(pixels, Counting()(inner(pixels))), FineTuneSettings(epochs=1, batch_size=8))
    assert sorted(seen) == [3, 8, 8, 8, 8, 8]


def test_class_weights_move_the_decision_to_the_heavy_label(tmp_path: Path) -> None:
    shares = []
    for name, weights in (("first", [30.0, 1.0]), ("second", [1.0, 30.0])):
        (tmp_path / name).mkdir()
        model = network()
        settings = FineTuneSettings(epochs=3, batch_size=8, learning_rate=1e-2, averaging=0, label_smoothing=0)
        run(tmp_path / name, model, settings, class_weights=np.array(weights, np.float32), validation=images(43, 0))
        shares.append(model.predict(images(43, 0).pixels, verbose=0).argmax(axis=1).mean())
    assert shares[1] > shares[0]


def test_a_run_that_goes_on_has_spent_what_the_first_attempt_spent(tmp_path: Path) -> None:
    run(tmp_path, network(), FineTuneSettings(epochs=1, batch_size=8), Clock(budget_s=1000.0, spent_s=700.0))
    clock = Clock(budget_s=1000.0)
    run(tmp_path, network(), FineTuneSettings(epochs=2, batch_size=8), clock)
    assert clock.spent_s >= 700


def test_no_epoch_ends_with_waiting_for_the_tuner_of_the_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network()
    fit, autotuned = model.fit, []

    def watched(batches: tf.data.Dataset, **options: Any) -> Any:  # noqa: ANN401  as Keras has it
        autotuned.append(batches.options().autotune.enabled)
        return fit(batches, **options)

    monkeypatch.setattr(model, "fit", watched)
    run(tmp_path, model)
    assert autotuned == [False] * SETTINGS.epochs
