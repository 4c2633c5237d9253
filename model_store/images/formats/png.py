"""What the chunks of a PNG say: its form, the bits that its samples really have, and whether its data are as written.

Pillow stops when it has all rows and compares no checksum of them, so zeros in place of the end of a file pass for
pixels. Nothing here makes pixels.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from model_store.errors import ImageRejected

_APPLE: Final = b"CgBI"
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
_ANIMATED: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_LEAST_BYTES: Final = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9}
"""Chunk of colour or size → the bytes that it has at least."""
_ORIENTING: Final = (b"XML:com.adobe.xmp\0", b"Raw profile type ")
"""Starts of the texts that may hold EXIF."""
END: Final = b"IEND"
FRAME_BYTES: Final = 12
"""Length, name and checksum of a chunk."""
_MAX_CHUNKS: Final = 10_000
"""Chunks that are looked at for texts and checksums."""
_COLOUR_BANDS: Final = {0: 1, 2: 3, 4: 1, 6: 3}
"""Colour type → bands without alpha."""
_MAX_PIXEL_BYTES: Final = 8
"""Bytes of a pixel with four bands of 16 bits."""
_INFLATED_BYTES: Final = 2**20
"""Bytes that are unpacked at a time."""


class Chunk(NamedTuple):
    """A chunk of a PNG."""

    name: bytes
    start: int
    """Offset of its length, which stands before its name."""
    length: int
    """Bytes of its content."""

    @property
    def end(self) -> int:
        """Offset of the first byte after it."""
        return self.start + self.length + FRAME_BYTES

    def is_whole(self, data: bytes) -> bool:
        """Return True if its checksum is right."""
        view = memoryview(data)[self.start + 4 : self.end]
        return zlib.crc32(view[:-4]) == int.from_bytes(view[-4:])

    def content(self, data: bytes) -> bytes:
        """Return its content."""
        return data[self.start + 8 : self.start + 8 + self.length]


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG, as far as they are whole and up to its end."""
    start = len(SIGNATURE)
    while start + FRAME_BYTES <= len(data):
        chunk = Chunk(data[start + 4 : start + 8], start, int.from_bytes(data[start : start + 4]))
        if chunk.end > len(data):
            return
        yield chunk
        if chunk.name == END:
            return
        start = chunk.end


def declared_bits(data: bytes) -> int | None:
    """Return the number of significant bits of a PNG with samples of 16 bits, as its chunk `sBIT` declares them."""
    bands = 0
    for chunk in chunks(data):
        content = chunk.content(data) if chunk.name in {b"IHDR", b"sBIT"} else b""
        if chunk.name == b"IHDR" and len(content) == 13:
            bands = _COLOUR_BANDS.get(content[9], 0) if content[8] == 16 else 0
        elif chunk.name == b"sBIT":
            bits = max(content[:bands], default=0)
            return bits if 0 < bits <= 16 else None
        if not bands or chunk.name == b"IDAT":
            return None
    return None


def is_odd(name: bytes, length: int) -> bool:
    """Tell whether a chunk is of an animation, or too short: the picture does without it."""
    return name in _ANIMATED or length < _LEAST_BYTES.get(name, 0)


def without_spare(data: bytes) -> Iterator[bytes]:
    """Yield a PNG without what need not be sound or small: the pixels do without texts, colour profile and animation.

    Args:
        data: The bytes of the file; of another format, or of a PNG without such chunks, nothing is yielded.

    Yields:
        The file without the texts but those that may hold the orientation, and without any text; then the same without
        the chunks that are odd, too.
    """
    if not data.startswith(SIGNATURE):
        return
    found = list(islice(chunks(data), _MAX_CHUNKS))
    texts = {chunk for chunk in found if chunk.name in TEXTS}
    orienting = {chunk for chunk in texts if chunk.content(data).startswith(_ORIENTING)}
    spare = texts | {chunk for chunk in found if is_odd(chunk.name, chunk.length)}
    for dropped in dict.fromkeys(map(frozenset, (texts - orienting, texts, spare - orienting, spare))):
        if dropped:
            yield _without(data, sorted(dropped, key=lambda chunk: chunk.start))


def _without(data: bytes, dropped: Sequence[Chunk]) -> bytes:
    ends = [0, *(chunk.end for chunk in dropped)]
    starts = [*(chunk.start for chunk in dropped), None]
    return b"".join(data[end:start] for end, start in zip(ends, starts, strict=True))


def is_damaged(data: bytes) -> bool:
    """Return True if the pixels of a PNG are not those that were written, although they can be decoded.

    Then the checksum of a chunk of them is wrong, and that of all of them, too. A wrong one of a chunk alone, or a
    missing end, costs no pixel.
    """
    pixels = [chunk for chunk in islice(chunks(data), _MAX_CHUNKS) if chunk.name == b"IDAT"]
    if all(chunk.is_whole(data) for chunk in pixels):
        return False
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return not _unpacks(pixels, data, most=(width * _MAX_PIXEL_BYTES + 2) * (height + 7))


def _unpacks(pixels: Iterable[Chunk], data: bytes, most: int) -> bool:
    """Return True if the chunks are one whole stream, whose checksum is right, of at most so many bytes."""
    stream = zlib.decompressobj()
    try:
        for chunk in pixels:
            packed = chunk.content(data)
            while packed and not stream.eof and most >= 0:
                most -= len(stream.decompress(packed, _INFLATED_BYTES))
                packed = stream.unconsumed_tail
    except zlib.error:
        return False
    return stream.eof and most >= 0


def check_png(data: bytes) -> None:
    """Check that a PNG is in the usual form.

    Raises:
        ImageRejected: If it is in the form of iOS apps, whose colours are in another order and not packed with zlib.
    """
    if data[12:16] == _APPLE:
        detail = (
            "The PNG is in the form that Xcode makes for iOS apps (CgBI), which is not read. Save it as a usual PNG."
        )
        raise ImageRejected("unsupported-mode", detail)
