"""One image on its way: its file, its pixels, and the memory that it has of the budget meanwhile."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from app.errors import ShuttingDown
from app.inference.batcher import Answer
from app.inference.sources import See, Source, SourceFile
from app.memory.budget import PATIENCE_S, Share
from model_store.images.pixels import Decoded, InputSpec, Pixels


class Computes(Protocol):
    """What computes decoded images; see `Batcher`."""

    def compute(self, pixels: Pixels, answer: "asyncio.Future[Answer]", *, is_background: bool = False) -> None:
        """Compute one image and complete its answer, perhaps later."""

    def withdraw(self, answer: "asyncio.Future[Answer]") -> None:
        """Forget an image, if it is still waiting."""


@dataclass(slots=True, eq=False)
class Work:
    """One image, its file, and its memory. A worker has it in hand while somebody waits for it, or a little longer."""

    source: Source | None
    """None when nobody waits any more."""
    spec: InputSpec
    batcher: Computes
    see: See
    is_background: bool
    share: Share
    has_room: bool = False
    """Whether the share has the memory that decoding takes."""
    data: bytes | None = None
    """The bytes of the file, if it was read already."""
    decoded: Decoded | None = None
    decode_ms: float = 0.0
    is_counted: bool = False
    """Whether it is among those that are not decoded yet."""
    _is_left: bool = False
    _is_in_hand: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)  # guards the two before it

    def leave(self) -> None:
        """Give the memory back, as nobody waits any more; unless a worker still uses it."""
        with self._lock:
            self._is_left = True
            self.source = self.data = None
            if not self._is_in_hand:
                self.share.give_back()

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Have the image in hand, in a worker; if nobody waits for it at the end of the block, give its memory back.

        Raises:
            ShuttingDown: If nobody waits for it now.
        """
        with self._lock:
            if self._is_left:
                raise ShuttingDown
            self._is_in_hand = True
        try:
            yield
        finally:
            with self._lock:
                self._is_in_hand = False
                if self._is_left:
                    self.share.give_back()

    def read(self) -> bytes:
        """Read the file, or return what was read before. This blocks.

        Raises:
            ImageRejected: If it cannot be read.
            ShuttingDown: If nobody waits for it any more.
        """
        data, self.data = self.data, None
        if data is not None:
            return data
        if isinstance(self.source, SourceFile):
            return self.source.read()
        if self.source is None or isinstance(self.source, Decoded):
            raise ShuttingDown
        return self.source()

    def take_if_free(self, more: int) -> bool:
        """Take memory, and that of reading the file if it is not in memory; return whether there was room."""
        return self.share.take_if_free(more + self._unread_bytes)

    async def take(self, more: int) -> None:
        """Take memory as `take_if_free` does, and wait for room: with a batch or an evaluation as long as it takes.

        Raises:
            Exhausted: If there was none for a single image in time.
            MemoryNeverEnough: If there never can be room.
        """
        await self.share.take(more + self._unread_bytes, None if self.is_background else PATIENCE_S)

    def forget_file(self) -> None:
        """Forget a file that can be read again, with its memory: who waits must not keep others from the same."""
        if isinstance(self.source, SourceFile):
            self.data = None
            self.share.give_back()

    def keep_pixels(self) -> None:
        """Give back all memory but that of the pixels."""
        if self.decoded is not None:
            self.share.give_back(kept=self.decoded.pixels.nbytes)

    @property
    def _unread_bytes(self) -> int:
        return self.source.bytes if isinstance(self.source, SourceFile) and self.data is None else 0
