"""Storing reports and reading them back. A report that cannot be stored is still sent."""

import logging

from app.errors import RecordsMissing
from app.reports.schemas import ReportBody
from app.reports.summaries import READING_FACTOR, write_summary
from model_store.errors import VersionCorrupt
from model_store.evaluation.records import Records
from model_store.evaluation.records_file import Thumbnails, dump_records, load_thumbnails, unpacked_bytes
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
        at = reports.put(report.id, report.model, report.version, text, dump_records(records))
        write_summary(at, stored)
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


def read_thumbnails(reports: ReportStore, report_id: str) -> Thumbnails:
    """Read the thumbnails of a stored report, and nothing else of it. This blocks.

    Raises:
        ReportNotFound: If the report does not exist.
        RecordsMissing: If it was stored without records.
        VersionCorrupt: If its records cannot be read.
    """
    stored = reports.get(report_id)
    records = stored.open_records()
    if records is None:
        raise RecordsMissing(report_id, "a thumbnail")
    try:
        with records:
            return load_thumbnails(records)
    except ValueError as error:
        raise VersionCorrupt(stored.path, [f"its records cannot be read ({error})"]) from error


def reading_bytes(*reports: StoredReport) -> int:
    """Return the bytes of memory that it takes to read reports with their records. This blocks.

    Raises:
        ReportNotFound: If one was removed in the meantime.
        VersionCorrupt: If the records of one cannot be read.
    """
    return READING_FACTOR * sum(one.state()[0] + _records_bytes(one) for one in reports)


def _records_bytes(stored: StoredReport) -> int:
    records = stored.open_records()
    if records is None:
        return 0
    try:
        with records:
            return unpacked_bytes(records)
    except ValueError as error:
        raise VersionCorrupt(stored.path, [f"its records cannot be read ({error})"]) from error
