"""What decoding a PNG takes, by its chunks; and the refusal of what no encoder writes. Decodes nothing.

Pillow reads every chunk in Python, and unpacks up to a megabyte of each compressed text and colour profile.
"""

from dataclasses import dataclass
from typing import Final

from model_store.errors import ImageRejected
from model_store.images.formats.outline import UNREADABLE, Outline
from model_store.images.formats.png import TEXTS, chunks

_HEADER: Final = b"IHDR"
_MAX_CHUNKS: Final = 100_000
_MAX_PACKED_TEXTS: Final = 1000
_USUAL_CHUNKS, _USUAL_PACKED_TEXTS, _USUAL_METADATA = 10_000, 4, 2**16
_PACKED: Final = frozenset({b"zTXt", b"iTXt", b"iCCP"})
_ANIMATED: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_ORIENTING: Final = b"eXIf"
_CHUNK_NS: Final = 10_000
_PACKED_NS: Final = 5_000_000
_TEXT_BYTES: Final = 2**20


@dataclass(slots=True)
class _Chunks:
    """Counts of the chunks."""

    header: bytes = b""
    count: int = 0
    texts: int = 0
    packed_texts: int = 0
    metadata: int = 0
    """Bytes that are not of pixels."""
    has_transparency: bool = False
    has_exif: bool = False
    is_animated: bool = False


def outline(data: bytes) -> Outline:
    """Read the size and form of a PNG, and tell what decoding it takes.

    Raises:
        ImageRejected: If it has more chunks than any encoder writes.
    """
    found = _read(data)
    if len(found.header) < 13:
        return UNREADABLE
    width, height = int.from_bytes(found.header[:4]), int.from_bytes(found.header[4:8])
    bits, colour, is_interlaced = found.header[8], found.header[9], found.header[12] > 0
    is_deep, pixels = bits == 16, width * height
    sample_bytes = max(1, bits // 8) * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 4)
    held = {(0, False): 1, (3, False): 1, (0, True): 2}.get((colour, is_deep), 4)
    converting = (8 if found.has_transparency or colour == 4 else 4) + (12 if is_deep else 0)
    tries = 3 if found.texts else 1
    return Outline(
        width,
        height,
        loading_bytes=pixels * held + 4 * sample_bytes * width + min(found.texts, 64) * _TEXT_BYTES,
        loaded_bytes=pixels * held,
        converting_bytes=pixels * converting,
        may_turn=found.has_exif or found.texts > 0,
        nanoseconds=tries
        * (
            pixels * sample_bytes * (12 if is_interlaced else 8) * (2 if is_deep else 1)
            + pixels * 10
            + len(data) * 40
            + found.count * _CHUNK_NS
            + found.packed_texts * _PACKED_NS
        ),
        is_usual=(
            found.count <= _USUAL_CHUNKS
            and found.packed_texts <= _USUAL_PACKED_TEXTS
            and found.metadata <= _USUAL_METADATA
            and not found.is_animated
        ),
    )


def _read(data: bytes) -> _Chunks:
    found = _Chunks()
    for chunk in chunks(data):
        found.count += 1
        name = chunk.name
        if name == b"IDAT":
            continue
        found.metadata += chunk.length
        if name == _HEADER and not found.header:
            found.header = chunk.content(data)
        elif name in TEXTS:
            found.texts += 1
            found.packed_texts += name in _PACKED
        found.has_exif = found.has_exif or name == _ORIENTING
        found.has_transparency = found.has_transparency or name == b"tRNS"
        found.is_animated = found.is_animated or name in _ANIMATED
        if found.count > _MAX_CHUNKS or found.packed_texts > _MAX_PACKED_TEXTS:
            raise _unusual(f"more than {_MAX_CHUNKS} chunks, or {_MAX_PACKED_TEXTS} compressed texts")
    return found


def _unusual(what: str) -> ImageRejected:
    return ImageRejected("corrupt", f"The PNG has {what}, which no encoder writes.")
