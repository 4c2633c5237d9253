"""The laws of the split: what stays together, what stays where it is, and that every label is everywhere."""

import hashlib
import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from training.data.audit import settle
from training.data.files import FATES, USED_FATES, Audit, File
from training.data.grouping import group_files, group_key
from training.data.split import Group, split_groups

LABELS = ("a", "b", "c")
PATIENT = re.compile(r"p\d+")

pictures = st.tuples(st.integers(0, 10**6), st.sampled_from(LABELS), st.integers(0, 40), st.integers(0, 30))
"""Number of the file, its label, which picture it is, and of whom."""
sets = st.lists(pictures, min_size=1, max_size=60, unique_by=lambda one: one[0])
near_pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=10)
groups = st.lists(
    st.builds(Group, st.floats(0, 1, exclude_max=True), st.frozensets(st.sampled_from(LABELS), min_size=1, max_size=2)),
    max_size=40,
)


def identity(picture: int) -> str:
    return hashlib.sha256(str(picture).encode()).hexdigest()


def audit_of(some: list[tuple[int, str, int, int]], near: list[tuple[int, int]] | None = None) -> Audit:
    files = [
        File(f"{label}/p{patient}/{number}", Path(f"{number}"), "used", label=label, identity=identity(picture))
        for number, label, picture, patient in some
    ]
    pairs = [(identity(one), identity(other)) for one, other in near or []]
    return settle(Path("nowhere"), [replace(file, format="PNG", width=90, height=90) for file in files], pairs)


@given(sets, near_pairs)
def test_every_file_has_one_fate_and_the_fates_sum_to_the_files(
    some: list[tuple[int, str, int, int]], near: list[tuple[int, int]]
) -> None:
    audit = audit_of(some, near)
    assert sum(audit.fates.values()) == len(audit.files) == len(some)
    assert set(audit.fates) == set(FATES)


@given(sets)
def test_pixels_under_two_labels_are_never_used(some: list[tuple[int, str, int, int]]) -> None:
    labels: dict[str, set[str | None]] = {}
    audit = audit_of(some)
    for file in audit.files:
        labels.setdefault(file.identity, set()).add(file.label)
    for file in audit.files:
        assert (file.fate in USED_FATES) == (len(labels[file.identity]) == 1)


@given(groups, st.floats(0.05, 0.4), st.floats(0.05, 0.4))
@example([Group(0.0, frozenset(labels)) for labels in ("b", "ac", "ab", "bc")], 0.25, 0.25)
def test_a_label_with_groups_of_its_own_is_in_every_split(some: list[Group], validation: float, test: float) -> None:
    splits = split_groups(some, validation=validation, test=test)
    for label in LABELS:
        own = Counter(split for group, split in zip(some, splits, strict=True) if group.labels == {label})
        mine = {split for group, split in zip(some, splits, strict=True) if label in group.labels}
        if own.total() >= 12:  # enough that the other labels' groups do not matter
            assert mine == {"train", "validation", "test"}
        if own.total():
            assert "train" in mine


@given(groups, groups)
def test_adding_groups_moves_none_of_the_old_ones(old: list[Group], new: list[Group]) -> None:
    """A label so small that a split has none of it is evened out while it grows: none is so small here."""
    old = [*(Group(place, frozenset({label})) for label in LABELS for place in (0.1, 0.3, 0.9)), *old]
    by_position = ["test" if one.position < 0.2 else "validation" if one.position < 0.4 else "train" for one in old]
    assert split_groups([*old, *new], validation=0.2, test=0.2)[: len(old)] == by_position


@given(sets, near_pairs)
def test_copies_near_copies_and_matches_are_in_one_group_and_every_file_in_one(
    some: list[tuple[int, str, int, int]], near: list[tuple[int, int]]
) -> None:
    audit = audit_of(some, near)
    used = [file for file in audit.files if file.fate in USED_FATES]
    groups = group_files(used, audit.near, PATIENT)
    assert sorted(place for group in groups for place in group) == list(range(len(used)))
    group_of = {used[place].path: number for number, group in enumerate(groups) for place in group}
    linked = {frozenset(pair) for pair in audit.near}
    for one, other in itertools.combinations(used, 2):
        is_same = one.identity == other.identity or frozenset({one.identity, other.identity}) in linked
        if is_same or group_key(one.path, PATIENT) == group_key(other.path, PATIENT):
            assert group_of[one.path] == group_of[other.path]
