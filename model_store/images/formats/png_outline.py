"""What decoding a PNG takes, by its chunks; and the refusal of what no encoder writes. Decodes nothing.

Pillow reads every chunk in Python, and unpacks up to a megabyte of each compressed text and colour profile.
"""

import struct
from dataclasses import dataclass
from typing import Final

from model_store.errors import ImageRejected
from model_store.images.deep_samples import deep_strip_bytes
from model_store.images.formats.outline import EXIF_BYTES, UNREADABLE, Outline
from model_store.images.formats.png import END, FRAME_BYTES, SIGNATURE, TEXTS, Chunk, is_odd

_CHUNK_START: Final = struct.Struct(">I4s")
_HEADER: Final = struct.Struct(">IIBBBBB")
"""Width, height, bits of a sample, colour type, compression, filter, interlacing."""
_DEEP_BITS: Final = 16
_MAX_CHUNKS: Final = 40_000
"""A file of 32 MiB has 4096 of the size that libpng writes."""
_MAX_PACKED_TEXTS: Final = 1000
_USUAL_CHUNKS, _USUAL_PACKED_TEXTS, _USUAL_METADATA = 10_000, 4, 2**16
_PACKED: Final = frozenset({b"zTXt", b"iTXt", b"iCCP"})
_RAW_PROFILE: Final = b"Raw profile type"
"""Start of a text with EXIF in hexadecimal."""
_BAND_ROW_BYTES: Final = 4 * 8
"""Bytes of a row of deep grey with alpha beside its pixels, while its bytes are read as four bands: its addresses."""
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_BANDS: Final = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGB_ALPHA: 4}
"""Colour type → number of bands."""
_CHUNK_NS: Final = 5_000
_PACKED_NS: Final = 5_000_000
_UNPACKED_BYTES: Final = 2**20
_CHARACTER_BYTES: Final = 6
"""Bytes that a byte of text may take: four as a character, and its copies."""
_MOST_TEXT_BYTES: Final = _CHARACTER_BYTES * 64 * 2**20
"""Pillow refuses more than 64 MiB of characters."""
_KEPT_COPIES: Final = 2
"""Copies of a chunk of another kind."""
_METADATA_NS: Final = 300
"""Processor time for a byte of metadata: EXIF may be a list of fractions."""


@dataclass(slots=True)
class _Chunks:
    """Counts of the chunks."""

    header: bytes = b""
    headers: int = 0
    count: int = 0
    texts: int = 0
    packed_texts: int = 0
    metadata: int = 0
    """Bytes that are not of pixels."""
    text_bytes: int = 0
    """Memory that texts take."""
    exif_bytes: int = 0
    """Bytes of EXIF at most, in texts as well."""
    has_transparency: bool = False
    has_exif: bool = False
    has_odd: bool = False
    has_packed_exif: bool = False

    def note(self, name: bytes, content: memoryview) -> None:
        """Count a chunk of neither the header nor pixels."""
        self.metadata += len(content)
        if name in TEXTS:
            self._note_text(content, is_packed=name in _PACKED)
        elif name == b"eXIf":
            self.has_exif = True
            self.exif_bytes += len(content)
        elif name == b"tRNS":
            self.has_transparency = True
        elif is_odd(name, len(content)):
            self.has_odd = True

    def _note_text(self, content: memoryview, *, is_packed: bool) -> None:
        length = max(len(content), _UNPACKED_BYTES) if is_packed else len(content)
        self.texts += 1
        self.packed_texts += is_packed
        self.text_bytes += _CHARACTER_BYTES * length
        if bytes(content[: len(_RAW_PROFILE)]) == _RAW_PROFILE:
            self.exif_bytes += length // 2
            self.has_packed_exif |= is_packed

    @property
    def kept_bytes(self) -> int:
        """Memory that what is read of the chunks takes."""
        texts = min(self.text_bytes, _MOST_TEXT_BYTES)
        return texts + self.exif_bytes * EXIF_BYTES + self.metadata * _KEPT_COPIES

    @property
    def nanoseconds(self) -> int:
        """Processor time that reading the chunks takes."""
        return self.count * _CHUNK_NS + self.packed_texts * _PACKED_NS + self.metadata * _METADATA_NS

    @property
    def is_usual(self) -> bool:
        """True if there are few, with few bytes that are not of pixels."""
        is_small = self.metadata <= _USUAL_METADATA and self.packed_texts <= _USUAL_PACKED_TEXTS
        return is_small and self.count <= _USUAL_CHUNKS and not self.has_odd and not self.has_packed_exif


