"""Reading the names in a zip, most of which do not declare their encoding.

A name is UTF-8 if its entry says so, or if Info-ZIP's Unicode path repeats it. Every other name is in the code page of
the machine that packed it. One code page is chosen for the whole archive: by the labels that its folders then mean or,
if those do not tell the pages apart, by how plausible the names then are.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Final
from zipfile import ZipInfo

from model_store.code_pages import CODE_PAGES, ONE_BYTE_A_LETTER, implausibility
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.archives.zip_fields import unicode_path
from model_store.labelled_sets.names import LabelMatcher

_TOLERATED: Final = 2
"""The implausibility up to which the first page is taken: one odd sign is no evidence for another page."""
_SAMPLED_NAMES: Final = 2_000
_LONGEST_SAMPLE: Final = 255
"""The names by which plausibility is judged, and the letters of each."""
_HIDING_SEPARATOR: Final = re.compile(r"(?<=[^\x00-\x7f])\\(?=\.(?!_|\.?(?:[\\/]|\Z)))")
"""A backslash after a letter outside ASCII and before a dot that would make the rest a hidden file."""
_SECOND_BYTE: Final = "\uff3c"
"""A wide backslash, which separates nothing."""
_ZIPFILE_READS: Final = "cp437"
"""The encoding in which `zipfile` reads a name that is not marked: a letter for each byte, so nothing is lost."""
_MARKED_AS_UTF8: Final = 0x800


def choose_encoding(infos: Collection[ZipInfo], labels: Collection[str]) -> str | None:
    """Choose the encoding of the names that nothing marks as UTF-8.

    Args:
        infos: All entries of the archive.
        labels: The model's labels, if any are known.

    Returns:
        UTF-8 or a code page in which all of those names are valid: the one in which most names have a folder that means
        a label. Of several, the first if labels outside ASCII told them from others; else UTF-8, or the page in which
        the names are most plausible. None if all of those names are ASCII.
    """

    def unmarked() -> Iterator[bytes]:
        return (raw for raw in map(_unmarked, infos) if raw is not None)

    if next(unmarked(), None) is None:
        return None
    match = LabelMatcher(labels).match
    pages = ("utf-8", *CODE_PAGES)
    counts = {page: count for page in pages if (count := _count(unmarked(), page, match)) is not None}
    most = max(counts.values())
    best = [page for page, count in counts.items() if count == most]
    if best[0] == "utf-8" or (most > min(counts.values()) and not all(map(str.isascii, labels))):
        return best[0]
    return _most_plausible(best, list(islice(unmarked(), _SAMPLED_NAMES)))


def _most_plausible(pages: Iterable[str], names: Collection[bytes]) -> str:
    """Return the page in which names are most plausible; the first of equals, and the first if little is odd in it."""
    first, *others = pages

    def oddity(page: str) -> int:
        return implausibility([name.decode(page)[:_LONGEST_SAMPLE] for name in names], page)

    return first if not others or oddity(first) <= _TOLERATED else min([first, *others], key=oddity)


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
    return name if encoding is None else _without_hiding(raw.decode(encoding), encoding)


def _without_hiding(name: str, encoding: str) -> str:
    """Keep a picture from being hidden by the second byte of a letter that was read in the wrong code page."""
    if encoding not in ONE_BYTE_A_LETTER or not has_image_extension(name):
        return name
    return _HIDING_SEPARATOR.sub(_SECOND_BYTE, name)


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
