"""From an evaluation to a report with an id: kept in the store where that can be written, and sent all the same."""

import logging
from datetime import UTC, datetime

from pydantic import ValidationError
from ulid import ULID

from app.evaluated import Evaluated
from app.schemas import ArchiveFacts, EvaluationBody, EvaluationSummary
from model_store.errors import EvaluationNotFound, VersionCorrupt
from model_store.evaluations import Evaluations, StoredEvaluation
from model_store.manifest import Manifest
from model_store.records import Records
from model_store.records_file import dump_records

log = logging.getLogger(__name__)


def make_report(evaluated: Evaluated, manifest: Manifest, archive: ArchiveFacts) -> EvaluationBody:
    """Give an evaluation its head; it is not stored yet."""
    compared = {} if evaluated.comparison is None else {"comparison": evaluated.comparison}
    return EvaluationBody(
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


def keep(report: EvaluationBody, records: Records, reports: Evaluations) -> EvaluationBody:
    """Store a report and its records if there is a place to write to; blocks.

    Returns:
        The report as it was stored, or with `stored` false.
    """
    stored = report.model_copy(update={"stored": True})
    try:
        text = stored.model_dump_json(exclude_unset=True)
        reports.put(report.id, report.model, report.version, text, dump_records(records))
    except OSError as error:
        log.warning("report %s is not stored: %s", report.id, error)
        return report
    return stored


def warn_if_unwritable(reports: Evaluations, models: list[str]) -> None:
    """Say at start-up, once, if reports will not be stored."""
    unwritable = [model for model in models if not reports.is_writable(model)]
    if unwritable:
        log.warning(
            "evaluations of %s will be answered but not stored: the place is read-only; set FULLCOUNT_EVALUATIONS_DIR",
            ", ".join(unwritable),
        )


def list_reports(reports: Evaluations, *, model: str | None, limit: int) -> list[EvaluationSummary]:
    """Read one line about each stored report, newest first; blocks. A damaged one is in the log, not in the list."""
    summaries = []
    for stored in reports.newest(model=model, limit=limit):
        try:
            summaries.append(_summarise(stored))
        except EvaluationNotFound:
            continue  # it was removed meanwhile
        except (VersionCorrupt, KeyError, TypeError, ValidationError) as error:
            log.warning("report %s cannot be read: %r", stored.path, error)
    return summaries


def _summarise(stored: StoredEvaluation) -> EvaluationSummary:
    report = stored.read()
    return EvaluationSummary(
        id=stored.id,
        created=report["created"],
        model=stored.model,
        version=stored.version,
        filename=report["archive"]["filename"],
        images=report["accounting"]["images"],
        scored=report["accounting"]["scored"],
        unreadable=report["accounting"]["unreadable"],
        accuracy=report["metrics"]["accuracy"]["value"],
    )
