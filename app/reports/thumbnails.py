"""The thumbnails of a report: choosing the files that get one, and drawing them."""

from collections.abc import Callable
from typing import Final

import numpy as np

from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.reports.conclusions import Conclusions
from model_store.errors import ImageRejected
from model_store.evaluation.records import Records
from model_store.images.pixels import Decoded
from model_store.presentation.thumbnails import thumbnail

MAX_IN_A_CELL: Final = 24
"""Thumbnails for each cell of the confusion matrix: the most certain mistakes and the least certain correct files."""
MAX_IN_ALL: Final = 120
"""Thumbnails for all cells together; more only if there are more cells, as each cell with files has at least one."""
MAX_MISLABELLED: Final = 12
"""Further thumbnails for files whose label may be wrong."""


def add_thumbnails(
    conclusions: Conclusions,
    version: LoadedVersion,
    decode: Callable[[str], Decoded],
    explainer: Explainer | None = None,
) -> None:
    """Add thumbnails of the files that a person looks at first; they are read and decoded again.

    Args:
        conclusions: The conclusions, whose records get the thumbnails.
        version: The version evaluated; thumbnails show the pixels that it saw.
        decode: Decodes the file of a path.
        explainer: Adds the class activation map of the predicted label to each thumbnail; None adds none.
    """
    records, decision = conclusions.records, version.manifest.decision
    places = {path: place for place, path in enumerate(records.paths)}
    suspects = [places[suspect.path] for suspect in conclusions.evaluation.mislabelled[:MAX_MISLABELLED]]
    for place in dict.fromkeys([*_first_of_each_cell(records, version), *suspects]):
        try:
            decoded = decode(records.paths[place])
        except ImageRejected:  # it was readable before: the folder was changed meanwhile
            continue
        records.thumbnails[place] = thumbnail(decoded.pixels)
        if explainer is not None:
            predicted = decision.index(records.probabilities[place])
            records.maps[place] = explainer.explain_blocking(decoded.pixels)[..., predicted]


def _first_of_each_cell(records: Records, version: LoadedVersion) -> list[int]:
    """Return, for each cell of the matrix, the places of the files that a person looks at first."""
    scored = np.flatnonzero(records.is_scored)
    predicted = version.manifest.decision.indices(records.probabilities[scored])
    certainty = records.probabilities[scored, predicted]
    is_right = records.given[scored] == predicted
    cells = records.given[scored] * np.int64(len(records.labels)) + predicted
    order = np.lexsort((np.where(is_right, certainty, -certainty), cells))
    _, starts, sizes = np.unique(cells[order], return_index=True, return_counts=True)
    most = min(MAX_IN_A_CELL, max(1, MAX_IN_ALL // max(1, len(starts))))
    chosen = [order[start : start + min(size, most)] for start, size in zip(starts, sizes, strict=True)]
    return [int(scored[at]) for of_cell in chosen for at in of_cell]
