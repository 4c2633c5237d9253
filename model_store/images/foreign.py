"""Recognising, by its first bytes, a file that Fullcount does not read: the kind of file, and the advice for it.

One table for all of it. A new kind is a line in `_SIGNATURES`, or in `_BRANDS` for files that are made of boxes like
MP4; text is told apart by `model_store.images.foreign_text`. Nothing here decodes a picture.
"""

from typing import Final, NamedTuple

from model_store.images.foreign_text import describe_text
from model_store.images.signatures import SIGNATURE_BYTES, has_image_signature

CONVERT: Final = "Convert it to JPEG or PNG."
DEVELOP: Final = "Camera raw is not read: develop it and export it as JPEG or TIFF."
_EXPORT: Final = "Export the picture as PNG, JPEG or TIFF."
_WINDOW: Final = "Export the picture as PNG with a program for such files, which chooses the range of grey."
_RENDER: Final = "Render it as PNG."
_PAGES: Final = "Export its pages as PNG or JPEG."
_FRAMES: Final = "Extract frames from it as JPEG or PNG."
_UNPACK: Final = "Unpack it; a labelled set goes to evaluation, and several images go to a batch."
_REPLACE: Final = "Replace it by the picture itself."


class _Signature(NamedTuple):
    start: bytes
    kind: str
    advice: str
    offset: int = 0


