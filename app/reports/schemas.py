"""The bodies of the responses, beside those of `model_store.evaluation.report`: see docs/http-api.md."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from model_store.evaluation.comparison import Comparison
from model_store.evaluation.overlap import Overlap
from model_store.evaluation.report import Accounting, Duplicate, Evaluation, Leakage, Metrics
from model_store.labelled_sets.interpretation import Interpretation


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


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


class ReportBody(Evaluation, _ReportHead):
    """A report: what `POST /evaluate` answers and `GET /evaluations/{id}` returns."""

    leakage: Leakage | None
    """Files that the version was trained on; null for a version that does not know what that was."""
    duplicates: list[Duplicate]
    comparison: Comparison | None = None
    """With another version, where one was asked for."""


class ReportSummary(_Body):
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


class ReportsBody(_Body):
    """Stored reports, newest first."""

    evaluations: list[ReportSummary]


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
    def of(cls, report: ReportBody, name: str) -> Self:
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


class ReportComparisonBody(Overlap, _ComparedHeads):
    """The answer of `GET /evaluations/{id}/comparison`."""

    thumbnails: dict[str, str]
    """Path of a flip to that of its small picture in this service, where either report has one."""


class ThumbnailsBody(_Body):
    """Which image files of a report have a thumbnail."""

    places: list[int]
    """Their places among its image files, from 0."""
    maps: dict[int, list[list[float]]]
    """Place → rows → columns: class activation maps of the labels that files were called, where they were made."""
