"""The one flow of an evaluation, for the route and for the command: a labelled set goes in, a report comes out."""

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ulid import ULID

from app.concurrency import FileThreads, in_order
from app.errors import InferenceFailed
from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import PredictionOutcome, Predictor, Timing
from app.inference.sources import See, SourceFile
from app.reports.conclusions import Conclusions, conclude
from app.reports.schemas import ArchiveFacts, ReportBody
from app.reports.storing import store_report
from app.reports.thumbnails import add_thumbnails
from model_store.errors import ImageRejected
from model_store.evaluation.records import Records
from model_store.images.pixels import Decoded
from model_store.labelled_sets.corrections.applying import CorrectedSet
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.manifest import Manifest
from model_store.storage.reports import ReportStore

Progress = Callable[[int], None]
"""Called with the number of image files that are done."""

_BYTES_OF_A_FILE: Final = 600
_BYTES_OF_A_CHARACTER: Final = 3
"""Of a file's path, which the set, the records and the report have."""
_BYTES_OF_A_PROBABILITY: Final = 24
"""Measured at the peak, while the figures are computed."""


@dataclass(frozen=True)
class GivenSet:
    """A labelled set, with the facts about the file or folder that it came in."""

    labelled_set: LabelledSet
    facts: ArchiveFacts
    corrected: CorrectedSet | None = None
    """The same set after corrections, if there are any; the report is about it."""


@dataclass(frozen=True)
class Report:
    """The outcome of one evaluation."""

    body: ReportBody
    records: Records
    """The answer for each image file, from which other forms of the report are made."""
    timing: Timing
    """The sum over all images."""


@dataclass
class _Answers:
    """The answers of one or two versions to the images of a set."""

    versions: Sequence[LoadedVersion]
    records: list[Records]
    """The records of each version."""
    timing: Timing = field(default_factory=Timing)

    def note(self, place: int, outcomes: Sequence[PredictionOutcome]) -> None:
        """Note the outcome of each version for one image.

        Raises:
            InferenceFailed: If that is an outcome; a report without the image would be wrong.
        """
        for records, outcome in zip(self.records, outcomes, strict=True):
            if isinstance(outcome, InferenceFailed):
                raise outcome
            if isinstance(outcome, ImageRejected):
                records.reject(place, outcome.reason, outcome.detail)
            else:
                self.timing.add(outcome.timing)
                records.score(place, outcome.probabilities, is_damaged=outcome.decoded.is_damaged)


