"""Whether the loss of a run is one at all: it may be no number, run away, or swing from epoch to epoch.

Each function looks at the curves and returns a finding or None.
"""

import math
from collections.abc import Iterator

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding
from training.curves.history import History
from training.curves.shape import Curves
from training.curves.trend import Curve


def not_finite(history: History) -> Finding | None:
    """Find the first epoch whose loss is not a number."""
    for epoch in history:
        for name, value in (("Training", epoch.loss), ("Validation", epoch.val_loss)):
            if value is not None and not math.isfinite(value):
                return Finding(
                    "unstable",
                    "yes",
                    epoch.number + 1,
                    f"From epoch {epoch.number + 1} the loss is not a number: the weights are lost.",
                    (f"{name} loss of epoch {epoch.number + 1}: {value}.",),
                    "Train again with a learning rate ten times lower, and clip gradients (`clipnorm=1`). If it comes "
                    "back, look for pixels or targets that are not numbers. Weights from before that epoch are good.",
                )
    return None


def run_away(curves: Curves) -> Finding | None:
    """Find a training loss, which training lowers, that ends far above its lowest, or above any guess."""
    loss, labels = curves.loss, curves.facts.labels
    worst = 3 * math.log(labels) if labels and labels > 1 else limits.ABSURD_LOSS
    above = loss.level - float(loss.smoothed.min())
    has_risen = above > loss.level / 2 and above > max(2 * limits.WILD_LOSS, 4 * loss.noise)
    if len(loss) < limits.FEWEST_EPOCHS or (loss.level <= worst and not has_risen):
        return None
    return _unstable(curves, "The training loss has run away: the steps are too large.")


def swinging(curves: Curves) -> Finding | None:
    """Find a loss that swings from epoch to epoch.

    That the validation loss does so says nothing where the split is too small to tell anything.
    """
    wild = [name for name, loss in _losses(curves) if _is_wild(loss)]
    if not wild or len(curves.judged) < limits.FEWEST_EPOCHS or (curves.is_hopeless and wild == ["Validation"]):
        return None
    best = _best(curves)
    return _unstable(curves, f"The loss swings from epoch to epoch: that epoch {best} is the best is luck.")


def _unstable(curves: Curves, sentence: str) -> Finding:
    return Finding(
        "unstable",
        "yes",
        _best(curves),
        sentence,
        tuple(_swing(name, loss) for name, loss in _losses(curves)),
        "Lower the learning rate by three to ten times, let it decay, or use larger batches. If only the validation "
        "loss swings, the split is very small or BatchNorm is learning its statistics: keep it frozen.",
    )


def _best(curves: Curves) -> int:
    return curves.judged.epochs[int(np.argmin(curves.judged.values))]


def _losses(curves: Curves) -> Iterator[tuple[str, Curve]]:
    yield "Training", curves.loss
    if curves.val_loss is not None:
        yield "Validation", curves.val_loss


def _is_wild(loss: Curve) -> bool:
    return loss.swing > limits.WILD * abs(loss.level) and loss.swing > limits.WILD_LOSS


def _swing(name: str, loss: Curve) -> str:
    tail = loss.tail
    share = loss.swing / max(abs(loss.level), 1e-9)
    return (
        f"{name} loss over the last {len(tail)} epochs: {tail.values.min():.3g} to {tail.values.max():.3g}, lowest "
        f"ever {loss.values.min():.3g}; one epoch's noise is {loss.swing:.2g}, {share:.0%} of it."
    )
