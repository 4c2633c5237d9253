"""The conclusions of a report about a labelled set, from the answers of one or two versions. Drawing them blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.inference.loaded_version import LoadedVersion
from model_store.decision import Decision
from model_store.evaluation.comparison import Comparison, Side, compare
from model_store.evaluation.corrected import CorrectionsEffect, describe_effect, effect_sentences
from model_store.evaluation.counting import evaluate
from model_store.evaluation.leakage import find_duplicates, find_leakage
from model_store.evaluation.records import Records
from model_store.evaluation.report import Duplicate, Evaluation, Leakage
from model_store.labelled_sets.corrections.applying import CorrectedSet
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
    corrections: CorrectionsEffect | None = None
    """What corrections changed, if there are any."""


def conclude(
    versions: Sequence[LoadedVersion],
    answers: Sequence[Records],
    labelled_set: LabelledSet,
    corrected: CorrectedSet | None = None,
) -> Conclusions:
    """Draw the conclusions from answers. 50,000 files take some seconds.

    Args:
        versions: The version evaluated and, if requested, one to compare with.
        answers: The answers of each version to all files.
        labelled_set: The files.
        corrected: The files after corrections, if there are any. The conclusions are about these.
    """
    decisions = [version.manifest.decision for version in versions]
    effect = None
    if corrected is not None:
        effect = describe_effect(corrected, _evaluate_before(answers[0], decisions[0], labelled_set))
        labelled_set = corrected.labelled_set
        answers = [records.relabelled(labelled_set.images) for records in answers]
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
        evaluation=evaluations[0] if effect is None else _with_effect(evaluations[0], effect),
        comparison=compare(this, others[0], evaluations[1]) if others else None,
        leakage=None if trained is None else find_leakage(records, this.decision, trained),
        duplicates=find_duplicates(records),
        interpretation=labelled_set.interpretation,
        records=records,
        corrections=effect,
    )


def _evaluate_before(records: Records, decision: Decision, labelled_set: LabelledSet) -> Evaluation:
    """Evaluate the set as it was given, without the intervals that take resampling."""
    return evaluate(records, decision, ignored=labelled_set.ignored, directories=labelled_set.directories, resamples=0)


def _with_effect(evaluation: Evaluation, effect: CorrectionsEffect) -> Evaluation:
    """Add to the summary what corrections changed."""
    summary = [*evaluation.summary, *effect_sentences(effect, evaluation.metrics)]
    return evaluation.model_copy(update={"summary": summary})
