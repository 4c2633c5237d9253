"""The versions in memory: loads them, verified and checked, keeps them while they are in use, and unloads them.

The versions that are served by default are loaded at the start and stay. Others are loaded when they are first asked
for, and the least recently used of them is unloaded to make room. Loading happens in a thread of its own.
"""

import asyncio
import functools
import logging
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from app.errors import ModelRequired, NotReady, Overloaded, ParameterInvalid, ShuttingDown
from app.inference.batcher import Batcher
from app.inference.engines.base import Engine
from app.inference.engines.loading import EngineFactory
from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.observability.metrics import ServiceMetrics
from app.settings import Settings
from model_store.errors import FullcountError, ModelNotFound
from model_store.images.fingerprint import TrainingFingerprints
from model_store.manifest import Manifest
from model_store.storage.private_copy import private_copy
from model_store.storage.training_images import read_fingerprints
from model_store.store import ModelStore, StoredVersion

log = logging.getLogger(__name__)

_Key = tuple[str, int]


def choose_versions(store: ModelStore, settings: Settings) -> dict[str, int]:
    """Choose the models that are served and the default version of each.

    Raises:
        FullcountError: If there is nothing to serve, or the store does not hold what the settings name.
        ParameterInvalid: If the settings name a version and there are several models.
    """
    models = list(settings.models) or store.models()
    if not models:
        raise FullcountError(f"There is no model in {store.directory}.", hint="Publish one with `fullcount train`.")
    if settings.version is not None and len(models) > 1:
        raise ParameterInvalid("version", settings.version, "name the one model that it is a version of")
    return {model: store.resolve(model, settings.version) for model in models}


def choose_version(store: ModelStore, settings: Settings) -> tuple[str, int]:
    """Choose the one model to work with and its version.

    Raises:
        ModelRequired: If the settings name no model and the store holds several.
        FullcountError: If the store does not hold it.
    """
    if not settings.models and len(names := store.models()) > 1:
        raise ModelRequired(names)
    return next(iter(choose_versions(store, settings).items()))