class Evaluator:
    """Evaluates labelled sets.

    Args:
        predictor: Predicts the images.
        files: Threads for concluding and storing.
        reports: The store for the reports, or None to store none.
        max_in_flight: The greatest number of images in progress.
    """

    def __init__(
        self,
        predictor: Predictor,
        files: FileThreads,
        reports: ReportStore | None,
        *,
        max_in_flight: int,
    ) -> None:
        self._predictor = predictor
        self._files = files
        self._reports = reports
        self._max_in_flight = max_in_flight

    async def evaluate(
        self,
        version: LoadedVersion,
        given: GivenSet,
        *,
        against: LoadedVersion | None = None,
        explainer: Explainer | None = None,
        on_progress: Progress = lambda _: None,
    ) -> Report:
        """Evaluate a labelled set in the background; every file of it is in the report.

        Args:
            version: The version to evaluate.
            given: The set.
            against: Another version with the same labels, to compare with on the same files.
            explainer: Adds class activation maps to the thumbnails; None adds none.
            on_progress: Called after each image file.

        Raises:
            InferenceFailed: If the engine failed on an image.
        """
        versions = (version,) if against is None else (version, against)
        answers = await self._predict_all(versions, given.labelled_set, on_progress)
        decode = self._decoder(version, given.labelled_set)
        conclude_all = functools.partial(_conclude, answers, given, explainer, decode)
        conclusions = await self._files.run_in_background(conclude_all)
        body = make_report(conclusions, version.manifest, given.facts)
        if self._reports is not None:
            body = await self._files.run(store_report, body, conclusions.records, self._reports)
        return Report(body, conclusions.records, answers.timing)

    async def _predict_all(
        self, versions: Sequence[LoadedVersion], labelled_set: LabelledSet, on_progress: Progress
    ) -> _Answers:
        answers = _Answers(versions, [Records(labelled_set.images, version.manifest.labels) for version in versions])
        async with aclosing(self._outcomes_of_all(answers, labelled_set)) as outcomes_of_all:
            place = 0
            async for outcomes in outcomes_of_all:
                answers.note(place, outcomes)
                place += 1
                on_progress(place)
        return answers

    def _outcomes_of_all(
        self, answers: _Answers, labelled_set: LabelledSet
    ) -> AsyncGenerator[list[PredictionOutcome], None]:
        works = (
            self._outcomes(
                answers.versions,
                _file(labelled_set, image.path),
                functools.partial(answers.records[0].see, place),
            )
            for place, image in enumerate(labelled_set.images)
        )
        return in_order(works, self._max_in_flight)

    async def _outcomes(self, versions: Sequence[LoadedVersion], file: SourceFile, see: See) -> list[PredictionOutcome]:
        """Predict one image by one or two versions; it is decoded once, unless their inputs differ."""
        predict = self._predictor.predict_in_background
        outcomes = [await predict(versions[0], file, see)]
        for other in versions[1:]:
            first = outcomes[0]
            if other.input != versions[0].input or isinstance(first, InferenceFailed):
                outcomes.append(await predict(other, file))
            else:
                outcomes.append(first if isinstance(first, ImageRejected) else await predict(other, first.decoded))
        return outcomes

    def _decoder(self, version: LoadedVersion, labelled_set: LabelledSet) -> Callable[[str], Decoded]:
        """Return a function that decodes a file of a set once more, for another thread."""
        loop = asyncio.get_running_loop()

        def decode(path: str) -> Decoded:
            decoding = self._predictor.decode(_file(labelled_set, path), version)
            return asyncio.run_coroutine_threadsafe(decoding, loop).result()

        return decode


def _conclude(
    answers: _Answers, given: GivenSet, explainer: Explainer | None, decode: Callable[[str], Decoded]
) -> Conclusions:
    conclusions = conclude(answers.versions, answers.records, given.labelled_set, given.corrected)
    add_thumbnails(conclusions, answers.versions[0], decode, explainer)
    return conclusions


def _file(labelled_set: LabelledSet, path: str) -> SourceFile:
    return SourceFile(functools.partial(labelled_set.read, path), labelled_set.size(path))


def evaluation_bytes(labelled_set: LabelledSet, *versions: LoadedVersion | None) -> int:
    """Return the bytes of memory that an evaluation takes besides the images under way. This blocks.

    Args:
        labelled_set: The set.
        *versions: The versions that predict it; None is none.
    """
    paths = [file.path for files in (labelled_set.images, labelled_set.ignored) for file in files]
    of_files = len(paths) * _BYTES_OF_A_FILE + sum(map(len, paths)) * _BYTES_OF_A_CHARACTER
    answers = sum(len(version.manifest.labels) for version in versions if version is not None)
    return of_files + len(labelled_set.images) * answers * _BYTES_OF_A_PROBABILITY


def make_report(conclusions: Conclusions, manifest: Manifest, archive: ArchiveFacts) -> ReportBody:
    """Make a report of conclusions, with an id, the date, the version and the archive; it is not stored yet."""
    asked = {"comparison": conclusions.comparison, "corrections": conclusions.corrections}
    return ReportBody(
        id=str(ULID()),
        stored=False,
        created=datetime.now(UTC).replace(microsecond=0),
        model=manifest.model,
        version=manifest.version,
        archive=archive,
        interpretation=conclusions.interpretation,
        **dict(conclusions.evaluation),
        leakage=conclusions.leakage,
        duplicates=conclusions.duplicates,
        **{name: value for name, value in asked.items() if value is not None},
    )
