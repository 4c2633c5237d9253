"""TIFFs of any layout, written tag by tag: what Pillow writes is only a small part of what people have."""

import struct
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.integer]

_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}


def usual_tags(samples: Samples, photometric: int, **more: Sequence[int]) -> dict[int, Sequence[int]]:
    """Return the tags of samples `(height, width, bands)`, whose type gives the bits; `t284=[2]` adds a tag."""
    height, width, bands = samples.shape
    tags: dict[int, Sequence[int]] = {256: [width], 257: [height], 258: [samples.dtype.itemsize * 8] * bands, 259: [1]}
    tags |= {262: [photometric], 277: [bands], 278: [height]}
    return tags | {int(name[1:]): values for name, values in more.items()}


def planes(samples: Samples) -> list[bytes]:
    """Return the bytes of each band by itself."""
    return [np.ascontiguousarray(samples[..., band]).tobytes() for band in range(samples.shape[2])]


def write_tiff(
    tags: Mapping[int, Sequence[int]],
    strips: Sequence[bytes],
    *,
    order: str = "<",
    subdirectories: Sequence[Mapping[int, Sequence[int]]] = (),
    next_tags: Mapping[int, Sequence[int]] | None = None,
) -> bytes:
    """Write a TIFF with one picture, and with directories beside it that have tags and no samples."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    below = [_write_directory(out, one, order, 0) for one in subdirectories]
    following = _write_directory(out, next_tags, order, 0) if next_tags is not None else 0
    places = []
    for strip in strips:
        places.append(len(out))
        out += strip + bytes(len(strip) % 2)
    whole = {**tags, 273: places, 279: [len(strip) for strip in strips]} | ({330: below} if below else {})
    struct.pack_into(f"{order}I", out, 4, _write_directory(out, whole, order, following))
    return bytes(out)


def _write_directory(out: bytearray, tags: Mapping[int, Sequence[int]], order: str, following: int) -> int:
    """Append a directory and return its offset."""
    entries = b""
    for tag, values in sorted(tags.items()):
        kind = 2 if isinstance(values, bytes) else 4 if tag in {273, 279, 330} or max(values) > 65535 else 3
        raw = struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)
        if len(raw) > 4:
            place = len(out)
            out += raw + bytes(len(raw) % 2)
            raw = struct.pack(f"{order}I", place)
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + raw.ljust(4, b"\0")
    start = len(out)
    out += struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", following)
    return start
