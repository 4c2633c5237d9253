import hashlib
from collections import Counter
from collections.abc import Sequence

import pytest

from model_store.labelled_sets.recognition.folder_names import Split
from training.config import Fractions
from training.data.split import Group, position, split_groups


def groups(count: int, start: int = 0, label: str = "a") -> list[Group]:
    """Make groups of one image each."""
    names = (str(number).encode() for number in range(start, start + count))
    return [Group(position(hashlib.sha256(name).hexdigest()), frozenset({label})) for name in names]


def at(*places: float, label: str = "a") -> list[Group]:
    return [Group(place, frozenset({label})) for place in places]


def split(some: Sequence[Group], validation: float = 0.15, test: float = 0.15) -> list[Split]:
    return split_groups(some, validation=validation, test=test)


def test_the_shares_are_about_what_was_asked_for() -> None:
    counts = Counter(split(groups(4000), 0.2, 0.1))
    assert counts["validation"] == pytest.approx(800, abs=80)
    assert counts["test"] == pytest.approx(400, abs=60)


def test_adding_images_moves_none_of_the_old_ones() -> None:
    old, new = groups(300), groups(300, start=300)
    assert split(new + old)[300:] == split(old)


def test_the_order_of_the_images_decides_nothing() -> None:
    some = groups(50)
    assert split(some[::-1])[::-1] == split(some)


@pytest.mark.parametrize("start", range(0, 60, 3))
@pytest.mark.parametrize("count", [3, 4, 7])
def test_a_small_label_has_an_image_in_each_split(start: int, count: int) -> None:
    assert set(split(groups(count, start))) == {"train", "validation", "test"}


@pytest.mark.parametrize("places", [(0.01, 0.02, 0.03), (0.16, 0.17, 0.18), (0.5, 0.6, 0.7)])
def test_a_label_is_evened_out_in_the_order_of_the_positions(places: tuple[float, ...]) -> None:
    assert split(at(*places)) == ["test", "validation", "train"]


def test_without_a_test_fraction_there_are_no_test_images() -> None:
    assert set(split(groups(10), 0.3, 0.0)) == {"train", "validation"}


def test_without_a_validation_fraction_only_test_images_are_taken() -> None:
    assert set(split(groups(10), 0.0, 0.3)) == {"train", "test"}


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, ["train"]), (2, ["validation", "train"])])
@pytest.mark.parametrize("place", [0.0, 0.2, 0.6])
def test_of_too_few_images_one_is_trained_on_and_the_next_validates(
    count: int, expected: list[Split], place: float
) -> None:
    assert split(at(*(place + 0.001 * number for number in range(count)))) == expected


def test_a_group_of_two_labels_is_not_moved_from_where_the_other_label_needs_it() -> None:
    both = Group(0.05, frozenset({"a", "b"}))
    some = [both, *at(0.2, 0.5, 0.6, label="a"), *at(0.3, 0.4, 0.45, label="b")]
    splits = dict(zip(some, split(some), strict=True))
    assert splits[both] == "test"
    for label in "ab":
        assert {splits[group] for group in some if label in group.labels} == {"train", "validation", "test"}


def test_a_position_is_between_zero_and_one() -> None:
    assert position("0" * 64) == 0
    assert 0.999 < position("f" * 64) <= 1


@pytest.mark.parametrize(("validation", "test"), [(0, 0.1), (0.5, 0.5), (-0.1, 0.1), (0.1, -0.1), (1, 0)])
def test_shares_that_leave_nothing_are_refused(validation: float, test: float) -> None:
    with pytest.raises(ValueError, match="are not possible: use more than 0 for validation"):
        Fractions(validation, test)
