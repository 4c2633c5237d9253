"""Thumbnails."""

from typing import Final

import numpy as np

from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.reports.conclusions import Conclusions
from model_store.errors import ImageRejected
from model_store.evaluation.records import Records
from model_store.images.pixels import decode
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.presentation.thumbnails import thumbnail

MAX_IN_A_CELL: Final = 24
"""How many files of a cell of the confusion matrix have a thumbnail: the surest mistakes, the least sure right ones."""
MAX_IN_ALL: Final = 120
"""How many files have one, as far as each cell then has one at least."""
MAX_MISLABELLED: Final = 12
"""How many of the files whose label may be wrong have one in any case."""


def add_thumbnails(
    conclusions: Conclusions,
    version: LoadedVersion,
    given: LabelledSet,
    max_image_pixels: int,
    explainer: Explainer | None = None,
) -> None:
    """Keep small pictures of the files that a person wants to look at first, which are read again for it.

    Args:
        conclusions: Its records are added to.
        version: What was evaluated; the pictures are what it saw.
        given: The files.
        max_image_pixels: Most pixels of one image.
        explainer: Adds to each the activation map of the label it was called, if there is one.
    """
    records, decision = conclusions.records, version.manifest.decision
    places = {path: place for place, path in enumerate(records.paths)}
    suspects = [places[one.path] for one in conclusions.evaluation.mislabelled[:MAX_MISLABELLED]]
    for place in dict.fromkeys([*_first_of_each_cell(records, version), *suspects]):
        try:
            decoded = decode(given.read(records.paths[place]), version.input, max_image_pixels=max_image_pixels)
        except ImageRejected:  # it was readable before: somebody changed the folder meanwhile
            continue
        records.thumbnails[place] = thumbnail(decoded.pixels)
        if explainer is not None:
            called = decision.index(records.probabilities[place])
            records.maps[place] = explainer.explain_blocking(decoded.pixels)[..., called]


def _first_of_each_cell(records: Records, version: LoadedVersion) -> list[int]:
    """Return the places of the files of each cell that are looked at first."""
    scored = np.flatnonzero(records.is_scored)
    called = version.manifest.decision.indices(records.probabilities[scored])
    sureness = records.probabilities[scored, called]
    is_right = records.given[scored] == called
    cells = records.given[scored] * np.int64(len(records.labels)) + called
    order = np.lexsort((np.where(is_right, sureness, -sureness), cells))
    _, starts, sizes = np.unique(cells[order], return_index=True, return_counts=True)
    most = min(MAX_IN_A_CELL, max(1, MAX_IN_ALL // max(1, len(starts))))
    chosen = [order[start : start + min(size, most)] for start, size in zip(starts, sizes, strict=True)]
    return [int(scored[at]) for some in chosen for at in some]
