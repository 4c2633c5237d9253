"""Phase one: the head on the features of a frozen backbone, its learning rate and weight decay chosen on validation.

All settings that come into question are trained side by side and stop one by one, each when its validation loss no
longer falls. Of those that come near the lowest loss the most cautious is taken, with the weights of its best epoch:
the very lowest is often a lucky epoch of a high rate. Works on arrays; knows no images.
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

__all__ = ["Examples", "FittedHead", "TrialSummary", "build_head", "fit_head"]

LEARNING_RATES: Final = (1e-3, 3e-4, 3e-3, 1e-4)
WEIGHT_DECAYS: Final = (1.0, 0.1)
"""Of standardised features; the most promising first."""
NEAR: Final = 1.03
"""Times the lowest validation loss is near it. On three splits of the solar cells, features of four views, the test
loss is 0.345 with this, 0.356 with the lowest taken and 0.340 with 1.05, the accuracy 0.859, 0.859 and 0.854."""
MAX_COLUMNS: Final = 1200
"""Trials times labels that are trained side by side; with so many labels fewer settings are tried."""


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """What became of one setting."""

    learning_rate: float
    weight_decay: float
    epochs: int
    best: int
    """Epoch, from 0, of the lowest validation loss."""
    val_loss: float
    val_accuracy: float
    """Both of the best epoch."""


@dataclass(frozen=True)
class FittedHead:
    """A trained head.

    Attributes:
        model: Dropout and a dense layer, float32 features `(n, features)` → logits `(n, labels)`; not compiled.
        history: Of the setting that was taken. An epoch is one pass over all rows of features, every view of an image.
        best: Place in the history of the lowest validation loss, whose weights the model has.
        trials: Every setting tried.
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
        float32 features `(n, features)` → logits `(n, labels)`.
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

    The random state is the caller's: `keras.utils.set_random_seed` before makes the result repeatable.

    Args:
        train: Of one or several views.
        validation: At least one example; seen as it is.
        labels: How many there are.
        settings: A learning rate or weight decay of None is chosen.
        progress: Gets a bar with a step per epoch.

    Raises:
        TrainingDiverged: With no setting the validation loss was ever a number.
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
    """What one setting has come to."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.epochs: list[Epoch] = []
        self.best = 0
        self.lowest = float("inf")
        self.parameters: Floats | None = None

    def note(self, epoch: Epoch) -> bool:
        """Add an epoch; tell whether its weights are to be kept."""
        self.epochs.append(epoch)
        loss = epoch.val_loss
        if loss is None or not loss < self.lowest:  # as also where it is no number
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
        """Take down an epoch of each setting that still runs."""
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
    """Take, of the settings near the lowest validation loss, the one with the lowest rate, then the most decay."""
    limit = NEAR * min(course.lowest for course in courses)
    near = [course for course in courses if course.lowest <= limit]
    taken = min(near, key=lambda course: (course.trial.learning_rate, -course.trial.weight_decay))
    if taken.parameters is None:
        raise TrainingDiverged(taken.trial.learning_rate)
    kernel, bias = scaling.unscale(taken.parameters)
    model = build_head(len(kernel), len(bias), dropout)
    model.set_weights([kernel, bias])
    return FittedHead(
        model,
        tuple(taken.epochs),
        taken.best,
        taken.trial.learning_rate,
        taken.trial.weight_decay,
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
