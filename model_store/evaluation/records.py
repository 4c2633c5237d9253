"""The image files of an evaluation with their outcomes, stored by column: 50,000 files take a few megabytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from model_store.images.fingerprint import pixel_digest
from model_store.images.light_grids import GRID_BYTES, light_grid
from model_store.images.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Scored:
    """An image with the model's prediction."""

    path: str
    label: str
    probabilities: npt.NDArray[np.floating]
    """`(labels,)`."""
    is_damaged: bool = False
    """True if the file is damaged, and the prediction is about what the decoder made of it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image file that could not be decoded; `reason` is one of `model_store.images.pixels.REASONS`."""

    path: str
    label: str
    reason: str
    detail: str


class Rejection(NamedTuple):
    """The reason why a file could not be decoded."""

    reason: str
    detail: str


class Records:
    """Image files with their labels, in order, and their outcomes as they arrive.

    A file's place is its index in the order of `files`.

    Args:
        files: Path and label of each file; each file once.
        labels: The model's labels, in the order of its output.
    """

    labels: tuple[str, ...]
    """The model's labels."""
    rows: list[str]
    """The given labels: first the model's, then others in the order in which they first occur."""
    paths: list[str]
    """Path of each file, `(files,)`."""
    given: npt.NDArray[np.int32]
    """Each file's given label as an index into `rows`, `(files,)`."""
    probabilities: npt.NDArray[np.float32]
    """`(files, labels)`; NaN for a file without a prediction."""
    is_damaged: npt.NDArray[np.bool_]
    """True for the scored files that are damaged, `(files,)`."""
    rejections: dict[int, Rejection]
    """The files that could not be decoded, by place."""
    digests: npt.NDArray[np.uint8]
    """`fingerprint.pixel_digest` of each file, `(files, 32)`; zeros if its pixels were not seen."""
    grids: npt.NDArray[np.uint8]
    """`light_grids.light_grid` of each file, `(files, 50)`; zeros if it has none."""
    thumbnails: dict[int, bytes]
    """JPEG thumbnails of some files, by place."""
    maps: dict[int, npt.NDArray[np.float32]]
    """Class activation maps `(rows, columns)` of the predicted labels of some files, by place."""

    def __init__(self, files: Iterable[tuple[str, str]], labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        places = {label: place for place, label in enumerate(self.labels)}
        self.paths = []
        given: list[int] = []
        for path, label in files:
            self.paths.append(path)
            given.append(places.setdefault(label, len(places)))
        self.rows = list(places)
        self.given = np.array(given, np.int32)
        self.probabilities = np.full((len(self.paths), len(self.labels)), np.nan, np.float32)
        self.is_damaged = np.zeros(len(self.paths), np.bool_)
        self.rejections = {}
        self.thumbnails = {}
        self.maps = {}
        self.digests = np.zeros((len(self.paths), 32), np.uint8)
        self.grids = np.zeros((len(self.paths), GRID_BYTES), np.uint8)

    @classmethod
    def of(cls, files: Iterable[Scored | Unreadable], labels: Sequence[str]) -> Self:
        """Make records of files whose outcomes are known."""
        files = list(files)
        records = cls(((file.path, file.label) for file in files), labels)
        for place, file in enumerate(files):
            if isinstance(file, Scored):
                records.score(place, file.probabilities, is_damaged=file.is_damaged)
            else:
                records.reject(place, file.reason, file.detail)
        return records

    def __len__(self) -> int:
        return len(self.paths)

    def score(self, place: int, probabilities: npt.NDArray[np.floating], *, is_damaged: bool = False) -> None:
        """Record the probabilities `(labels,)` of the file at a place, and whether it is damaged."""
        self.probabilities[place] = probabilities
        self.is_damaged[place] = is_damaged

    def reject(self, place: int, reason: str, detail: str) -> None:
        """Record that the file at a place could not be decoded."""
        self.rejections[place] = Rejection(reason, detail)

    def see(self, place: int, pixels: Pixels) -> None:
        """Record the fingerprints of the pixels `(height, width, 3)` of the file at a place; thread-safe."""
        self.digests[place] = np.frombuffer(bytes.fromhex(pixel_digest(pixels)), np.uint8)
        self.grids[place] = light_grid(pixels)

    def only(self, places: npt.NDArray[np.integer]) -> "Records":
        """Return the records of the files at some places `(n,)`, in that order, with the same rows; no thumbnails."""
        records = Records([], self.labels)
        records.rows, records.paths = self.rows, [self.paths[place] for place in places.tolist()]
        records.given, records.probabilities = self.given[places], self.probabilities[places]
        records.is_damaged = self.is_damaged[places]
        records.digests, records.grids = self.digests[places], self.grids[places]
        records.rejections = {
            new: self.rejections[place] for new, place in enumerate(places.tolist()) if place in self.rejections
        }
        return records

    def relabelled(self, files: Iterable[tuple[str, str]]) -> "Records":
        """Return the records of some files, by path and other label, in that order; no thumbnails."""
        files = list(files)
        place_of = {path: place for place, path in enumerate(self.paths)}
        records = self.only(np.array([place_of[path] for path, _ in files], np.int64))
        labelled = Records(files, self.labels)
        records.rows, records.given = labelled.rows, labelled.given
        return records

    @property
    def is_scored(self) -> npt.NDArray[np.bool_]:
        """True for the files with a prediction, `(files,)`."""
        scored: npt.NDArray[np.bool_] = ~np.isnan(self.probabilities[:, 0])
        return scored

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """True for the files with a prediction and a label of the model, which figures are over, `(files,)`."""
        known: npt.NDArray[np.bool_] = self.is_scored & (self.given < len(self.labels))
        return known

    def label(self, place: int) -> str:
        """Return the given label of the file at a place."""
        return self.rows[int(self.given[place])]
