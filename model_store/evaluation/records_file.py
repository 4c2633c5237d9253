"""Records as bytes, to be kept beside their report: a NumPy archive. Fingerprints of the files are not kept.

| array | holds |
|---|---|
| `texts` | uint8, JSON: `labels`, `rows`, `paths`, and `rejections`, each as place, reason and detail |
| `given` | int32 `(files,)`, index into `rows` |
| `probabilities` | float32 `(files, labels)`, not a number where there is none |
| `thumbnail_places`, `thumbnail_ends` | int64 `(thumbnails,)`: whose each is, and where it ends in `thumbnails` |
| `thumbnails` | uint8, JPEG files one behind the other |
| `map_places` | int64 `(maps,)`: whose each of `maps` is |
| `maps` | float32 `(maps, rows, columns)`: class activation maps of the labels called |
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model_store.evaluation.records import Records

_DAMAGES: Final = (KeyError, TypeError, IndexError, OSError, EOFError, zipfile.BadZipFile)


def dump_records(records: Records) -> bytes:
    """Return records as bytes."""
    texts = {
        "labels": records.labels,
        "rows": records.rows,
        "paths": records.paths,
        "rejections": [(place, *why) for place, why in records.rejections.items()],
    }
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
        given=records.given,
        probabilities=records.probabilities,
        thumbnail_places=np.array(list(records.thumbnails), np.int64),
        thumbnail_ends=np.cumsum([len(one) for one in records.thumbnails.values()], dtype=np.int64),
        thumbnails=np.frombuffer(b"".join(records.thumbnails.values()), np.uint8),
        map_places=np.array(list(records.maps), np.int64),
        maps=np.array(list(records.maps.values()), np.float32),
    )
    return buffer.getvalue()


def load_records(data: bytes) -> Records:
    """Return the records that bytes of `dump_records` hold.

    Raises:
        ValueError: They hold none.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _records({name: arrays[name] for name in arrays.files})
    except _DAMAGES as error:
        raise ValueError(f"they are no records ({error!r})") from error


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """What some of the files look like, by their place."""

    thumbnails: dict[int, bytes]
    """JPEG files."""
    maps: dict[int, npt.NDArray[np.float32]]
    """Class activation maps of the labels they were called, `(rows, columns)`."""


def load_thumbnails(data: bytes) -> Thumbnails:
    """Return what the files look like alone, from bytes of `dump_records`.

    Raises:
        ValueError: They hold none.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _looks(arrays)
    except _DAMAGES as error:
        raise ValueError(f"they are no records ({error!r})") from error


def _looks(arrays: Mapping[str, Any]) -> Thumbnails:
    jpegs, ends = arrays["thumbnails"].tobytes(), [0, *arrays["thumbnail_ends"].tolist()]
    places = arrays["thumbnail_places"].tolist()
    thumbnails = {place: jpegs[start:end] for place, (start, end) in zip(places, pairwise(ends), strict=True)}
    if "maps" not in arrays:  # of a report that is older than maps
        return Thumbnails(thumbnails, {})
    return Thumbnails(thumbnails, dict(zip(arrays["map_places"].tolist(), arrays["maps"], strict=True)))


def _records(arrays: dict[str, Any]) -> Records:
    texts = json.loads(arrays["texts"].tobytes())
    rows, given = texts["rows"], arrays["given"]
    files = ((path, rows[row]) for path, row in zip(texts["paths"], given, strict=True))
    records = Records(files, texts["labels"])
    records.rows, records.given = rows, given  # in the order they had
    if arrays["probabilities"].shape != records.probabilities.shape:
        raise ValueError("there are not as many probabilities as files and labels")
    records.probabilities = arrays["probabilities"]
    for place, reason, detail in texts["rejections"]:
        records.reject(place, reason, detail)
    looks = _looks(arrays)
    records.thumbnails, records.maps = looks.thumbnails, looks.maps
    return records
