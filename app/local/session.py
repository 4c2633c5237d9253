"""The service without a server: predictions and evaluations on this machine, by the same code as over HTTP."""

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.errors import ModelRequired
from app.inference.engines.loading import EngineFactory, load_engine_quietly
from app.inference.loaded_version import LoadedVersion, check_comparable, check_explainable
from app.inference.pipeline import Read
from app.inference.predictor import Service
from app.lifecycle.registry import Registry
from app.observability.metrics import ServiceMetrics
from app.predictions.batch import Source, collect
from app.predictions.schemas import BatchBody
from app.reports.evaluator import make_report
from app.reports.schemas import ArchiveFacts, ReportBody
from app.settings import Settings
from model_store.errors import ImageRejected
from model_store.evaluation.records import Records
from model_store.images.files import read_image_file
from model_store.labelled_sets.archive import Archive
from model_store.labelled_sets.folder import open_folder
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.store import ModelStore


@dataclass(frozen=True)
class Session:
    """One loaded version in this process."""

    settings: Settings
    service: Service
    registry: Registry
    loaded: LoadedVersion

    async def predict(self, paths: Sequence[Path], top_k: int | None) -> BatchBody:
        """Predict image files, as `POST /predict/batch` does."""
        names = [os.fsencode(path).decode("utf-8", "backslashreplace") for path in paths]
        sources = [Source(name, self._reader(path)) for name, path in zip(names, paths, strict=True)]
        return (await collect(self.loaded, self.service, sources, top_k))[0]

    async def evaluate(
        self,
        path: Path,
        on_progress: Callable[[int, int], None] = lambda *_: None,
        *,
        against: int | None = None,
        explain: bool = False,
    ) -> tuple[ReportBody, Records]:
        """Evaluate a labelled zip or folder, as `POST /evaluate` does; the report is not stored.

        Args:
            path: The zip or folder.
            on_progress: Called with the number of image files that are done, and of all.
            against: Version to compare with.
            explain: Whether thumbnails get class activation maps.

        Raises:
            VersionNotFound, ParameterInvalid: There is no such version, or it has other labels, or no such maps.
            SetRejected: It is refused as a whole.
        """
        explainer = check_explainable(self.loaded) if explain else None
        async with AsyncExitStack() as stack:
            other = None
            if against is not None:
                other = await stack.enter_async_context(self.registry.use(self.loaded.manifest.model, against))
                check_comparable(self.loaded, other)
            given, facts = await self.service.in_thread(self._open, path, stack)
            total = len(given.images)

            def tell(done: int) -> None:
                on_progress(done, total)

            evaluated, _ = await self.service.evaluate(self.loaded, given, tell, against=other, explainer=explainer)
            return make_report(evaluated, self.loaded.manifest, facts), evaluated.records

    def _reader(self, path: Path) -> Read:
        return lambda: read_image_file(path, max_image_bytes=self.settings.max_image_bytes)

    def _open(self, path: Path, stack: AsyncExitStack) -> tuple[LabelledSet, ArchiveFacts]:
        labels = self.loaded.manifest.labels
        if path.is_dir():
            given = open_folder(path, labels, max_image_bytes=self.settings.max_image_bytes)
            return given, _facts_of_folder(path, given)
        archive = Archive(stack.enter_context(path.open("rb")), self.settings.set_limits())
        return archive.labelled(labels), _facts_of_file(path)


@asynccontextmanager
async def load(settings: Settings, *, make_engine: EngineFactory = load_engine_quietly) -> AsyncIterator[Session]:
    """Load the version that the settings name.

    Raises:
        ModelRequired: They name none, and the store holds several.
        FullcountError: It cannot be loaded.
    """
    store = ModelStore(settings.store)
    if not settings.models and len(names := store.models()) > 1:
        raise ModelRequired(names)
    metrics = ServiceMetrics()
    service = Service(settings, metrics)
    registry = Registry(store, settings, make_engine, metrics)
    try:
        await registry.start()
        async with registry.use() as loaded:
            yield Session(settings, service, registry, loaded)
    finally:
        await registry.close()
        service.close()


def _facts_of_file(path: Path) -> ArchiveFacts:
    with path.open("rb") as file:
        return ArchiveFacts(
            filename=path.name, bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )


def _facts_of_folder(path: Path, given: LabelledSet) -> ArchiveFacts:
    """Describe a folder as if it were an archive: the digest is over paths and bytes of its readable images, sorted.

    Where a `labels.csv` gives the labels, it comes after them.
    """
    digest, length = hashlib.sha256(), 0
    paths = sorted(image.path for image in given.images)
    labels_file = given.interpretation.labels_file
    for file in paths if labels_file is None else [*paths, labels_file.path]:
        try:
            data = given.read(file)
        except ImageRejected:
            continue  # it will be among the excluded
        digest.update(file.encode() + b"\0" + hashlib.sha256(data).digest())
        length += len(data)
    return ArchiveFacts(filename=path.name, bytes=length, sha256=digest.hexdigest())
