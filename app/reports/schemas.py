"""The bodies of responses about reports, beside those of `model_store.evaluation.report`.

They are described in docs/reference/http-api.md.
"""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from model_store.evaluation.comparison import Comparison
from model_store.evaluation.corrected import CorrectionsEffect
from model_store.evaluation.overlap import Overlap
from model_store.evaluation.report import Accounting, Duplicate, Evaluation, Leakage, Metrics
from model_store.labelled_sets.interpretation import IgnoredReason, Interpretation


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ArchiveFacts(_Body):
    """The archive or folder that was evaluated."""

    filename: str | None
    bytes: int
    sha256: str


class WantedBytes(_Body):
    """Bytes of a zip without which it cannot be said what it is."""

    start: int
    end: int
    """The place after the last of them."""
    whole: bool
    """True if they hold a whole file, False if its first bytes are enough."""


class Recognised(_Body):
    """The reading of a set that is not evaluated yet."""

    interpretation: Interpretation
    images: int
    """Image files, under a label or not."""
    labels: dict[str, int]
    """Label of the model → image files under it; only labels with files."""
    unlabelled: list[str]
    """The first paths of image files under no label of the model."""
    ignored: dict[IgnoredReason, int]
    """Reason → files left out for it, without `unlabelled`, which are image files."""
    summary: list[str]
    """Sentences that say all this."""


class InterpretationBody(_Body):
    """What a zip is recognised as, or what else has to be sent to say it."""

    model: str
    version: int
    wanted: list[WantedBytes]
    """The bytes to send as well; empty if nothing is missing."""
    unread: int
    """Files without an image's extension that were not looked into, since there are too many; counted only here."""
    recognised: Recognised | None
    """Null if something is wanted, or if only the files that were not looked into could have images and labels."""


class _ReportHead(_Body):
    """The head of a report, before its figures."""

    id: str
    stored: bool
    created: datetime
    model: str
    version: int
    archive: ArchiveFacts
    interpretation: Interpretation


class ReportBody(Evaluation, _ReportHead):
    """A report, as `POST /evaluate` and `GET /evaluations/{id}` return it."""

    leakage: Leakage | None
    """Files that the version was trained on; null if the version does not record its training images."""
    duplicates: list[Duplicate]
    comparison: Comparison | None = None
    """The comparison with another version, if one was requested."""
    corrections: CorrectionsEffect | None = None
    """What corrections changed, with the figures before them, if there are any."""


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
    corrections: str | None = None
    """The name of the file of corrections that the accuracy is after, if there was one."""


class ReportsBody(_Body):
    """Stored reports, newest first."""

    evaluations: list[ReportSummary]


class ComparedReport(_Body):
    """One of two reports that are compared, with its figures over all its files."""

    id: str
    created: datetime
    model: str
    version: int
    name: str
    """The name of the report in the verdict."""
    threshold: float | None
    """The threshold of the positive label; null if the model has none."""
    archive: ArchiveFacts
    accounting: Accounting
    metrics: Metrics
    seen_in_training: int | None
    """The number of its files that the version was trained on; null if the version does not record them."""

    @classmethod
    def of(cls, report: ReportBody, name: str) -> Self:
        """Return the part of a report that a comparison shows."""
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
    """The head of a comparison, before its figures."""

    summary: list[str]
    """Sentences about what is compared and what makes the comparison unfair."""
    this: ComparedReport
    against: ComparedReport


class ReportComparisonBody(Overlap, _ComparedHeads):
    """The answer of `GET /evaluations/{id}/comparison`."""

    thumbnails: dict[str, str]
    """Path of a flip → path of its thumbnail in this service, if either report has one."""


class ThumbnailsBody(_Body):
    """The image files of a report that have a thumbnail."""

    places: list[int]
    """Their places among its image files, from 0."""
    maps: dict[int, list[list[float]]]
    """Place → rows → columns: the class activation maps of the predicted labels, if they were requested."""
