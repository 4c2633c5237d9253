"""Splitting images into train, validation and test by their content, not by their order.

Images that belong together are a group (see `grouping.py`); most groups are one picture. The digest of a group is a
number from 0 to 1 that never changes. Below the test fraction it is for testing, and below the sum of test and
validation fraction for validation. So adding images moves none of the old ones. Only a label that is too small for all
splits is evened out, and that may change while it grows. This module knows numbers and labels, not files.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from model_store.labelled_sets.recognition.folder_names import Split

_DIGITS: Final = 16
_NEEDED_FIRST: Final[tuple[Split, ...]] = ("train", "test", "validation")


@dataclass(frozen=True)
class Group:
    """Images that stay together."""

    position: float
    """A number from 0 to 1 that decides the split."""
    labels: frozenset[str]
    """The labels of its images."""


def position(digest: str) -> float:
    """Return the number from 0 to 1 that a SHA-256 digest stands for."""
    return int(digest[:_DIGITS], 16) / 16**_DIGITS


def split_groups(groups: Sequence[Group], *, validation: float, test: float) -> list[Split]:
    """Split groups of images.

    Args:
        groups: The groups.
        validation: The fraction of validation images; 0 for none.
        test: The fraction of test images; 0 for none.

    Returns:
        The split of each group, in the order given. `train` and each split with a fraction have at least one group of
        each label that has enough groups, unless another label would lose its last group by a move.
    """
    shares: dict[Split, float] = {"test": test, "validation": validation, "train": 1 - test - validation}
    evened = _Evened(groups, shares)
    for label in evened.rarest_first():
        evened.provide_all(label)
    return evened.splits


class _Evened:
    """Splits by position, then moves groups until each label is in each split."""

    def __init__(self, groups: Sequence[Group], shares: Mapping[Split, float]) -> None:
        """Start with the splits of the positions; `shares` are in the order of the positions."""
        self._groups = groups
        self._ends = dict(zip(shares, accumulate(shares.values()), strict=True))
        self._starts = {split: self._ends[split] - share for split, share in shares.items()}
        self._needed = [split for split in _NEEDED_FIRST if shares[split]]
        self.splits = [self._split_at(group.position) for group in groups]
        self._of_label: dict[str, list[int]] = defaultdict(list)
        self._counts: Counter[tuple[str, Split]] = Counter()
        for place, group in enumerate(groups):
            for label in group.labels:
                self._of_label[label].append(place)
                self._counts[label, self.splits[place]] += 1

    def rarest_first(self) -> list[str]:
        return sorted(self._of_label, key=lambda label: (len(self._of_label[label]), label))

    def provide_all(self, label: str) -> None:
        """Give a label a group in each split or, if it has too few, in `train` and then in `validation`."""
        has_few = len(self._of_label[label]) < len(self._needed)
        for split in self._needed:
            if not self._counts[label, split] and not (has_few and split == "test"):
                self._provide(label, split, may_take_last=has_few)

    def _provide(self, label: str, split: Split, *, may_take_last: bool) -> None:
        """Move the group of a label that is nearest to a split into that split.

        With `may_take_last` the label's last group of a less needed split may be moved. Into `train` it may be moved
        anyway if there is no other: what a label's groups share with others may bind all but one of them.
        """
        movable = self._movable(label, split, may_take_last=may_take_last)
        if not movable and split == "train":
            movable = self._movable(label, split, may_take_last=True)
        if movable:
            self._move(min(movable, key=lambda place: self._distance(self._groups[place].position, split)), split)

    def _movable(self, label: str, split: Split, *, may_take_last: bool) -> list[int]:
        """Return the places of the label's groups that may be moved to a split."""
        movable = []
        for place in self._of_label[label]:
            is_needed_more = split == "train" or self.splits[place] == "test"
            if self._may_leave(place, but=label if may_take_last and is_needed_more else None):
                movable.append(place)
        return movable

    def _move(self, place: int, split: Split) -> None:
        for label in self._groups[place].labels:
            self._counts[label, self.splits[place]] -= 1
            self._counts[label, split] += 1
        self.splits[place] = split

    def _may_leave(self, place: int, *, but: str | None) -> bool:
        """Tell whether each label of a group, except `but`, has another group in the split of this one."""
        return all(self._counts[label, self.splits[place]] > 1 for label in self._groups[place].labels if label != but)

    def _split_at(self, place: float) -> Split:
        return next((split for split, end in self._ends.items() if place < end), "train")

    def _distance(self, place: float, split: Split) -> float:
        return max(self._starts[split] - place, place - self._ends[split])
