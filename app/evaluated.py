"""From the answers of one version, or of two, to everything that a report says of a labelled set. Blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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

MOST_MISTAKES: Final = 24
"""How many of the worst mistakes have a thumbnail."""
MOST_MISLABELLED: Final = 12
"""How many of the files whose label may be wrong have one."""


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


def conclude(
    versions: Sequence[LoadedVersion], answers: Sequence[Records], given: LabelledSet, max_image_pixels: int
) -> Evaluated:
    """Conclude what answers come to; for 50,000 files that takes some seconds.

    Args:
        versions: The one evaluated, and perhaps one to compare with.
        answers: Of each version on all files.
        given: The files; some of them are read again for their thumbnails.
        max_image_pixels: Most pixels of one image.
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
    _add_thumbnails(records, evaluations[0], versions[0], given, max_image_pixels)
    return Evaluated(
        evaluation=evaluations[0],
        comparison=compare(this, others[0], evaluations[1]) if others else None,
        leakage=None if trained is None else find_leakage(records, this.decision, trained),
        duplicates=find_duplicates(records),
        interpretation=given.interpretation,
        records=records,
    )


def _add_thumbnails(
    records: Records, evaluation: Evaluation, version: LoadedVersion, given: LabelledSet, max_image_pixels: int
) -> None:
    """Keep small pictures of the files that a person wants to look at first."""
    wanted = {one.path for one in evaluation.misclassified[:MOST_MISTAKES]}
    wanted |= {one.path for one in evaluation.mislabelled[:MOST_MISLABELLED]}
    for place, path in enumerate(records.paths):
        if path in wanted:
            try:
                decoded = decode(given.read(path), version.input, max_image_pixels=max_image_pixels)
            except ImageRejected:  # it was readable before: somebody changed the folder meanwhile
                continue
            records.thumbnails[place] = thumbnail(decoded.pixels)
