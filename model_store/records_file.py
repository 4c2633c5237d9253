"""Records as bytes, to be kept beside their report: a NumPy archive. Fingerprints of the files are not kept.

| array | holds |
|---|---|
| `texts` | uint8, JSON: `labels`, `rows`, `paths`, and `rejections`, each as place, reason and detail |
| `given` | int32 `(files,)`, index into `rows` |
| `probabilities` | float32 `(files, labels)`, not a number where there is none |
| `thumbnail_places`, `thumbnail_ends` | int64 `(thumbnails,)`: whose each is, and where it ends in `thumbnails` |
| `thumbnails` | uint8, JPEG files one behind the other |
"""

import io
import json
import zipfile
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np

from model_store.records import Records

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


def load_thumbnails(data: bytes) -> dict[int, bytes]:
    """Return the thumbnails alone, JPEG files by place, from bytes of `dump_records`.

    Raises:
        ValueError: They hold none.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _thumbnails(arrays)
    except _DAMAGES as error:
        raise ValueError(f"they are no records ({error!r})") from error


def _thumbnails(arrays: Mapping[str, Any]) -> dict[int, bytes]:
    jpegs, ends = arrays["thumbnails"].tobytes(), [0, *arrays["thumbnail_ends"].tolist()]
    places = arrays["thumbnail_places"].tolist()
    return {place: jpegs[start:end] for place, (start, end) in zip(places, pairwise(ends), strict=True)}


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
    records.thumbnails = _thumbnails(arrays)
    return records
