"""Splits images into train, validation and test by what is on them, not by their order.

The digest of an image's pixels is a number from 0 to 1 that it keeps for ever: below the test fraction it is a test
image, below test and validation fraction a validation image. So adding images moves none of the old ones. Only a label
so small that a split would have none of it is evened out: its images with the lowest numbers go to test, the next to
validation, and that may change while it grows. Pure; knows digests and nothing of files.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.files import Split

_DIGITS: Final = 16


@dataclass(frozen=True)
class Fractions:
    """What part of the images of each label is held out.

    Attributes:
        validation: From 0 to 1, without the ends: stopping needs validation images.
        test: From 0 to 1; with 0 there is no test split.
    """

    validation: float = 0.15
    test: float = 0.15

    def __post_init__(self) -> None:
        if not (0 < self.validation < 1 and 0 <= self.test < 1 and self.validation + self.test < 1):
            raise ValueError(
                f"fractions of {self.validation} for validation and {self.test} for test leave nothing to train on"
            )

    @property
    def fewest(self) -> int:
        """How many images a label needs: one in each split."""
        return 3 if self.test else 2


def position(pixel_digest: str) -> float:
    """Return the number from 0 to 1 that a SHA-256 digest stands for."""
    return int(pixel_digest[:_DIGITS], 16) / 16**_DIGITS


def split_label(pixel_digests: Sequence[str], *, validation: float, test: float) -> list[Split]:
    """Split the images of one label.

    Args:
        pixel_digests: A SHA-256 digest, hexadecimal, per image; all differ.
        validation: The fraction of validation images; 0 for none.
        test: The fraction of test images; 0 for none.

    Returns:
        The split of each, in the order given. Each split with a fraction, and `train`, has at least one image if there
        are as many images as such splits.
    """
    positions = sorted(position(digest) for digest in pixel_digests)
    tests = bisect_left(positions, test)
    validations = bisect_left(positions, test + validation) - tests
    if test:
        tests = _between(tests, 1, len(positions) - (2 if validation else 1))
    if validation:
        validations = _between(validations, 1, len(positions) - tests - 1)
    order = sorted(range(len(pixel_digests)), key=lambda place: pixel_digests[place])
    splits: list[Split] = ["train"] * len(order)
    for rank, place in enumerate(order[: tests + validations]):
        splits[place] = "test" if rank < tests else "validation"
    return splits


def _between(count: int, lowest: int, highest: int) -> int:
    """Clamp a count; where the limits contradict each other the upper one holds, and nothing is below zero."""
    return max(0, min(max(count, lowest), highest))
