"""Phase two: fine-tunes the backbone from the top down, with the head trained on frozen features.

BatchNorm keeps its statistics and its scale. A moving average of the weights is validated after every epoch, and the
best average is kept. Each epoch ends with a snapshot. Everything random in an epoch follows from the seed and the
epoch's number, so a resumed run ends like an uninterrupted one. This module works on arrays, not on files or stores.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from rich.progress import Progress, TaskID

from model_store.images.pixels import Pixels
from training.config import FineTuneSettings
from training.curves.history import Epoch, History
from training.interruption import Interruption
from training.learning.calibration import softmax
from training.learning.features import INFERENCE_BATCH, as_function, run_in_batches
from training.learning.schedule import Clock, WarmupCosine
from training.learning.variation.augment import Augmenter
from training.run_state import RunState, Snapshot

STEP: Final = "fine-tune"
RESERVE: Final = 1.2
"""Factor on the measured time of an epoch when a budget decides the number of epochs."""


@dataclass(frozen=True)
class SplitImages:
    """The images of a split.

    Attributes:
        pixels: Pixels of all images, uint8 `(m, height, width, 3)`, read batch by batch.
        rows: Rows of `pixels` that belong to the split, int64 `(n,)`.
        targets: Indices of their labels, int64 `(n,)`.
    """

    pixels: Pixels
    rows: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]


@dataclass(frozen=True)
class FineTuning:
    """The inputs of fine-tuning.

    Attributes:
        model: Model of uint8 pixels → logits, built in the scope of the devices.
        train: Images to learn from.
        validation: Images that decide when to stop.
        class_weights: Weight of each label, float32 `(labels,)`, 1 on average over the training images.
        augmenter: Augmenter of the training images; None leaves them unchanged.
        seed: Seed of the order and the augmentation.
        first_epoch: Number of the first epoch in the history.
        compiles: Whether to use XLA.
        reserve_s: Seconds of the budget to leave for the steps after fine-tuning.
    """

    model: keras.Model
    train: SplitImages
    validation: SplitImages
    class_weights: npt.NDArray[np.float32]
    augmenter: Augmenter | None
    seed: int
    first_epoch: int
    compiles: bool = False
    reserve_s: float = 0.0


@dataclass(frozen=True)
class FineTuned:
    """The result of fine-tuning; the model has the weights of the best epoch.

    Attributes:
        history: One row per epoch.
        best: Index into the history of the epoch with the lowest validation loss; None without a whole epoch.
        seconds: Duration of all attempts in seconds.
        note: Reason why it ended.
        is_stopped_early: Whether it ended because the validation loss no longer fell.
    """

    history: History
    best: int | None
    seconds: float
    note: str
    is_stopped_early: bool


def freeze(model: keras.Model, depth: float) -> int:
    """Make the top share of the layers with weights trainable and freeze the rest; BatchNorm stays frozen.

    Args:
        model: Any model; nested models are searched for layers.
        depth: Share of the layers, from 0 to 1.

    Returns:
        The number of trainable parameters.
    """
    layers = [layer for layer in leaves(model) if layer.weights]
    bottom = len(layers) - round(depth * len(layers))
    for place, layer in enumerate(layers):
        layer.trainable = place >= bottom and not isinstance(layer, keras.layers.BatchNormalization)
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def leaves(layer: Any) -> Iterator[Any]:  # noqa: ANN401  a Keras layer
    """Yield the layers of a model and of the models in it, from the bottom to the top."""
    for inner in getattr(layer, "layers", ()):
        yield from leaves(inner) if getattr(inner, "layers", ()) else (inner,)


def fine_tune(
    task: FineTuning, settings: FineTuneSettings, run: RunState, clock: Clock, stop: tuple[Interruption, Progress]
) -> FineTuned:
    """Train until the validation loss stops falling, the epochs or the budget run out, or the user interrupts.

    Args:
        task: Model and images; `freeze` has chosen the trainable layers.
        settings: Settings of fine-tuning.
        run: State that holds the snapshot of an interrupted run and receives one after every epoch.
        clock: Clock of the time budget.
        stop: Interruption by the user, and the progress display.
    """
    loop = _Loop(task, settings, clock)
    snapshot = run.load(STEP)
    if snapshot is not None:
        loop.restore(snapshot)
    interruption, progress = stop
    bar = progress.add_task("Fine-tuning", total=loop.planned, completed=len(loop.history))
    while (note := loop.note_at_the_end(interruption)) is None:
        loop.run_epoch(interruption, progress, bar)
        if not loop.is_cut:
            run.save(STEP, loop.snapshot())
    progress.update(bar, total=max(len(loop.history), 1), completed=max(len(loop.history), 1))
    return loop.finish(note)


class _Loop:
    """One fine-tuning run, epoch by epoch."""

    def __init__(self, task: FineTuning, settings: FineTuneSettings, clock: Clock) -> None:
        self._task, self._settings, self._clock = task, settings, clock
        self._model = task.model
        self._steps = -(-len(task.train.rows) // settings.batch_size)
        self._infer = as_function(task.model, follows_training=True)
        self._compile()
        self.planned = settings.epochs
        self.history: list[Epoch] = []
        self.is_cut = False
        self._best: int | None = None
        self._best_weights = [variable.numpy() for variable in self._model.variables]
        self._epoch_s = 0.0
        self._seconds = 0.0

    def _compile(self) -> None:
        settings = self._settings
        optimizer = keras.optimizers.AdamW(
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            global_clipnorm=1.0,
            use_ema=settings.averaging > 0,
            ema_momentum=settings.averaging or 0.99,
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing)
        self._model.compile(optimizer, loss, weighted_metrics=["accuracy"], jit_compile=self._task.compiles)
        self._model.optimizer.build(self._model.trainable_variables)

    def note_at_the_end(self, interruption: Interruption) -> str | None:
        """Return the reason to end now; None to continue."""
        done = len(self.history)
        if interruption.is_requested:
            return f"stopped by request after {done} epochs"
        if self._is_stopped_early:
            return f"the validation loss had not fallen for {self._settings.patience} epochs"
        if self._clock.budget_s is not None and done:  # from the first epoch on its duration is known
            fits = self._clock.epochs_left(
                self._settings.epochs - done, self._epoch_s * RESERVE, reserve_s=self._task.reserve_s
            )
            self.planned = min(self.planned, done + fits) if done > 1 else done + fits
        if done >= self.planned:
            is_short = self.planned < self._settings.epochs
            return f"the budget allowed {done} epochs" if is_short else f"all {done} epochs were run"
        return None

    @property
    def _is_stopped_early(self) -> bool:
        return self._best is not None and len(self.history) - 1 - self._best >= self._settings.patience

    def run_epoch(self, interruption: Interruption, progress: Progress, bar: TaskID) -> None:
        """Train on every image once, validate the averaged weights, and remember the best."""
        start, number = time.monotonic(), len(self.history)
        rates = _Rates(self._schedule(), number * self._steps, interruption, (progress, bar, self._steps))
        logs = self._model.fit(
            self._batches(number), shuffle=False, steps_per_epoch=self._steps, callbacks=[rates], verbose=0
        ).history
        self.is_cut = rates.is_cut
        if not self.is_cut:
            self._validate(number, logs, rates.rate)
            _assign(self._model.variables, rates.weights)
        self._epoch_s = time.monotonic() - start
        self._seconds += self._epoch_s
        loss = f", validation loss {self.history[-1].val_loss:.3f}" if self.history else ""
        progress.update(bar, total=self.planned, completed=len(self.history), description=f"Fine-tuning{loss}")

    def _schedule(self) -> WarmupCosine:
        warmup = round(self._settings.warmup_epochs * self._steps)
        return WarmupCosine(self._settings.learning_rate, warmup, self.planned * self._steps)

    def _batches(self, epoch: int) -> tf.data.Dataset:
        """Return every training image once, ordered and augmented as seed and epoch determine."""
        task, size, labels = self._task, self._settings.batch_size, self._model.output_shape[-1]
        order = np.random.default_rng((task.seed, epoch)).permutation(len(task.train.rows))

        def batches() -> Iterator[
            tuple[Pixels, npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int32]]
        ]:
            for step in range(self._steps):
                places = order[step * size : (step + 1) * size]
                targets = task.train.targets[places]
                seed = np.array([task.seed & 0x7FFFFFFF, epoch * self._steps + step], np.int32)
                pixels = task.train.pixels[task.train.rows[places]]
                yield pixels, np.eye(labels, dtype=np.float32)[targets], task.class_weights[targets], seed

        def varied(pixels: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return (pixels if task.augmenter is None else task.augmenter(pixels, seed)), targets, weights

        shape = self._model.input_shape[1:]
        signature = (
            tf.TensorSpec((None, *shape), tf.uint8),
            tf.TensorSpec((None, labels), tf.float32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((2,), tf.int32),
        )
        options = tf.data.Options()
        options.autotune.enabled = False  # its thread sleeps for up to a minute, and the end of an epoch waits for it
        dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
        return dataset.map(varied).prefetch(2).with_options(options)

    def _validate(self, number: int, logs: dict[str, list[float]], rate: float) -> None:
        """Measure the averaged weights, with which Keras' `fit` ends, and keep them if they are the best so far."""
        validation = self._task.validation
        logits = run_in_batches(
            self._infer,
            validation.pixels,
            validation.rows,
            batch_size=INFERENCE_BATCH,
            bar=(Progress(disable=True), ""),
        )
        chosen = np.log(np.maximum(softmax(logits)[np.arange(len(logits)), validation.targets], 1e-12))
        row = Epoch(
            number=self._task.first_epoch + number,
            loss=float(logs["loss"][0]),
            val_loss=float(-chosen.mean()),
            accuracy=float(logs["accuracy"][0]),
            val_accuracy=float((logits.argmax(axis=1) == validation.targets).mean()),
            phase="fine-tune",
            learning_rate=rate,
        )
        self.history.append(row)
        if self._best is None or _loss(row) < _loss(self.history[self._best]):
            self._best = number
            self._best_weights = [variable.numpy() for variable in self._model.variables]

    def snapshot(self) -> Snapshot:
        """Return everything on which the next epoch depends."""
        facts = {
            "history": [asdict(row) for row in self.history],
            "best": self._best,
            "planned": self.planned,
            "epoch_s": self._epoch_s,
            "seconds": self._seconds,
            "elapsed_s": self._clock.elapsed_s,
        }
        arrays = {
            "model": [variable.numpy() for variable in self._model.variables],
            "optimizer": [variable.numpy() for variable in self._model.optimizer.variables],
            "best": self._best_weights,
        }
        return Snapshot(facts, arrays)

    def restore(self, snapshot: Snapshot) -> None:
        """Resume from a snapshot."""
        facts, arrays = snapshot.facts, snapshot.arrays
        self.history = [Epoch(**row) for row in facts["history"]]
        self._best, self.planned = facts["best"], facts["planned"]
        self._epoch_s, self._seconds = facts["epoch_s"], facts["seconds"]
        self._clock.spent_s = max(self._clock.spent_s, facts["elapsed_s"])  # includes that of the head
        _assign(self._model.variables, arrays["model"])
        _assign(self._model.optimizer.variables, arrays["optimizer"])
        self._best_weights = arrays["best"]

    def finish(self, note: str) -> FineTuned:
        """Restore the best weights and return the result."""
        _assign(self._model.variables, self._best_weights)
        return FineTuned(tuple(self.history), self._best, self._seconds, note, self._is_stopped_early)


class _Rates(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the rate of each step, shows progress, ends the epoch on request, and keeps its last weights."""

    def __init__(
        self, schedule: WarmupCosine, first: int, interruption: Interruption, bar: tuple[Progress, TaskID, int]
    ) -> None:
        super().__init__()
        self._schedule, self._first, self._interruption, self._bar = schedule, first, interruption, bar
        self.is_cut = False
        self.rate = 0.0
        self.weights: list[npt.NDArray[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self.weights = [variable.numpy() for variable in self.model.variables]  # `fit` puts the average in their place

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self.rate = self._schedule.at(self._first + batch)
        self.model.optimizer.learning_rate = self.rate

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        progress, task, steps = self._bar
        progress.update(task, completed=(self._first + batch + 1) / steps)
        if self._interruption.is_requested:
            self.is_cut = self.model.stop_training = True


def _loss(row: Epoch) -> float:
    return float("inf") if row.val_loss is None else row.val_loss


def _assign(variables: Sequence[Any], values: Sequence[npt.NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
