"""Softmax regression on features in memory, several settings side by side: seconds instead of minutes in Keras.

The weights of all trials lie side by side in one matrix, so a batch of features is multiplied once for all of them.
The optimiser is AdamW (Loshchilov and Hutter 2019), on mini-batches of standardised features with dropout. This module
uses NumPy, not Keras. `fitting.py` chooses the trials and the best of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]

FIRST_DECAY: Final = 0.9
SECOND_DECAY: Final = 0.999
EPSILON: Final = 1e-7
"""The value that Keras uses."""
FLATTEST: Final = 0.1
"""Share of the mean variance that is added to each feature's, so that nearly constant ones are not amplified."""

_CHUNK: Final = 4096


@dataclass(frozen=True)
class Examples:
    """Features with their targets.

    Attributes:
        features: Features, float32 `(n, features)`.
        targets: Indices of the labels, int64 `(n,)`.
        weights: Weight of each example, float `(n,)`, about 1 on average; None for equal weights.
    """

    features: Floats
    targets: Targets
    weights: npt.NDArray[np.floating] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting of AdamW."""

    learning_rate: float
    weight_decay: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The mean loss in nats and the accuracy of each trial on some examples, float64 `(trials,)` each."""

    loss: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """Standardises the features of any network: mean 0 and about the same spread."""

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, features: Floats) -> "Scaling":
        """Measure features `(n, features)` in chunks, without a second copy of them."""
        total = squares = np.zeros(features.shape[1])
        for start in range(0, len(features), _CHUNK):
            piece = features[start : start + _CHUNK].astype(np.float64)
            total, squares = total + piece.sum(axis=0), squares + np.square(piece).sum(axis=0)
        mean = total / len(features)
        variance = np.maximum(squares / len(features) - np.square(mean), 0)
        scale = np.sqrt(variance + FLATTEST * variance.mean() + np.finfo(np.float32).tiny)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    def design(self, features: Floats) -> Floats:
        """Return scaled features with a last column of ones for the bias, float32 `(n, features + 1)`."""
        rows = np.ones((len(features), features.shape[1] + 1), np.float32)
        np.subtract(features, self.mean, out=rows[:, :-1])
        rows[:, :-1] /= self.scale
        return rows

    def unscale(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return the kernel `(features, labels)` and the bias `(labels,)` for features that are not scaled."""
        kernel = parameters[:-1].astype(np.float64) / self.scale[:, None]
        bias = parameters[-1] - self.mean.astype(np.float64) @ kernel
        return kernel.astype(np.float32), bias.astype(np.float32)


class ParallelTrials:
    """Trials of one regression that see the same batches and the same dropout."""

    def __init__(self, trials: list[Trial], scaling: Scaling, labels: int, random: np.random.Generator) -> None:
        shape = (len(scaling.mean) + 1, len(trials) * labels)
        self.trials = trials
        self._scaling = scaling
        self._labels = labels
        self._random = random
        self._parameters, self._mean, self._square = (np.zeros(shape, np.float32) for _ in range(3))
        self._steps = 0

    def parameters(self, place: int) -> Floats:
        """Return a copy of a trial's weights for scaled features, float32 `(features + 1, labels)`."""
        return self._parameters[:, place * self._labels : (place + 1) * self._labels].copy()

    def keep(self, places: list[int]) -> None:
        """Continue with some of the trials only."""
        columns = [place * self._labels + label for place in places for label in range(self._labels)]
        self.trials = [self.trials[place] for place in places]
        self._parameters, self._mean, self._square = (
            array[:, columns] for array in (self._parameters, self._mean, self._square)
        )

    def train(self, examples: Examples, batch_size: int, dropout: float) -> Measured:
        """Pass once over the examples in random order.

        Returns:
            Loss and accuracy before each step, with dropout, as Keras measures them.
        """
        tally = _Tally(len(self.trials))
        order = self._random.permutation(len(examples.targets))
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            rows = self._scaling.design(examples.features[places])
            drop(rows[:, :-1], dropout, self._random)
            probabilities = self._probabilities(rows)
            weights = _weights(examples, places)
            tally.add(probabilities, examples.targets[places], weights)
            probabilities[np.arange(len(places)), :, examples.targets[places]] -= 1
            probabilities *= weights[:, None, None] / np.float32(len(places))
            self._step(np.asarray(rows.T @ probabilities.reshape(len(places), -1), np.float32))
        return tally.measured()

    def measure(self, examples: Examples) -> Measured:
        """Measure without learning and without dropout."""
        tally = _Tally(len(self.trials))
        for places in _pieces(len(examples.targets)):
            probabilities = self._probabilities(self._scaling.design(examples.features[places]))
            tally.add(probabilities, examples.targets[places], _weights(examples, places))
        return tally.measured()

    def _probabilities(self, rows: Floats) -> Floats:
        """Return probabilities, float32 `(n, trials, labels)`."""
        logits = (rows @ self._parameters).reshape(len(rows), -1, self._labels)
        logits -= logits.max(axis=2, keepdims=True)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=2, keepdims=True)
        return np.asarray(logits, np.float32)

    def _step(self, gradient: Floats) -> None:
        self._steps += 1
        rate = np.repeat(np.array([trial.learning_rate for trial in self.trials], np.float32), self._labels)
        decay = np.repeat(np.array([trial.weight_decay for trial in self.trials], np.float32), self._labels)
        self._parameters[:-1] *= 1 - rate * decay  # the bias does not decay
        self._mean += (1 - FIRST_DECAY) * (gradient - self._mean)
        self._square += (1 - SECOND_DECAY) * (np.square(gradient) - self._square)
        corrected = float(np.sqrt(1 - SECOND_DECAY**self._steps) / (1 - FIRST_DECAY**self._steps))
        self._parameters -= rate * corrected * self._mean / (np.sqrt(self._square) + EPSILON)


class _Tally:
    """Adds up losses and hits over batches."""

    def __init__(self, trials: int) -> None:
        self._loss = np.zeros(trials)
        self._hits = np.zeros(trials)
        self._count = 0

    def add(self, probabilities: Floats, targets: Targets, weights: Floats) -> None:
        of_targets = probabilities[np.arange(len(targets)), :, targets]  # (n, trials)
        self._loss -= weights.astype(np.float64) @ np.log(np.maximum(of_targets, np.finfo(np.float32).tiny))
        self._hits += (probabilities.argmax(axis=2) == targets[:, None]).sum(axis=0)
        self._count += len(targets)

    def measured(self) -> Measured:
        return Measured(self._loss / self._count, self._hits / self._count)


def drop(features: Floats, rate: float, random: np.random.Generator) -> None:
    """Set a share of the values to 0 in place, and scale up the others to keep the mean."""
    if rate:
        features *= random.random(features.shape, np.float32) >= rate
        features /= 1 - rate


def _weights(examples: Examples, places: npt.NDArray[np.int64]) -> Floats:
    if examples.weights is None:
        return np.ones(len(places), np.float32)
    return examples.weights[places].astype(np.float32)


def _pieces(count: int) -> Iterator[npt.NDArray[np.int64]]:
    for start in range(0, count, _CHUNK):
        yield np.arange(start, min(start + _CHUNK, count))
