"""A file that is not read is named, with what to do, by its first bytes."""

import pytest

from model_store.images.foreign import describe_foreign
from tests.support.images import odd_images

KINDS = {
    "HEIC": b"\0\0\0\x18ftypheix\0\0\0\0mif1heix",
    "HEIF": b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf",
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "MP4": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
    "QuickTime": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "JPEG XL": b"\xff\x0a\x7f\x10\x4b\xc0",
    "JPEG 2000": b"\xff\x4f\xff\x51\0\x2f\0\0",
    "Photoshop": b"8BPS\0\1" + bytes(6) + b"\0\3",
    "DICOM": bytes(128) + b"DICM\2\0\0\0UL\4\0",
    "NIfTI": b"\x5c\1\0\0" + bytes(340) + b"n+1\0",
    "FITS": b"SIMPLE  =                    T / standard",
    "NumPy": b"\x93NUMPY\1\0\x76\0{'descr': '<f4'}",
    "PNM": b"P6\n# made by a camera\n4 4\n255\n",
    "Fujifilm": b"FUJIFILMCCD-RAW 0201FF383501",
    "Panasonic": b"IIU\0\x18\0\0\0",
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "zip": b"PK\3\4\x14\0\0\0\x08\0",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\3",
    "tar": b"cat/1.jpg".ljust(257, b"\0") + b"ustar\x0000",
    "WebM": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81",
    "AVI": b"RIFF\0\1\0\0AVI LIST",
    "sound": b"RIFF\0\1\0\0WAVEfmt ",
    "resource fork": b"\0\5\x16\7\0\2\0\0Mac OS X        ",
    "icon": b"\0\0\1\0\1\0\x10\x10\0\0",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_file_that_is_not_read_is_named_with_advice(kind: str) -> None:
    words = describe_foreign(KINDS[kind] + bytes(200))
    assert words is not None
    assert kind in words.partition(".")[0]
    assert words.count(".") >= 2
    assert "damaged" not in words


@pytest.mark.parametrize("name", odd_images())
def test_a_picture_that_is_read_is_not_foreign(name: str) -> None:
    assert describe_foreign(odd_images()[name].data) is None


def test_a_file_of_zeros_is_a_failed_copy() -> None:
    assert "4096 zero bytes" in str(describe_foreign(bytes(4096)))


def test_bytes_of_no_known_kind_have_no_description() -> None:
    assert describe_foreign(b"\x9d\x01\x88\xfe\x02\x03" * 9) is None
