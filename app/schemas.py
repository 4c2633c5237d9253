"""The bodies of the responses, beside those of `model_store.report`: see docs/http-api.md."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from model_store.comparison import Comparison
from model_store.manifest import Manifest
from model_store.report import Accounting, Duplicate, Evaluation, Interpretation, Leakage, Metrics
from model_store.side_by_side import SideBySide


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class LabelProbability(_Body):
    """A label and how probable it is."""

    label: str
    probability: float


class ImageFacts(_Body):
    """What the file is, whatever it is called; the size is that of the picture as stored."""

    format: str
    width: int
    height: int


class PredictedImage(_Body):
    """The answer for one image."""

    label: str
    probability: float
    threshold: float | None = None
    """The operating threshold, for a model with a positive label."""
    predictions: list[LabelProbability]
    image: ImageFacts


class _PredictionHead(_Body):
    model: str
    version: int
    filename: str | None


class Explanation(_Body):
    """What in a picture speaks for its labels, as class activation maps: see docs/http-api.md."""

    maps: dict[str, list[list[float]]]
    """Label → rows → columns; of the label it was called and of those listed. Above 0 speaks for the label, below 0
    against it. Over all labels, the softmax of the maps' means is the probabilities."""


class PredictionBody(PredictedImage, _PredictionHead):
    """The answer of `POST /predict`."""

    explanation: Explanation | None = None
    """Where it was asked for."""
    pixels: str | None = None
    """What the model saw, where that was asked for: a PNG as a `data:` address."""


class ProblemBody(_Body):
    """An RFC 9457 problem; further members carry data."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None


class _BatchHead(_Body):
    index: int
    filename: str | None


class BatchPrediction(PredictedImage, _BatchHead):
    """One image of a batch that was answered."""


class BatchFailure(_BatchHead):
    """One image of a batch that could not be answered."""

    error: ProblemBody


class BatchBody(_Body):
    """The answer of `POST /predict/batch`; results are in the order sent."""

    model: str
    version: int
    count: int
    succeeded: int
    failed: int
    results: list[BatchPrediction | BatchFailure]

    @classmethod
    def of(cls, manifest: Manifest, results: list[BatchPrediction | BatchFailure]) -> Self:
        """Count the results."""
        failed = sum(isinstance(result, BatchFailure) for result in results)
        return cls(
            model=manifest.model,
            version=manifest.version,
            count=len(results),
            succeeded=len(results) - failed,
            failed=failed,
            results=results,
        )


class ArchiveFacts(_Body):
    """The archive that was evaluated."""

    filename: str | None
    bytes: int
    sha256: str


class _ReportHead(_Body):
    """What a report says before its figures."""

    id: str
    stored: bool
    created: datetime
    model: str
    version: int
    archive: ArchiveFacts
    interpretation: Interpretation


class EvaluationBody(Evaluation, _ReportHead):
    """A report: what `POST /evaluate` answers and `GET /evaluations/{id}` returns."""

    leakage: Leakage | None
    """Files that the version was trained on; null for a version that does not know what that was."""
    duplicates: list[Duplicate]
    comparison: Comparison | None = None
    """With another version, where one was asked for."""


class EvaluationSummary(_Body):
    """One line of `GET /evaluations`."""

    id: str
    created: str
    model: str
    version: int
    filename: str | None
    images: int
    scored: int
    unreadable: int
    accuracy: float | None


class EvaluationsBody(_Body):
    """Stored reports, newest first."""

    evaluations: list[EvaluationSummary]


class ComparedReport(_Body):
    """One of two reports that are compared: what it says of all its files."""

    id: str
    created: datetime
    model: str
    version: int
    name: str
    """What the verdict calls it."""
    threshold: float | None
    """Of the positive label, for a model that has one."""
    archive: ArchiveFacts
    accounting: Accounting
    metrics: Metrics
    seen_in_training: int | None
    """How many of its files the version was trained on; null for a version that does not know what that was."""

    @classmethod
    def of(cls, report: EvaluationBody, name: str) -> Self:
        """Take from a report what a comparison says of it."""
        return cls(
            id=report.id,
            created=report.created,
            model=report.model,
            version=report.version,
            name=name,
            threshold=None if report.positive is None else report.positive.threshold,
            archive=report.archive,
            accounting=report.accounting,
            metrics=report.metrics,
            seen_in_training=None if report.leakage is None else len(report.leakage.files),
        )


class _ComparedHeads(_Body):
    """What a comparison says before its figures."""

    summary: list[str]
    """What is compared, and what keeps the comparison from being fair, in sentences."""
    this: ComparedReport
    against: ComparedReport


class ReportComparisonBody(SideBySide, _ComparedHeads):
    """The answer of `GET /evaluations/{id}/comparison`."""

    thumbnails: dict[str, str]
    """Path of a flip to that of its small picture in this service, where either report has one."""


class ThumbnailsBody(_Body):
    """Which image files of a report have a thumbnail."""

    places: list[int]
    """Their places among its image files, from 0."""
    maps: dict[int, list[list[float]]]
    """Place → rows → columns: class activation maps of the labels that files were called, where they were made."""


class ModelBody(_Body):
    """A model that is served."""

    model: str
    serving: int
    versions: list[int]
    loaded: list[int]
    labels: list[str]
    positive: str | None

    @classmethod
    def of(cls, manifest: Manifest, versions: list[int], loaded: list[int]) -> Self:
        """Describe a model by the version that serves."""
        return cls(
            model=manifest.model,
            serving=manifest.version,
            versions=versions,
            loaded=loaded,
            labels=list(manifest.labels),
            positive=manifest.positive,
        )


class ModelsBody(_Body):
    """Every model that is served."""

    models: list[ModelBody]


class HealthBody(_Body):
    """`status` is `live` or `ready`."""

    status: str
    models: dict[str, int]
    """Model to the version that answers by default."""
