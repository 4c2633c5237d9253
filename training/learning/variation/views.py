"""The eight symmetries of a square, and a test on the data of which keep a label.

A mirrored solar cell is as broken as before; a mirrored arrow points the other way. So a head that has not seen
mirrored images is tested on some. This module works on arrays and counts, not on networks or files. `augment.py` uses
the result.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.images.pixels import Pixels

Targets = npt.NDArray[np.int64]

MIN_IMAGES: Final = 30
"""Images below which only the identity is allowed: one image would be over three points."""
MAX_IMAGES: Final = 400
"""Images in a test; more cost time and do not change the result."""
SIGNIFICANCE: Final = 0.05
LARGEST_DROP: Final = 0.05
"""Largest share of the images that a view may cost, even if too few images make that insignificant."""


@dataclass(frozen=True, slots=True)
class View:
    """A symmetry of the square: optionally swap rows and columns, then reverse rows, then columns."""

    name: str
    transpose: bool
    flip_vertical: bool
    flip_horizontal: bool

    def apply(self, pixels: Pixels) -> Pixels:
        """Return images through this view; pixels only change places.

        Args:
            pixels: Images, `(n, size, size, channels)`; the result may share their memory.
        """
        if self.transpose:
            pixels = pixels.swapaxes(1, 2)
        return pixels[:, :: -1 if self.flip_vertical else 1, :: -1 if self.flip_horizontal else 1]

    def then(self, other: "View") -> "View":
        """Return the composition of this view and then another."""
        vertical, horizontal = self.flip_vertical, self.flip_horizontal
        if other.transpose:  # a reversal of rows is one of columns once the two are swapped
            vertical, horizontal = horizontal, vertical
        moves = (self.transpose ^ other.transpose, vertical ^ other.flip_vertical, horizontal ^ other.flip_horizontal)
        return _BY_MOVES[moves]


IDENTITY: Final = View("identity", transpose=False, flip_vertical=False, flip_horizontal=False)
FLIP_HORIZONTAL: Final = View("flip-horizontal", transpose=False, flip_vertical=False, flip_horizontal=True)
FLIP_VERTICAL: Final = View("flip-vertical", transpose=False, flip_vertical=True, flip_horizontal=False)
ROTATE_180: Final = View("rotate-180", transpose=False, flip_vertical=True, flip_horizontal=True)
TRANSPOSE: Final = View("transpose", transpose=True, flip_vertical=False, flip_horizontal=False)
ROTATE_90: Final = View("rotate-90", transpose=True, flip_vertical=True, flip_horizontal=False)
"""Counter-clockwise, as in Pillow and NumPy."""
ROTATE_270: Final = View("rotate-270", transpose=True, flip_vertical=False, flip_horizontal=True)
TRANSVERSE: Final = View("transverse", transpose=True, flip_vertical=True, flip_horizontal=True)

VIEWS: Final = (
    IDENTITY, FLIP_HORIZONTAL, FLIP_VERTICAL, ROTATE_180, TRANSPOSE, ROTATE_90, ROTATE_270, TRANSVERSE,
)  # fmt: skip
GENERATORS: Final = (FLIP_HORIZONTAL, FLIP_VERTICAL, TRANSPOSE)
"""Three views that generate all eight."""

_BY_MOVES: Final = {(view.transpose, view.flip_vertical, view.flip_horizontal): view for view in VIEWS}
_BY_DIFFERENCE: Final = (
    IDENTITY, ROTATE_90, ROTATE_180, ROTATE_270, FLIP_VERTICAL, TRANSPOSE, TRANSVERSE, FLIP_HORIZONTAL,
)  # fmt: skip
"""Views by how much they add; pretrained networks have seen mirrored images, so that view adds least."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The effect of a view on a head that has not seen it."""

    view: View
    images: int
    before: float
    """Share of the unchanged images predicted right."""
    after: float
    """Share of the images predicted right through the view."""
    lost: int
    """Number of images predicted right unchanged and wrong through the view."""
    won: int
    """Number of images predicted wrong unchanged and right through the view."""
    p_value: float
    """Probability of at least this many losses if the view made no difference: exact, one-sided McNemar test."""
    is_allowed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class ViewChoice:
    """The views that keep a label.

    Attributes:
        allowed: Allowed views with the identity, in the order of `VIEWS`; closed under composition.
        evidence: Evidence for each generator that was tested; empty if none could be.
        note: Reason for the choice, one sentence.
    """

    allowed: tuple[View, ...]
    evidence: tuple[Evidence, ...]
    note: str


