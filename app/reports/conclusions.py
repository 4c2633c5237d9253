"""From the answers of one version, or of two, to everything that a report says of a labelled set. Blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.inference.loaded_version import LoadedVersion
from model_store.evaluation.comparison import Comparison, Side, compare
from model_store.evaluation.counting import evaluate
from model_store.evaluation.leakage import find_duplicates, find_leakage
from model_store.evaluation.records import Records
from model_store.evaluation.report import Duplicate, Evaluation, Leakage
from model_store.labelled_sets.interpretation import Interpretation
from model_store.labelled_sets.labelled_set import LabelledSet


@dataclass(frozen=True, slots=True)
class Conclusions:
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


def conclude(versions: Sequence[LoadedVersion], answers: Sequence[Records], given: LabelledSet) -> Conclusions:
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
    return Conclusions(
        evaluation=evaluations[0],
        comparison=compare(this, others[0], evaluations[1]) if others else None,
        leakage=None if trained is None else find_leakage(records, this.decision, trained),
        duplicates=find_duplicates(records),
        interpretation=given.interpretation,
        records=records,
    )
