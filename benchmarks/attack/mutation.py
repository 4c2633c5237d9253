"""Changes of an image file: of its numbers, its parts and its bytes, each drawn by a generator that a seed decides."""

import functools
import random
import struct
import zlib
from collections.abc import Callable
from typing import Final, Literal

from benchmarks.attack.parts import FORMATS, Parts

MAX_BYTES: Final = 31 * 2**20
"""Bytes that a file has at most: the service takes 32 MiB."""
_NUMBERS: Final = (
    *(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 16, 24, 32, 64, 127, 128, 255, 256, 257, 1000, 4096, 7070, 7071),
    *(16383, 16384, 22360, 32767, 32768, 65500, 65535, 65536, 10**6, 2**24 - 1, 2**24, 49_999_999, 50_000_000),
    *(5 * 10**8, 2**31 - 1, 2**31, 2**32 - 1),
)
_REPEATS: Final = (1, 2, 10, 100, 1000, 10_000, 100_000)


def mutated(data: bytes, donor: bytes, format_: str, generator: random.Random) -> bytes:
    """Return a file with one to four changes.

    Args:
        data: The file that is changed.
        donor: Another file of the format, whose parts may be taken.
        format_: Name of the format, one of `parts.FORMATS`.
        generator: Decides everything.
    """
    try:
        parts, others = FORMATS[format_].split(data), FORMATS[format_].split(donor)
        for _ in range(generator.choice((1, 1, 2, 4))):
            generator.choice(_CHANGES)(parts, others, generator)
        changed = FORMATS[format_].join(parts)
    except (IndexError, struct.error):  # what is left of earlier changes has no parts any more
        changed = _flipped(data, generator)
    return changed[:MAX_BYTES]


def _change_number(parts: Parts, others: Parts, generator: random.Random) -> None:
    del others
    place = generator.randrange(len(parts))
    part, width = parts[place], generator.choice((1, 2, 4))
    offset = generator.randrange(max(1, min(len(part), generator.choice((32, 64, 1024, 1 << 20)))))
    order: Literal["big", "little"] = generator.choice(("big", "little"))
    old = int.from_bytes(part[offset : offset + width], order)
    new = generator.choice((*_NUMBERS, old * 2, old + 1, max(0, old - 1), old // 2)) % (1 << 8 * width)
    parts[place] = part[:offset] + new.to_bytes(width, order) + part[offset + width :]


def _repeat(parts: Parts, others: Parts, generator: random.Random) -> None:
    del others
    place = generator.randrange(len(parts))
    room = generator.choice((1 << 18, 1 << 22, MAX_BYTES)) // (len(parts[place]) + 12)
    parts[place:place] = [parts[place]] * min(generator.choice(_REPEATS), room)


def _drop(parts: Parts, others: Parts, generator: random.Random) -> None:
    del others
    if len(parts) > 2:
        del parts[generator.randrange(len(parts))]


def _swap(parts: Parts, others: Parts, generator: random.Random) -> None:
    del others
    one, other = generator.randrange(len(parts)), generator.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]


def _take(parts: Parts, others: Parts, generator: random.Random) -> None:
    taken, place = generator.choice(others), generator.randrange(len(parts))
    parts[place : place + generator.randrange(2)] = [taken]


def _stretch(parts: Parts, others: Parts, generator: random.Random) -> None:
    """Make a part longer, by itself or by one byte many times."""
    del others
    place = generator.randrange(len(parts))
    more = generator.choice((parts[place][8:], b"\0", b"\xff", b"A", b"\1\5"))
    room = generator.choice((1 << 12, 1 << 16, 1 << 20, 1 << 23)) // max(1, len(more))
    parts[place] += more * min(generator.choice(_REPEATS), room)


def _pack(parts: Parts, others: Parts, generator: random.Random) -> None:
    """Replace the end of a part by very little that unpacks to very much."""
    del others
    place = generator.randrange(len(parts))
    kept = parts[place][: generator.choice((4, 8, 12, 16))]
    parts[place] = kept + _packed_zeros(generator.choice((1, 10, 100)))


@functools.cache
def _packed_zeros(millions: int) -> bytes:
    return zlib.compress(bytes(millions * 10**6), 9)


def _flip(parts: Parts, others: Parts, generator: random.Random) -> None:
    del others
    place = generator.randrange(len(parts))
    parts[place] = _flipped(parts[place], generator)


def _cut(parts: Parts, others: Parts, generator: random.Random) -> None:
    del others
    place = generator.randrange(len(parts))
    parts[place] = parts[place][: generator.randrange(len(parts[place]) + 1)]


def _flipped(data: bytes, generator: random.Random) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(generator.choice((1, 4, 16))):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed)


_CHANGES: Final[tuple[Callable[[Parts, Parts, random.Random], None], ...]] = (
    *(_change_number,) * 6,
    *(_repeat,) * 3,
    *(_drop, _swap, _take, _take, _stretch, _pack, _flip, _cut),
)
"""Numbers and repetitions are drawn more often: they are what costs."""
