"""The eight symmetries of a square, and which of them keep a label: told by the data, never assumed.

A mirrored solar cell is as broken as before; a mirrored arrow points the other way. So a head that has seen no mirrored
image is asked about some. Arrays and counts only: no network, no files, and what fine-tuning does with the answer is
in `augment.py`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.images.pixels import Pixels

Targets = npt.NDArray[np.int64]

FEWEST: Final = 30
"""Images below which no view is allowed: one of them would be over three points."""
MOST: Final = 400
"""Images asked; more cost time and change no answer."""
SIGNIFICANCE: Final = 0.05
LARGEST_DROP: Final = 0.05
"""Share of the images that a view may cost at most, also where so few images cannot make that significant."""


@dataclass(frozen=True, slots=True)
class View:
    """A symmetry of the square: swap rows and columns, then reverse rows, then columns, each or not."""

    name: str
    transpose: bool
    flip_vertical: bool
    flip_horizontal: bool

    def apply(self, pixels: Pixels) -> Pixels:
        """Return images seen so; exact, only places change.

        Args:
            pixels: `(n, size, size, channels)`; a view into them may come back.
        """
        if self.transpose:
            pixels = pixels.swapaxes(1, 2)
        return pixels[:, :: -1 if self.flip_vertical else 1, :: -1 if self.flip_horizontal else 1]

    def then(self, other: "View") -> "View":
        """Return the view that is this one followed by another."""
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
"""Counter-clockwise, as Pillow and NumPy count."""
ROTATE_270: Final = View("rotate-270", transpose=True, flip_vertical=False, flip_horizontal=True)
TRANSVERSE: Final = View("transverse", transpose=True, flip_vertical=True, flip_horizontal=True)

VIEWS: Final = (
    IDENTITY, FLIP_HORIZONTAL, FLIP_VERTICAL, ROTATE_180, TRANSPOSE, ROTATE_90, ROTATE_270, TRANSVERSE,
)  # fmt: skip
GENERATORS: Final = (FLIP_HORIZONTAL, FLIP_VERTICAL, TRANSPOSE)
"""All eight are made of these three."""

_BY_MOVES: Final = {(view.transpose, view.flip_vertical, view.flip_horizontal): view for view in VIEWS}
_MAX_DIFFERENT_FIRST: Final = (
    IDENTITY, ROTATE_90, ROTATE_180, ROTATE_270, FLIP_VERTICAL, TRANSPOSE, TRANSVERSE, FLIP_HORIZONTAL,
)  # fmt: skip
"""Pretrained networks were trained on mirrored images and hardly tell left from right: that view adds least."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a view does to a head that has not seen it."""

    view: View
    images: int
    before: float
    """Share of the images called right as they are."""
    after: float
    """The same through the view."""
    lost: int
    """Images called right as they are and wrong through the view."""
    won: int
    p_value: float
    """Of losing so many more than are won if the view made no difference: exact, one-sided McNemar test."""
    is_allowed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class ViewChoice:
    """The views that keep a label.

    Attributes:
        allowed: With identity, in the order of `VIEWS`; whatever is made of two of them is one of them.
        evidence: For each generator that was tried; none where there was nothing to tell by.
        note: How the choice was made: a sentence.
    """

    allowed: tuple[View, ...]
    evidence: tuple[Evidence, ...]
    note: str


def closure(generators: Iterable[View]) -> tuple[View, ...]:
    """Return everything that can be made of some views, identity included, in the order of `VIEWS`."""
    generators = tuple(generators)
    made = {IDENTITY}
    while new := {one.then(another) for one in made for another in generators} - made:
        made |= new
    return tuple(view for view in VIEWS if view in made)


def few_views(allowed: Iterable[View], count: int = 4) -> tuple[View, ...]:
    """Choose identity and the views that differ most from it and from each other.

    Args:
        allowed: What to choose from.
        count: At most so many, identity included.
    """
    allowed = set(allowed)
    return tuple(view for view in _MAX_DIFFERENT_FIRST if view in allowed)[:count]


def asked_images(count: int, seed: int) -> npt.NDArray[np.int64]:
    """Choose the places of at most `MOST` of `count` images, in ascending order."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:MOST])


def choose_views(score: Callable[[View], npt.NDArray[np.bool_]], targets: Targets) -> ViewChoice:
    """Find the views that keep a label.

    A head that was trained on images as they are is asked about others through each generator. A view is forbidden if
    the images it loses are significantly more than those it wins, among all images or among those of one label, or if
    it costs more than `LARGEST_DROP`. A head that is no better than the majority, or too few images, can tell nothing:
    then nothing is allowed.

    Args:
        score: Tells for each image whether it is called right through a view: bool `(n,)`.
        targets: The images' labels, int `(n,)`.
    """
    images = len(targets)
    if images < FEWEST:
        return ViewChoice((IDENTITY,), (), f"No flips or rotations: {images} validation images cannot tell their harm.")
    before = score(IDENTITY)
    majority = np.bincount(targets).max() / images
    if upper_tail(int(before.sum()), images, majority) >= SIGNIFICANCE:
        knows = (
            f"the head calls {before.mean():.1%} of {images} validation images right, the majority is {majority:.1%}"
        )
        return ViewChoice((IDENTITY,), (), f"No flips or rotations: {knows}, so their harm cannot be told.")
    evidence = tuple(_weigh(view, before, score(view), targets) for view in GENERATORS)
    allowed = closure(one.view for one in evidence if one.is_allowed)
    return ViewChoice(allowed, evidence, f"Views that keep the label: {', '.join(view.name for view in allowed)}.")


def upper_tail(successes: int, trials: int, chance: float) -> float:
    """Return the exact probability of so many successes or more in independent trials.

    Args:
        successes: From 0.
        trials: From 0.
        chance: Of one success, 0 to 1.
    """
    if chance >= 1:
        return 1.0
    terms = (math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1))
    return min(1.0, math.fsum(terms))


def keeps_label(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], targets: Targets) -> bool:
    """Tell whether a change of the images leaves their labels recognisable.

    It does not if the images it loses are significantly more than those it wins, among all images or among those of one
    label, or if it costs more than `LARGEST_DROP`.

    Args:
        before: Whether each image is called right as it is, `(n,)`.
        after: The same when changed.
        targets: The images' labels, int `(n,)`.
    """
    lost, won = before & ~after, after & ~before
    labels = np.unique(targets)
    worst = min(_mcnemar(lost[targets == label], won[targets == label]) for label in labels) * len(labels)  # Bonferroni
    drop = float(before.mean() - after.mean())
    return _mcnemar(lost, won) >= SIGNIFICANCE and worst >= SIGNIFICANCE and drop <= LARGEST_DROP


def _weigh(view: View, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], targets: Targets) -> Evidence:
    lost, won = before & ~after, after & ~before
    is_allowed = keeps_label(before, after, targets)
    counts = f"{before.mean():.1%} of {len(targets)} images right as they are, {after.mean():.1%} through it"
    changes = f"{lost.sum()} lost, {won.sum()} won"
    verdict = "used" if is_allowed else "not used, since it changes labels or looks like no image here"
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
    """McNemar 1947 in its exact form: of the images that change, as many should be won as lost."""
    losses, wins = int(lost.sum()), int(won.sum())
    return upper_tail(losses, losses + wins, 0.5)
