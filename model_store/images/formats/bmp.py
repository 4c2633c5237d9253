"""The header of a BMP: its size, its kind of samples, and what decoding them takes. Decodes nothing."""

from model_store.images.formats.outline import UNREADABLE, Outline

_RLE = frozenset({1, 2})


def outline(data: bytes) -> Outline:
    """Read the size of a BMP, and tell what decoding it takes."""
    if len(data) < 30:
        return UNREADABLE
    if _little(data, 14, 4) == 12:
        width, height, bits, compression = _little(data, 18, 2), _little(data, 20, 2), _little(data, 24, 2), 0
    else:
        width, height = _little(data, 18, 4), _little(data, 22, 4)
        height = 2**32 - height if data[25] == 0xFF else height
        bits, compression = _little(data, 28, 2), _little(data, 30, 4)
    pixels = width * height
    loaded = pixels * (1 if bits <= 8 else 4)
    unpacked = 3 * pixels if compression in _RLE else 4 * width
    return Outline(width, height, loading_bytes=loaded + unpacked, loaded_bytes=loaded, converting_bytes=4 * pixels)


def _little(data: bytes, start: int, length: int) -> int:
    return int.from_bytes(data[start : start + length], "little")
