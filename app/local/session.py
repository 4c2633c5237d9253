"""Predictions and evaluations on this machine without a server, by the same code as over HTTP."""

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.concurrency import FileThreads
from app.inference.engines.loading import EngineFactory, load_engine_quietly
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import Predictor
from app.inference.sources import SourceFile
from app.lifecycle.registry import Registry, choose_version
from app.memory.budget import MemoryBudget
from app.memory.limit import memory_limit
from app.memory.watch import LEAST_BYTES, MemoryWatch
from app.observability.metrics import ServiceMetrics
from app.predictions.batch import Source, check_top_k, collect, results_of
from app.predictions.schemas import BatchBody, BatchFailure, BatchPrediction
from app.reports.evaluator import Evaluator, GivenSet, Report
from app.reports.schemas import ArchiveFacts
from app.settings import Settings
from model_store.errors import ImageRejected
from model_store.images.files import read_image_file, size_to_read
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.archives.unpacking import is_tar, unpacked
from model_store.labelled_sets.corrections.applying import correct_set, names_in
from model_store.labelled_sets.corrections.finding import place_of
from model_store.labelled_sets.corrections.reading import open_corrections
from model_store.labelled_sets.folder import open_folder
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.table_search import is_table
from model_store.store import ModelStore

_FILE_THREADS = 2


@dataclass(frozen=True)
class Session:
    """One version in this process, ready to predict and evaluate; `open_session` makes one."""

    settings: Settings
    registry: Registry
    predictor: Predictor
    files: FileThreads
    version: LoadedVersion

    async def predict(self, paths: Sequence[Path], top_k: int | None) -> BatchBody:
        """Predict image files, as `POST /predict/batch` does.

        Raises:
            ParameterInvalid: If the version has fewer labels than `top_k`.
        """
        check_top_k(top_k, self.version)
        names = [os.fsencode(path).decode("utf-8", "backslashreplace") for path in paths]
        sources = [Source(name, self.file_at(path)) for name, path in zip(names, paths, strict=True)]
        return (await collect(self.version, self.predictor, sources, top_k))[0]

    async def predict_each(
        self, sources: Iterable[Source], top_k: int | None
    ) -> AsyncGenerator[BatchPrediction | BatchFailure, None]:
        """Predict any number of images, in order; a bounded number of them is in memory.

        Close the generator to cancel those in progress.

        Args:
            sources: The images, each taken only when its turn comes.
            top_k: The number of labels in each answer; None for all.

        Raises:
            ParameterInvalid: If the version has fewer labels than `top_k`.
        """
        check_top_k(top_k, self.version)
        async with aclosing(results_of(self.version, self.predictor, sources, top_k)) as results:
            async for result, _ in results:
                yield result

    async def evaluate(  # noqa: PLR0913  a parameter for each option of the command
        self,
        path: Path,
        on_progress: Callable[[int, int], None] = lambda *_: None,
        *,
        against: int | None = None,
        explain: bool = False,
        layout: LayoutChoice | None = None,
        corrections: Path | None = None,
        labels_from: Path | None = None,
    ) -> Report:
        """Evaluate a labelled zip, tar or folder, as `POST /evaluate` does; the report is not stored.

        Args:
            path: The zip, tar or folder; or a table of labels, whose paths are relative to its own folder.
            on_progress: Called with the number of image files that are done, and their total.
            against: The version to compare with.
            explain: Whether thumbnails get class activation maps.
            layout: What the first folders are, if the user says it.
            corrections: The file of corrections to apply, if there is one.
            labels_from: The table that gives the labels, in the set or elsewhere, if the user names it.

        Raises:
            CorrectionsRejected: If the corrections cannot be applied as they are.
            VersionNotFound: If the version `against` does not exist.
            ParameterInvalid: If the labels differ from those of `against`, or the version has no activation maps.
            SetRejected: If the set is refused as a whole.
        """
        settings = self.settings
        evaluator = Evaluator(
            self.predictor,
            self.files,
            None,
            max_in_flight=settings.max_in_flight,
        )
        explainer = self.version.require_explainer() if explain else None
        async with AsyncExitStack() as stack:
            other = None
            if against is not None:
                other = await stack.enter_async_context(self.registry.use(self.version.manifest.model, against))
                self.version.check_comparable(other)
            open_set = partial(self.open_set, path, stack, layout=layout, labels_from=labels_from)
            given = await self.files.run(open_set)
            if corrections is not None:
                given = await self.files.run(self._correct, path, given, corrections)
            total = len(given.labelled_set.images)

            def count(done: int) -> None:
                on_progress(done, total)

            return await evaluator.evaluate(self.version, given, against=other, explainer=explainer, on_progress=count)

    def open_set(
        self, path: Path, stack: AsyncExitStack, *, layout: LayoutChoice | None = None, labels_from: Path | None = None
    ) -> GivenSet:
        """Open a set for an evaluation; the arguments are those of `evaluate`. It blocks.

        Args:
            path: The set.
            stack: Closes what was opened.
            layout: What the first folders are, if the user says it.
            labels_from: The table that gives the labels, if the user names it.

        Raises:
            SetRejected: If the set is refused as a whole.
        """
        labels, limits = self.version.manifest.labels, self.settings.set_limits()
        folder, is_packed = path, False
        if path.is_dir():
            pass
        elif is_table(path.name):
            labels_from = path.resolve()
            folder = labels_from.parent
        elif is_tar(path):
            folder, is_packed = stack.enter_context(unpacked(path, limits)), True
        else:
            archive = Archive(stack.enter_context(path.open("rb")), limits)
            return GivenSet(archive.labelled(labels, layout, labels_from), _facts_of_file(path))
        labelled_set = open_folder(
            folder, labels, max_image_bytes=limits.max_image_bytes, layout=layout, labels_from=labels_from
        )
        return GivenSet(labelled_set, _facts_of_file(path) if is_packed else _facts_of_folder(folder, labelled_set))

    def file_at(self, path: Path) -> SourceFile:
        """Return a file on this machine, to be read when its turn comes."""
        limit = self.settings.max_image_bytes
        read = partial(read_image_file, path, max_image_bytes=limit)
        return SourceFile(read, size_to_read(path, max_image_bytes=limit))

    def _correct(self, path: Path, given: GivenSet, corrections: Path) -> GivenSet:
        labels, labelled_set = self.version.manifest.labels, given.labelled_set
        read = open_corrections(corrections, names_in(labelled_set, labels))
        return replace(given, corrected=correct_set(labelled_set, read, labels, above=place_of(path)))


