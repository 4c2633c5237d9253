import hashlib
from collections import Counter

import pytest

from training.split import Fractions, position, split_label


def digests(count: int, start: int = 0) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(start, start + count)]


def test_the_shares_are_about_what_was_asked_for() -> None:
    counts = Counter(split_label(digests(4000), validation=0.2, test=0.1))
    assert counts["validation"] == pytest.approx(800, abs=80)
    assert counts["test"] == pytest.approx(400, abs=60)


def test_adding_images_moves_none_of_the_old_ones() -> None:
    old, new = digests(300), digests(300, start=300)
    before = dict(zip(old, split_label(old, validation=0.15, test=0.15), strict=True))
    after = dict(zip(new + old, split_label(new + old, validation=0.15, test=0.15), strict=True))
    assert {digest: after[digest] for digest in old} == before


def test_the_order_of_the_images_decides_nothing() -> None:
    some = digests(50)
    forward = dict(zip(some, split_label(some, validation=0.2, test=0.2), strict=True))
    backward = dict(zip(some[::-1], split_label(some[::-1], validation=0.2, test=0.2), strict=True))
    assert forward == backward


@pytest.mark.parametrize("start", range(0, 60, 3))
@pytest.mark.parametrize("count", [3, 4, 7])
def test_a_small_label_has_an_image_in_each_split(start: int, count: int) -> None:
    splits = split_label(digests(count, start), validation=0.15, test=0.15)
    assert set(splits) == {"train", "validation", "test"}


def test_without_a_test_fraction_there_are_no_test_images() -> None:
    assert set(split_label(digests(10), validation=0.3, test=0.0)) == {"train", "validation"}


def test_without_a_validation_fraction_only_test_images_are_taken() -> None:
    assert set(split_label(digests(10), validation=0.0, test=0.3)) == {"train", "test"}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_images_are_split_without_an_error(count: int) -> None:
    splits = split_label(digests(count), validation=0.15, test=0.15)
    assert len(splits) == count


def test_a_position_is_between_zero_and_one() -> None:
    assert position("0" * 64) == 0
    assert 0.999 < position("f" * 64) <= 1


@pytest.mark.parametrize(("validation", "test"), [(0, 0.1), (0.5, 0.5), (-0.1, 0.1), (0.1, -0.1), (1, 0)])
def test_shares_that_leave_nothing_are_refused(validation: float, test: float) -> None:
    with pytest.raises(ValueError, match="leave nothing to train on"):
        Fractions(validation, test)