def closure(generators: Iterable[View]) -> tuple[View, ...]:
    """Return all compositions of some views, the identity included, in the order of `VIEWS`."""
    generators = tuple(generators)
    reached = {IDENTITY}
    while new := {view.then(generator) for view in reached for generator in generators} - reached:
        reached |= new
    return tuple(view for view in VIEWS if view in reached)


def few_views(allowed: Iterable[View], count: int = 4) -> tuple[View, ...]:
    """Choose the identity and the views that differ most from it and from each other.

    Args:
        allowed: Views to choose from.
        count: Largest number of views, the identity included.
    """
    allowed = set(allowed)
    return tuple(view for view in _BY_DIFFERENCE if view in allowed)[:count]


def sample_images(count: int, seed: int) -> npt.NDArray[np.int64]:
    """Choose at most `MAX_IMAGES` of `count` images; return their indices in ascending order, int64."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:MAX_IMAGES])


def choose_views(score: Callable[[View], npt.NDArray[np.bool_]], targets: Targets) -> ViewChoice:
    """Find the views that keep a label.

    A head that was trained on unchanged images predicts others through each generator, and `keeps_label` judges it.
    Only the identity is allowed if the images are too few, or if the head is not better than the majority label.

    Args:
        score: Function of a view that returns whether each image is predicted right through it, bool `(n,)`.
        targets: Indices of the images' labels, int `(n,)`.
    """
    images = len(targets)
    if images < MIN_IMAGES:
        return ViewChoice(
            (IDENTITY,), (), f"No flips or rotations: {images} validation images are too few to test them."
        )
    before = score(IDENTITY)
    majority = np.bincount(targets).max() / images
    if upper_tail(int(before.sum()), images, majority) >= SIGNIFICANCE:
        right = f"the head predicts {before.mean():.1%} of {images} validation images right"
        note = f"No flips or rotations: {right}, the majority label {majority:.1%}, so they cannot be tested."
        return ViewChoice((IDENTITY,), (), note)
    evidence = tuple(_weigh(view, before, score(view), targets) for view in GENERATORS)
    allowed = closure(result.view for result in evidence if result.is_allowed)
    return ViewChoice(allowed, evidence, f"Views that keep the label: {', '.join(view.name for view in allowed)}.")


def upper_tail(successes: int, trials: int, chance: float) -> float:
    """Return the exact probability of at least this many successes in independent trials.

    Args:
        successes: Number of successes, from 0.
        trials: Number of trials, from 0.
        chance: Probability of one success, from 0 to 1.
    """
    if chance >= 1:
        return 1.0
    terms = (math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1))
    return min(1.0, math.fsum(terms))


def keeps_label(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], targets: Targets) -> bool:
    """Tell whether a change of the images leaves their labels recognisable.

    It does not if significantly more images are lost than won, among all images or among those of one label. Nor does
    it if it costs more than `LARGEST_DROP`.

    Args:
        before: Whether each unchanged image is predicted right, bool `(n,)`.
        after: Whether each changed image is predicted right, bool `(n,)`.
        targets: Indices of the images' labels, int `(n,)`.
    """
    lost, won = before & ~after, after & ~before
    labels = np.unique(targets)
    worst = min(_mcnemar(lost[targets == label], won[targets == label]) for label in labels) * len(labels)  # Bonferroni
    drop = float(before.mean() - after.mean())
    return _mcnemar(lost, won) >= SIGNIFICANCE and worst >= SIGNIFICANCE and drop <= LARGEST_DROP


def _weigh(view: View, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], targets: Targets) -> Evidence:
    lost, won = before & ~after, after & ~before
    is_allowed = keeps_label(before, after, targets)
    counts = f"{before.mean():.1%} of {len(targets)} images right unchanged, {after.mean():.1%} through it"
    changes = f"{lost.sum()} lost, {won.sum()} won"
    verdict = "used" if is_allowed else "not used, since it changes labels or looks unlike the images here"
    return Evidence(
        view=view,
        images=len(targets),
        before=float(before.mean()),
        after=float(after.mean()),
        lost=int(lost.sum()),
        won=int(won.sum()),
        p_value=_mcnemar(lost, won),
        is_allowed=is_allowed,
        sentence=f"{view.name}: {counts} ({changes}): {verdict}.",
    )


def _mcnemar(lost: npt.NDArray[np.bool_], won: npt.NDArray[np.bool_]) -> float:
    """Return the p-value of McNemar's exact test (1947): as many images should be won as lost."""
    losses, wins = int(lost.sum()), int(won.sum())
    return upper_tail(losses, losses + wins, 0.5)