class Registry:
    """The versions of a store that are in memory.

    Args:
        store: The store.
        settings: The models to serve, and limits.
        make_engine: Makes an engine from a version's private copy, which is removed afterwards; blocks.
        metrics: Counts batches and loaded versions.
    """

    def __init__(
        self, store: ModelStore, settings: Settings, make_engine: EngineFactory, metrics: ServiceMetrics
    ) -> None:
        self.store = store
        self._settings = settings
        self._make_engine = make_engine
        self._metrics = metrics
        self._loading: dict[_Key, asyncio.Task[LoadedVersion]] = {}  # in the order of last use
        self._users: Counter[_Key] = Counter()  # a version that is used, or waited for, is not unloaded
        self._served: dict[str, int] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="loader")
        self.failure: Exception | None = None
        self.is_ready = False

    async def start(self) -> None:
        """Load the default versions; on failure keep the error in `failure` and raise it.

        Raises:
            FullcountError: If there is nothing to serve, or a version cannot be loaded.
        """
        try:
            self._served = choose_versions(self.store, self._settings)
            for key in self._served.items():
                await self._load(key)
        except Exception as error:
            self.failure = error
            raise
        self.is_ready = True

    async def close(self) -> None:
        """Reject waiting callers and unload every version."""
        self.is_ready = False
        for task in self._loading.values():
            task.cancel()
        for outcome in await asyncio.gather(*self._loading.values(), return_exceptions=True):
            if isinstance(outcome, LoadedVersion):
                await self._unload(outcome)
        self._loading.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def check_ready(self) -> None:
        """Check that a prediction could be answered now.

        Raises:
            NotReady: If the models are being loaded, or could not be loaded.
        """
        if self.failure is not None:
            raise NotReady("The models could not be loaded; the log says why.")
        if not self.is_ready:
            raise NotReady

    def served(self) -> dict[str, int]:
        """Return the models served, each with its default version."""
        return dict(self._served)

    def default_model(self) -> str:
        """Return the model that answers if a request names none.

        Raises:
            ModelRequired: If several are served and the settings name none.
        """
        if self._settings.models:
            return self._settings.models[0]
        if len(self._served) > 1:
            raise ModelRequired(sorted(self._served))
        return next(iter(self._served))

    def waiting(self) -> int:
        """Return the number of images that wait for an engine."""
        return sum(loaded.batcher.waiting() for loaded in self.loaded().values())

    def loaded(self) -> dict[_Key, LoadedVersion]:
        """Return the versions in memory."""
        return {
            key: task.result()
            for key, task in self._loading.items()
            if task.done() and not task.cancelled() and task.exception() is None
        }

    @asynccontextmanager
    async def use(self, model: str | None = None, version: int | None = None) -> AsyncIterator[LoadedVersion]:
        """Use a version, loading it if necessary; it stays loaded until the block ends.

        Raises:
            NotReady: If the service is not ready.
            ModelRequired: If no model is named and several are served.
            ModelNotFound: If the model is not served.
            VersionNotFound: If the model has no such version.
            Overloaded: If as many other versions as allowed are in memory, and all of them are in use.
        """
        self.check_ready()
        key = self._resolve(model, version)
        self._users[key] += 1
        try:
            await self._make_room(key)
            yield await self._load(key)
        finally:
            self._users[key] -= 1

    def manifest(self, model: str | None = None, version: int | None = None) -> Manifest:
        """Return the manifest of a version, which need not be in memory; blocks.

        Raises:
            NotReady: If the service is not ready.
            ModelRequired: If no model is named and several are served.
            ModelNotFound: If the model is not served.
            VersionNotFound: If the model has no such version.
        """
        self.check_ready()
        key = self._resolve(model, version)
        loading = self._loading.get(key)
        if key in self._served.items() and loading is not None:
            return loading.result().manifest  # even if its directory was removed meanwhile
        return self.store.open(*key, verify=False).manifest

    def check_served(self, model: str) -> str:
        """Return `model` if it is served.

        Raises:
            NotReady: If the service is not ready.
            ModelNotFound: If the model is not served.
        """
        self.check_ready()
        if model not in self._served:
            raise ModelNotFound(model, sorted(self._served))
        return model

    def _resolve(self, model: str | None, version: int | None) -> _Key:
        name = self.default_model() if model is None else self.check_served(model)
        if version is None or version == self._served[name]:
            return name, self._served[name]
        return name, self.store.resolve(name, version)

    async def _load(self, key: _Key) -> LoadedVersion:
        """Return a version, loading it if necessary; a caller that gives up waiting does not stop the loading."""
        task = self._loading.pop(key, None)
        if task is None:
            task = asyncio.create_task(self._make(key), name=f"load {key}")
            task.add_done_callback(functools.partial(self._forget_failed, key))
        self._loading[key] = task  # the most recently used is last
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():  # by `close`, not by the caller
                raise ShuttingDown from None
            raise

    def _forget_failed(self, key: _Key, task: "asyncio.Task[LoadedVersion]") -> None:
        """Forget a version that could not be loaded, so that the next caller tries again."""
        error = "the service is shutting down" if task.cancelled() else task.exception()
        if error is None:
            return
        log.warning("model %s version %d is not loaded: %s", *key, error)
        if self._loading.get(key) is task:
            del self._loading[key]

    async def _make(self, key: _Key) -> LoadedVersion:
        stored, trained, engine = await asyncio.get_running_loop().run_in_executor(self._thread, self._open, key)
        max_waiting = self._settings.max_queue
        batcher = Batcher(engine, max_waiting=max_waiting, observe=self._metrics.batch_size.observe)
        spec, maps = self._settings.input_of(stored.manifest.input), stored.manifest.activation_maps
        explainer = None
        if maps is not None:
            spool = self._settings.spool_directory()
            explainer = Explainer(stored, maps, engine, spool=spool, max_waiting=max_waiting)
        loaded = LoadedVersion(stored.manifest, spec, engine, batcher, trained, explainer)
        self._metrics.loaded.labels(*key, engine.name, engine.device).set(1)
        log.info("model %s version %d is ready: %s on %s in %s", *key, engine.name, engine.device, engine.precision)
        return loaded

    def _open(self, key: _Key) -> tuple[StoredVersion, TrainingFingerprints | None, Engine]:
        """Load from a copy that nobody else can change; it is removed at once, for engines keep no file."""
        stored = self.store.open(*key, verify=False)
        with private_copy(stored, within=self._settings.spool_directory()) as copy:
            return stored, _read_trained(copy), self._make_engine(copy, self._settings)

    async def _make_room(self, key: _Key) -> None:
        """Unload the least recently used idle versions, except default ones, until there is room for another."""
        while key not in self._loading and key not in self._served.items():
            guests = [other for other in self._loading if other not in self._served.items()]
            if len(guests) < self._settings.max_loaded_versions:
                return
            loaded = self.loaded()
            idle = next((guest for guest in guests if guest in loaded and not self._users[guest]), None)
            if idle is None:
                raise Overloaded("versions in use", self._settings.max_loaded_versions)
            await self._unload(self._loading.pop(idle).result())

    async def _unload(self, loaded: LoadedVersion) -> None:
        await loaded.batcher.close()
        if loaded.explainer is not None:
            loaded.explainer.close()
        loaded.engine.close()
        manifest = loaded.manifest
        self._metrics.forget(manifest.model, str(manifest.version), loaded.engine.name, loaded.engine.device)


def _read_trained(stored: StoredVersion) -> TrainingFingerprints | None:
    images = stored.manifest.training_images
    return None if images is None else read_fingerprints(stored.directory / images.file)
