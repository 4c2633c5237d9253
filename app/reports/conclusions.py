"""The conclusions of a report about a labelled set, from the answers of one or two versions. Drawing them blocks."""

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
    """The results of evaluating a labelled set."""

    evaluation: Evaluation
    comparison: Comparison | None
    """The comparison with another version, if there is one."""
    leakage: Leakage | None
    """Files that the version was trained on; None if the version does not record its training images."""
    duplicates: list[Duplicate]
    interpretation: Interpretation
    """The reading of the set: its layout, encoding and labels."""
    records: Records


def conclude(versions: Sequence[LoadedVersion], answers: Sequence[Records], labelled_set: LabelledSet) -> Conclusions:
    """Draw the conclusions from answers. 50,000 files take some seconds.

    Args:
        versions: The version evaluated and, if requested, one to compare with.
        answers: The answers of each version to all files.
        labelled_set: The files.
    """
    decisions = [version.manifest.decision for version in versions]
    evaluations = [
        evaluate(records, decision, ignored=labelled_set.ignored, directories=labelled_set.directories)
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
        interpretation=labelled_set.interpretation,
        records=records,
    )
