"""What is in memory: loaded once, kept while used, least recently used gone first, failures told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.errors import EngineError, ModelRequired, NotReady, Overloaded, ParameterInvalid, ShuttingDown
from app.lifecycle.registry import Registry
from app.observability.metrics import ServiceMetrics
from app.settings import Settings
from model_store.errors import FullcountError, ModelNotFound, VersionCorrupt, VersionNotFound
from model_store.store import ModelStore, StoredVersion
from tests.support.fakes import FakeEngine, FakeFactory, publish

Open = Callable[..., AbstractAsyncContextManager[Registry]]


@pytest.fixture
def factory() -> FakeFactory:
    return FakeFactory()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with four versions of one model, of which the first serves."""
    for _ in range(4):
        publish(tmp_path)
    ModelStore(tmp_path).set_alias("shades", "serving", 1)
    return tmp_path


@pytest.fixture
def opened(store: Path, factory: FakeFactory) -> Open:
    """Return a function that opens a registry; keyword arguments are settings."""

    @asynccontextmanager
    async def opening(*, start: bool = True, **settings: Any) -> AsyncIterator[Registry]:  # noqa: ANN401  of any type
        registry = Registry(ModelStore(store), Settings(store=store, **settings), factory, ServiceMetrics())
        try:
            if start:
                await registry.start()
            yield registry
        finally:
            factory.gate.set()
            await registry.close()

    return opening


def refuses_to_make_room(registry: Registry) -> bool:
    try:
        registry._make_room(("shades", 3)).send(None)
    except Overloaded:
        return True
    return False


async def versions_after_use(registry: Registry, *versions: int) -> list[int]:
    for version in versions:
        async with registry.use("shades", version):
            pass
    return sorted(version for _, version in registry.loaded())


async def test_start_loads_what_serves_and_nothing_else(opened: Open, factory: FakeFactory) -> None:
    async with opened() as registry:
        assert registry.served() == {"shades": 1}
        assert factory.made == [("shades", 1)]
        async with registry.use() as loaded:
            assert loaded.manifest.version == 1


async def test_a_version_is_loaded_once_however_many_ask_for_it(opened: Open, factory: FakeFactory) -> None:
    async with opened() as registry, AsyncExitStack() as stack:
        factory.gate.clear()
        using = [asyncio.create_task(stack.enter_async_context(registry.use("shades", 3))) for _ in range(10)]
        await asyncio.sleep(0)
        factory.gate.set()
        assert len({id(loaded) for loaded in await asyncio.gather(*using)}) == 1
        assert factory.made == [("shades", 1), ("shades", 3)]


