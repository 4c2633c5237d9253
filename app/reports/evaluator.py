"""Evaluator."""

from datetime import UTC, datetime

from ulid import ULID

from app.reports.conclusions import Conclusions
from app.reports.schemas import ArchiveFacts, ReportBody
from model_store.manifest import Manifest


def make_report(evaluated: Conclusions, manifest: Manifest, archive: ArchiveFacts) -> ReportBody:
    """Give an evaluation its head; it is not stored yet."""
    compared = {} if evaluated.comparison is None else {"comparison": evaluated.comparison}
    return ReportBody(
        id=str(ULID()),
        stored=False,
        created=datetime.now(UTC).replace(microsecond=0),
        model=manifest.model,
        version=manifest.version,
        archive=archive,
        interpretation=evaluated.interpretation,
        **dict(evaluated.evaluation),
        leakage=evaluated.leakage,
        duplicates=evaluated.duplicates,
        **compared,
    )
