"""Reading the names in a zip, most of which do not declare their encoding.

A name is UTF-8 if its entry says so, or if Info-ZIP's Unicode path repeats it. Every other name is in the code page of
the machine that packed it. One code page is chosen for the whole archive, by the labels that its folders then mean.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final
from zipfile import ZipInfo

from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.zip_fields import unicode_path

CODE_PAGES: Final = ("cp437", "cp850", "cp1252", "cp1250", "cp1251", "cp866", "cp932", "gb18030", "big5", "euc_kr")
"""Code pages in the order in which they are tried. In the first, the zip standard's own, any bytes are a name."""

_ZIPFILE_READS: Final = "cp437"
"""The encoding in which `zipfile` reads a name that is not marked: a letter for each byte, so nothing is lost."""
_MARKED_AS_UTF8: Final = 0x800


def choose_encoding(infos: Collection[ZipInfo], labels: Collection[str]) -> str | None:
    """Choose the encoding of the names that nothing marks as UTF-8.

    Args:
        infos: All entries of the archive.
        labels: The model's labels; without any, the code pages cannot be told apart.

    Returns:
        UTF-8 or a code page in which all of those names are valid: the one in which most names have a folder that means
        a label, and the first of equals. None if all of those names are ASCII.
    """

    def unmarked() -> Iterator[bytes]:
        return (raw for raw in map(_unmarked, infos) if raw is not None)

    if next(unmarked(), None) is None:
        return None
    match = LabelMatcher(labels).match
    pages = ("utf-8", *CODE_PAGES)
    counts = {page: count for page in pages if (count := _count(unmarked(), page, match)) is not None}
    return max(counts, key=counts.__getitem__)


def name_of(info: ZipInfo, encoding: str | None) -> str:
    """Return an entry's whole name, unchecked.

    Args:
        info: The entry.
        encoding: The encoding that `choose_encoding` returned for the archive.
    """
    name = info.orig_filename  # `filename` ends at a NUL
    if info.flag_bits & _MARKED_AS_UTF8:
        return name
    raw = name.encode(_ZIPFILE_READS)
    path = unicode_path(info.extra, raw)
    if path is not None:
        return path
    return name if encoding is None else raw.decode(encoding)


def _unmarked(info: ZipInfo) -> bytes | None:
    """Return a name's bytes, if it is not ASCII and nothing marks it as UTF-8."""
    if info.flag_bits & _MARKED_AS_UTF8 or info.orig_filename.isascii():
        return None
    raw = info.orig_filename.encode(_ZIPFILE_READS)
    return raw if unicode_path(info.extra, raw) is None else None


def _count(names: Iterable[bytes], encoding: str, match: Callable[[str], str | None]) -> int | None:
    """Count the names whose first folder, or second below a wrapper, means a label; None if a name is not valid."""
    folders: Counter[str] = Counter()
    try:
        for raw in names:
            folders[raw.decode(encoding).replace("\\", "/").rpartition("/")[0]] += 1
    except UnicodeDecodeError:
        return None
    return sum(
        count
        for folder, count in folders.items()
        if any(match(name) is not None for name in folder.split("/", maxsplit=2)[:2])
    )
