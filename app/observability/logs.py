"""The log's lines: what strangers sent neither breaks a line nor controls the terminal that displays it."""

import logging
from types import TracebackType

from model_store.text import printable

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PrintableFormatter(logging.Formatter):
    """Formats a record with its time in one line of printable characters, and a traceback in lines of such."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  as logging has it
        """Return the line of a record."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: _Raised) -> str:  # noqa: N802  as logging has it
        """Return the lines of a traceback; the message of an error may name a file."""
        return "\n".join(map(printable, super().formatException(ei).split("\n")))
