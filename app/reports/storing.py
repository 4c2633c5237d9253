"""Storing reports and reading them back. A report that cannot be stored is still sent."""

import logging

from pydantic import ValidationError

from app.errors import RecordsMissing
from app.reports.schemas import ReportBody, ReportSummary
from model_store.errors import ReportNotFound, VersionCorrupt
from model_store.evaluation.records import Records
from model_store.evaluation.records_file import Thumbnails, dump_records, load_thumbnails
from model_store.storage.reports import ReportStore, StoredReport

log = logging.getLogger(__name__)


def store_report(report: ReportBody, records: Records, reports: ReportStore) -> ReportBody:
    """Store a report and its records if the store can be written. This blocks.

    Returns:
        The report with `stored` true, or unchanged if it could not be stored.
    """
    stored = report.model_copy(update={"stored": True})
    try:
        text = stored.model_dump_json(exclude_unset=True)
        reports.put(report.id, report.model, report.version, text, dump_records(records))
    except OSError as error:
        log.warning("report %s is not stored: %s", report.id, error)
        return report
    return stored


def prepare_reports(reports: ReportStore, models: list[str]) -> None:
    """Remove what killed processes left half written, and log a warning if reports will not be stored.

    Called once at the start. This blocks.
    """
    unwritable = [model for model in models if not reports.is_writable(model)]
    for model in set(models) - set(unwritable):
        try:
            removed = reports.remove_abandoned(model)
        except OSError as error:
            log.warning("what killed processes left among the reports of %s stays there: %s", model, error)
            continue
        if removed:
            log.info("removed %d files that killed processes left among the reports of %s", len(removed), model)
    if unwritable:
        log.warning(
            "reports of %s will be sent but not stored: the directory is read-only; set FULLCOUNT_EVALUATIONS_DIR",
            ", ".join(unwritable),
        )


def list_reports(reports: ReportStore, *, model: str | None, limit: int) -> list[ReportSummary]:
    """Summarise the stored reports, newest first. This blocks. A damaged report is logged and left out."""
    summaries = []
    for stored in reports.newest(model=model, limit=limit):
        try:
            summaries.append(_summarise(stored))
        except ReportNotFound:
            continue  # removed meanwhile
        except (VersionCorrupt, KeyError, TypeError, ValidationError) as error:
            log.warning("report %s cannot be read: %r", stored.path, error)
    return summaries


def read_thumbnails(reports: ReportStore, report_id: str) -> Thumbnails:
    """Read the thumbnails of a stored report. This blocks.

    Raises:
        ReportNotFound: If the report does not exist.
        RecordsMissing: If it was stored without records.
        VersionCorrupt: If its records cannot be read.
    """
    stored = reports.get(report_id)
    records = stored.read_records()
    if records is None:
        raise RecordsMissing(report_id, "a thumbnail")
    try:
        return load_thumbnails(records)
    except ValueError as error:
        raise VersionCorrupt(stored.path, [f"its records cannot be read ({error})"]) from error


def _summarise(stored: StoredReport) -> ReportSummary:
    report = stored.read()
    return ReportSummary(
        id=stored.id,
        created=report["created"],
        model=stored.model,
        version=stored.version,
        filename=report["archive"]["filename"],
        images=report["accounting"]["images"],
        scored=report["accounting"]["scored"],
        unreadable=report["accounting"]["unreadable"],
        accuracy=report["metrics"]["accuracy"]["value"],
        corrections=(report.get("corrections") or {}).get("filename"),
    )
