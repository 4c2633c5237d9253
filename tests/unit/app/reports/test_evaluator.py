"""The one flow of an evaluation: every file is in the report, which is stored if there is a place for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.concurrency import FileThreads
from app.errors import InferenceFailed
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import Predictor
from app.lifecycle.registry import Registry
from app.memory.budget import MemoryBudget
from app.observability.metrics import ServiceMetrics
from app.reports.evaluator import Evaluator, GivenSet
from app.reports.schemas import ArchiveFacts
from app.settings import GIB, Settings
from model_store.labelled_sets.labelled_set import LabelledImage, LabelledSet
from model_store.storage.reports import ReportStore
from model_store.store import ModelStore
from tests.support.fakes import FakeEngine, FakeFactory, grey, publish

FILES = {"dark/1": grey(3), "dark/2": b"broken", "light/3": grey(250), "grey/4": grey(100)}
Make = Callable[[ReportStore | None], AbstractAsyncContextManager[tuple[Evaluator, LoadedVersion]]]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def ready(tmp_path: Path, engine: FakeEngine) -> Make:
    """Return a function that makes an evaluator, which stores in a store or nowhere, and a loaded version."""
    publish(tmp_path)

    @asynccontextmanager
    async def making(reports: ReportStore | None) -> AsyncIterator[tuple[Evaluator, LoadedVersion]]:
        settings, metrics = Settings(store=tmp_path), ServiceMetrics()
        registry = Registry(ModelStore(tmp_path), settings, FakeFactory(engine), metrics)
        predictor, files = Predictor(settings, metrics, MemoryBudget(GIB)), FileThreads(2)
        await registry.start()
        async with registry.use() as version:
            yield Evaluator(predictor, files, reports, max_in_flight=2), version
        await registry.close()
        files.close()
        await predictor.close()

    return making


def given(files: dict[str, bytes]) -> GivenSet:
    images = [LabelledImage(path, path.split("/")[0]) for path in files]
    facts = ArchiveFacts(filename="set.zip", bytes=1, sha256="0" * 64)
    return GivenSet(LabelledSet(images, [], 3, files.__getitem__), facts)


async def test_every_file_of_a_labelled_set_is_in_its_report(ready: Make) -> None:
    done: list[int] = []
    async with ready(None) as (evaluator, version):
        report = await evaluator.evaluate(version, given(FILES), on_progress=done.append)
    assert report.body.confusion_matrix.rows == ["dark", "light", "grey"]
    assert report.body.confusion_matrix.counts == [[1, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert report.records.paths == list(FILES)
    assert report.timing.inference_ms > 0
    assert done == [1, 2, 3, 4]


async def test_a_report_is_stored_if_there_is_a_store(ready: Make, tmp_path: Path) -> None:
    reports = ReportStore(tmp_path)
    async with ready(reports) as (evaluator, version):
        body = (await evaluator.evaluate(version, given(FILES))).body
    assert body.stored
    assert reports.get(body.id).read() == body.model_dump(mode="json", exclude_unset=True)


async def test_a_report_is_not_stored_if_there_is_no_store(ready: Make, tmp_path: Path) -> None:
    async with ready(None) as (evaluator, version):
        body = (await evaluator.evaluate(version, given(FILES))).body
    assert not body.stored
    assert list(ReportStore(tmp_path).newest(model=None, limit=9)) == []


async def test_there_is_no_report_without_an_answer_for_each_image(ready: Make, engine: FakeEngine) -> None:
    engine.fails_on = 66
    async with ready(None) as (evaluator, version):
        with pytest.raises(InferenceFailed):
            await evaluator.evaluate(version, given({"dark/1": grey(66)}))
