"""The images of a batch and their answers, for HTTP and the command line alike."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from app.errors import ParameterInvalid
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import Prediction, Predictor, Timing
from app.inference.sources import SourceFile
from app.predictions.answers import predicted_fields
from app.predictions.schemas import BatchBody, BatchFailure, BatchPrediction
from app.problems import problem_of
from model_store.errors import SetRejected
from model_store.labelled_sets.archives.archive import Archive


@dataclass(frozen=True)
class Source:
    """One image of a batch that has not been read yet."""

    filename: str | None
    file: SourceFile


Result = tuple[BatchPrediction | BatchFailure, Timing]
"""The result for one image, and its time by stage."""


def sources_of(archive: Archive, most: int) -> list[Source]:
    """List the files of a zip, leaving out system files.

    Raises:
        SetRejected: If the zip has no files, or more than `most`.
    """
    paths = archive.paths()
    if len(paths) > most:
        raise SetRejected(
            "too-many-entries", f"The archive has {len(paths)} files, but a batch accepts {most}; send several batches."
        )
    return [Source(path, SourceFile(partial(archive.read, path), archive.size(path))) for path in paths]


def check_top_k(top_k: int | None, version: LoadedVersion) -> None:
    """Check that the version has that many labels.

    Raises:
        ParameterInvalid: If it has fewer.
    """
    labels = len(version.manifest.labels)
    if top_k is not None and top_k > labels:
        raise ParameterInvalid("top_k", top_k, f"the model has {labels} labels")


async def results_of(
    version: LoadedVersion, predictor: Predictor, sources: Iterable[Source], top_k: int | None
) -> AsyncGenerator[Result, None]:
    """Predict each image, in order; close the generator to cancel the images in progress.

    A source is taken only when its turn comes.
    """
    names: deque[str | None] = deque()

    def files() -> Iterator[SourceFile]:
        for source in sources:
            names.append(source.filename)
            yield source.file

    async with aclosing(predictor.predict_each(version, files())) as outcomes:
        index = 0
        async for outcome in outcomes:
            head = {"index": index, "filename": names.popleft()}
            if isinstance(outcome, Prediction):
                fields = predicted_fields(outcome, version.manifest, top_k)
                yield BatchPrediction(**head, **fields), outcome.timing
            else:
                yield BatchFailure(**head, error=problem_of(outcome)), Timing()
            index += 1


async def collect(
    version: LoadedVersion, predictor: Predictor, sources: Sequence[Source], top_k: int | None
) -> tuple[BatchBody, Timing]:
    """Predict every image and return the answers, with the sums of their times."""
    timing = Timing()
    results = []
    async with aclosing(results_of(version, predictor, sources, top_k)) as pairs:
        async for result, taken in pairs:
            results.append(result)
            timing.add(taken)
    return BatchBody.of(version.manifest, results), timing
