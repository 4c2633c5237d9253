"""Calibrates probabilities by one temperature for all logits, fitted on validation images.

The method is that of Guo et al. 2017, "On Calibration of Modern Neural Networks". A temperature never changes the order
of an image's labels. This module works on arrays; `publishing/saved_model.py` puts the temperature into the graph.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.evaluation.metrics import expected_calibration_error

Logits = npt.NDArray[np.floating]
Targets = npt.NDArray[np.int64]

LOWEST: Final = 0.05
HIGHEST: Final = 20.0
MIN_IMAGES: Final = 30
"""Images below which the temperature stays 1."""
STANDARD_ERRORS: Final = 1.645
"""Standard errors by which the gain must exceed 0: 5%, one-sided."""

_GOLDEN: Final = (5**0.5 - 1) / 2
_STEPS: Final = 60  # narrow log T from 6.0 to 2e-12


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature and its effect on the images it was fitted on.

    With a temperature of 1 the figures before and after are equal.
    """

    temperature: float
    """Divisor of the logits; above 1 it makes probabilities less certain."""
    images: int
    log_loss_before: float
    """Mean log loss in nats."""
    log_loss_after: float
    ece_before: float
    """Expected calibration error, as `model_store.evaluation.metrics` computes it."""
    ece_after: float
    note: str
    """The reason for the temperature, one sentence."""


def fit_temperature(logits: Logits, targets: Targets) -> Calibration:
    """Fit the temperature that minimises the log loss; it stays 1 unless the gain is certain.

    A gain is certain if its mean over the images exceeds 1.645 standard errors of their paired differences. The
    calibration error must not rise.

    Args:
        logits: Logits of the validation images, `(n, labels)`, with n at least 1.
        targets: Indices of their labels, int `(n,)`.
    """
    logits = logits.astype(np.float64)
    before = losses(logits, targets)
    ece = _ece(logits, targets)
    loss = float(before.mean())
    kept = Calibration(1.0, len(targets), loss, loss, ece, ece, note="")
    if len(targets) < MIN_IMAGES:
        return replace(kept, note=f"Temperature 1: {len(targets)} validation images are too few to fit one.")
    temperature = best_temperature(logits, targets)
    if not LOWEST * 1.01 < temperature < HIGHEST / 1.01:  # for example if every image is predicted right
        return replace(kept, note="Temperature 1: the log loss of these validation images does not have a minimum.")
    after = losses(logits / temperature, targets)
    fitted = replace(
        kept,
        temperature=temperature,
        log_loss_after=float(after.mean()),
        ece_after=_ece(logits / temperature, targets),
    )
    return _accept(kept, fitted, before - after)


def best_temperature(logits: Logits, targets: Targets) -> float:
    """Return the temperature of lowest log loss from 0.05 to 20, by golden-section search over its logarithm.

    The loss is convex in 1/T, so it has one minimum in log T.
    """
    low, high = np.log(LOWEST), np.log(HIGHEST)

    def loss(log_temperature: float) -> float:
        return float(losses(logits / np.exp(log_temperature), targets).mean())

    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(_STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2))


def losses(logits: Logits, targets: Targets) -> npt.NDArray[np.float64]:
    """Return the negative log probability of each image's label in nats, float64 `(n,)`.

    Args:
        logits: Logits, `(n, labels)`.
        targets: Indices of the labels, int `(n,)`.
    """
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(targets)), targets])


def softmax(logits: Logits) -> npt.NDArray[np.float32]:
    """Return the probabilities of logits `(n, labels)`, float32 of the same shape."""
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def _accept(kept: Calibration, fitted: Calibration, gains: npt.NDArray[np.float64]) -> Calibration:
    """Return the fitted temperature if its gain is certain, else the kept one, with a note on the reason."""
    gain, error = gains.mean(), gains.std(ddof=1) / np.sqrt(len(gains))
    tried = f"{fitted.temperature:.2f} would lower the log loss of {len(gains)} validation images by {gain:.4f}"
    if not gain > STANDARD_ERRORS * error:
        return replace(kept, note=f"Temperature 1: {tried}, within chance (standard error {error:.4f}).")
    if fitted.ece_after > fitted.ece_before:
        rise = f"raise the calibration error from {fitted.ece_before:.3f} to {fitted.ece_after:.3f}"
        return replace(kept, note=f"Temperature 1: {tried} and {rise}.")
    loss = f"log loss {fitted.log_loss_before:.4f} to {fitted.log_loss_after:.4f}"
    ece = f"calibration error {fitted.ece_before:.3f} to {fitted.ece_after:.3f}"
    images = f"{len(gains)} validation images"
    return replace(fitted, note=f"Temperature {fitted.temperature:.2f}, fitted on {images}: {loss}, {ece}.")


def _ece(logits: Logits, targets: Targets) -> float:
    return expected_calibration_error(targets, softmax(logits).astype(np.float64)) or 0.0
