"""What a zip would be recognised as, from the few of its bytes that decide it: its directory, tables, first bytes.

The zip's reader is the one of evaluations, `Archive`. It reads a file with gaps, and what it misses is wanted. Whoever
has the zip sends that too and asks again, until nothing is missing. So no rule about sets is needed to ask, and the
answer is the one for the whole zip.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple, cast
from zipfile import ZipInfo

from model_store.errors import SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.archives.partial_file import BytesMissing, PartialFile, Piece
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits
from model_store.labelled_sets.layout import LayoutChoice

MAX_HEADS: Final = 256
"""Files without an image's extension whose first bytes are asked for; an evaluation looks at each."""
_HEAD_BYTES: Final = 4096
"""Bytes of the data that `zipfile` reads for the first few of a file."""
_HEADER_BYTES: Final = 30 + 1024
"""The header before a file's data without its name; few have longer extra fields, and more is asked for then."""


class Wanted(NamedTuple):
    """Bytes without which it cannot be said what a zip is.

    Attributes:
        start: The place of the first byte.
        end: The place after the last.
        is_whole: True if they hold a whole file, False if its first bytes are enough.
    """

    start: int
    end: int
    is_whole: bool


@dataclass(frozen=True)
class PartialReading:
    """The outcome of reading a zip with gaps.

    Attributes:
        labelled_set: The set; None if more is wanted, or if files that were not looked into may change a refusal.
        wanted: The bytes to send as well; empty if nothing is missing.
        unread: The paths of files without an image's extension that were not looked into: there are too many. The set
            has them among the files that are no images.
    """

    labelled_set: LabelledSet | None
    wanted: list[Wanted] = field(default_factory=list)
    unread: Collection[str] = ()


def read_partial_archive(
    pieces: Sequence[Piece],
    size: int,
    limits: SetLimits,
    labels: Collection[str],
    layout: LayoutChoice | None = None,
) -> PartialReading:
    """Read a zip of which pieces are known.

    Args:
        pieces: What is known, in any order; no two may share a byte.
        size: The number of bytes of the whole zip.
        limits: The most that the zip may cost.
        labels: The model's labels.
        layout: What the first folders are, if the user says it.

    Raises:
        SetRejected: If the whole zip is refused, whatever is in the gaps.
    """
    try:
        archive = _PartialArchive(PartialFile(pieces, size), limits)
    except BytesMissing as missing:
        return PartialReading(None, [Wanted(missing.start, missing.end, is_whole=True)])
    try:
        labelled_set = archive.labelled(labels, layout)
    except SetRejected:
        if not archive.wanted and not archive.unread:
            raise
        return PartialReading(None, archive.wanted, archive.unread)
    return PartialReading(None if archive.wanted else labelled_set, archive.wanted, archive.unread)


class _PartialArchive(Archive):
    """An archive that reads nothing where it has a gap, and notes the gap."""

    def __init__(self, file: PartialFile, limits: SetLimits) -> None:
        super().__init__(cast("BinaryIO", file), limits)
        self._file = file
        self._heads = 0
        self._wanted: dict[int, Wanted] = {}
        self.unread: set[str] = set()

    @property
    def wanted(self) -> list[Wanted]:
        return list(self._wanted.values())

    def read(self, path: str) -> bytes:
        self.unread.discard(path)  # a table
        try:
            return super().read(path)
        except BytesMissing as missing:
            self._want(self._files[path], missing, is_whole=True)
            return b""

    def _has_signature(self, path: str) -> bool:
        self._heads += 1
        info = self._files[path]
        has_room = self._heads <= MAX_HEADS
        try:
            if has_room or self._file.knows(info.header_offset):
                return super()._has_signature(path)
        except BytesMissing as missing:
            if has_room:
                self._want(info, missing, is_whole=False)
        if not has_room:
            self.unread.add(path)
        return False

    def _want(self, info: ZipInfo, missing: BytesMissing, *, is_whole: bool) -> None:
        """Want a file from its header on, with what was missed at least."""
        data = min(info.compress_size, self._limits.max_image_bytes if is_whole else _HEAD_BYTES)
        end = info.header_offset + _HEADER_BYTES + len(info.orig_filename.encode()) + data
        end = max(min(end, self._zip.start_dir), missing.end)
        self._wanted[info.header_offset] = Wanted(info.header_offset, end, is_whole)  # heads come first, tables last