async def test_what_is_loaded_is_a_copy_of_which_nothing_is_left(
    store: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spool, seen = tmp_path_factory.mktemp("spool"), []

    def make_engine(copy: StoredVersion, settings: Settings) -> FakeEngine:
        del settings
        seen.extend([copy.directory.is_relative_to(spool), (copy.directory / "golden.npz").is_file()])
        return FakeEngine()

    registry = Registry(ModelStore(store), Settings(store=store, spool_dir=spool), make_engine, ServiceMetrics())
    await registry.start()
    assert seen == [True, True]
    assert list(spool.iterdir()) == []
    await registry.close()


async def test_who_gives_up_waiting_does_not_stop_the_loading(opened: Open, factory: FakeFactory) -> None:
    async with opened() as registry:
        factory.gate.clear()
        first, second = (asyncio.create_task(versions_after_use(registry, 2)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        factory.gate.set()
        assert await second == [1, 2]
        assert factory.made.count(("shades", 2)) == 1


async def test_the_least_recently_used_version_makes_room(opened: Open, factory: FakeFactory) -> None:
    async with opened(max_loaded_versions=2) as registry:
        assert await versions_after_use(registry, 2, 3, 2) == [1, 2, 3]
        assert await versions_after_use(registry, 4) == [1, 2, 4]
    assert factory.engines[2].is_closed


async def test_what_serves_is_never_unloaded_and_takes_no_others_place(opened: Open) -> None:
    async with opened(max_loaded_versions=1) as registry:
        assert await versions_after_use(registry, 2, 3, 4, 1) == [1, 4]


async def test_versions_that_are_asked_for_in_turn_are_not_loaded_again(opened: Open, factory: FakeFactory) -> None:
    async with opened(max_loaded_versions=1) as registry:
        await versions_after_use(registry, 1, 2, 1, 2, 1, 2)
    assert factory.made == [("shades", 1), ("shades", 2)]


async def test_what_is_used_is_not_unloaded_and_one_more_is_refused(opened: Open) -> None:
    async with opened(max_loaded_versions=1) as registry, registry.use("shades", 2) as used:
        with pytest.raises(Overloaded, match="1 versions in use"):
            await versions_after_use(registry, 3)
        assert await versions_after_use(registry, 1) == [1, 2]
        assert not used.engine.is_closed  # type: ignore[attr-defined]


async def test_many_versions_at_once_never_exceed_the_limit(opened: Open) -> None:
    async with opened(max_loaded_versions=2) as registry:
        answers = await asyncio.gather(*(versions_after_use(registry, n) for n in (2, 3, 4)), return_exceptions=True)
        assert sum(isinstance(answer, Overloaded) for answer in answers) == 1
        assert len(registry.loaded()) == 3


async def test_a_version_is_not_unloaded_between_its_loading_and_its_use(opened: Open, factory: FakeFactory) -> None:
    async with opened(max_loaded_versions=1) as registry:
        loop = asyncio.get_running_loop()
        factory.gate.clear()
        waiting = asyncio.create_task(versions_after_use(registry, 2))
        await asyncio.sleep(0)
        loading = registry._loading["shades", 2]
        is_left_alone = loop.create_future()

        def make_room_as_soon_as_it_is_loaded() -> None:
            if loading.done():  # who waits for it runs in the next turn of the loop
                is_left_alone.set_result(refuses_to_make_room(registry))
            else:
                loop.call_soon(make_room_as_soon_as_it_is_loaded)

        make_room_as_soon_as_it_is_loaded()
        factory.gate.set()
        assert await is_left_alone
        assert await waiting == [1, 2]


async def test_versions_used_at_the_same_time_make_room_without_getting_in_each_others_way(opened: Open) -> None:
    async with opened(max_loaded_versions=1) as registry:
        orders = [(2, 3, 4), (4, 3, 2), (3, 2, 4)] * 5
        using = [versions_after_use(registry, *order) for order in orders]
        answers = await asyncio.gather(*using, return_exceptions=True)
        assert all(isinstance(answer, list | Overloaded) for answer in answers)
        assert len(await versions_after_use(registry, 1)) == 2


async def test_a_failure_at_the_start_is_kept_and_said(opened: Open, factory: FakeFactory) -> None:
    factory.fails_for = {1}
    async with opened(start=False) as registry:
        with pytest.raises(EngineError):
            await registry.start()
        assert isinstance(registry.failure, EngineError)
        with pytest.raises(NotReady, match="could not be loaded"):
            registry.check_ready()


async def test_a_version_that_failed_is_tried_again_when_it_is_next_asked_for(
    opened: Open, factory: FakeFactory
) -> None:
    async with opened() as registry:
        factory.fails_for = {2}
        with pytest.raises(EngineError):
            await versions_after_use(registry, 2)
        factory.fails_for = set()
        assert await versions_after_use(registry, 2) == [1, 2]


async def test_a_failure_that_nobody_waited_for_is_not_told_to_the_next(opened: Open, factory: FakeFactory) -> None:
    factory.fails_for = {2}
    async with opened() as registry:
        factory.gate.clear()
        gone = asyncio.create_task(versions_after_use(registry, 2))
        await asyncio.sleep(0)
        gone.cancel()
        loading = registry._loading["shades", 2]
        factory.gate.set()
        await asyncio.wait({loading, gone})
        await asyncio.sleep(0)
        factory.fails_for = set()
        assert await versions_after_use(registry, 2) == [1, 2]


async def test_nothing_is_answered_before_the_start(opened: Open) -> None:
    async with opened(start=False) as registry:
        with pytest.raises(NotReady, match="being loaded"):
            await versions_after_use(registry, 1)
        with pytest.raises(NotReady):
            registry.check_served("shades")


async def test_who_waits_for_a_version_at_the_end_is_told_so(opened: Open, factory: FakeFactory) -> None:
    async with opened() as registry:
        factory.gate.clear()
        waiting = asyncio.create_task(versions_after_use(registry, 2))
        await asyncio.sleep(0)
        closing = asyncio.create_task(registry.close())
        with pytest.raises(ShuttingDown):
            await asyncio.wait_for(waiting, 5)
        await closing


async def test_close_closes_every_engine(opened: Open, factory: FakeFactory) -> None:
    async with opened() as registry:
        await versions_after_use(registry, 2, 3)
    assert [engine.is_closed for engine in factory.engines] == [True] * 3


async def test_an_unknown_version_or_model_is_not_found(opened: Open) -> None:
    async with opened() as registry:
        with pytest.raises(VersionNotFound):
            await versions_after_use(registry, 9)
        with pytest.raises(ModelNotFound):
            async with registry.use("other"):
                pass


async def test_with_several_models_one_must_be_named(opened: Open, store: Path) -> None:
    publish(store, "tints")
    async with opened() as registry:
        with pytest.raises(ModelRequired) as caught:
            registry.default_model()
    assert caught.value.available == ["shades", "tints"]


async def test_the_first_model_of_the_settings_answers_by_default(opened: Open, store: Path) -> None:
    publish(store, "tints")
    async with opened(models=("tints", "shades")) as registry:
        assert registry.default_model() == "tints"


async def test_an_empty_store_has_nothing_to_serve(tmp_path: Path, factory: FakeFactory) -> None:
    registry = Registry(ModelStore(tmp_path), Settings(store=tmp_path), factory, ServiceMetrics())
    with pytest.raises(FullcountError, match="There is no model in"):
        await registry.start()
    await registry.close()


async def test_a_version_goes_with_exactly_one_model(opened: Open, store: Path) -> None:
    publish(store, "tints")
    async with opened(start=False, version=1) as registry:
        with pytest.raises(ParameterInvalid):
            await registry.start()


async def test_a_file_that_changed_since_publishing_is_not_loaded(opened: Open, store: Path) -> None:
    (store / "shades" / "1" / "saved_model.pb").write_bytes(b"changed")
    async with opened(start=False) as registry:
        with pytest.raises(VersionCorrupt, match=r"saved_model\.pb has changed"):
            await registry.start()
