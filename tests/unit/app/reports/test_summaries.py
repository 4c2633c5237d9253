"""The list of reports comes from summaries, which heal: whatever is missing, damaged or foreign is made again."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.concurrency import FileThreads
from app.memory.budget import MemoryBudget
from app.reports.storing import store_report
from app.reports.summaries import Summaries
from model_store.storage.reports import ReportStore, StoredReport
from tests.support.reports import SOLAR_CELLS, make

MIB = 1 << 20


class CountingStore(ReportStore):
    """A store that counts the reports that are read whole."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(directory)
        self.read_whole = 0
        read = StoredReport.read

        def count(stored: StoredReport) -> object:
            self.read_whole += 1
            return read(stored)

        monkeypatch.setattr(StoredReport, "read", count)


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CountingStore:
    """Return a store with one report, as the service stores it."""
    store = CountingStore(tmp_path, monkeypatch)
    assert store_report(*make(SOLAR_CELLS), store).stored
    return store


@pytest.fixture
async def threads() -> AsyncIterator[FileThreads]:
    threads = FileThreads(4)
    yield threads
    threads.close()


def older(reports: ReportStore, count: int) -> None:
    """Add reports as an older release stored them, without a summary."""
    (stored,) = reports.newest()
    for number in range(count):
        shutil.copy(stored.path, stored.path.with_name(f"01ARZ3NDEKTSV4RRFFQ69G{number:04}.json"))


def lister(reports: ReportStore, threads: FileThreads, memory: int = 100 * MIB) -> Summaries:
    return Summaries(reports, threads, MemoryBudget(memory))


async def test_a_report_that_was_stored_here_is_never_read_whole(reports: CountingStore, threads: FileThreads) -> None:
    report, _ = make(SOLAR_CELLS)
    (summary,) = await lister(reports, threads).newest(model=None, limit=9)
    assert (summary.id, summary.model, summary.version) == (report.id, "solar-cells", 3)
    assert (summary.images, summary.accuracy) == (report.accounting.images, report.metrics.accuracy.value)
    assert summary.created == report.model_dump(mode="json")["created"]
    assert reports.read_whole == 0


async def test_the_summary_made_of_a_stored_report_is_the_same(reports: CountingStore, threads: FileThreads) -> None:
    first = await lister(reports, threads).newest(model=None, limit=9)
    (stored,) = reports.newest()
    stored.path.with_suffix(".summary").unlink()
    assert await lister(reports, threads).newest(model=None, limit=9) == first
    assert reports.read_whole == 1


async def test_reports_without_a_summary_are_read_once_whoever_asks(
    reports: CountingStore, threads: FileThreads
) -> None:
    older(reports, 5)
    lists = lister(reports, threads)
    one, *others = await asyncio.gather(*(lists.newest(model=None, limit=9) for _ in range(10)))
    assert len(one) == 6
    assert all(other == one for other in others)
    assert await lister(reports, threads).newest(model=None, limit=9) == one  # another process
    assert reports.read_whole == 5


async def test_a_summary_that_is_damaged_or_of_another_report_is_made_again(
    reports: CountingStore, threads: FileThreads
) -> None:
    older(reports, 2)
    stored = reports.newest()
    right = await lister(reports, threads).newest(model=None, limit=9)
    stored[0].path.with_suffix(".summary").write_text("{")
    stored[1].write_summary(stored[1].state(), {"images": "many"})
    stored[2].path.write_text(stored[2].path.read_text().replace('"scored":', '"scored": '))
    reports.read_whole = 0
    assert await lister(reports, threads).newest(model=None, limit=9) == right
    assert await lister(reports, threads).newest(model=None, limit=9) == right
    assert reports.read_whole == 3


async def test_a_report_that_was_copied_with_its_summary_has_its_own_id(
    reports: CountingStore, threads: FileThreads
) -> None:
    (stored,) = reports.newest()
    for file in stored.path.parent.glob(f"{stored.id}.*"):
        shutil.copy2(file, file.with_stem("01ARZ3NDEKTSV4RRFFQ69G5FAV"))  # with its time
    found = await lister(reports, threads).newest(model=None, limit=9)
    assert [summary.id for summary in found] == [stored.id, "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
    assert reports.read_whole == 0


@pytest.mark.parametrize(
    ("member", "value"), [("corrections", "x"), ("corrections", {}), ("archive", []), ("created", "\ud800")]
)
async def test_a_report_with_a_member_of_another_kind_is_left_out(
    reports: CountingStore, threads: FileThreads, member: str, value: object
) -> None:
    (stored,) = reports.newest()
    stored.path.write_text(json.dumps(json.loads(stored.path.read_text()) | {member: value}))
    assert await lister(reports, threads).newest(model=None, limit=9) == []


async def test_a_store_that_cannot_be_written_is_read_once_for_a_process(
    reports: CountingStore, threads: FileThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    older(reports, 3)
    monkeypatch.setattr(StoredReport, "write_summary", refuse)
    lists = lister(reports, threads)
    assert await lists.newest(model=None, limit=9) == await lists.newest(model=None, limit=9)
    assert reports.read_whole == 3


async def test_a_damaged_report_is_left_out(reports: CountingStore, threads: FileThreads) -> None:
    older(reports, 2)
    reports.newest()[1].path.write_text("{")
    lists = lister(reports, threads)
    assert len(await lists.newest(model=None, limit=9)) == 2
    reports.newest()[2].path.unlink()
    assert len(await lists.newest(model=None, limit=9)) == 1


async def test_reading_a_report_whole_takes_from_the_memory(
    reports: CountingStore, threads: FileThreads, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    older(reports, 1)
    assert len(await lister(reports, threads, memory=1000).newest(model=None, limit=9)) == 1  # the other is too large
    assert "is not listed" in caplog.text
    memory = MemoryBudget(10 * MIB)
    with memory.share("something else") as share, memory.share("small things") as rest:
        await share.take(memory.largest)
        await rest.take(memory.total - memory.taken)
        lists = Summaries(reports, threads, memory)
        monkeypatch.setattr("app.reports.summaries.READING_FACTOR", 100)
        waiting = asyncio.create_task(lists.newest(model=None, limit=9))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    assert len(await waiting) == 2
