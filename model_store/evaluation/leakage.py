"""Leakage and duplicates: files seen in training, files given twice and files given under two labels. Pure."""

from collections import defaultdict
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records
from model_store.evaluation.report import Duplicate, Leakage, Match, SeenInTraining, WithoutSeen
from model_store.images.fingerprint import DIGEST_BYTES, Digests, TrainingFingerprints
from model_store.images.light_grids import Places, has_grid, near_pairs

_WHOLE: Final = np.dtype((np.void, DIGEST_BYTES))
"""The dtype of a whole digest as one value."""


def find_leakage(records: Records, decision: Decision, trained: TrainingFingerprints) -> Leakage:
    """Find the files that the version was trained on, and compute the figures without them.

    Args:
        records: The files, with their fingerprints.
        decision: The model's rule for choosing a label.
        trained: The fingerprints of the version's training images.
    """
    is_exact = records.is_scored & np.isin(_wholes(records.digests), _wholes(trained.digests))
    is_near = np.zeros(len(records), bool)
    for places, _ in near_pairs(records.grids, trained.grids):
        is_near[places] = True
    is_seen = is_exact | is_near
    without = None
    if is_seen.any():
        others = evaluate(records.only(np.flatnonzero(~is_seen)), decision, resamples=0)
        without = WithoutSeen(
            files=others.accounting.scored, confusion_matrix=others.confusion_matrix, metrics=others.metrics
        )
    return Leakage(
        training_images=len(trained.digests),
        files=[
            SeenInTraining(
                path=records.paths[place], label=records.label(place), match="exact" if is_exact[place] else "near"
            )
            for place in np.flatnonzero(is_seen).tolist()
        ],
        too_flat=int((records.is_scored & ~is_seen & ~has_grid(records.grids)).sum()) if len(trained.grids) else None,
        without=without,
    )


def find_duplicates(records: Records) -> list[Duplicate]:
    """Group the files that are the same picture or nearly so; groups under several labels come first."""
    places = np.flatnonzero(records.is_scored)
    _, first, kind = np.unique(_wholes(records.digests[places]), return_index=True, return_inverse=True)
    group = np.arange(len(first))  # the group of each distinct picture
    grids = records.grids[places[first]]
    for block in near_pairs(grids, grids):
        _join(group, *block)
    members: dict[int, list[int]] = defaultdict(list)
    for place, of_place in zip(places.tolist(), group[kind].tolist(), strict=True):
        members[of_place].append(place)
    kinds = np.bincount(group, minlength=len(group)) if len(group) else group
    duplicates = [
        _duplicate(records, files, "exact" if kinds[of_group] == 1 else "near")
        for of_group, files in members.items()
        if len(files) > 1
    ]
    return sorted(duplicates, key=lambda duplicate: len(duplicate.labels) == 1)


def _join(group: npt.NDArray[np.int64], ones: Places, others: Places) -> None:
    """Merge the groups of the two pictures of each pair, in place."""
    is_apart = group[ones] != group[others]
    ones, others = ones[is_apart], others[is_apart]
    if not len(ones):
        return
    order = np.argsort(ones, kind="stable")
    starts = np.flatnonzero(np.diff(ones[order], prepend=-1))
    for one, near in zip(ones[order][starts].tolist(), np.split(others[order], starts[1:]), strict=True):
        still_apart = near[group[near] != group[one]]
        if len(still_apart):  # one step joins all groups near this picture
            group[np.isin(group, group[still_apart])] = group[one]


def _duplicate(records: Records, places: list[int], match: Match) -> Duplicate:
    return Duplicate(
        match=match,
        labels=list(dict.fromkeys(records.label(place) for place in places)),
        paths=[records.paths[place] for place in places],
    )


def _wholes(digests: Digests) -> npt.NDArray[np.void]:
    return np.ascontiguousarray(digests).view(_WHOLE).ravel()
