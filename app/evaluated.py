"""From the answers of one version, or of two, to everything that a report says of a labelled set. Blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.explainer import Explainer
from app.labelled_set import LabelledSet
from app.registry import LoadedVersion
from model_store.comparison import Comparison, Side, compare
from model_store.errors import ImageRejected
from model_store.evaluation import evaluate
from model_store.leakage import find_duplicates, find_leakage
from model_store.pixels import decode
from model_store.presentation.thumbnails import thumbnail
from model_store.records import Records
from model_store.report import Duplicate, Evaluation, Interpretation, Leakage

MOST_IN_A_CELL: Final = 24
"""How many files of a cell of the confusion matrix have a thumbnail: the surest mistakes, the least sure right ones."""
MOST_IN_ALL: Final = 120
"""How many files have one, as far as each cell then has one at least."""
MOST_MISLABELLED: Final = 12
"""How many of the files whose label may be wrong have one in any case."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of a labelled set."""

    evaluation: Evaluation
    comparison: Comparison | None
    """With another version, where one was asked for."""
    leakage: Leakage | None
    """Null for a version that does not know what it was trained on."""
    duplicates: list[Duplicate]
    interpretation: Interpretation
    """How the set was read."""
    records: Records


def conclude(versions: Sequence[LoadedVersion], answers: Sequence[Records], given: LabelledSet) -> Evaluated:
    """Conclude what answers come to; for 50,000 files that takes some seconds.

    Args:
        versions: The one evaluated, and perhaps one to compare with.
        answers: Of each version on all files.
        given: The files.
    """
    decisions = [version.manifest.decision for version in versions]
    evaluations = [
        evaluate(records, decision, ignored=given.ignored, directories=given.directories)
        for records, decision in zip(answers, decisions, strict=True)
    ]
    this, *others = (
        Side(version.manifest.version, decision, records)
        for version, decision, records in zip(versions, decisions, answers, strict=True)
    )
    records, trained = this.records, versions[0].trained
    return Evaluated(
        evaluation=evaluations[0],
        comparison=compare(this, others[0], evaluations[1]) if others else None,
        leakage=None if trained is None else find_leakage(records, this.decision, trained),
        duplicates=find_duplicates(records),
        interpretation=given.interpretation,
        records=records,
    )


def add_thumbnails(
    evaluated: Evaluated,
    version: LoadedVersion,
    given: LabelledSet,
    max_image_pixels: int,
    explainer: Explainer | None = None,
) -> None:
    """Keep small pictures of the files that a person wants to look at first, which are read again for it.

    Args:
        evaluated: Its records are added to.
        version: What was evaluated; the pictures are what it saw.
        given: The files.
        max_image_pixels: Most pixels of one image.
        explainer: Adds to each the activation map of the label it was called, if there is one.
    """
    records, decision = evaluated.records, version.manifest.decision
    places = {path: place for place, path in enumerate(records.paths)}
    suspects = [places[one.path] for one in evaluated.evaluation.mislabelled[:MOST_MISLABELLED]]
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
    most = min(MOST_IN_A_CELL, max(1, MOST_IN_ALL // max(1, len(starts))))
    chosen = [order[start : start + min(size, most)] for start, size in zip(starts, sizes, strict=True)]
    return [int(scored[at]) for some in chosen for at in some]
