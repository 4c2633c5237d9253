"""A file of which only some pieces are known, such as the directory of a zip that stays where it is."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple


class Piece(NamedTuple):
    """Known bytes of a file.

    Attributes:
        start: The place of the first byte.
        bytes: The number of bytes.
        file: An open, seekable file that holds exactly these bytes; the caller closes it.
    """

    start: int
    bytes: int
    file: BinaryIO

    @property
    def end(self) -> int:
        """The place after the last byte."""
        return self.start + self.bytes


class BytesMissing(Exception):
    """Bytes were to be read that are not known.

    Attributes:
        start: The place of the first of them.
        end: The place after the last.
    """

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"The bytes from {start} to {end} are not known.")
        self.start = start
        self.end = end


class PartialFile(io.RawIOBase):
    """A file to read, which raises `BytesMissing` instead of reading bytes that are not known.

    Args:
        pieces: What is known, in any order; no two pieces may share a byte.
        size: The number of bytes of the whole file.
    """

    def __init__(self, pieces: Sequence[Piece], size: int) -> None:
        self._pieces = sorted((piece for piece in pieces if piece.bytes), key=lambda piece: piece.start)
        self._starts = [piece.start for piece in self._pieces]
        self._size = size
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, or all the rest.

        Raises:
            BytesMissing: If one of them is not known.
        """
        end = self._size if size < 0 else min(self._at + size, self._size)
        parts = []
        while self._at < end:
            piece = self._piece_at(self._at)
            if piece is None:
                raise BytesMissing(self._at, end)
            piece.file.seek(self._at - piece.start)
            parts.append(piece.file.read(min(end, piece.end) - self._at))
            self._at = min(end, piece.end)
        return b"".join(parts)

    def knows(self, place: int) -> bool:
        """Tell whether the byte at a place is known."""
        return self._piece_at(place) is not None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, known or not; one before the file is an `OSError`, as for any file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(22, "Invalid argument")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True

    def _piece_at(self, place: int) -> Piece | None:
        found = bisect_right(self._starts, place) - 1
        return self._pieces[found] if found >= 0 and place < self._pieces[found].end else None