@asynccontextmanager
async def open_session(
    settings: Settings, *, make_engine: EngineFactory = load_engine_quietly
) -> AsyncIterator[Session]:
    """Load the version that the settings name and release it at the end of the block.

    Raises:
        ModelRequired: If the settings name no model and the store holds several.
        FullcountError: If the version cannot be loaded.
    """
    store = ModelStore(settings.store)
    choose_version(store, settings)
    metrics = ServiceMetrics()
    memory = MemoryBudget(LEAST_BYTES)
    predictor = Predictor(settings, metrics, memory)
    files = FileThreads(_FILE_THREADS)
    registry = Registry(store, settings, make_engine, metrics)
    try:
        await registry.start()
        MemoryWatch(memory, memory_limit(settings.memory_mib)).begin()
        async with registry.use() as version:
            yield Session(settings, registry, predictor, files, version)
    finally:
        await registry.close()
        files.close()
        await predictor.close()


def _facts_of_file(path: Path) -> ArchiveFacts:
    with path.open("rb") as file:
        return ArchiveFacts(
            filename=path.name, bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )


def _facts_of_folder(path: Path, labelled_set: LabelledSet) -> ArchiveFacts:
    """Describe a folder as if it were an archive: the digest covers the paths and bytes of its readable images, sorted.

    If tables in it give the labels, they come last.
    """
    digest, length = hashlib.sha256(), 0
    paths = sorted(image.path for image in labelled_set.images)
    for file in [*paths, *(table.path for table in labelled_set.ignored if table.reason == "labels-file")]:
        try:
            data = labelled_set.read(file)
        except ImageRejected:
            continue  # the report will list it as unreadable
        digest.update(file.encode() + b"\0" + hashlib.sha256(data).digest())
        length += len(data)
    return ArchiveFacts(filename=path.name, bytes=length, sha256=digest.hexdigest())
