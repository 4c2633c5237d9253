"""The text of a table from its bytes, in whichever encoding a program or a spreadsheet wrote it."""

import codecs
from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

CODE_PAGES: Final = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "euc_kr", "latin-1")
"""Code pages in the order in which they are tried; any bytes are text in the last."""

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEAD_BYTES: Final = 4096
_SAMPLE_BYTES: Final = 262_144
_SAMPLE_NAMES: Final = 200
"""Code pages are compared on this much, so that a large table of many names takes no longer."""


class TableText(NamedTuple):
    """A decoded table.

    Attributes:
        text: The text, without a byte order mark.
        encoding: The encoding, as Python calls it.
    """

    text: str
    encoding: str


def decode_table(data: bytes, names: Iterable[str] = ()) -> TableText | None:
    """Decode a table; None if the bytes are not text.

    UTF-8 and UTF-16 are recognised as such. Other text is in the code page in which it has the most of the names.

    Args:
        data: The bytes of the whole file.
        names: Names that the table may hold, such as those of the image files and the labels.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    head = data[:_HEAD_BYTES]
    if head.count(0) > len(head) // 4:  # letters of UTF-16 without a mark have a NUL on one side
        return _decoded(data, "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be")
    return _decoded(data, "utf-8") or _in_code_page(data, names)


def _in_code_page(data: bytes, names: Iterable[str]) -> TableText | None:
    foreign = list(islice((name for name in names if not name.isascii()), _SAMPLE_NAMES))
    sample = data[:_SAMPLE_BYTES]

    def hits(page: str) -> int:
        return sum(name.encode(page, "replace") in sample for name in foreign)

    pages = sorted(CODE_PAGES, key=hits, reverse=True)  # stable: the first of equals
    return next((found for page in pages if (found := _decoded(data, page)) is not None), None)


def _decoded(data: bytes, encoding: str) -> TableText | None:
    try:
        return TableText(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None
