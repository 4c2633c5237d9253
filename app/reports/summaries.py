"""Summaries of stored reports: the list of many reports does not read them whole.

Each report has its summary in a file beside it. One that has none, since an older release stored it or it was copied
there, is read whole once, one after the other whoever asks.
"""

import asyncio
import functools
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from pydantic import ValidationError

from app.concurrency import FileThreads
from app.errors import MemoryNeverEnough
from app.memory.budget import MemoryBudget
from app.reports.schemas import ReportBody, ReportSummary
from model_store.errors import ReportNotFound, VersionCorrupt
from model_store.storage.reports import ReportStore, StoredReport

log = logging.getLogger(__name__)

READING_FACTOR: Final = 4
"""Times its bytes that a report takes in memory while it is read: 2.5 as JSON, 3.6 as `ReportBody`."""
_KEPT: Final = 4096
"""The number of summaries that are kept in memory, for a store that cannot be written."""


class Summaries:
    """Lists the reports of a store.

    Args:
        reports: The store.
        files: Threads for reading.
        memory: The budget from which reports take their bytes when they are read whole.
    """

    def __init__(self, reports: ReportStore, files: FileThreads, memory: MemoryBudget) -> None:
        self._reports = reports
        self._files = files
        self._memory = memory
        self._one_at_a_time = asyncio.Lock()
        self._made = functools.lru_cache(_KEPT)(_make)

    async def newest(self, *, model: str | None, limit: int) -> list[ReportSummary]:
        """Summarise the stored reports, newest first. A damaged report is logged and left out.

        Args:
            model: The model of the reports; None lists those of all.
            limit: The greatest number of reports.

        Raises:
            Exhausted: If there was no room in memory to read a report whole.
        """
        stored = await self._files.run(self._reports.newest, model=model, limit=limit)
        known = await self._files.run(lambda: list(map(_known, stored)))
        found = [summary or await self._read(one) for one, summary in zip(stored, known, strict=True)]
        return [summary for summary in found if summary is not None]

    async def _read(self, stored: StoredReport) -> ReportSummary | None:
        """Read a report whole and write its summary."""
        async with self._one_at_a_time:
            if (summary := await self._files.run(_known, stored)) is not None:
                return summary  # another request has made it meanwhile
            try:
                state = await self._files.run(stored.state)
                with self._memory.share("a stored report") as share:
                    await share.take(READING_FACTOR * state[0])
                    return await self._files.run(self._made, stored, state)
            except ReportNotFound:
                return None
            except MemoryNeverEnough as error:
                log.warning("report %s is not listed: %s", stored.path, error)
                return None


def write_summary(stored: StoredReport, report: ReportBody) -> None:
    """Write the summary of a report that was just stored. This blocks."""
    facts = report.model_dump(mode="json", include={"created", "archive", "accounting", "metrics", "corrections"})
    with suppress(ReportNotFound):  # removed already
        _write(stored, stored.state(), _summarise(stored, facts))


def _known(stored: StoredReport) -> ReportSummary | None:
    try:
        summary = stored.read_summary(stored.state())
        return None if summary is None else ReportSummary.model_validate({**summary, **_place(stored)})
    except (ReportNotFound, ValidationError):
        return None


def _make(stored: StoredReport, state: tuple[int, int]) -> ReportSummary | None:
    try:
        summary = _summarise(stored, stored.read())
    except (VersionCorrupt, KeyError, TypeError, ValidationError) as error:
        log.warning("report %s cannot be read: %r", stored.path, error)
        return None
    _write(stored, state, summary)
    return summary


def _write(stored: StoredReport, state: tuple[int, int], summary: ReportSummary) -> None:
    try:
        stored.write_summary(state, summary.model_dump())
    except OSError as error:
        log.debug("the summary of report %s is not stored: %s", stored.path, error)


def _summarise(stored: StoredReport, report: Mapping[str, Any]) -> ReportSummary:
    corrections = report.get("corrections")
    return ReportSummary(
        **_place(stored),
        created=report["created"],
        filename=report["archive"]["filename"],
        images=report["accounting"]["images"],
        scored=report["accounting"]["scored"],
        unreadable=report["accounting"]["unreadable"],
        accuracy=report["metrics"]["accuracy"]["value"],
        corrections=None if corrections is None else corrections["filename"],
    )


def _place(stored: StoredReport) -> dict[str, Any]:
    """Return what the place says, whatever a summary that was copied with its report says."""
    return {"id": stored.id, "model": stored.model, "version": stored.version}