def outline(data: bytes) -> Outline:
    """Read the size and form of a PNG, and tell what decoding it takes.

    Raises:
        ImageRejected: If it has more chunks than any encoder writes.
    """
    found = _read(data)
    if len(found.header) < _HEADER.size:
        return UNREADABLE
    width, height, bits, colour, _, _, interlace = _HEADER.unpack(found.header)
    is_deep, pixels = bits == _DEEP_BITS, width * height
    row_bytes = width * (2 if is_deep else 1) * _BANDS.get(colour, 4)
    kept = found.kept_bytes + len(data) * (found.texts > 0 or found.has_odd)  # `png.without_spare` makes a copy
    loaded, converting = _pixel_bytes(colour, is_deep=is_deep, has_transparency=found.has_transparency)
    split = _BAND_ROW_BYTES * height if is_deep and colour == _GREY_ALPHA else 0
    sample_ns = (12 if interlace else 5) * (2 if is_deep else 1)  # deep samples may be read twice
    nanoseconds = row_bytes * height * sample_ns + pixels * 10 + len(data) * 40 + found.nanoseconds
    return Outline(
        width,
        height,
        loading_bytes=pixels * loaded + 4 * row_bytes + kept,
        loaded_bytes=pixels * loaded + kept,
        converting_bytes=pixels * converting + split + (deep_strip_bytes(width, height) if is_deep else 0),
        may_turn=found.has_exif or found.texts > 0,
        nanoseconds=nanoseconds * (3 if found.texts else 1),  # see `png.without_spare`
        is_usual=found.is_usual,
    )


def _pixel_bytes(colour: int, *, is_deep: bool, has_transparency: bool) -> tuple[int, int]:
    """Return the bytes of a pixel of the loaded picture, and those that conversion to RGB takes beside them."""
    if colour == _GREY and is_deep:
        return 2, 10
    loaded = 1 if colour in {_GREY, _PALETTE} else 4
    converting = {_GREY: 4, _RGB: 0, _PALETTE: 4, _GREY_ALPHA: 8, _RGB_ALPHA: 4}.get(colour, 8)
    return loaded, (8 if has_transparency else converting) + (8 if is_deep else 0)


def _read(data: bytes) -> _Chunks:
    """Count the chunks, as far as they are whole and up to the end of the picture."""
    found = _Chunks()
    start, size = len(SIGNATURE), len(data)
    while start + FRAME_BYTES <= size:
        length, name = _CHUNK_START.unpack_from(data, start)
        end = start + length + FRAME_BYTES
        if end > size:
            break
        found.count += 1
        if name == b"IHDR":
            found.headers += 1
            found.header = (
                data[start + 8 : start + 8 + _HEADER.size] if Chunk(name, start, length).is_whole(data) else b""
            )
        elif name != b"IDAT":
            found.note(name, memoryview(data)[start + 8 : end - 4])
        start = end
        if found.count > _MAX_CHUNKS:
            raise _unusual(f"more than {_MAX_CHUNKS} chunks")
        if name == END:
            break
    if found.headers > 1:
        raise _unusual(f"{found.headers} headers")
    if found.packed_texts > _MAX_PACKED_TEXTS:
        raise _unusual(f"{found.packed_texts} compressed texts")
    return found


def _unusual(what: str) -> ImageRejected:
    return ImageRejected("corrupt", f"The PNG has {what}, which no encoder writes.")
