"""Image formats, known by the extension of a file's name or by its first bytes. Nothing here reads a file."""

from typing import Final

IMAGE_EXTENSIONS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".avif"}
    | {".heic", ".heif", ".jp2", ".j2k", ".jls", ".jxl", ".jxr", ".ppm", ".pgm", ".pbm", ".psd", ".dcm", ".dicom"}
    | {".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srw", ".raf", ".orf", ".rw2", ".pef", ".x3f"}
)
"""Extensions of image formats, readable here or not: a file that has one is counted as an image."""

_SIGNATURES: Final = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
}
SIGNATURE_BYTES: Final = 32
"""The number of bytes from the start of a file that `signature_format` needs."""


def has_image_extension(path: str) -> bool:
    """Tell whether a path ends with the extension of an image format, regardless of case."""
    name = path.rpartition("/")[2]  # `pathlib` would take ten times as long, and sets have many files
    place = name.rfind(".")
    return place > 0 and name[place:].lower() in IMAGE_EXTENSIONS


def signature_format(head: bytes) -> str | None:
    """Return the image format, of those that Fullcount reads, whose signature a file begins with.

    Args:
        head: The file's first `SIGNATURE_BYTES` bytes.

    Returns:
        The format, or None if the bytes are not the start of one.
    """
    for signature, name in _SIGNATURES.items():
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":  # one major brand, four bytes of version, then the compatible ones
        brands = (head[start : start + 4] for start in (8, 16, 20, 24, 28))
        return None if {b"avif", b"avis"}.isdisjoint(brands) else "AVIF"
    is_bmp = head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00"  # two reserved words, always zero
    return "BMP" if is_bmp else None


def opened_format(head: bytes) -> str | None:
    """Return the format whose parser opens a file: Pillow also takes some signatures that no specification knows.

    Args:
        head: The file's first `SIGNATURE_BYTES` bytes.
    """
    if (name := signature_format(head)) is not None:
        return name
    if head[:4] in {b"MM*\0", b"II\0*"}:
        return "TIFF"
    if head[4:8] == b"ftyp" and head[8:12] in {b"mif1", b"msf1"}:
        return "AVIF"
    return "BMP" if head[:2] == b"BM" else None


def has_image_signature(head: bytes) -> bool:
    """Tell whether a file's first `SIGNATURE_BYTES` bytes are the start of an image format that Fullcount reads."""
    return signature_format(head) is not None
