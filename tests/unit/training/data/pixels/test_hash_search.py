import itertools

import numpy as np
import pytest

from training.data.pixels.hash_search import RADIUS, candidate_pairs, count_bits


def found(hashes: np.ndarray) -> list[tuple[int, int]]:
    blocks = [zip(one.tolist(), other.tolist(), strict=True) for one, other in candidate_pairs(hashes)]
    return sorted(itertools.chain.from_iterable(blocks))


def by_force(hashes: np.ndarray) -> list[tuple[int, int]]:
    numbers = [int(one) for one in hashes]
    pairs = itertools.combinations(range(len(numbers)), 2)
    return [(one, other) for one, other in pairs if (numbers[one] ^ numbers[other]).bit_count() <= RADIUS]


@pytest.mark.parametrize("flips", [1, 4, 8, 9, 12])
def test_exactly_the_close_pairs_are_found_each_once(flips: int) -> None:
    dice = np.random.default_rng(flips)
    base = dice.integers(0, 2**64, 60, dtype=np.uint64)
    bits = [dice.choice(64, flips, replace=False) for _ in base]
    masks = np.array([sum(1 << int(bit) for bit in some) for some in bits], dtype=np.uint64)
    hashes = np.concatenate([base, base ^ masks])
    assert found(hashes) == by_force(hashes)
    assert len(found(hashes)) == (60 if flips <= RADIUS else 0)


def test_many_equal_hashes_are_all_paired() -> None:
    assert len(found(np.full(50, 7, dtype=np.uint64))) == 50 * 49 / 2


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_paired_with_nothing(count: int) -> None:
    assert found(np.zeros(count, dtype=np.uint64)) == []


def test_bits_are_counted() -> None:
    assert count_bits(np.array([0, 1, 2**64 - 1, 2**63 + 3], dtype=np.uint64)).tolist() == [0, 1, 64, 3]
