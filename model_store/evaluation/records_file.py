"""Records as bytes, to be kept beside their report: a NumPy archive. Fingerprints of the files are not kept.

| array | holds |
|---|---|
| `texts` | uint8, JSON: `labels`, `rows`, `paths`, and `rejections`, each as place, reason and detail |
| `given` | int32 `(files,)`, index into `rows` |
| `probabilities` | float32 `(files, labels)`, NaN for a file without a prediction |
| `is_damaged` | bool `(files,)`, true for a scored file that is damaged; missing in older files |
| `thumbnail_places`, `thumbnail_ends` | int64 `(thumbnails,)`: place of the file, and end in `thumbnails` |
| `thumbnails` | uint8, concatenated JPEG files |
| `map_places` | int64 `(maps,)`: place of the file of each map |
| `maps` | float32 `(maps, rows, columns)`: class activation maps of the predicted labels |
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from model_store.evaluation.records import Records

_DAMAGES: Final = (KeyError, TypeError, IndexError, OSError, EOFError, zipfile.BadZipFile)


def dump_records(records: Records) -> bytes:
    """Serialise records."""
    texts = {
        "labels": records.labels,
        "rows": records.rows,
        "paths": records.paths,
        "rejections": [(place, *rejection) for place, rejection in records.rejections.items()],
    }
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
        given=records.given,
        probabilities=records.probabilities,
        is_damaged=records.is_damaged,
        thumbnail_places=np.array(list(records.thumbnails), np.int64),
        thumbnail_ends=np.cumsum([len(jpeg) for jpeg in records.thumbnails.values()], dtype=np.int64),
        thumbnails=np.frombuffer(b"".join(records.thumbnails.values()), np.uint8),
        map_places=np.array(list(records.maps), np.int64),
        maps=np.array(list(records.maps.values()), np.float32),
    )
    return buffer.getvalue()


def load_records(data: bytes) -> Records:
    """Deserialise records from the bytes of `dump_records`.

    Raises:
        ValueError: If the bytes are not records.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _records({name: arrays[name] for name in arrays.files})
    except _DAMAGES as error:
        raise ValueError(f"the bytes are not records ({error!r})") from error


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """Thumbnails and class activation maps of some files, by the file's place."""

    thumbnails: dict[int, bytes]
    """JPEG files."""
    maps: dict[int, npt.NDArray[np.float32]]
    """Class activation maps `(rows, columns)` of the predicted labels."""


def load_thumbnails(file: BinaryIO) -> Thumbnails:
    """Deserialise only thumbnails and maps from a file with the bytes of `dump_records`; nothing else is read.

    Raises:
        ValueError: If the bytes are not records.
    """
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return _thumbnails(arrays)
    except _DAMAGES as error:
        raise ValueError(f"the bytes are not records ({error!r})") from error


def unpacked_bytes(file: BinaryIO) -> int:
    """Return the size of the arrays in a file with the bytes of `dump_records`, which are compressed.

    Raises:
        ValueError: If the bytes are not records.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except _DAMAGES as error:
        raise ValueError(f"the bytes are not records ({error!r})") from error


def _thumbnails(arrays: Mapping[str, Any]) -> Thumbnails:
    jpegs, ends = arrays["thumbnails"].tobytes(), [0, *arrays["thumbnail_ends"].tolist()]
    places = arrays["thumbnail_places"].tolist()
    thumbnails = {place: jpegs[start:end] for place, (start, end) in zip(places, pairwise(ends), strict=True)}
    if "maps" not in arrays:  # a report older than maps
        return Thumbnails(thumbnails, {})
    return Thumbnails(thumbnails, dict(zip(arrays["map_places"].tolist(), arrays["maps"], strict=True)))


def _records(arrays: dict[str, Any]) -> Records:
    texts = json.loads(arrays["texts"].tobytes())
    rows, given = texts["rows"], arrays["given"]
    files = ((path, rows[row]) for path, row in zip(texts["paths"], given, strict=True))
    records = Records(files, texts["labels"])
    records.rows, records.given = rows, given  # in the order they were saved in
    if (shape := arrays["probabilities"].shape) != records.probabilities.shape:
        raise ValueError(f"the probabilities have the shape {shape}, not {records.probabilities.shape}")
    records.probabilities = arrays["probabilities"]
    if "is_damaged" in arrays:
        records.is_damaged = arrays["is_damaged"]
    for place, reason, detail in texts["rejections"]:
        records.reject(place, reason, detail)
    drawn = _thumbnails(arrays)
    records.thumbnails, records.maps = drawn.thumbnails, drawn.maps
    return records