_SIGNATURES: Final = (
    # photographs and other pictures
    _Signature(b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture", CONVERT),
    _Signature(b"\xff\x0a", "a JPEG XL picture", CONVERT),
    _Signature(b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture", CONVERT),
    _Signature(b"\xff\x4f\xff\x51", "a JPEG 2000 picture", CONVERT),
    _Signature(b"II\xbc\x01", "a JPEG XR picture", CONVERT),
    _Signature(b"8BPS", "a Photoshop document", _EXPORT),
    _Signature(b"gimp xcf", "a GIMP document", _EXPORT),
    _Signature(b"\x76\x2f\x31\x01", "an OpenEXR picture", _EXPORT),
    _Signature(b"#?RADIANCE", "a Radiance picture", _EXPORT),
    _Signature(b"#?RGBE", "a Radiance picture", _EXPORT),
    _Signature(b"DDS ", "a DirectDraw texture", _EXPORT),
    _Signature(b"\0\0\1\0", "a Windows icon", CONVERT),
    _Signature(b"\0\0\2\0", "a Windows cursor", CONVERT),
    _Signature(b"icns", "an Apple icon", CONVERT),
    _Signature(b"qoif", "a QOI picture", CONVERT),
    _Signature(b"BPG\xfb", "a BPG picture", CONVERT),
    _Signature(b"FLIF", "a FLIF picture", CONVERT),
    _Signature(b"\x8aMNG\r\n\x1a\n", "an MNG animation", CONVERT),
    _Signature(b"\x8bJNG\r\n\x1a\n", "a JNG picture", CONVERT),
    _Signature(b"\x59\xa6\x6a\x95", "a Sun raster picture", CONVERT),
    _Signature(b"\x01\xda", "an SGI picture", CONVERT),
    _Signature(b"\x0a\x05\x01", "a PCX picture", CONVERT),
    _Signature(b"\xd7\xcd\xc6\x9a", "a Windows metafile", _RENDER),
    _Signature(b" EMF", "a Windows metafile", _RENDER, 40),
    *(_Signature(b"P%d%c" % (kind, space), "a PNM picture", CONVERT) for kind in range(1, 8) for space in b"\n\r\t #"),
    # camera raw with a signature of its own; the others are TIFFs, see model_store.images.formats.tiff
    _Signature(b"FUJIFILMCCD-RAW", "a Fujifilm RAF photograph", DEVELOP),
    _Signature(b"IIRO", "an Olympus ORF photograph", DEVELOP),
    _Signature(b"IIRS", "an Olympus ORF photograph", DEVELOP),
    _Signature(b"MMOR", "an Olympus ORF photograph", DEVELOP),
    _Signature(b"IIU\0", "a Panasonic RW2 photograph", DEVELOP),
    _Signature(b"FOVb", "a Sigma X3F photograph", DEVELOP),
    _Signature(b"\0MRM", "a Minolta MRW photograph", DEVELOP),
    _Signature(b"HEAPCCDR", "a Canon CRW photograph", DEVELOP, 6),
    # medicine and science
    _Signature(b"DICM", "a DICOM file", _WINDOW, 128),
    _Signature(b"n+1\0", "a NIfTI volume", _WINDOW, 344),
    _Signature(b"ni1\0", "a NIfTI volume", _WINDOW, 344),
    _Signature(b"NRRD000", "an NRRD volume", _WINDOW),
    _Signature(b"SIMPLE  =", "a FITS file", _WINDOW),
    _Signature(b"\x89HDF\r\n\x1a\n", "an HDF5 file", _EXPORT),
    _Signature(b"CDF\1", "a NetCDF file", _EXPORT),
    _Signature(b"CDF\2", "a NetCDF file", _EXPORT),
    _Signature(b"MATLAB 5.0 MAT-file", "a MATLAB file", _EXPORT),
    _Signature(b"\x93NUMPY", "a NumPy array", _EXPORT),
    _Signature(b"PAR1", "a Parquet table", _EXPORT),
    # documents
    _Signature(b"%PDF-", "a PDF document", _PAGES),
    _Signature(b"%!PS", "a PostScript document", _RENDER),
    _Signature(b"\xc5\xd0\xd3\xc6", "a PostScript document", _RENDER),
    _Signature(b"AT&TFORM", "a DjVu document", _PAGES),
    _Signature(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document or a Windows thumbnail cache", _EXPORT),
    _Signature(b"{\\rtf", "an RTF document", _EXPORT),
    # archives
    _Signature(b"PK\3\4", "a zip archive or an Office document", _UNPACK),
    _Signature(b"PK\5\6", "an empty zip archive", _UNPACK),
    _Signature(b"\x1f\x8b", "a gzip archive", _UNPACK),
    _Signature(b"ustar", "a tar archive", _UNPACK, 257),
    _Signature(b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    _Signature(b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    _Signature(b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    _Signature(b"BZh", "a bzip2 archive", _UNPACK),
    _Signature(b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    # videos and sound
    _Signature(b"\x1a\x45\xdf\xa3", "a Matroska or WebM video", _FRAMES),
    _Signature(b"AVI ", "an AVI video", _FRAMES, 8),
    _Signature(b"\0\0\1\xba", "an MPEG video", _FRAMES),
    _Signature(b"\0\0\1\xb3", "an MPEG video", _FRAMES),
    _Signature(b"FLV\1", "a Flash video", _FRAMES),
    _Signature(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media video", _FRAMES),
    _Signature(b"moov", "a QuickTime video", _FRAMES, 4),
    _Signature(b"mdat", "a QuickTime video", _FRAMES, 4),
    _Signature(b"OggS", "an Ogg video or recording", _FRAMES),
    _Signature(b"WAVE", "a sound recording", _REPLACE, 8),
    _Signature(b"ID3", "a sound recording", _REPLACE),
    _Signature(b"fLaC", "a sound recording", _REPLACE),
    # the rest of a computer
    _Signature(b"\0\5\x16\7", "a macOS resource fork, without the picture it belongs to", _REPLACE),
    _Signature(b"L\0\0\0\1\x14\2\0", "a Windows shortcut", _REPLACE),
    _Signature(b"SQLite format 3\0", "an SQLite database", _REPLACE),
    _Signature(b"\x7fELF", "a program", _REPLACE),
    _Signature(b"MZ", "a Windows program", _REPLACE),
)

_BRANDS: Final = {
    b"crx ": ("a Canon CR3 photograph", DEVELOP),
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"mif2", b"msf1"),
        ("a HEIC photograph (HEIF)", f"{CONVERT} iPhones take JPEG with the camera's format 'Most Compatible'."),
    ),
    b"jxl ": ("a JPEG XL picture", CONVERT),
    b"jp2 ": ("a JPEG 2000 picture", CONVERT),
    b"M4A ": ("a sound recording", _REPLACE),
}
"""Major brand of a file made of boxes → its kind and advice; every other brand is a video's."""


def describe_foreign(data: bytes) -> str | None:
    """Say what a file is that is in no format that Fullcount reads.

    Args:
        data: The bytes of the file; a few hundred from its start are enough.

    Returns:
        The kind of file and the advice for it, as sentences; None if the bytes are not known.
    """
    if not data.strip(b"\0"):
        return f"The file holds {len(data)} zero bytes and nothing else: a copy or a download failed. Copy it again."
    kind = _kind_of(data)
    if kind is not None:
        return f"The file is {kind[0]}, which Fullcount does not read. {kind[1]}"
    return describe_text(data)


def _kind_of(data: bytes) -> tuple[str, str] | None:
    if has_image_signature(data[:SIGNATURE_BYTES]):
        return None
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], ("a video (MP4 or QuickTime)", _FRAMES))
    for signature in _SIGNATURES:
        if data.startswith(signature.start, signature.offset):
            return signature.kind, signature.advice
    return None
